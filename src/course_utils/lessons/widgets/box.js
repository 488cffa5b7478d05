// A box for one number within limits: what does not fit is told and never used, and the box goes
// back to the last number that did when it is left.

import { make } from "./page.js";

// label: of the box; most: up and down; value(): the present number; changed(x); say(line)
// -> { node, show() }
export function box(label, most, value, changed, say) {
  const limits = `Expected a number from −${most.toLocaleString("en")} to ${most.toLocaleString("en")}`;
  const node = make("input", { type: "number", step: "0.5", "aria-label": label });
  const fits = () => Math.abs(node.valueAsNumber) <= most;
  node.addEventListener("input", () => {
    const wrong = node.value !== "" && !fits();
    node.setAttribute("aria-invalid", wrong);
    if (fits()) changed(node.valueAsNumber);
    if (wrong) say(`${limits}, got ${node.value}: everything else still shows ${value()}.`);
  });
  node.addEventListener("blur", () => {
    if (!fits()) say(`${limits}: the box is back at ${value()}.`);
    node.setAttribute("aria-invalid", false);
    node.value = value();
  });
  const show = () => {
    const typing = node.getRootNode().activeElement === node; // leave "1." and "-" alone
    if (!typing) node.value = value();
  };
  return { node, show };
}
