// The gradient of the pretraining loss, by hand: forwards with everything kept, then the same way
// back. Beside each step stands what comes back through it. d… is always "how the loss changes
// with …"; a gradient of weights is added up, since each token has its part in it.

import { bend, embed, layerNorm, linear, plus, softmax } from "./gpt.js";
import { flip } from "./weights.js";

// The same structure with zeros: a place for the gradient of every number of a model.
export function zerosLike(part) {
  if (part instanceof Float32Array) return new Float32Array(part.length);
  if (Array.isArray(part)) return part.map(zerosLike);
  if (part === null || typeof part !== "object") return part; // a size
  return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, zerosLike(one)]));
}

// Every array of numbers in a model, by its place: [["wte", …], ["blocks.0.qkv.weight", …], …]
export function parameters(part, place = "") {
  if (part instanceof Float32Array) return [[place, part]];
  if (part === null || typeof part !== "object") return [];
  const below = (name) => (place ? `${place}.${name}` : name);
  return Object.entries(part).flatMap(([name, one]) => parameters(one, below(name)));
}

// The sum of −ln p(next token) over a text, and the gradient of share × sum, added to `grads`.
//   share: 1 / number of targets in the whole batch makes it the gradient of the mean
export function learn(model, ids, grads, share) { // ids (T) -> nats
  const inputs = ids.slice(0, -1), kept = [];
  let rows = embed(model, inputs, 0);
  for (const block of model.blocks) {
    kept.push(keepBlock(block, model.heads, rows));
    rows = kept.at(-1).out;
  }
  const heads = { weight: model.wte }, last = rows.map((x) => layerNorm(model.norm, x));
  let nats = 0;
  const scores = last.map((x, t) => {
    const p = softmax(linear(heads, x)), target = ids[t + 1]; // (V)
    nats -= Math.log(p[target]);
    p[target] -= 1; // the loss changes with the scores by p − onehot
    for (let i = 0; i < p.length; i++) p[i] *= share;
    return p;
  });
  let back = layerNormBack(model.norm, grads.norm, rows,
    linearBack(heads, { weight: grads.wte }, last, scores));
  for (let n = model.blocks.length - 1; n >= 0; n--) {
    back = blockBack(model.blocks[n], grads.blocks[n], model.heads, kept[n], back);
  }
  back.forEach((d, t) => {
    addTo(grads.wte.subarray(inputs[t] * d.length), d);
    addTo(grads.wpe.subarray(t * d.length), d);
  });
  return nats;
}

// ---- one block ----

function keepBlock(block, heads, x) {
  const normed = x.map((row) => layerNorm(block.norm1, row));
  const qkv = normed.map((row) => linear(block.qkv, row));
  const { mixed, weights } = attention(qkv, heads);
  const middle = x.map((row, t) => plus(row, linear(block.mix, mixed[t])));
  const normed2 = middle.map((row) => layerNorm(block.norm2, row));
  const wide = normed2.map((row) => linear(block.widen, row));
  const bent = wide.map((row) => bend(row.slice()));
  const out = middle.map((row, t) => plus(row, linear(block.narrow, bent[t])));
  return { x, normed, qkv, mixed, weights, middle, normed2, wide, bent, out };
}

// A sum hands its gradient to both parts: what is kept, and what was added.
function blockBack(block, grads, heads, kept, back) {
  const bent = linearBack(block.narrow, grads.narrow, kept.bent, back);
  const wide = bent.map((d, t) => bendBack(kept.wide[t], d));
  const normed2 = linearBack(block.widen, grads.widen, kept.normed2, wide);
  const middle = sums(back, layerNormBack(block.norm2, grads.norm2, kept.middle, normed2));
  const mixed = linearBack(block.mix, grads.mix, kept.mixed, middle);
  const normed = linearBack(block.qkv, grads.qkv, kept.normed, attentionBack(kept, heads, mixed));
  return sums(middle, layerNormBack(block.norm1, grads.norm1, kept.x, normed));
}

const sums = (xs, ys) => xs.map((x, t) => plus(x, ys[t]));

// ---- its parts, and the way back through each ----

// y = W x + b: dx = Wᵀ dy, db = dy, dW = dy xᵀ. Each number of dx is a product of a column of W
// and dy, and each of dW one of a column of dy and one of x, all tokens long: `linear`s again.
function linearBack({ weight }, grads, xs, dys) { // T (in), T (out) -> T (in)
  const T = xs.length, n = xs[0].length, rows = dys[0].length;
  const inputs = { weight: columns(xs) }, back = columns(dys); // (in, T) and (out, T)
  for (let row = 0, at = 0; row < rows; row++) {
    const d = linear(inputs, back.subarray(row * T, (row + 1) * T));
    for (let i = 0; i < n; i++, at++) grads.weight[at] += d[i];
  }
  if (grads.bias) dys.forEach((dy) => addTo(grads.bias, dy));
  const turned = { weight: flip(weight, rows, n) };
  return dys.map((dy) => linear(turned, dy));
}

