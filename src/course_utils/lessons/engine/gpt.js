// GPT-2's forward pass, as in course_utils/model.py, in plain loops: no matrix library, no GPU.
//
// T tokens, C channels, H heads, D = C / H numbers a head, V vocabulary. A vector is a
// Float32Array; a matrix is one too, row after row. What is written here is what the page runs.

import { readTensors, turned } from "./weights.js";

// ---- the parts of a model ----

// Weights as Hugging Face stores GPT-2: its matrices stand (in, out), ours (out, in).
const HUGGING_FACE = {
  top: "transformer.", blocks: "transformer.h.", turn: turned,
  qkv: "attn.c_attn", mix: "attn.c_proj", widen: "mlp.c_fc", narrow: "mlp.c_proj",
};
// Weights as course_utils names them, below a prefix: "text." in scene-gpt.
export const OURS = (prefix) => ({
  top: prefix, blocks: `${prefix}blocks.`, turn: (matrix) => matrix,
  qkv: "attn.qkv", mix: "attn.proj", widen: "mlp.fc", narrow: "mlp.proj",
});

// bytes: of model.safetensors; config: of config.json -> a model
export function readModel(bytes, config) {
  return makeGPT(readTensors(bytes), config, HUGGING_FACE);
}

export function makeGPT(tensors, { n_layer, n_head }, names) {
  const wte = tensors[`${names.top}wte.weight`]; // (V, C)
  return {
    heads: n_head, size: wte.shape[0], width: wte.shape[1],
    wte: wte.values, wpe: tensors[`${names.top}wpe.weight`].values,
    blocks: makeBlocks(tensors, n_layer, names), norm: pair(tensors, `${names.top}ln_f`),
  };
}

export function makeBlocks(tensors, count, names) {
  return Array.from({ length: count }, (_, layer) => {
    const at = (name) => `${names.blocks}${layer}.${name}`;
    const map = (name) => pair(tensors, at(name), names.turn);
    return {
      norm1: pair(tensors, at("ln_1")), qkv: map(names.qkv), mix: map(names.mix),
      norm2: pair(tensors, at("ln_2")), widen: map(names.widen), narrow: map(names.narrow),
    };
  });
}

export function pair(tensors, name, turn = (matrix) => matrix) {
  const weight = turn(tensors[`${name}.weight`]);
  return { weight: weight.values, bias: tensors[`${name}.bias`].values };
}

// ---- arithmetic ----

// y = W x + b; four rows at a time, so that each number of x is fetched once for four products.
// (The last four may overlap the four before: any number of rows from four on will do.)
export function linear({ weight, bias }, x) { // x (in), weight (out, in) -> (out)
  const n = x.length, rows = weight.length / n, y = new Float32Array(rows);
  for (let next = 0; next < rows; next += 4) {
    const row = Math.min(next, rows - 4), first = row * n;
    let a = 0, b = 0, c = 0, d = 0;
    for (let i = 0, at = first; i < n; i++, at++) {
      a += weight[at] * x[i];
      b += weight[at + n] * x[i];
      c += weight[at + 2 * n] * x[i];
      d += weight[at + 3 * n] * x[i];
    }
    y[row] = a, y[row + 1] = b, y[row + 2] = c, y[row + 3] = d;
  }
  return bias ? plus(y, bias) : y;
}

// mean 0 and variance 1, then scaled and shifted by what was learned
export function layerNorm({ weight, bias }, x) { // (C) -> (C)
  let mean = 0, variance = 0;
  for (let i = 0; i < x.length; i++) mean += x[i] / x.length;
  for (let i = 0; i < x.length; i++) variance += (x[i] - mean) * (x[i] - mean) / x.length;
  const scale = 1 / Math.sqrt(variance + 1e-5);
  const y = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = (x[i] - mean) * scale * weight[i] + bias[i];
  return y;
}

// GELU as GPT-2 approximates it, ½ x (1 + tanh u), in place; ½ (1 + tanh u) = 1 / (1 + exp(−2u))
export function bend(x) {
  for (let i = 0; i < x.length; i++) {
    const u = Math.sqrt(2 / Math.PI) * (x[i] + 0.044715 * x[i] * x[i] * x[i]);
    x[i] /= 1 + Math.exp(-2 * u);
  }
  return x;
}

