// What a scene is made with: shapes, digits, pens and an eraser; colours and sizes for them.

import { draw } from "../engine/scene.js";
import { make } from "./page.js";
import { paint } from "./pictures.js";

let groups = 0; // radio buttons of one group share a name that no other group has

// One of several, each shown by a node: -> { node, value(), options }
function radios(legend, options, changed) {
  const name = `scene-${++groups}`;
  const inputs = options.map(({ label, show }, i) => {
    const input = make("input", { type: "radio", name, "aria-label": label, class: "explorer-hidden" });
    input.checked = i === 0;
    input.addEventListener("change", changed);
    return [input, make("label", { title: label }, input, show)];
  });
  const node = make("fieldset", {}, make("legend", {}, legend), ...inputs.map(([, label]) => label));
  return {
    node,
    value: () => options[inputs.findIndex(([input]) => input.checked)].value,
    optionAt: (element) => options[inputs.findIndex(([, label]) => label.contains(element))],
  };
}

// -> { node, tool(), colour(), thingOf(tool), used(thing), toolAt(element), icon(thing) }
//   a tool is { shape }, { digit } or { act: "pen" | "black pen" | "eraser" }
export function tools(world, changed) {
  const colours = radios("colour", Object.entries(world.rgb).map(([name, rgb]) => (
    { value: name, label: name, show: make("span", { class: "sa-ink", style: `--ink: rgb(${rgb})` }) })), update);
  const sizes = radios("size", [...world.sizes].reverse().map((name) => (
    { value: name, label: name, show: name })), update);
  const things = [
    ...Object.keys(world.stencils).map((shape) => ({ value: { shape }, label: shape })),
    ...Array.from({ length: 10 }, (_, digit) => ({ value: { digit }, label: `digit ${digit}` })),
  ].map((option) => ({ ...option, show: canvasOf(world.cell) }));
  const acts = ["pen", "black pen", "eraser"].map((act) => (
    { value: { act }, label: act, show: act }));
  const chosen = radios("put, draw or take away", [...things, ...acts], changed);
  const uses = Array(10).fill(0); // of each digit, so that it comes in several writings

  function thingOf({ shape, digit }) {
    if (shape) return { shape, colour: colours.value(), size: sizes.value(), dx: 0, dy: 0 };
    if (digit === undefined) return null;
    const own = world.digits.filter((one) => one.digit === digit);
    return { digit, index: own[uses[digit] % own.length].index, dx: 0, dy: 0 };
  }

  function update() {
    for (const { value, show } of things) paint(show, cut(thingOf(value), world));
    changed();
  }

  function used({ digit }) {
    if (digit !== undefined) uses[digit]++;
    update();
  }

  for (const { value, show } of things) paint(show, cut(thingOf(value), world));
  return {
    node: make("div", { class: "sa-tools" }, chosen.node, colours.node, sizes.node),
    tool: chosen.value, colour: colours.value,
    thingOf, used,
    toolAt: (element) => chosen.optionAt(element)?.value ?? null,
    icon: (thing) => {
      const canvas = canvasOf(world.cell);
      paint(canvas, cut(thing, world));
      return canvas;
    },
  };
}

const canvasOf = (side) => make("canvas", { width: side, height: side, "aria-hidden": "true" });

// A thing alone, as large as its place.
function cut(thing, world) {
  const { side, cell } = world;
  const pixels = draw([{ ...thing, place: 0, dx: 0, dy: 0 }], world);
  const lines = Array.from({ length: cell }, (_, y) => [...pixels.slice(4 * y * side, 4 * (y * side + cell))]);
  return Uint8ClampedArray.from(lines.flat());
}
