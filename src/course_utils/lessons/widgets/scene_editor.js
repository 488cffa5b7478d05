// A picture in the making: things in nine places, and below them what was drawn or photographed.

import { anyScene, bare, draw, fits } from "../engine/scene.js";
import { draggable } from "./drag.js";
import { button, make, row } from "./page.js";
import { chooser, paint } from "./pictures.js";
import { tools } from "./scene_tools.js";
import { tiled } from "./tiles.js";

const BLACK = [0, 0, 0];
const NIB = 1; // pixels of the picture: half the width of a line
const NUDGES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HELP = "Drag a shape into the picture; or choose one and press a place. By keyboard: arrow " +
  "keys go from place to place, Enter puts, Delete takes away, Shift with an arrow key moves a thing " +
  "by one pixel.";

export const nameOf = (thing) =>
  thing.digit === undefined ? `${thing.size} ${thing.colour} ${thing.shape}` : `digit ${thing.digit}`;

// scene: { things, ground }, ground: pixels or null -> { node, pixels(), end }
//   changed(): the picture is another
export function editor(world, scene, changed) {
  const status = make("p", { role: "status", class: "sa-small" });
  const say = (text) => (status.textContent = text);
  const kit = tools(world, look);
  const at = (place) => scene.things.find((thing) => thing.place === place);
  const pixels = () => draw(scene.things, world, scene.ground ?? undefined);
  const picture = tiled(world.side, "the nine places of the picture", { press, key });
  const chosen = chooser(world, (own) => become([], own, "This is the middle of your picture."), say);
  const buttons = row(
    button("any scene", () => become(anyScene(world), null, "A scene by chance.")),
    button("clear", () => become([], null, "The picture is empty.")));

  function look() {
    paint(picture.canvas, pixels());
    const there = (place) => (at(place) ? nameOf(at(place)) : "nothing");
    picture.show(3, (place) => `${world.places[place]}: ${there(place)}`);
    picture.tiles().forEach((tile, place) => tile.classList.toggle("sa-full", Boolean(at(place))));
    picture.node.classList.toggle("sa-pen", Boolean(inkOf()));
  }

  function become(things, ground, line) {
    [scene.things, scene.ground] = [things, ground];
    look();
    say(line);
    changed();
  }

  const without = (place) => scene.things.filter((thing) => thing.place !== place);
  const ordered = (things) => things.sort((a, b) => a.place - b.place);

  function put(thing, place) {
    const line = `${nameOf(thing)}: ${world.places[place]}.`;
    kit.used(thing);
    become(ordered([...without(place), { ...thing, place }]), scene.ground, line);
  }

  function remove(place) {
    const ground = scene.ground && Uint8ClampedArray.from(scene.ground);
    if (ground) wipe(ground, place, world);
    become(without(place), ground, `Nothing is left at the ${world.places[place]}.`);
  }

  function press(place, { detail }) { // detail: 0 by keyboard
    const tool = kit.tool(), thing = kit.thingOf(tool);
    if (thing) put(thing, place);
    else if (tool.act === "eraser") remove(place);
    else if (detail === 0) say("A pen draws by mouse or finger only: choose a shape or a digit.");
  }

  function key(place, { key: name, shiftKey }) {
    if (name === "Delete" || name === "Backspace") return remove(place), true;
    if (!shiftKey || !NUDGES[name] || !at(place)) return false;
    const [right, down] = NUDGES[name], thing = at(place);
    const moved = { ...thing, dx: thing.dx + right, dy: thing.dy + down };
    if (!fits(moved, world)) say("It would leave the picture.");
    else become(ordered([...without(place), moved]), scene.ground, shifted(moved));
    return true;
  }

  // ---- by pointer ----

  const inkOf = () => ({ pen: world.rgb[kit.colour()], "black pen": BLACK })[kit.tool().act];
  const placeAt = (element) => picture.tiles().indexOf(element);

  function taken({ target }) { // from the tools, or from a place
    const tool = kit.toolAt(target), place = placeAt(target);
    if (tool) return kit.thingOf(tool);
    return inkOf() || place < 0 ? null : at(place) ?? null;
  }

  function dropped(thing, element) {
    const place = placeAt(element), from = thing.place;
    if (from === place) return;
    if (from !== undefined) scene.things = without(from);
    if (place >= 0) put({ ...thing, dx: 0, dy: 0 }, place);
    else if (from !== undefined) remove(from);
  }

  picture.grid.addEventListener("pointerdown", (down) => {
    const ink = inkOf();
    if (!ink || down.button !== 0) return;
    down.preventDefault();
    scene.ground = Uint8ClampedArray.from(scene.ground ?? bare(world));
    const box = picture.grid.getBoundingClientRect();
    const spot = (event) => [event.clientX - box.left, event.clientY - box.top]
      .map((n) => (n / box.width) * world.side);
    let last = spot(down);
    const move = (event) => {
      const next = spot(event);
      line(scene.ground, last, next, ink, world);
      last = next;
      look();
    };
    const stop = () => {
      removeEventListener("pointermove", move);
      become(scene.things, scene.ground, "Drawn.");
    };
    move(down);
    addEventListener("pointermove", move);
    for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, stop, { once: true });
  });

  look();
  const node = make("div", { class: "explorer-halves" },
    make("div", {}, picture.node, buttons, status), make("div", {}, kit.node, chosen.node,
      make("p", { class: "sa-small" }, HELP)));
  draggable(node, taken, kit.icon, dropped);
  return { node, pixels, end: chosen.end };
}

function shifted({ dx, dy }) {
  const across = `${Math.abs(dx)} to the ${dx < 0 ? "left" : "right"}`;
  return `Pixels from the middle of its place: ${across}, ${Math.abs(dy)} ${dy < 0 ? "up" : "down"}.`;
}

// A line with soft edges, a dot for each half pixel of its way.
export function line(pixels, [x0, y0], [x1, y1], ink, { side }) {
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(x1 - x0, y1 - y0)));
  for (let step = 0; step <= steps; step++) {
    const share = step / steps;
    dot(pixels, x0 + share * (x1 - x0), y0 + share * (y1 - y0), ink, side);
  }
}

function dot(pixels, x, y, ink, side) {
  for (let i = 0; i < side * side; i++) {
    const far = Math.hypot((i % side) + 0.5 - x, Math.floor(i / side) + 0.5 - y);
    const cover = Math.min(1, Math.max(0, NIB + 0.5 - far));
    for (let c = 0; c < 3 && cover; c++) {
      pixels[4 * i + c] += cover * (ink[c] - pixels[4 * i + c]);
    }
  }
}

// Make one place of a picture empty again.
function wipe(pixels, place, { side, cell, ground }) {
  const top = Math.floor(place / 3) * cell, left = (place % 3) * cell;
  for (let i = 0; i < cell * cell; i++) {
    const at = 4 * ((top + Math.floor(i / cell)) * side + left + (i % cell));
    ground.forEach((value, c) => (pixels[at + c] = value));
  }
}
