// What the pieces of the course make their pages of.

const SVG = ["svg", "line", "circle", "text", "polygon", "polyline", "path", "rect", "g", "title"];

export function make(tag, attributes = {}, ...children) {
  const node = SVG.includes(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export const row = (...nodes) => make("div", { class: "explorer-row" }, ...nodes);

// A row of buttons that belong together.
export function group(label, ...nodes) {
  return make("div", { class: "explorer-row", role: "group", "aria-label": label }, ...nodes);
}

export function button(text, press, attributes = {}) {
  const node = make("button", { type: "button", ...attributes }, text);
  node.addEventListener("click", press);
  return node;
}

// A labelled slider that says its value. -> { label, node, output, show(value) }
export function slider(text, attributes, input, told = String) {
  const node = make("input", { type: "range", ...attributes });
  const output = make("output");
  const show = (value) => {
    node.value = value;
    output.textContent = told(value);
    node.setAttribute("aria-valuetext", told(value));
  };
  node.addEventListener("input", () => {
    show(node.valueAsNumber);
    input(node.valueAsNumber);
  });
  return { node, output, show, label: make("label", {}, make("span", {}, text), node, output) };
}

export function choice(text, names, chosen) {
  const node = make("select");
  names.forEach((name, i) => node.append(make("option", { value: i }, name)));
  node.addEventListener("change", () => chosen(Number(node.value)));
  return { node, label: make("label", {}, make("span", {}, text), node) };
}

export function checkbox(text, changed, checked = false) {
  const node = make("input", { type: "checkbox" });
  node.checked = checked;
  node.addEventListener("change", () => changed(node.checked));
  return { node, label: make("label", {}, node, text) };
}

// What is seen when one wants to.
export const fold = (title, node) => make("details", {}, make("summary", {}, title), node);

// The frame of a piece: a group with a name, in which one line is read out when it changes. Its keys
// are its own: JupyterLab would take arrows, Enter and Delete for its cells.
export function frame(el, kind, name, ...nodes) {
  const status = make("p", { role: "status" });
  const root = make("div", { class: `course-explorer ${kind}`, role: "group", "aria-label": name,
    "data-lm-suppress-shortcuts": "true" });
  root.append(...nodes, status);
  el.append(root);
  return { root, say: (text) => (status.textContent = text) };
}

// Blanks and line ends of a token made visible.
export const visible = (name) => name.replaceAll(" ", "␣").replaceAll("\n", "⏎");

export const percent = (share) => `${(100 * share).toFixed(1)} %`;

// ---- what is shared with Python ----

export function put(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

// Show what the values say, now and whenever one of them changes. -> the function that ends it
export function follow(model, names, show) {
  const events = names.map((name) => `change:${name}`);
  for (const event of events) model.on(event, show);
  show();
  return () => events.forEach((event) => model.off(event, show));
}
