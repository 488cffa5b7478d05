// What the trainer shows of a run, each with a `show`: the curve, the stories, the gradient.

import { make } from "./page.js";

// ---- the curve ----

const HIGH = 270, LEFT = 36, RIGHT = 12, TOP = 8, BOTTOM = 36;
const LOW = 0.36, MARKS = [0.5, 1, 2, 4]; // nats, on a logarithmic axis
const POINTS = 300; // of a line; more are averaged

// Neighbours averaged until at most `most` points are left.
export function thinned(points, most = POINTS) {
  const size = Math.ceil(points.length / most) || 1;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const part = points.slice(i * size, (i + 1) * size);
    const mean = (axis) => part.reduce((sum, point) => sum + point[axis], 0) / part.length;
    return [mean(0), mean(1)];
  });
}

// The axis of steps ends at a round number: 1, 2 or 5 and zeros.
export function roundUp(steps) {
  const power = 10 ** Math.floor(Math.log10(steps));
  return [1, 2, 5, 10].map((one) => one * power).find((end) => end >= steps);
}

export function curve(floor, tokens) {
  const node = make("svg", { role: "img", class: "tr-curve" }), keys = figure(node);
  let ghost = [], seen = [[], []];
  const draw = () => {
    const [losses, unseen] = seen, last = Math.max(0, ...[losses, ghost].map((line) => line.at(-1)?.[0] ?? 0));
    const paper = axes(node.clientWidth || 640, roundUp(Math.max(last, 100)), Math.log(tokens));
    node.setAttribute("viewBox", `0 0 ${paper.wide} ${HIGH}`);
    node.setAttribute("aria-label", spoken(unseen, floor, Math.log(tokens)));
    node.replaceChildren(...paper.nodes, paper.line(ghost, "tr-ghost"), paper.line(losses, "tr-batch"),
      paper.line(unseen, "tr-unseen"), paper.level(floor, "tr-floor", `the floor: ${floor.toFixed(3)} nats a token`, -16));
    keys.ghost.hidden = !ghost.length;
  };
  new ResizeObserver(draw).observe(node);
  const show = (...lines) => { seen = lines; draw(); };
  return { node: keys.node, show, keep: (unseen) => (ghost = unseen.length > 1 ? unseen : ghost) };
}

// Where a number stands on the paper, and the lines that say so.
function axes(wide, end, guess) {
  const high = guess * 1.25, right = wide - RIGHT;
  const x = (step) => LEFT + (step / end) * (right - LEFT);
  const y = (nats) => {
    const share = Math.log(Math.min(Math.max(nats, LOW), high) / LOW) / Math.log(high / LOW);
    return HIGH - BOTTOM - share * (HIGH - TOP - BOTTOM);
  };
  const text = (at, height, anchor, words) => make("text", { x: at, y: height, "text-anchor": anchor }, words);
  const level = (nats, kind, words = "", above = 5) => make("g", { class: kind },
    make("line", { x1: LEFT, x2: right, y1: y(nats), y2: y(nats) }), text(right, y(nats) - above, "end", words));
  const line = (points, kind) => make("polyline", { class: kind,
    points: thinned(points).map(([step, nats]) => `${x(step).toFixed(1)},${y(nats).toFixed(1)}`).join(" ") });
  const foot = (step, anchor) => text(x(step), HIGH - 20, anchor, step.toLocaleString("en"));
  const nodes = [...MARKS.map((nats) => level(nats, "tr-grid")),
    ...MARKS.map((nats) => text(LEFT - 8, y(nats) + 4, "end", String(nats))),
    level(guess, "tr-guess", `guessing: ${guess.toFixed(2)}`),
    foot(0, "middle"), foot(end / 2, "middle"), foot(end, "end"),
    text((LEFT + right) / 2, HIGH - 4, "middle", "steps")];
  return { wide, nodes, level, line };
}

function spoken(unseen, floor, guess) {
  const seen = unseen.filter((_, i) => i % Math.ceil(unseen.length / 8) === 0 || i === unseen.length - 1);
  const points = seen.map(([step, nats]) => `${nats.toFixed(2)} at step ${step}`).join(", ");
  return `Loss on unseen stories, nats a token: ${points || "not measured yet"}. ` +
    `Guessing costs ${guess.toFixed(2)}, the floor is ${floor.toFixed(3)}.`;
}