function columns(xs) { // T (n) -> (n, T)
  const T = xs.length, n = xs[0].length, out = new Float32Array(n * T);
  for (let t = 0; t < T; t++) for (let i = 0, x = xs[t]; i < n; i++) out[i * T + t] = x[i];
  return out;
}

// y = n w + b with n = (x − mean) / deviation, and mean and deviation move with x, too
function layerNormBack(norm, grads, xs, dys) { // T (C), T (C) -> T (C)
  return xs.map((x, t) => oneNormBack(norm, grads, x, dys[t]));
}

function oneNormBack({ weight }, grads, x, dy) {
  const C = x.length;
  let mean = 0, variance = 0;
  for (let i = 0; i < C; i++) mean += x[i] / C;
  for (let i = 0; i < C; i++) variance += (x[i] - mean) * (x[i] - mean) / C;
  const scale = 1 / Math.sqrt(variance + 1e-5), n = new Float32Array(C), dn = new Float32Array(C);
  let level = 0, along = 0; // what moving the mean, and the deviation, would take back
  for (let i = 0; i < C; i++) {
    n[i] = (x[i] - mean) * scale;
    dn[i] = dy[i] * weight[i];
    level += dn[i] / C;
    along += dn[i] * n[i] / C;
    grads.weight[i] += dy[i] * n[i];
    grads.bias[i] += dy[i];
  }
  for (let i = 0; i < C; i++) dn[i] = scale * (dn[i] - level - n[i] * along);
  return dn;
}

// y = x s with s = 1 / (1 + exp(−2u)): dy/dx = s + x s' with s' = 2 s (1 − s) du/dx
function bendBack(x, dy) {
  const k = Math.sqrt(2 / Math.PI), dx = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const square = 0.044715 * x[i] * x[i];
    const s = 1 / (1 + Math.exp(-2 * k * x[i] * (1 + square)));
    dx[i] = dy[i] * (s + x[i] * 2 * s * (1 - s) * k * (1 + 3 * square));
  }
  return dx;
}

// As in gpt.js, for all tokens of a text at once, with every weight kept: weights[t][head]
function attention(qkv, heads) { // T vectors (3C)
  const C = qkv[0].length / 3, D = C / heads, weights = [];
  const mixed = qkv.map((row, t) => {
    const out = new Float32Array(C);
    weights[t] = Array.from({ length: heads }, (_, head) => {
      const q = head * D, k = C + q, v = 2 * C + q, shares = new Float32Array(t + 1);
      for (let s = 0; s <= t; s++) {
        for (let i = 0; i < D; i++) shares[s] += row[q + i] * qkv[s][k + i];
        shares[s] /= Math.sqrt(D);
      }
      softmax(shares);
      for (let s = 0; s <= t; s++) {
        for (let i = 0; i < D; i++) out[q + i] += shares[s] * qkv[s][v + i];
      }
      return shares;
    });
    return out;
  });
  return { mixed, weights };
}

// Through the average to the values and the weights; through the softmax to the scores, where
// only what differs from the mean counts; through the products to queries and keys.
function attentionBack({ qkv, weights }, heads, dMixed) { // -> T gradients (3C)
  const C = qkv[0].length / 3, D = C / heads, d = qkv.map((row) => new Float32Array(row.length));
  dMixed.forEach((dy, t) => {
    for (let head = 0; head < heads; head++) {
      const q = head * D, k = C + q, v = 2 * C + q, shares = weights[t][head];
      const dShares = new Float32Array(t + 1);
      let mean = 0;
      for (let s = 0; s <= t; s++) {
        for (let i = 0; i < D; i++) {
          dShares[s] += dy[q + i] * qkv[s][v + i];
          d[s][v + i] += dy[q + i] * shares[s];
        }
        mean += shares[s] * dShares[s];
      }
      for (let s = 0; s <= t; s++) {
        const dScore = shares[s] * (dShares[s] - mean) / Math.sqrt(D);
        for (let i = 0; i < D; i++) {
          d[t][q + i] += dScore * qkv[s][k + i];
          d[s][k + i] += dScore * qkv[t][q + i];
        }
      }
    }
  });
  return d;
}

function addTo(sum, x) {
  for (let i = 0; i < x.length; i++) sum[i] += x[i];
}
