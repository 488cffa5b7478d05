// A square plane around the origin, with points of several kinds that may be dragged.

import { make } from "./page.js";

const EDGE = 88; // where the farthest coordinate is drawn; the plane ends at 100
const LABEL_AT = { q: [9, -8], k: [11, 16], v: [9, 14], o: [7, -6] };
const RADIUS = { q: 6, k: 9, v: 7, o: 4 }; // a key is a ring, so that a query on it is seen
const DRAWN_ALONE = "o"; // outputs follow from the rest

// kinds: ["k", "q"], three points of each; moved(kind, i, [x, y]) tells where one is dragged to
export function plane(kinds, label, moved) {
  const svg = make("svg", { viewBox: "-100 -100 200 200", role: "img", "aria-label": label });
  const view = { svg, reach: 3, dragged: false };
  const back = make("g");
  const arrows = Object.fromEntries(kinds.map((kind) => [kind, [0, 1, 2].map((i) => {
    const arrow = newArrow(kind, i);
    if (kind !== DRAWN_ALONE) follow(view, arrow.dot, (place) => moved(kind, i, place));
    return arrow;
  })]));
  svg.append(back, ...kinds.flatMap((kind) => arrows[kind].map(({ node }) => node)));
  const show = (points) => {
    const far = Math.max(...kinds.flatMap((kind) => points[kind].flat().map(Math.abs)));
    if (!view.dragged) view.reach = Math.max(3, Math.ceil(far));
    const at = ([x, y]) => [(x / view.reach) * EDGE, (-y / view.reach) * EDGE];
    back.replaceChildren(...background(points.v?.map(at)));
    for (const kind of kinds) arrows[kind].forEach((arrow, i) => put(arrow, kind, at(points[kind][i])));
  };
  return { node: svg, show };
}

function newArrow(kind, i) {
  const line = make("line", { x1: 0, y1: 0 });
  const dot = make("circle", { r: RADIUS[kind] });
  const text = make("text", {}, kind + "₁₂₃"[i]);
  return { line, dot, text, node: make("g", { class: `ax-${kind}` }, line, dot, text) };
}

// A point goes where the finger or the mouse takes it, in steps of a tenth, inside the plane.
function follow(view, dot, moved) {
  dot.classList.add("ax-drag");
  dot.addEventListener("pointerdown", (event) => {
    view.dragged = true;
    dot.setPointerCapture(event.pointerId);
  });
  dot.addEventListener("pointermove", (event) => {
    if (!view.dragged) return;
    const box = view.svg.getBoundingClientRect();
    const place = (pixel, start, size) => (((pixel - start) / size) * 200 - 100) / EDGE;
    const snap = (z) => Math.round(Math.max(-1, Math.min(1, z)) * view.reach * 10) / 10;
    const x = place(event.clientX, box.left, box.width);
    const y = place(event.clientY, box.top, box.height);
    moved([snap(x), snap(-y)]);
  });
  for (const end of ["pointerup", "pointercancel"])
    dot.addEventListener(end, () => (view.dragged = false));
}

function background(corners) {
  const nodes = [
    make("line", { x1: -96, x2: 96, y1: 0, y2: 0, class: "ax-axis" }),
    make("line", { y1: -96, y2: 96, x1: 0, x2: 0, class: "ax-axis" }),
  ];
  if (corners) nodes.push(make("polygon", { points: corners.join(" "), class: "ax-hull" }));
  return nodes;
}

function put({ line, dot, text }, kind, [x, y]) {
  const set = (node, values) =>
    Object.entries(values).forEach(([name, value]) => node.setAttribute(name, value));
  set(line, { x2: x, y2: y });
  set(dot, { cx: x, cy: y });
  const [right, down] = LABEL_AT[kind];
  set(text, { x: Math.min(x + right, 86), y: Math.max(y + down, -88) });
}
