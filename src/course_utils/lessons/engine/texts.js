// What a page asks of a text model, by the name under which it was loaded.

import { newCache, read, readModel, softmax, toLogits } from "./gpt.js";
import { draw, probabilities } from "./sampling.js";
import { readTokenizer } from "./tokens.js";

export const loaded = {}; // name -> { model, tokenizer, names }

// files: { weights: ArrayBuffer, config, tokenizer } -> what a page may want to know
export function load({ name, files }) {
  const model = readModel(files.weights, files.config);
  const tokenizer = readTokenizer(files.tokenizer);
  const names = Array.from({ length: model.size }, (_, id) => tokenizer.name(id));
  loaded[name] = { model, tokenizer, names };
  return {
    names, special: tokenizer.special, block: model.wpe.length / model.width,
    layers: model.blocks.length, heads: model.heads,
  };
}

export const encode = ({ name, text }) => loaded[name].tokenizer.encode(text);
export const decode = ({ name, ids }) => loaded[name].tokenizer.decode(ids);

// A text looked at from one of its tokens, number `at`. ->
//   scores: (V), of what may follow that token; surprises: (T), −ln p of each token; 0 for the first
//   attention: [layer][head] of that token to those before it and itself (at + 1)
//   lens: [layer] what the vector behind each layer would say next, (V) probabilities
export function look({ name, ids, at }) {
  const { model } = loaded[name], { scores, seen } = readOnce(loaded[name], ids);
  const cost = (id, t) => -Math.log(softmax(scores[t - 1].slice())[id]);
  return {
    scores: scores[at],
    surprises: ids.map((id, t) => (t ? cost(id, t) : 0)),
    attention: seen.attention.map((layer) => layer[at]),
    lens: seen.streams.map((rows) => softmax(toLogits(model, rows[at]))),
  };
}

// The last text is kept: who looks at one token will look at others.
function readOnce(one, ids) {
  const key = ids.join();
  if (one.read?.key !== key) {
    const seen = {};
    one.read = { key, seen, scores: read(one.model, newCache(one.model.blocks), ids, seen) };
  }
  return one.read;
}

// Write on, token by token: each part is an id. Ends with one of `stops`, after `count` tokens, or
// where the model's places end.
export function* write({ name, ids, settings, count, stops = [] }) {
  const { model } = loaded[name], cache = newCache(model.blocks), all = [...ids];
  const end = Math.min(ids.length + count, model.wpe.length / model.width);
  let scores = read(model, cache, ids).at(-1);
  while (all.length < end) {
    const id = draw(probabilities(scores, all, settings));
    all.push(id);
    yield id;
    if (stops.includes(id) || all.length === end) break;
    scores = read(model, cache, [id]).at(-1);
  }
  return all;
}
