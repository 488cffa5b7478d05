// Something dragged by mouse, finger or pen; a press that goes nowhere stays an ordinary click.

import { make } from "./page.js";

const FAR = 5; // pixels of the screen from which on it is a drag

// root: in it a drag begins and ends.  taken(event): what is taken there, or null.
// ghost(what): the canvas that follows the pointer.  dropped(what, element): what lies below it.
export function draggable(root, taken, ghost, dropped) {
  let dragged = false;
  root.addEventListener("click", (event) => { // the click at the end of a drag is none
    if (dragged) event.stopPropagation();
    if (dragged) event.preventDefault();
  }, true);
  root.addEventListener("dragstart", (event) => event.preventDefault()); // the browser's own
  root.addEventListener("pointerdown", (down) => {
    const what = down.button === 0 ? taken(down) : null;
    if (!what) return;
    let shadow = null;
    const move = (event) => {
      const far = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > FAR;
      if (far && !shadow) root.append(shadow = make("div", { class: "explorer-dragged" }, ghost(what)));
      if (shadow) shadow.style.translate = `${event.clientX}px ${event.clientY}px`;
    };
    const stop = (event) => {
      for (const kind of ["pointerup", "pointercancel"]) removeEventListener(kind, stop);
      removeEventListener("pointermove", move);
      if (!shadow) return;
      shadow.remove();
      dragged = true;
      setTimeout(() => (dragged = false));
      if (event.type === "pointerup") dropped(what, below(event));
    };
    addEventListener("pointermove", move);
    for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, stop);
  });
}

const below = ({ clientX, clientY }) => document.elementFromPoint(clientX, clientY);