function figure(svg) {
  const key = (kind, text) => make("span", {}, make("i", { class: kind }), text);
  const ghost = key("tr-ghost", "the run before");
  const caption = make("figcaption", {}, make("b", {}, "Loss, nats a token"),
    key("tr-batch", "the stories it learns from"), key("tr-unseen", "unseen stories"), ghost);
  return { node: make("figure", {}, caption, svg), ghost };
}

// ---- the stories ----

const KEPT = 40; // in the list

export function stories(example) {
  const first = make("p", { class: "tr-story" }), why = make("p", { class: "tr-why" });
  const body = make("tbody");
  const head = ["step", "sound", "its first story"].map((name) => make("th", { scope: "col" }, name));
  const past = make("table", {}, make("caption", {}, "Sound stories so far"),
    make("thead", {}, make("tr", {}, ...head)), body);
  const node = make("div", { class: "tr-written" }, make("p", { class: "tr-caption" }, "What it writes now"),
    first, why, make("div", { class: "tr-scroll", tabindex: "0", role: "group", "aria-label": "stories so far" }, past));
  let shown = null; // the last that is on the page
  const show = (all) => {
    const last = all.at(-1);
    past.hidden = !last;
    if (!last) [first.textContent, why.textContent] = [example, "It has written nothing yet. This is a story that it will learn from."];
    else if (last !== shown) {
      first.replaceChildren(...marked(last.first));
      why.textContent = verdict(last.first);
      body.replaceChildren(...all.slice(-KEPT).reverse().map(line));
    }
    shown = last;
  };
  return { node, show };
}

const line = ({ step, sound, of, first }) => make("tr", {}, make("th", { scope: "row" }, String(step)),
  make("td", {}, `${sound} of ${of}`), make("td", {}, first.text));

const marked = ({ text, stops, whole }) =>
  (whole > -Infinity ? [text] : [text.slice(0, stops), make("mark", {}, text.slice(stops) || "…")]);

// Is it a story of the grammar, and if not, what would have kept it one?
export function verdict({ text, stops, whole, expected }) {
  if (whole > -Infinity) return "Sound: the grammar can draw this story.";
  if (!text) return "It has written nothing: the story ended before it began.";
  if (stops === text.length) return "It breaks off: the story is not at its end.";
  const words = expected.slice(0, 3).map((word) => `“${word.trim() || word}”`).join(" or ");
  return `Not sound: at the mark a story could go on with ${words}${expected.length > 3 ? " or others" : ""}.`;
}

// ---- the gradient ----

const PARTS = {
  qkv: "queries, keys, values", mix: "attention, out", widen: "MLP, in", narrow: "MLP, out",
};

// "blocks.0.qkv.weight" -> "layer 1: queries, keys, values"; null for what is no matrix
export function matrixName(name) {
  if (name === "wte") return "token vectors";
  if (name === "wpe") return "position vectors";
  const [, layer, part] = name.match(/^blocks\.(\d+)\.(\w+)\.weight$/) ?? [];
  return part in PARTS ? `layer ${Number(layer) + 1}: ${PARTS[part]}` : null;
}

export function gradients() {
  const body = make("tbody");
  const head = ["matrix", "length", ""].map((name) => make("th", { scope: "col" }, name));
  const caption = "Length of the gradient of each matrix, before the whole is limited to 1";
  const node = make("table", { class: "tr-bars" }, make("caption", {}, caption), make("thead", {}, make("tr", {}, ...head)), body);
  const show = (norms) => {
    const named = norms.map(([name, norm]) => [matrixName(name), norm]).filter(([name]) => name);
    const most = Math.max(...named.map(([, norm]) => norm));
    body.replaceChildren(...named.map(([name, norm]) => {
      const bar = make("div", { class: "tr-bar", style: `width: ${(100 * norm / most).toFixed(1)}%` });
      return make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, norm.toPrecision(2)), make("td", {}, bar));
    }));
  };
  return { node, show };
}
