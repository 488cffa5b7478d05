// From scores to one token, by the rules of course_utils/generation/sampling.py, in its order:
// penalty, temperature, top-k, top-p.

import { softmax } from "./gpt.js";

// scores (V), the ids so far -> probabilities (V); at temperature 0 all on the likeliest
export function probabilities(scores, ids, settings = {}) {
  const { temperature = 1, topK = null, topP = null, penalty = 1 } = settings;
  let out = penalised(scores, ids, penalty);
  if (temperature === 0) return onlyTop(out);
  out = out.map((score) => score / temperature);
  if (topK) out = keepTopK(out, topK);
  if (topP && topP < 1) out = keepTopP(out, topP);
  return softmax(out);
}

export function likeliest(scores) {
  return scores.reduce((best, score, id) => (score > scores[best] ? id : best), 0);
}

// A token drawn: walk through the probabilities until they add to a random number.
export function draw(shares, random = Math.random) {
  let rest = random();
  for (let id = 0; id < shares.length; id++) if ((rest -= shares[id]) < 0) return id;
  return likeliest(shares); // what rounding left over
}

function penalised(scores, ids, penalty) {
  const out = Float32Array.from(scores);
  for (const id of new Set(ids)) out[id] = out[id] < 0 ? out[id] * penalty : out[id] / penalty;
  return out;
}

function onlyTop(scores) {
  const best = likeliest(scores);
  return scores.map((_, id) => (id === best ? 1 : 0));
}

function keepTopK(scores, k) {
  const least = Float32Array.from(scores).sort().at(-Math.min(k, scores.length));
  return scores.map((score) => (score < least ? -Infinity : score));
}

// Drop the unlikeliest as long as what is dropped adds to no more than 1 − p.
function keepTopP(scores, p) {
  const shares = softmax(Float32Array.from(scores));
  const upwards = [...shares.keys()].sort((a, b) => shares[a] - shares[b]);
  let sum = 0;
  for (const id of upwards.slice(0, -1)) {
    if ((sum += shares[id]) > 1 - p) break;
    scores[id] = -Infinity;
  }
  return scores;
}
