// A picture cut into patches, by the same lines as the model's own eyes: engine/eyes.js.

import { patchify } from "../engine/eyes.js";
import { fromPNG, paint } from "./pictures.js";
import { choice, frame, make, row, slider } from "./page.js";
import { tiled } from "./tiles.js";

const SIDE = 48; // pixels
const COLOURS = ["red", "green", "blue"];
const INKS = ["#d62728", "#2c8c3c", "#285ac8"];

// What is told of one patch: where it lies, and how long its vector is.
export function facts(vector, index, size, side = SIDE) {
  const across = side / size, line = Math.floor(index / across), column = index % across;
  return {
    count: across ** 2, row: line + 1, column: column + 1, numbers: vector.length,
    x: [column * size, (column + 1) * size - 1], y: [line * size, (line + 1) * size - 1],
    length: Math.sqrt(vector.reduce((sum, number) => sum + number ** 2, 0)),
  };
}

export function summary(patch, index) {
  const { count, row: line, column, numbers, x, y, length } = patch;
  return `Patch ${index} of 0 to ${count - 1}: row ${line}, column ${column}, pixels ${x[0]} to ` +
    `${x[1]} across and ${y[0]} to ${y[1]} down. Its vector has ${numbers} numbers, and its ` +
    `length, the root of the sum of their squares, is ${length.toFixed(2)}.`;
}

// One colour of a patch, line by line.
export const channel = (vector, colour, size) =>
  Array.from({ length: size }, (_, y) => {
    const start = colour * size ** 2 + y * size;
    return [...vector.slice(start, start + size)];
  });

const signed = (number) => `${number < 0 ? "−" : ""}${Math.abs(number).toFixed(2)}`;

// ---- the page ----

// All patches one after the other, as the transformer reads them, the chosen one underlined.
function stripOf() {
  const canvas = make("canvas", { role: "img" });
  const show = (pixels, size, chosen) => {
    const across = SIDE / size, count = across ** 2;
    canvas.width = count * (size + 1) - 1;
    canvas.height = size + 2;
    canvas.style.setProperty("--wide", canvas.width);
    const source = make("canvas", { width: SIDE, height: SIDE });
    paint(source, pixels);
    const pen = canvas.getContext("2d");
    for (let i = 0; i < count; i++) {
      const [top, left] = [Math.floor(i / across) * size, (i % across) * size];
      pen.drawImage(source, left, top, size, size, i * (size + 1), 0, size, size);
    }
    pen.fillStyle = "#e69f00";
    pen.fillRect(chosen * (size + 1), size, size, 2);
    canvas.setAttribute("aria-label", `the row of ${count} patches, number ${chosen} marked`);
  };
  return { node: canvas, show };
}

function numbersOf() {
  const body = make("tbody"), caption = make("caption");
  const node = make("div", { class: "pe-numbers", tabindex: "0", role: "region",
    "aria-label": "the numbers of the patch" }, make("table", {}, caption, body));
  const show = (vector, colour, size) => {
    const lines = channel(vector, colour, size).map((numbers) =>
      make("tr", {}, ...numbers.map((number) => make("td", {}, signed(number)))));
    const first = colour * size ** 2;
    caption.textContent = `Numbers ${first} to ${first + size ** 2 - 1}: how ${COLOURS[colour]}, ` +
      "from −1 to 1";
    node.style.setProperty("--ink", INKS[colour]);
    body.replaceChildren(...lines);
  };
  return { node, show };
}

async function render({ model, el }) {
  const pixels = await fromPNG(model.get("picture"), { side: SIDE, ground: [255, 255, 255] });
  const sizes = model.get("sizes");
  let colour = 0;
  const put = (size, patch) => {
    model.set("size", size);
    model.set("patch", patch);
    model.save_changes();
    show();
  };
  const cut = (i) => put(sizes[i], middleOf(model.get("size"), model.get("patch"), sizes[i]));
  const choose = (i) => i !== model.get("patch") && put(model.get("size"), i);
  const size = slider("patches of", { min: 0, max: sizes.length - 1, step: 1 }, cut,
    (i) => `${sizes[i]} × ${sizes[i]}`);
  const ink = choice("numbers of", COLOURS, (i) => [colour = i, show()]);
  const picture = tiled(SIDE, "the patches of the picture", { press: choose, enter: choose });
  const strip = stripOf(), numbers = numbersOf();
  const { say } = frame(el, "pe", "patch explorer", row(size.label, ink.label),
    make("div", { class: "explorer-halves" }, picture.node, numbers.node),
    make("p", { class: "pe-caption" }, "The row that the transformer reads:"), strip.node);
  paint(picture.canvas, pixels);

  function show() {
    const [side, chosen] = [model.get("size"), model.get("patch")];
    const vector = patchify(pixels, SIDE, side)[chosen], across = SIDE / side;
    const name = (i) => `patch ${i}, row ${Math.floor(i / across) + 1}, column ${(i % across) + 1}`;
    picture.show(across, name);
    picture.tiles().forEach((tile, i) => tile.setAttribute("aria-pressed", String(i === chosen)));
    picture.reach(chosen);
    size.show(sizes.indexOf(side));
    strip.show(pixels, side, chosen);
    numbers.show(vector, colour, side);
    say(summary(facts(vector, chosen, side), chosen));
  }
  const events = ["change:size", "change:patch"];
  for (const event of events) model.on(event, show);
  show();
  return () => events.forEach((event) => model.off(event, show));
}

// The patch of another size that holds the middle of this one.
export function middleOf(size, patch, other, side = SIDE) {
  const across = side / size;
  const place = (n) => Math.floor(((n + 0.5) * size) / other);
  return place(Math.floor(patch / across)) * (side / other) + place(patch % across);
}

export default { render };
