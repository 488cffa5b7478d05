// Three ways to move the weights against their gradient, as in course_utils/optim.py and PyTorch:
// plain descent, AdamW, and Muon for the matrices inside the blocks (AdamW for the rest).

import { parameters } from "./backprop.js";
import { linear } from "./gpt.js";
import { flip } from "./weights.js";

const BETA1 = 0.9, BETA2 = 0.99, MOMENTUM = 0.95;
const COEFFICIENTS = [3.4445, -4.775, 2.0315]; // Jordan et al. 2024, "Newton-Schulz"

// One step. memory: {} at first, what the method remembers of earlier gradients.
//   rate: of the method named; adamRate: of what Muon leaves to AdamW; decay: of matrices only
export function update(model, grads, memory, { method, rate, adamRate = 0.01, decay = 0.1 }) {
  memory.steps = (memory.steps ?? 0) + 1;
  const gradient = new Map(parameters(grads));
  for (const [name, weights] of parameters(model)) {
    const own = (memory[name] ??= {}), g = gradient.get(name), shape = shapeOf(name, model, weights);
    const kept = shape ? decay : 0;
    if (method === "descent") move(weights, g, rate, kept);
    else if (method === "muon" && shape && name.startsWith("blocks.")) {
      muon(weights, g, own, shape, rate, kept);
    } else adamW(weights, g, own, memory.steps, method === "muon" ? adamRate : rate, kept);
  }
}

// [rows, columns, how many matrices stand in it one below the other], or null for a vector
function shapeOf(name, { width }, weights) {
  if (/norm|bias/.test(name)) return null;
  const columns = name.includes("narrow") ? 4 * width : width;
  const pieces = name.includes("qkv") ? 3 : 1; // queries, keys and values apart
  return [weights.length / columns / pieces, columns, pieces];
}

function move(weights, direction, rate, decay) {
  for (let i = 0; i < weights.length; i++) {
    weights[i] -= rate * (direction[i] + decay * weights[i]);
  }
}

// Each number is moved by its mean gradient, divided by the gradient's usual size.
function adamW(weights, g, own, steps, rate, decay) {
  own.mean ??= new Float32Array(g.length);
  own.square ??= new Float32Array(g.length);
  const first = 1 - BETA1 ** steps, second = 1 - BETA2 ** steps; // the means began at 0
  for (let i = 0; i < g.length; i++) {
    own.mean[i] += (1 - BETA1) * (g[i] - own.mean[i]);
    own.square[i] += (1 - BETA2) * (g[i] * g[i] - own.square[i]);
    const size = Math.sqrt(own.square[i] / second) + 1e-8;
    weights[i] -= rate * (own.mean[i] / first / size + decay * weights[i]);
  }
}

// The mean gradient of a matrix is made orthogonal: all its directions become equally strong.
function muon(weights, g, own, [rows, columns, pieces], rate, decay) {
  own.mean ??= new Float32Array(g.length);
  for (let i = 0; i < g.length; i++) own.mean[i] += (1 - MOMENTUM) * (g[i] - own.mean[i]);
  const ahead = g.map((value, i) => value + MOMENTUM * (own.mean[i] - value)); // Nesterov
  const size = rows * columns, strength = Math.sqrt(Math.max(1, rows / columns));
  for (let piece = 0; piece < pieces; piece++) {
    const part = (array) => array.subarray(piece * size, (piece + 1) * size);
    const direction = orthogonal(part(ahead), rows, columns).map((value) => value * strength);
    move(part(weights), direction, rate, decay);
  }
}

// Bring all singular values near 1 by five times a X + (b X Xᵀ + c (X Xᵀ)²) X.
export function orthogonal(matrix, rows, columns) {
  if (rows > columns) return flip(orthogonal(flip(matrix, rows, columns), columns, rows), columns, rows);
  const [a, b, c] = COEFFICIENTS;
  const length = Math.max(Math.sqrt(matrix.reduce((sum, value) => sum + value * value, 0)), 1e-7);
  let x = matrix.map((value) => value / length);
  for (let step = 0; step < 5; step++) {
    const gram = product(x, x, rows, rows, columns);
    const square = product(gram, gram, rows, rows, rows); // gram is symmetric
    const mixed = gram.map((value, i) => b * value + c * square[i]);
    const more = product(mixed, flip(x, rows, columns), rows, columns, rows);
    x = x.map((value, i) => a * value + more[i]);
  }
  return x;
}

// A Bᵀ: every row of A (rows, inner) times every row of B; each row of A is a `linear` by itself
function product(A, B, rows, columns, inner) {
  const out = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    out.set(linear({ weight: B }, A.subarray(r * inner, (r + 1) * inner)), r * columns);
  }
  return out;
}
