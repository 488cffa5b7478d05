// What a page asks of a model that sees, by the name under which it was loaded.

import { look, readVisionModel } from "./eyes.js";
import { read, softmax } from "./gpt.js";
import { likeliest } from "./sampling.js";
import { readTokenizer } from "./tokens.js";

const TOP = 3; // words told beside each other
const loaded = {}; // name -> { model, tokenizer }

// files: { weights: ArrayBuffer, config, tokenizer } -> what a page may want to know
export function loadVision({ name, files }) {
  const model = readVisionModel(files.weights, files.config);
  loaded[name] = { model, tokenizer: readTokenizer(files.tokenizer) };
  return { side: model.side, patch: model.patch };
}

// Answer a question about a picture, or describe it where there is no question. Each part is a word:
//   { word, share, top: [[word, share], …], attention }, attention[layer][head] as far as the N patches
//   go: whence the token that writes this word gathers
export function* tell({ name, pixels, question = null, most = 8 }) {
  const { model, tokenizer } = loaded[name];
  const { special } = tokenizer, words = [];
  const cache = look(model, pixels), patches = cache.length;
  let ids = promptOf(tokenizer, question);
  while (words.length < most) {
    const seen = {};
    const shares = softmax(read(model, cache, ids, seen).at(-1));
    const id = likeliest(shares);
    if (id === special["<eos>"]) break;
    const attention = seen.attention.map((layer) => layer.at(-1).map((w) => w.slice(0, patches)));
    words.push(id);
    yield { ...named(tokenizer, shares, id), attention };
    ids = [id];
  }
  return tokenizer.decode(words).trim();
}

// As course_utils/vision/layout.py writes it.
function promptOf({ special, encode }, question) {
  if (question === null) return [special["<eos>"], special["<caption>"]];
  const words = encode(` ${question}`);
  return [special["<eos>"], special["<question>"], ...words, special["<answer>"]];
}

function named({ name }, shares, id) {
  const best = [...shares.keys()].sort((a, b) => shares[b] - shares[a]).slice(0, TOP);
  const told = (each) => [name(each).trim(), shares[each]];
  const [word, share] = told(id);
  return { word, share, top: best.map(told) };
}
