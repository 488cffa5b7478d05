// What a model expects after every beginning of a few texts: no kernel, no network.
// Python sends the likeliest tokens' log-probabilities and, for each temperature of the slider,
// the sum over all others; the rest is computed here. The pure functions run outside a page.

import { bars } from "./bars.js";
import { button, choice, follow, frame, make, percent, put, row, slider, visible } from "./page.js";

export const STEP = 0.1; // between two temperatures; `rest` has one number a step, from STEP on

// Probabilities of the listed tokens at a temperature, and of all others together.
//   nats: −ln of the listed ones, which are right where a probability is too small for a number
export function distribution(entry, temperature) {
  const rest = entry.rest[Math.round(temperature / STEP) - 1];
  const powers = entry.logs.map((log) => log / temperature);
  const top = Math.max(rest, ...powers);
  const total = [rest, ...powers].reduce((sum, power) => sum + Math.exp(power - top), 0);
  const nats = powers.map((power) => top - power + Math.log(total));
  return { shares: nats.map((one) => Math.exp(-one)), nats, others: Math.exp(rest - top) / total };
}

// −ln of the probability of the tokens after the first, up to place `at`: a sum, term by term.
export function surprise(text, at, temperature) {
  const term = (entry) => distribution(entry, temperature).nats[entry.next];
  return text.entries.slice(0, at).reduce((sum, entry) => sum + term(entry), 0);
}

// A probability in words: small ones as one in how many.
export function odds(nats) {
  if (nats < 0.0005) return "1";
  if (nats < Math.log(1e6)) {
    const many = Math.exp(nats);
    return `1 in ${many < 10 ? many.toFixed(2) : Math.round(many).toLocaleString("en")}`;
  }
  return `1 in 10^${(nats / Math.LN10).toFixed(1)}`;
}

export function summary(text, at, temperature) {
  const entry = text.entries[at];
  const { shares } = distribution(entry, temperature);
  const best = shares.indexOf(Math.max(...shares));
  const real = shares[entry.next];
  const nats = surprise(text, at, temperature);
  return (
    `Likeliest: “${visible(entry.names[best])}” with ${percent(shares[best])}. ` +
    `The text goes on with “${visible(entry.names[entry.next])}”, ${percent(real)}. ` +
    `Tokens predicted so far: ${at}, together ${nats.toFixed(2)} nats, ${odds(nats)}.`
  );
}

// ---- the page ----

const last = (model) => model.get("texts")[model.get("text")].entries.length - 1;

// The text with its tokens marked off: read, still to come, and the one that comes next.
function reading(model) {
  const node = make("p", { class: "nw-text" });
  node.addEventListener("click", (event) => {
    const place = [...node.children].indexOf(event.target.closest("span"));
    if (place >= 0) put(model, { at: Math.min(place, last(model)) });
  });
  const show = (text, at) => {
    const kind = (i) => (i <= at ? "nw-read" : i === at + 1 ? "nw-next" : "nw-later");
    const tokens = text.tokens.map((name, i) => make("span", { class: kind(i) }, name));
    node.replaceChildren(...tokens);
  };
  return { node, show };
}

function lines(entry, temperature) {
  const { shares, others } = distribution(entry, temperature);
  const line = (name, share, kind) => ({ name, cells: [percent(share)], share, kind });
  const name = (i) => visible(entry.names[i]) + (i === entry.next ? " ◀ comes next" : "");
  const kind = (i) => (i === entry.next ? "explorer-chosen" : "");
  const listed = shares.map((share, i) => line(name(i), share, kind(i)));
  return [...listed, line(`all ${entry.others} others`, others, "explorer-rest")];
}

function controls(model) {
  const move = (by) => () => {
    const end = last(model);
    put(model, { at: Math.max(0, Math.min(end, Math.min(end, model.get("at")) + by)) });
  };
  const titles = model.get("texts").map(({ title }) => title);
  const count = () => model.get("texts")[model.get("text")].tokens.length;
  return {
    text: choice("text", titles, (text) => put(model, { text, at: 0 })),
    next: button("next token", move(1)),
    back: button("back", move(-1)),
    place: slider("tokens read", { min: 1, step: 1 }, (x) => put(model, { at: x - 1 }),
      (x) => `${x} of ${count()}`),
    heat: slider("temperature", { min: STEP, max: 2, step: STEP }, (x) =>
      put(model, { temperature: Math.round(x / STEP) / Math.round(1 / STEP) }),
    (x) => x.toFixed(1)),
  };
}

function render({ model, el }) {
  const { text, next, back, place, heat } = controls(model);
  const story = reading(model);
  const chart = bars("What the model expects next", ["next token", "probability", "as a bar"]);
  const rows = [row(text.label, next, back), row(place.label, heat.label)];
  const { say } = frame(el, "nw", "next-word explorer", ...rows, story.node, chart.node);

  return follow(model, ["text", "at", "temperature"], () => {
    const [chosen, temperature] = [model.get("text"), model.get("temperature")];
    const current = model.get("texts")[chosen];
    const at = Math.min(model.get("at"), last(model));
    text.node.value = chosen;
    place.node.max = current.entries.length;
    place.show(at + 1);
    heat.show(temperature);
    story.show(current, at);
    chart.show(lines(current.entries[at], temperature));
    say(summary(current, at, temperature));
  });
}

export default { render };
