// What temperature, top-k, top-p and the penalty make of a next-token distribution: no kernel, no
// network. Python sends all scores; engine/sampling.js computes, as wherever a model writes here.

import { draw, probabilities } from "../engine/sampling.js";
import { bars } from "./bars.js";
import { button, choice, follow, frame, group, make, percent, put, row, slider, visible } from "./page.js";

const LISTED = 10; // tokens; the others are added up
const DRAWS = 100;
const off = (none, told) => (x) => (x === none ? "off" : told(x));
const DIALS = { // as RANGES in sampling_explorer.py
  temperature: ["temperature", { min: 0.1, max: 3, step: 0.05 }, (x) => x.toFixed(2)],
  top_k: ["top-k", { min: 0, max: 50, step: 1 }, off(0, String)],
  top_p: ["top-p", { min: 0.05, max: 1, step: 0.01 }, off(1, (p) => p.toFixed(2))],
  penalty: ["repetition penalty", { min: 1, max: 3, step: 0.05 }, off(1, (x) => x.toFixed(2))],
};
export const PLAIN = { temperature: 1, top_k: 0, top_p: 1, penalty: 1 };

// The probabilities (V) of a beginning by the settings of the sliders.
export function shares({ scores, ids }, { temperature, top_k, top_p, penalty }) {
  return probabilities(scores, ids, { temperature, topK: top_k || null, topP: top_p, penalty });
}

// How often each token comes in some draws. -> Map: id -> count
export function draws(p, count = DRAWS, random = Math.random) {
  const counts = new Map();
  for (let n = 0; n < count; n++) {
    const id = draw(p, random);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

const likeliest = (p) => [...p.keys()].sort((a, b) => p[b] - p[a]);

// How far the bars go: the first of these that none is longer than.
export const reach = (longest) => [0.05, 0.1, 0.2, 0.5, 1].find((end) => longest <= end) ?? 1;

// Lines of the chart: the model's likeliest tokens, then all others together.
//   plain: the model's probabilities; p: after the settings; counts: of draws, or null
export function lines(names, plain, p, counts) {
  const listed = likeliest(plain).slice(0, LISTED);
  const others = [...p.keys()].filter((id) => !listed.includes(id));
  const end = reach(Math.max(...listed.map((id) => Math.max(plain[id], p[id]))));
  const cells = (before, after, cut, count) =>
    [percent(before), cut ? "cut off" : percent(after), ...(counts ? [String(count)] : [])];
  const each = listed.map((id) => ({
    name: visible(names[id]), ghost: plain[id] / end, share: p[id] / end,
    kind: p[id] === 0 ? "se-cut" : "",
    cells: cells(plain[id], p[id], p[id] === 0, counts?.get(id) ?? 0),
  }));
  const sum = (ids, value) => ids.reduce((total, id) => total + value(id), 0);
  const rest = cells(sum(others, (id) => plain[id]), sum(others, (id) => p[id]),
    others.every((id) => p[id] === 0), sum(others, (id) => counts?.get(id) ?? 0));
  const name = `${others.length.toLocaleString("en")} others`;
  return { end, rows: others.length ? [...each, { name, cells: rest }] : each };
}

export function summary(names, plain, p) {
  const kept = [...p.keys()].filter((id) => p[id] > 0);
  const lost = [...p.keys()].filter((id) => p[id] === 0).reduce((sum, id) => sum + plain[id], 0);
  const best = likeliest(p)[0], n = (many) => many.toLocaleString("en");
  const cut = kept.length === p.length ? `Nothing is cut off: all ${n(p.length)} tokens may come.`
    : `Cut off: ${n(p.length - kept.length)} tokens, to which the model gives ${percent(lost)}, ` +
      `and ${n(kept.length)} of ${n(p.length)} may come.`;
  return `${cut} Likeliest: “${visible(names[best])}”, ${percent(p[best])}.`;
}

// ---- the page ----

// A beginning without its mark of the start.
const read = (names, ids) => ids.slice(1).map((id) => names[id]).join("") || names[ids[0]];

function dials(model) {
  return Object.entries(DIALS).map(([name, [label, limits, told]]) => {
    const dial = slider(label, limits, (value) => put(model, { [name]: value }), told);
    return { ...dial, show: () => dial.show(model.get(name)) };
  });
}

function render({ model, el }) {
  const names = model.get("names"), texts = model.get("texts");
  const chosen = choice("what was read", texts.map(({ ids }) => read(names, ids)),
    (text) => put(model, { text }));
  const settings = dials(model);
  let counts = null;
  const again = button(`draw ${DRAWS} tokens`, () => { counts = draws(now().p); show(); });
  const plainly = button("the model as it is", () => put(model, PLAIN));
  const chart = make("div");
  const { say } = frame(el, "se", "sampling explorer", row(chosen.label),
    row(...settings.map(({ label }) => label)), group("to do", again, plainly), chart);

  function now() {
    const text = texts[model.get("text")];
    const values = Object.fromEntries(Object.keys(DIALS).map((name) => [name, model.get(name)]));
    return { plain: shares(text, PLAIN), p: shares(text, values) };
  }

  function show() {
    const { plain, p } = now();
    const { end, rows } = lines(names, plain, p, counts);
    const heads = ["token", "model", "now", ...(counts ? ["drawn"] : []), `up to ${100 * end} %`];
    const table = bars("What may come next (dashed: the model)", heads);
    table.show(rows);
    chart.replaceChildren(table.node);
    const told = counts ? ` Drawn: ${counts.size} different in ${DRAWS}.` : "";
    say(summary(names, plain, p) + told);
  }

  return follow(model, ["text", ...Object.keys(DIALS)], () => {
    counts = null;
    chosen.node.value = model.get("text");
    for (const one of settings) one.show();
    show();
  });
}

export default { render };
