// What a model expects after every beginning of a few texts: no kernel, no network.
// Python sends the likeliest tokens' log-probabilities and, for each temperature of the slider,
// the sum over all others; the rest is computed here. The pure functions run outside a browser.

export const STEP = 0.1; // between two temperatures; `rest` has one number a step, from STEP on

// Probabilities of the listed tokens at a temperature, and of all others together.
export function distribution(entry, temperature) {
  const rest = entry.rest[Math.round(temperature / STEP) - 1];
  const powers = entry.logs.map((log) => log / temperature);
  const top = Math.max(rest, ...powers);
  const total = [rest, ...powers].reduce((sum, power) => sum + Math.exp(power - top), 0);
  const share = (power) => Math.exp(power - top) / total;
  return { shares: powers.map(share), others: share(rest) };
}

// −ln of the probability of the tokens after the first, up to place `at`: a sum, term by term.
export function surprise(text, at, temperature) {
  const term = (entry) => -Math.log(distribution(entry, temperature).shares[entry.next]);
  return text.entries.slice(0, at).reduce((sum, entry) => sum + term(entry), 0);
}

export const visible = (name) => name.replaceAll(" ", "␣").replaceAll("\n", "⏎");

export const percent = (share) => `${(100 * share).toFixed(1)} %`;

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

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function put(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

function button(text, press) {
  const node = make("button", { type: "button" }, text);
  node.addEventListener("click", press);
  return node;
}

function slider(text, attributes, input) {
  const node = make("input", { type: "range", ...attributes });
  const output = make("output");
  node.addEventListener("input", () => input(node.valueAsNumber));
  return { node, output, label: make("label", {}, make("span", {}, text), node, output) };
}

const last = (model) => model.get("texts")[model.get("text")].entries.length - 1;

function chooser(model) {
  const node = make("select");
  model.get("texts").forEach((text, i) => node.append(make("option", { value: i }, text.title)));
  node.addEventListener("change", () => put(model, { text: Number(node.value), at: 0 }));
  return { node: make("label", {}, make("span", {}, "text"), node), show: (i) => (node.value = i) };
}

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

function chart() {
  const head = ["next token", "probability", ""].map((name) => make("th", { scope: "col" }, name));
  const body = make("tbody");
  const caption = make("caption", {}, "What the model expects next");
  const node = make("table", {}, caption, make("thead", {}, make("tr", {}, ...head)), body);
  const row = (name, share, kind) => {
    const bar = make("div", { class: "nw-bar", style: `width: ${(100 * share).toFixed(2)}%` });
    const cells = [make("td", {}, percent(share)), make("td", {}, bar)];
    return make("tr", { class: kind }, make("th", { scope: "row" }, name), ...cells);
  };
  const show = (entry, temperature) => {
    const { shares, others } = distribution(entry, temperature);
    const name = (i) => visible(entry.names[i]) + (i === entry.next ? " ◀ comes next" : "");
    const rows = shares.map((share, i) => row(name(i), share, i === entry.next ? "nw-real" : ""));
    body.replaceChildren(...rows, row(`all ${entry.others} others`, others, "nw-others"));
  };
  return { node, show };
}

function render({ model, el }) {
  const move = (by) => () => {
    const end = last(model);
    put(model, { at: Math.max(0, Math.min(end, Math.min(end, model.get("at")) + by)) });
  };
  const text = chooser(model);
  const place = slider("tokens read", { min: 1, step: 1 }, (x) => put(model, { at: x - 1 }));
  const heat = slider("temperature", { min: STEP, max: 2, step: STEP }, (x) =>
    put(model, { temperature: Math.round(x / STEP) / Math.round(1 / STEP) }),
  );
  const story = reading(model);
  const bars = chart();
  const status = make("p", { role: "status" });
  const row = (...nodes) => make("div", { class: "explorer-row" }, ...nodes);
  const label = "next-word explorer";
  const root = make("div", { class: "course-explorer nw", role: "group", "aria-label": label });
  root.append(
    row(text.node, button("next token", move(1)), button("back", move(-1))),
    row(place.label, heat.label),
    story.node,
    bars.node,
    status,
  );
  el.append(root);

  const update = () => {
    const [chosen, temperature] = [model.get("text"), model.get("temperature")];
    const current = model.get("texts")[chosen];
    const at = Math.min(model.get("at"), last(model));
    text.show(chosen);
    place.node.max = current.entries.length;
    place.node.value = at + 1;
    place.output.textContent = `${at + 1} of ${current.tokens.length}`;
    heat.node.value = temperature;
    heat.output.textContent = temperature.toFixed(1);
    story.show(current, at);
    bars.show(current.entries[at], temperature);
    status.textContent = summary(current, at, temperature);
  };
  const events = ["text", "at", "temperature"].map((trait) => `change:${trait}`);
  for (const event of events) model.on(event, update);
  update();
  return () => events.forEach((event) => model.off(event, update));
}

export default { render };
