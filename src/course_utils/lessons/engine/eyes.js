// scene-gpt's eyes, as in course_utils/vision: patches, an encoder that sees them all at once, and
// a projector that turns what it sees into vectors like those of words.

import { readTensors } from "./weights.js";
import { OURS, layerNorm, linear, makeBlocks, makeGPT, newCache, pair, plus, think } from "./gpt.js";

export { read } from "./gpt.js";

// bytes: of model.safetensors; config: of config.json -> a model that `look` and `read` take
export function readVisionModel(bytes, config) {
  const tensors = readTensors(bytes);
  const eyes = OURS("encoder.");
  return {
    ...makeGPT(tensors, config, OURS("text.")),
    side: config.image_size, patch: config.patch_size,
    embed: pair(tensors, "encoder.embed"), places: tensors["encoder.positions"].values,
    encoder: makeBlocks(tensors, config.n_layer_image, eyes), eyeNorm: pair(tensors, "encoder.ln"),
    project: [pair(tensors, "projector.0"), pair(tensors, "projector.2")],
  };
}

// A picture -> a cache in which its image tokens stand, so that `read` goes on with a question.
//   pixels: side × side × 4 bytes, red, green, blue and a fourth, as a canvas gives them
export function look(model, pixels, seen) {
  const tokens = project(model, encode(model, pixels));
  const cache = newCache(model.blocks);
  const placed = tokens.map((x, t) => plus(x, row(model.wpe, t, model.width)));
  think(model.blocks, model.heads, placed, cache, () => tokens.length, seen);
  return cache;
}

const row = (table, index, C) => table.subarray(index * C, (index + 1) * C);

function encode(model, pixels) { // -> N vectors (C)
  const patches = patchify(pixels, model.side, model.patch);
  const rows = patches.map((patch, n) =>
    plus(linear(model.embed, patch), row(model.places, n, model.width)));
  const everything = () => patches.length; // no mask: a patch sees all others
  return think(model.encoder, model.heads, rows, newCache(model.encoder), everything)
    .map((x) => layerNorm(model.eyeNorm, x));
}

function project({ project: [first, second] }, rows) {
  return rows.map((x) => linear(second, linear(first, x).map(gelu)));
}

// Patches row by row from the top left; in each one channel after the other, from −1 to 1.
export function patchify(pixels, side, size) { // -> N vectors (3 · size · size)
  const patches = [];
  for (let top = 0; top < side; top += size) {
    for (let left = 0; left < side; left += size) {
      const patch = new Float32Array(3 * size * size);
      patch.forEach((_, i) => {
        const channel = Math.floor(i / size ** 2), place = i % size ** 2;
        const y = top + Math.floor(place / size), x = left + (place % size);
        patch[i] = pixels[4 * (y * side + x) + channel] / 127.5 - 1;
      });
      patches.push(patch);
    }
  }
  return patches;
}

// x times the share of a normal distribution below x (the GPT's own bend is an approximation)
const gelu = (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));

// Abramowitz and Stegun, formula 7.1.26: wrong by at most 1.5e-7
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t +
    0.254829592) * t;
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}
