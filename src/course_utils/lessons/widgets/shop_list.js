// The list of a shop: a form to change it, and the text that shop-gpt reads.
// A shop is { good: [pieces left, euros] }; what is not in it is not sold.

import { choice, make } from "./page.js";

// form: { preamble, goods, stock, prices } -> the system message
export function listText(form, shop) {
  const line = (good) =>
    shop[good] ? ` ${shop[good][0]} ${good} ${shop[good][1]} euros` : ` no ${good} for sale`;
  return `${form.preamble}${form.goods.map(line).join(";")}.`;
}

// A table with two choices for each good. changed(shop): what it says now.
export function shopTable(form, changed) {
  const head = ["good", "pieces left", "euros each"].map((name) => make("th", { scope: "col" }, name));
  const body = make("tbody");
  const caption = make("caption", {}, "What this shop sells");
  const node = make("table", {}, caption, make("thead", {}, make("tr", {}, ...head)), body);
  const rows = form.goods.map((good) => line(form, good, () => changed(now())));
  body.append(...rows.map((row) => row.node));
  const now = () => Object.fromEntries(rows.map((row) => row.value()).filter(Boolean));
  const show = (shop) => rows.forEach((row, i) => row.show(shop[form.goods[i]]));
  return { node, show };
}

function line(form, good, changed) {
  const counts = ["not sold", ...form.stock];
  const left = choice("", counts, changed), price = choice("", form.prices, changed);
  left.node.setAttribute("aria-label", `pieces of ${good} left`);
  price.node.setAttribute("aria-label", `euros for ${good}`);
  const value = () => left.node.value !== "0" &&
    [good, [form.stock[left.node.value - 1], form.prices[price.node.value]]];
  const show = (sold) => {
    left.node.value = sold ? form.stock.indexOf(sold[0]) + 1 : 0;
    if (sold) price.node.value = form.prices.indexOf(sold[1]);
    price.node.disabled = !sold;
  };
  const cells = [left.node, price.node].map((one) => make("td", {}, one));
  return { node: make("tr", {}, make("th", { scope: "row" }, good), ...cells), value, show };
}
