// Attention over three tokens, computed and drawn in the page: no kernel, no network.

import { softmax } from "../engine/gpt.js";
import { box } from "./box.js";
import { button, checkbox, follow, frame, group, make, put, row } from "./page.js";
import { plane } from "./plane.js";

export const MOST = 100; // of a number, up and down, as in attention_explorer.py

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);

export function attend(q, k, v, { causal = false, scale = true } = {}) {
  const root = scale ? Math.sqrt(q[0].length) : 1;
  const score = (i, j) => (causal && j > i ? -Infinity : dot(q[i], k[j]) / root);
  const scores = q.map((_, i) => k.map((_, j) => score(i, j)));
  const weights = scores.map((line) => softmax([...line]));
  const columns = v[0].map((_, c) => v.map((line) => line[c]));
  const outputs = weights.map((w) => columns.map((column) => dot(w, column)));
  return { scores, weights, outputs };
}

const LESSON = {
  q: [[1, 0], [1, 1], [0, 2]],
  k: [[2, 0], [0, 1], [-1, 1]],
  v: [[1, 0], [0, 1], [2, 2]],
};
export const PRESETS = {
  "the lesson's numbers": LESSON,
  "all values equal": { ...LESSON, v: [[1, 1], [1, 1], [1, 1]] },
  "all keys equal": { ...LESSON, k: [[1, 1], [1, 1], [1, 1]] },
  "queries ten times as long": { ...LESSON, q: LESSON.q.map((line) => line.map((x) => 10 * x)) },
};
const TRAITS = ["q", "k", "v", "causal", "scale"];
const NAMES = { q: "query", k: "key", v: "value", o: "output" };
const TOKENS = ["w₁", "w₂", "w₃"];
const CIVIDIS = [[0, 34, 78], [124, 123, 120], [254, 232, 56]]; // as in the lesson's figures

export const format = (x) =>
  x === -Infinity ? "−∞" : x.toFixed(2).replace(/^-(0\.00)$/, "$1").replace("-", "−");

export function heat(weight) {
  const part = Math.min(weight, 0.999999) * 2;
  const [low, high] = CIVIDIS.slice(Math.floor(part), Math.floor(part) + 2);
  const rgb = low.map((x, i) => Math.round(x + (high[i] - x) * (part % 1)));
  const linear = rgb.map((x) => (x / 255) ** 2.2);
  const dark = dot(linear, [0.2126, 0.7152, 0.0722]) < 0.18;
  return { background: `rgb(${rgb})`, color: dark ? "#fff" : "#000" };
}

export function summary(weights) {
  const says = (line, i) => {
    const top = Math.max(...line);
    const most = TOKENS.filter((_, j) => line[j] > top - 1e-9).join(" and ");
    return `${TOKENS[i]} looks most at ${most} (${format(top)})`;
  };
  return weights.map(says).join("; ") + ".";
}

// ---- the page ----

function set(model, trait, i, values) {
  const rows = model.get(trait).map((line) => [...line]);
  Object.assign(rows[i], values);
  put(model, { [trait]: rows });
}

function table(caption, columns, cell) {
  const header = columns.map((name) => make("th", { scope: "col" }, name));
  const cells = [];
  const rows = TOKENS.map((token, i) => {
    const line = columns.map((_, j) => make("td", {}, ...cell(i, j)));
    cells.push(line);
    return make("tr", {}, make("th", { scope: "row" }, token), ...line);
  });
  const head = make("tr", {}, make("td"), ...header);
  const node = make("table", {}, make("caption", {}, caption), make("thead", {}, head));
  node.append(make("tbody", {}, ...rows));
  return { node, cells };
}

function numbers(model, trait, say) {
  const input = (i, c) => box(
    `${NAMES[trait]} of token ${i + 1}, component ${c + 1}`, MOST,
    () => model.get(trait)[i][c], (x) => set(model, trait, i, { [c]: x }), say,
  );
  const grid = TOKENS.map((_, i) => [input(i, 0), input(i, 1)]);
  const caption = `${trait.toUpperCase()}: one ${NAMES[trait]} a row`;
  const { node } = table(caption, ["1", "2"], (i, c) => [grid[i][c].node]);
  node.classList.add(`ax-${trait}`);
  return { node, show: () => grid.flat().forEach((one) => one.show()) };
}

function bound(model, trait, text) {
  const { node, label } = checkbox(text, (on) => put(model, { [trait]: on }));
  return { node: label, show: () => (node.checked = model.get(trait)) };
}

function presets(model) {
  const buttons = Object.entries(PRESETS).map(([name, values]) =>
    button(name, () => put(model, values)));
  return group("numbers to start from", ...buttons);
}

function fill(tables, result) {
  for (const [name, { cells }] of Object.entries(tables)) {
    result[name].forEach((line, i) => line.forEach((x, j) => (cells[i][j].textContent = format(x))));
  }
  result.weights.forEach((line, i) =>
    line.forEach((x, j) => Object.assign(tables.weights.cells[i][j].style, heat(x))));
}

function render({ model, el }) {
  const { root, say } = frame(el, "ax", "attention explorer");
  const switches = [
    bound(model, "causal", "causal mask"),
    bound(model, "scale", "divide the scores by √2"),
  ];
  const inputs = ["q", "k", "v"].map((trait) => numbers(model, trait, say));
  const moved = (trait, i, place) => set(model, trait, i, place);
  const space = plane(["k", "q"], "Queries and keys as arrows from the origin", moved);
  const cloud = plane(["v", "o"], "Values, and the outputs inside their triangle", moved);
  const tables = {
    scores: table("scores: query · key", TOKENS, () => []),
    weights: table("weights: each row adds to 1", TOKENS, () => []),
    outputs: table("outputs: averages of V", ["1", "2"], () => []),
  };
  const rows = [switches, inputs, [space, cloud], Object.values(tables)];
  const lines = rows.map((parts) => row(...parts.map(({ node }) => node)));
  root.prepend(presets(model), ...lines);

  return follow(model, TRAITS, () => {
    const [q, k, v, causal, scale] = TRAITS.map((trait) => model.get(trait));
    const result = attend(q, k, v, { causal, scale });
    for (const part of [...switches, ...inputs]) part.show();
    space.show({ q, k });
    cloud.show({ v, o: result.outputs });
    fill(tables, result);
    say(summary(result.weights));
  });
}

export default { render };
