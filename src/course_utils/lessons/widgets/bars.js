// A table of shares, each with a bar; behind a bar may stand the one that it is compared with.

import { make } from "./page.js";

// heads: names of the columns, the last one above the bars
// -> { node, show(rows) }, a row being { name, cells: texts, share, ghost, kind },
// where what is to be drawn goes from 0 to 1, and may be left out
export function bars(caption, heads) {
  const head = heads.map((name) => make("th", { scope: "col" }, name));
  const body = make("tbody");
  const node = make("table", { class: "explorer-bars" }, make("caption", {}, caption));
  node.append(make("thead", {}, make("tr", {}, ...head)), body);
  return { node, show: (rows) => body.replaceChildren(...rows.map(line)) };
}

function line({ name, cells, share, ghost, kind = "" }) {
  const drawn = [["explorer-ghost", ghost], ["explorer-bar", share]].filter(([, one]) => one !== undefined);
  const track = make("div", { class: "explorer-track" }, ...drawn.map(([of, one]) => bar(of, one)));
  const texts = cells.map((text) => make("td", {}, text));
  const head = make("th", { scope: "row" }, name);
  return make("tr", { class: kind }, head, ...texts, make("td", {}, track));
}

const bar = (kind, share) =>
  make("div", { class: kind, style: `width: ${(100 * share).toFixed(2)}%` });