export function plus(x, y) {
  const sum = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) sum[i] = x[i] + y[i];
  return sum;
}

// scores -> probabilities, in place; the largest is taken off first, so that exp cannot overflow
export function softmax(scores) {
  let top = -Infinity, total = 0;
  for (const score of scores) top = Math.max(top, score);
  for (let i = 0; i < scores.length; i++) total += scores[i] = Math.exp(scores[i] - top);
  for (let i = 0; i < scores.length; i++) scores[i] /= total;
  return scores;
}

// ---- the model ----

// Keys and values of all tokens so far, a list for each layer.
export const newCache = (blocks) => ({ length: 0, layers: blocks.map(() => ({ k: [], v: [] })) });

// The blocks, on T new vectors behind those in the cache.
//   sees(t): how many tokens the t-th new one may see; by default those before it and itself
//   seen: {} collects what a reader may want to look at: attention[layer][t][head] and
//         streams[layer][t], the vector of each token behind each layer
export function think(blocks, heads, rows, cache, sees, seen) {
  const start = cache.length;
  sees ??= (t) => start + t + 1;
  blocks.forEach((block, layer) => {
    const { k, v } = cache.layers[layer];
    const queries = rows.map((x) => remember(linear(block.qkv, layerNorm(block.norm1, x)), k, v));
    rows = rows.map((x, t) => {
      const weights = seen && [];
      x = plus(x, linear(block.mix, attend(queries[t], k, v, sees(t), heads, weights)));
      if (seen) ((seen.attention ??= [])[layer] ??= [])[t] = weights;
      const wide = bend(linear(block.widen, layerNorm(block.norm2, x))); // (4C)
      return plus(x, linear(block.narrow, wide));
    });
    if (seen) (seen.streams ??= [])[layer] = rows;
  });
  cache.length += rows.length;
  return rows;
}

// Put a token's key and value into the cache, return its query; each has C numbers.
function remember(qkv, k, v) { // (3C)
  const C = qkv.length / 3;
  k.push(qkv.subarray(C, 2 * C));
  v.push(qkv.subarray(2 * C));
  return qkv.subarray(0, C);
}

// For each head: how well does the query fit each key? The values, averaged by these weights.
function attend(q, keys, values, count, heads, kept) { // q (C) -> (C)
  const out = new Float32Array(q.length);
  const D = q.length / heads;
  for (let head = 0; head < heads; head++) {
    const begin = head * D, end = begin + D;
    const weights = new Float32Array(count);
    for (let s = 0; s < count; s++) {
      let score = 0;
      for (let i = begin; i < end; i++) score += q[i] * keys[s][i];
      weights[s] = score / Math.sqrt(D);
    }
    softmax(weights);
    for (let s = 0; s < count; s++) {
      for (let i = begin; i < end; i++) out[i] += weights[s] * values[s][i];
    }
    kept?.push(weights);
  }
  return out;
}

// Token ids -> their vectors, each the sum of a word's row and a position's row.
export function embed(model, ids, start) { // -> T vectors (C)
  const C = model.width;
  const row = (table, index) => table.subarray(index * C, (index + 1) * C);
  return ids.map((id, t) => plus(row(model.wte, id), row(model.wpe, start + t)));
}

// A vector of the last layer, or with the "logit lens" of an earlier one -> V scores.
export function toLogits(model, x) {
  return linear({ weight: model.wte }, layerNorm(model.norm, x));
}

// Read more tokens; return the scores of what may follow each of them.
export function read(model, cache, ids, seen) { // -> T × (V)
  const most = model.wpe.length / model.width, all = cache.length + ids.length;
  if (all > most) {
    throw new Error(`expected at most ${most} tokens, got ${all}: begin again, or shorten the text`);
  }
  const rows = think(model.blocks, model.heads, embed(model, ids, cache.length), cache, null, seen);
  return rows.map((x) => toLogits(model, x));
}
