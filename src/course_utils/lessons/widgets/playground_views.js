// What the playground shows of a text that story-gpt has read, each with a `show`.

import { surprises as prices } from "../engine/grammar.js";
import { button, make, percent, visible } from "./page.js";

const END = "<eos>";
const LISTED = 8; // tokens in the chart; the others are added up

// The text, token by token; a token is shaded by its value, the largest in full.
export function words(names, chosen) {
  const node = make("p", { class: "pg-text" });
  node.addEventListener("click", (event) => {
    const at = [...node.children].indexOf(event.target.closest("span"));
    if (at >= 0) chosen(at);
  });
  const show = (ids, at, values) => {
    const full = Math.max(...values) || 1;
    node.replaceChildren(...ids.map((id, t) => {
      const shade = Math.min(1, (values[t] ?? 0) / full);
      const span = make("span", { style: `--shade: ${(100 * shade).toFixed(0)}%` }, names[id]);
      if (t === at) span.classList.add("pg-at");
      return span;
    }));
  };
  return { node, show };
}

// What may come next: the likeliest tokens, each to be chosen, and all others together.
export function bars(names, chosen) {
  const body = make("tbody");
  const head = ["token", "share", ""].map((name) => make("th", { scope: "col" }, name));
  const node = make("table", { class: "pg-bars" }, make("caption", {}, "What comes next"),
    make("thead", {}, make("tr", {}, ...head)), body);
  const line = (name, share) => {
    const bar = make("div", { class: "pg-bar", style: `width: ${(100 * share).toFixed(2)}%` });
    return make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, percent(share)),
      make("td", {}, bar));
  };
  const show = (shares) => {
    const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]).slice(0, LISTED);
    const rest = 1 - order.reduce((sum, id) => sum + shares[id], 0);
    const take = (id) => button(visible(names[id]), () => chosen(id), { title: "take this token" });
    body.replaceChildren(...order.map((id) => line(take(id), shares[id])),
      line(`${shares.length - LISTED} others`, Math.max(0, rest)));
  };
  return { node, show };
}

// Every head of every layer: a strip as long as the text, dark where the head looks.
export function heads(chosen) {
  const grid = make("div", { class: "pg-heads" });
  const told = make("p", { class: "pg-told" });
  const caption = "Where the token looks, by layer (down) and head (across): darkest where it looks most. The chosen head shades the text.";
  const node = make("div", {}, make("p", { class: "pg-caption" }, "Attention"),
    make("p", { class: "pg-small" }, caption), grid, told);
  const show = (attention, [layer, head], names) => {
    grid.style.setProperty("--heads", attention[0].length);
    const strips = attention.flatMap((row, l) => row.map((weights, h) =>
      strip(weights, l, h, l === layer && h === head, () => chosen([l, h]))));
    const focus = [...grid.children].indexOf(document.activeElement);
    grid.replaceChildren(...strips);
    strips[focus]?.focus();
    told.textContent = looks(attention[layer][head], names, layer, head);
  };
  return { node, show };
}

export function looks(weights, names, layer, head) {
  const best = weights.indexOf(Math.max(...weights));
  return `Layer ${layer + 1}, head ${head + 1} looks most at “${visible(names[best])}”, ` +
    `token ${best + 1}, with ${percent(weights[best])} of its weight.`;
}

function strip(weights, layer, head, pressed, press) {
  const name = `layer ${layer + 1}, head ${head + 1}`;
  const node = button("", press, { "aria-label": name, title: name, "aria-pressed": String(pressed) });
  const width = 100 / weights.length;
  const most = Math.max(...weights);
  const stops = [...weights].map((w, t) => {
    const ink = `color-mix(in srgb, var(--pg-ink) ${(100 * w / most).toFixed(0)}%, transparent)`;
    return `${ink} ${(t * width).toFixed(2)}% ${((t + 1) * width).toFixed(2)}%`;
  });
  node.style.backgroundImage = `linear-gradient(to right, ${stops.join(", ")})`;
  return node;
}

// The logit lens: the model's last step, taken too early. One line a layer, its three likeliest.
export function lens(names) {
  const body = make("tbody");
  const head = ["behind layer", "first", "second", "third"].map((name) => make("th", { scope: "col" }, name));
  const node = make("table", {}, make("thead", {}, make("tr", {}, ...head)), body);
  const cell = (shares) => (id) => make("td", {}, `${visible(names[id])} ${percent(shares[id])}`);
  const show = (layers) => body.replaceChildren(...layers.map((shares, layer) => {
    const best = [...shares.keys()].sort((a, b) => shares[b] - shares[a]).slice(0, 3);
    const name = make("th", { scope: "row" }, String(layer + 1));
    return make("tr", {}, name, ...best.map(cell(shares)));
  }));
  return { node, show };
}

// What each token cost, −ln of its probability, beside what the grammar itself would have paid.
export function surprises(names, grammar) {
  const body = make("tbody"), foot = make("tfoot");
  const titles = ["token", "model (nats)", "grammar (nats)"];
  const head = titles.map((name) => make("th", { scope: "col" }, name));
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...head)), body, foot);
  const told = make("p", { class: "pg-small" });
  const node = make("div", { class: "pg-scroll", tabindex: "0", role: "region",
    "aria-label": "surprise of every token" }, table, told);
  const line = (name, ours, floor) => make("tr", {}, make("th", { scope: "row" }, name),
    make("td", {}, ours.toFixed(2)), make("td", {}, Number.isFinite(floor) ? floor.toFixed(2) : "–"));
  const show = (ids, costs) => {
    const floors = floorsOf(grammar, ids.slice(1).map((id) => names[id]));
    const lines = floors.map((floor, t) => line(visible(names[ids[t + 1]]), costs[t + 1], floor));
    body.replaceChildren(...lines);
    const sum = (values) => values.reduce((total, value) => total + value, 0);
    foot.replaceChildren(line("together", sum([...costs]), sum(floors)));
    told.textContent = floors.includes(Infinity) ? NOT_A_STORY : "";
  };
  return { node, show };
}

const NOT_A_STORY = "–: no story of the grammar begins with this text, so no price is right for it.";

// The grammar's price of each token; the end mark costs what the end of the story costs.
export function floorsOf(grammar, tokens) {
  const end = tokens.indexOf(END), told = end < 0 ? tokens : tokens.slice(0, end);
  const floors = prices(grammar, told);
  if (end < 0) return floors.slice(0, -1);
  return tokens.map((_, t) => floors[t] ?? Infinity);
}
