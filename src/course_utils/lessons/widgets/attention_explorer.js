// Attention over three tokens, computed and drawn in the page: no kernel, no network.
// softmax() and attend() are pure, so that a test can run them outside a browser.

export function softmax(row) {
  const top = Math.max(...row);
  const powers = row.map((score) => Math.exp(score - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);

export function attend(q, k, v, { causal = false, scale = true } = {}) {
  const root = scale ? Math.sqrt(q[0].length) : 1;
  const score = (i, j) => (causal && j > i ? -Infinity : dot(q[i], k[j]) / root);
  const scores = q.map((_, i) => k.map((_, j) => score(i, j)));
  const weights = scores.map(softmax);
  const columns = v[0].map((_, c) => v.map((row) => row[c]));
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
  "queries ten times as long": { ...LESSON, q: LESSON.q.map((row) => row.map((x) => 10 * x)) },
};
const TRAITS = ["q", "k", "v", "causal", "scale"];
const LABEL_AT = { q: [9, -8], k: [11, 16], v: [9, 14], o: [7, -6] };
const RADIUS = { q: 6, k: 9, v: 7, o: 4 }; // a key is a ring, so that a query on it is seen
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
  const says = (row, i) => {
    const top = Math.max(...row);
    const most = TOKENS.filter((_, j) => row[j] > top - 1e-9).join(" and ");
    return `${TOKENS[i]} looks most at ${most} (${format(top)})`;
  };
  return weights.map(says).join("; ") + ".";
}

// ---- the page ----

function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "line", "circle", "text", "polygon", "g"].includes(tag);
  const node = svg
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function table(caption, columns, cell) {
  const header = columns.map((name) => make("th", { scope: "col" }, name));
  const cells = [];
  const rows = TOKENS.map((token, i) => {
    const row = columns.map((_, j) => make("td", {}, ...cell(i, j)));
    cells.push(row);
    return make("tr", {}, make("th", { scope: "row" }, token), ...row);
  });
  const head = make("tr", {}, make("td", {}), ...header);
  const node = make("table", {}, make("caption", {}, caption), make("thead", {}, head));
  node.append(make("tbody", {}, ...rows));
  return { node, cells };
}

function set(model, trait, i, values) {
  const rows = model.get(trait).map((row) => [...row]);
  Object.assign(rows[i], values);
  model.set(trait, rows);
  model.save_changes();
}

function numbers(model, trait) {
  const input = (i, c) => {
    const name = `${NAMES[trait]} of token ${i + 1}, component ${c + 1}`;
    const node = make("input", { type: "number", step: "0.5", "aria-label": name });
    node.addEventListener("input", () => {
      if (Number.isFinite(node.valueAsNumber)) set(model, trait, i, { [c]: node.valueAsNumber });
    });
    node.addEventListener("blur", () => (node.value = model.get(trait)[i][c]));
    return node;
  };
  const grid = TOKENS.map((_, i) => [input(i, 0), input(i, 1)]);
  const caption = `${trait.toUpperCase()}: one ${NAMES[trait]} a row`;
  const { node } = table(caption, ["1", "2"], (i, c) => [grid[i][c]]);
  node.classList.add(`ax-${trait}`);
  const show = () =>
    grid.forEach((row, i) =>
      row.forEach((box, c) => {
        const typing = box.getRootNode().activeElement === box; // leave "1." and "-" alone
        if (!typing) box.value = model.get(trait)[i][c];
      }),
    );
  return { node, show };
}

