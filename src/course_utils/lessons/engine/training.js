// A GPT that is born in the page and learns from texts, beside course_utils/training/loop.py: add up
// the gradient of their loss, limit its length; optimise.js moves the weights.

import { learn, parameters } from "./backprop.js";
import { newCache, read } from "./gpt.js";
import { normal } from "./random.js";
import { draw, probabilities } from "./sampling.js";

const END = 0; // the id of <eos>, at both ends of a text
const LONGEST = 1; // of the gradient, as a vector of all its numbers

// ---- a model at its birth, and its texts ----

// Small random matrices, as GPT-2 began; what ends in a sum over layers begins smaller still.
export function newModel({ size, block, width, layers, heads }, random) {
  const small = (rows, columns, deviation = 0.02) =>
    Float32Array.from({ length: rows * columns }, () => deviation * normal(random));
  const map = (rows, columns, deviation) =>
    ({ weight: small(rows, columns, deviation), bias: new Float32Array(rows) });
  const norm = () => ({ weight: new Float32Array(width).fill(1), bias: new Float32Array(width) });
  const added = 0.02 / Math.sqrt(2 * layers);
  const blocks = Array.from({ length: layers }, () => ({
    norm1: norm(), qkv: map(3 * width, width), mix: map(width, width, added),
    norm2: norm(), widen: map(4 * width, width), narrow: map(width, 4 * width, added),
  }));
  return { heads, size, width, wte: small(size, width), wpe: small(block, width), blocks, norm: norm() };
}

// A word with the blank before it, or a mark, is one token.
export function toIds(text, tokens) {
  return [END, ...text.match(/ ?\w+|[^\w ]/g).map((word) => tokens.indexOf(word)), END];
}

// ---- the parts of one step ----

// texts: lists of ids -> the mean loss a target; `grads` gets its gradient
export function learnAll(model, texts, grads) {
  const targets = texts.reduce((sum, ids) => sum + ids.length - 1, 0);
  return texts.reduce((sum, ids) => sum + learn(model, ids, grads, 1 / targets), 0) / targets;
}

// The length of each array of a gradient, by name, before the whole is cut to LONGEST.
export function limit(grads) {
  const all = parameters(grads);
  const norms = all.map(([name, g]) => [name, Math.sqrt(g.reduce((sum, x) => sum + x * x, 0))]);
  const length = Math.hypot(...norms.map(([, norm]) => norm));
  if (length > LONGEST) for (const [, g] of all) g.forEach((x, i) => (g[i] = x * LONGEST / length));
  return norms;
}

// The mean of −ln p over all targets, without a gradient.
export function lossOf(model, texts) {
  let nats = 0, targets = 0;
  for (const ids of texts) {
    const rows = read(model, newCache(model.blocks), ids.slice(0, -1));
    rows.forEach((scores, t) => (nats += surprise(scores, ids[t + 1])));
    targets += rows.length;
  }
  return nats / targets;
}

function surprise(scores, target) {
  const top = Math.max(...scores);
  return top + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - top), 0)) - scores[target];
}

// A text as the model writes it, until its end or until there is no more room.
export function writeText(model, tokens, temperature, random) {
  const cache = newCache(model.blocks), most = model.wpe.length / model.width, ids = [END];
  while (ids.length <= most) {
    const scores = read(model, cache, ids.slice(-1)).at(-1);
    const id = draw(probabilities(scores, ids, { temperature }), random);
    if (id === END) break;
    ids.push(id);
  }
  return ids.slice(1).map((id) => tokens[id]).join("");
}
