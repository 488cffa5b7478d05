// A canvas under a grid of buttons: one for each place or patch of a picture. One of them can be
// reached by Tab, the others from there by arrow keys.

import { make } from "./page.js";

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// -> { node, canvas, tiles(), show(across, nameOf), focus(i), at(x, y) }
//   side: pixels of the canvas; name: of the group
//   on: { press(i), enter(i), key(i, event): true where the key is done with }
export function tiled(side, name, on) {
  const canvas = make("canvas", { width: side, height: side, "aria-hidden": "true" });
  const grid = make("div", { class: "explorer-tiles", role: "group", "aria-label": name });
  const node = make("div", { class: "explorer-picture" }, canvas, grid);
  const index = (event) => [...grid.children].indexOf(event.target.closest("button"));
  const across = () => Math.sqrt(grid.children.length);
  const reach = (i) => [...grid.children].forEach((tile, n) => (tile.tabIndex = n === i ? 0 : -1));
  const focus = (i) => {
    reach(i);
    grid.children[i].focus();
  };
  const heard = (kind) => (event) => {
    const i = index(event);
    if (i >= 0) on[kind]?.(i, event);
  };
  grid.addEventListener("click", heard("press"));
  grid.addEventListener("focusin", (event) => {
    reach(index(event));
    heard("enter")(event);
  });
  grid.addEventListener("pointerover", (event) => event.pointerType === "mouse" && heard("enter")(event));
  grid.addEventListener("keydown", (event) => {
    const i = index(event), step = STEPS[event.key];
    if (on.key?.(i, event) || step) event.preventDefault();
    else return;
    if (step && !event.shiftKey) focus(beside(i, step, across()));
  });
  const show = (number, nameOf) => {
    if (grid.children.length !== number ** 2) {
      const tile = () => make("button", { type: "button", tabindex: "-1" });
      grid.replaceChildren(...Array.from({ length: number ** 2 }, tile));
      grid.style.setProperty("--across", number);
      reach(0);
    }
    [...grid.children].forEach((tile, i) => tile.setAttribute("aria-label", nameOf(i)));
  };
  return { node, canvas, grid, show, focus, reach, tiles: () => [...grid.children] };
}

// The tile one step on, as far as there is one.
export function beside(i, [down, right], across) {
  const row = Math.floor(i / across) + down, column = (i % across) + right;
  const inside = (n) => n >= 0 && n < across;
  return inside(row) && inside(column) ? row * across + column : i;
}