// A square plane of side 200 around the origin; every point but the outputs can be dragged.
function plane(model, traits, label) {
  const svg = make("svg", { viewBox: "-100 -100 200 200", role: "img", "aria-label": label });
  let reach = 3;
  let dragged = false;
  const at = ([x, y]) => [(x / reach) * 88, (-y / reach) * 88];
  const drag = (trait, i) => (event) => {
    if (!dragged) return;
    const box = svg.getBoundingClientRect();
    const place = (pixel, start, size) => (((pixel - start) / size) * 200 - 100) / 88;
    const x = place(event.clientX, box.left, box.width);
    const y = -place(event.clientY, box.top, box.height);
    const snap = (z) => Math.round(Math.max(-1, Math.min(1, z)) * reach * 10) / 10;
    set(model, trait, i, [snap(x), snap(y)]);
  };
  const back = make("g");
  const arrows = {};
  for (const trait of traits) {
    arrows[trait] = TOKENS.map((_, i) => {
      const line = make("line", { x1: 0, y1: 0 });
      const dot = make("circle", { r: RADIUS[trait] });
      const text = make("text", {}, trait + "₁₂₃"[i]);
      if (trait !== "o") {
        dot.classList.add("ax-drag");
        dot.addEventListener("pointerdown", (event) => {
          dragged = true;
          dot.setPointerCapture(event.pointerId);
        });
        dot.addEventListener("pointermove", drag(trait, i));
        for (const end of ["pointerup", "pointercancel"])
          dot.addEventListener(end, () => (dragged = false));
      }
      return { line, dot, text, node: make("g", { class: `ax-${trait}` }, line, dot, text) };
    });
  }
  const all = Object.values(arrows).flat();
  svg.append(back, ...all.map((a) => a.node));
  const show = (points) => {
    const far = Math.max(...traits.flatMap((t) => points[t].flat().map(Math.abs)));
    if (!dragged) reach = Math.max(3, Math.ceil(far));
    back.replaceChildren(
      make("line", { x1: -96, x2: 96, y1: 0, y2: 0, class: "ax-axis" }),
      make("line", { y1: -96, y2: 96, x1: 0, x2: 0, class: "ax-axis" }),
    );
    if (points.v)
      back.append(make("polygon", { points: points.v.map(at).join(" "), class: "ax-hull" }));
    for (const trait of traits)
      arrows[trait].forEach(({ line, dot, text }, i) => {
        const [x, y] = at(points[trait][i]);
        line.setAttribute("x2", x);
        line.setAttribute("y2", y);
        dot.setAttribute("cx", x);
        dot.setAttribute("cy", y);
        text.setAttribute("x", Math.min(x + LABEL_AT[trait][0], 86));
        text.setAttribute("y", Math.max(y + LABEL_AT[trait][1], -88));
      });
  };
  return { node: svg, show };
}

function checkbox(model, trait, text) {
  const box = make("input", { type: "checkbox" });
  box.addEventListener("change", () => {
    model.set(trait, box.checked);
    model.save_changes();
  });
  return { node: make("label", {}, box, text), show: () => (box.checked = model.get(trait)) };
}

function presets(model) {
  const label = "numbers to start from";
  const node = make("div", { class: "explorer-row", role: "group", "aria-label": label });
  for (const [name, numbers] of Object.entries(PRESETS)) {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => {
      for (const [trait, rows] of Object.entries(numbers)) model.set(trait, rows);
      model.save_changes();
    });
    node.append(button);
  }
  return node;
}

function render({ model, el }) {
  const switches = [
    checkbox(model, "causal", "causal mask"),
    checkbox(model, "scale", "divide the scores by √2"),
  ];
  const inputs = ["q", "k", "v"].map((trait) => numbers(model, trait));
  const space = plane(model, ["k", "q"], "Queries and keys as arrows from the origin");
  const cloud = plane(model, ["v", "o"], "Values, and the outputs inside their triangle");
  const tokens = TOKENS;
  const scores = table("scores: query · key", tokens, () => []);
  const weights = table("weights: each row adds to 1", tokens, () => []);
  const outputs = table("outputs: averages of V", ["1", "2"], () => []);
  const status = make("p", { role: "status" });
  const row = (...nodes) => make("div", { class: "explorer-row" }, ...nodes);
  const label = "attention explorer";
  const root = make("div", { class: "course-explorer ax", role: "group", "aria-label": label });
  root.append(
    presets(model),
    row(...switches.map((s) => s.node)),
    row(...inputs.map((s) => s.node)),
    row(space.node, cloud.node),
    row(scores.node, weights.node, outputs.node),
    status,
  );
  el.append(root);

  const update = () => {
    const [q, k, v, causal, scale] = TRAITS.map((trait) => model.get(trait));
    const result = attend(q, k, v, { causal, scale });
    for (const part of [...switches, ...inputs]) part.show();
    space.show({ q, k });
    cloud.show({ v, o: result.outputs });
    for (const [{ cells }, rows] of [
      [scores, result.scores],
      [weights, result.weights],
      [outputs, result.outputs],
    ])
      rows.forEach((r, i) => r.forEach((x, j) => (cells[i][j].textContent = format(x))));
    const paint = (x, i, j) => Object.assign(weights.cells[i][j].style, heat(x));
    result.weights.forEach((r, i) => r.forEach((x, j) => paint(x, i, j)));
    status.textContent = summary(result.weights);
  };
  const events = TRAITS.map((trait) => `change:${trait}`);
  for (const event of events) model.on(event, update);
  update();
  return () => events.forEach((event) => model.off(event, update));
}

export default { render };
