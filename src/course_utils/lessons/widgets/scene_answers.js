// A question and its answer: what may be asked, what is answered, and where the model looks.

import { filled, readQuestions, wordsIn } from "../engine/questions.js";
import { button, choice, make, percent, row } from "./page.js";
import { paint } from "./pictures.js";

const SORRY = "It was not trained on such a question, and an answer would mean nothing. More like " +
  "yours:";

// -> { node, show(question) }; ask(question) for one that the model knows, ask(null) for a description
export function asking(asked, ask) {
  const known = readQuestions(asked);
  const field = make("input", { type: "text", spellcheck: "false", autocomplete: "off" });
  const help = make("div", { role: "status", class: "sa-help" });
  const form = make("form", { class: "explorer-row" },
    make("label", { class: "sa-question" }, make("span", {}, "question"), field),
    make("button", { type: "submit" }, "ask"), button("describe the picture", () => take(null)));
  const take = (question) => {
    help.replaceChildren();
    field.value = question ?? "";
    ask(question);
  };
  field.addEventListener("keydown", (event) => { // JupyterLab keeps Enter from the form
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const question = known.find(field.value);
    if (question) return take(question);
    const like = known.like(field.value).map((text) => button(text, () => take(text)));
    const line = field.value.trim() ? SORRY : "Write a question, for example:";
    help.replaceChildren(make("p", {}, line), row(...like));
  });
  const kinds = known.kinds.map((parts) => kind(parts, take));
  const title = `What it may be asked: ${kinds.length} kinds of questions`;
  const list = make("details", { class: "sa-kinds" }, make("summary", {}, title), make("ul", {}, ...kinds));
  return { node: make("div", {}, form, help, list), show: (text) => (field.value = text ?? "") };
}

// One kind of question, with a choice of words for each blank.
function kind(parts, take) {
  const chosen = wordsIn(parts, "");
  let blanks = 0;
  const shown = parts.map((part) => {
    if (!part.words) return part;
    const i = blanks++;
    const words = choice("", part.words, (n) => (chosen[i] = part.words[n]));
    words.node.setAttribute("aria-label", part.name);
    words.node.value = part.words.indexOf(chosen[i]);
    return words.node;
  });
  const blank = parts.filter((part) => part.words).map(() => "…");
  const press = button("ask", () => take(filled(parts, chosen)),
    { "aria-label": `ask: ${filled(parts, blank)}` });
  return make("li", {}, make("span", {}, ...shown), press);
}

// Where one head, or the mean of all heads of a layer, looks: N shares, together at most 1.
export function gaze(attention, layer, head = null) {
  const heads = head === null ? attention[layer] : [attention[layer][head]];
  return Array.from(heads[0], (_, n) =>
    heads.reduce((sum, weights) => sum + weights[n], 0) / heads.length);
}

export function describeGaze(word, shares, layer, head) {
  const across = Math.sqrt(shares.length);
  const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]).slice(0, 3);
  const place = (n) => `row ${Math.floor(n / across) + 1}, column ${(n % across) + 1} ` +
    `(${percent(shares[n])})`;
  const who = head === null ? "the mean of its heads" : `head ${head + 1}`;
  const all = shares.reduce((sum, share) => sum + share, 0);
  const begin = `To write “${word}”, layer ${layer + 1}, ${who}, gives the picture`;
  if (all < 0.001) return `${begin} next to none of its attention: all goes to the words.`;
  return `${begin} ${percent(all)} of its attention, most of it to these patches: ${order.map(place).join("; ")}. The rest goes to the words.`;
}

// -> { node, show(pixels, words), begin(), hide() }; words: parts of engine/pictures.js's `tell`
export function answering(layers, heads) {
  const now = { words: [], at: 0, layer: layers - 1, head: null, pixels: null };
  const numbers = (n) => Array.from({ length: n }, (_, i) => String(i + 1));
  const said = make("div", { class: "sa-words", role: "group", "aria-label": "words of the answer" });
  const map = make("canvas", { role: "img", width: 48, height: 48, class: "sa-map" });
  const instead = make("p", { class: "sa-small" }), told = make("p");
  const layer = choice("layer", numbers(layers), (i) => [now.layer = i, look()]);
  const head = choice("head", ["all (mean)", ...numbers(heads)], (i) => [now.head = i ? i - 1 : null, look()]);
  layer.node.value = now.layer;
  const table = make("tbody");
  const details = make("details", {}, make("summary", {}, "Its attention in numbers, patch by patch"),
    make("div", { class: "sa-table", tabindex: "0", role: "region", "aria-label": "attention in numbers" },
      make("table", {}, make("caption", {}, "percent of the attention"), table)));
  const part = make("div", { class: "explorer-halves sa-look" }, map, make("div", {}, row(layer.label, head.label), told, details));
  const node = make("div", { class: "sa-answer" }, said, instead, part);

  function look() {
    const { word, top, attention } = now.words[now.at];
    const shares = gaze(attention, now.layer, now.head);
    said.replaceChildren(...now.words.map(({ word }, i) => button(word, () => choose(i), pressed(i))));
    instead.textContent = likest(top);
    told.textContent = describeGaze(word, shares, now.layer, now.head);
    veil(map, now.pixels, shares);
    map.setAttribute("aria-label", `the picture, bright where it looks for “${word}”`);
    table.replaceChildren(...lines(shares));
  }

  const pressed = (i) => ({ "aria-pressed": String(i === now.at) });

  function choose(i) {
    now.at = i;
    look();
    said.children[i].focus();
  }

  return {
    node,
    show(pixels, words) {
      Object.assign(now, { pixels, words, at: Math.min(now.at, words.length - 1) });
      node.hidden = !words.length;
      if (words.length) look();
    },
    begin: () => (now.at = 0),
    hide: () => (node.hidden = true),
  };
}

// A word's share, and those of what it might have said instead.
function likest([[word, share], ...others]) {
  const rest = others.map(([other, share]) => `“${other}” ${small(share)}`).join(", ");
  return `“${word}” has ${percent(share)} of the probability; in its place it would say ${rest}.`;
}

const small = (share) => (share < 0.0005 ? "under 0.1 %" : percent(share));

function lines(shares) {
  const across = Math.sqrt(shares.length);
  return Array.from({ length: across }, (_, y) => make("tr", {}, ...shares
    .slice(y * across, (y + 1) * across).map((share) => make("td", {}, (100 * share).toFixed(1)))));
}

// The picture, dark where little of the attention goes.
function veil(canvas, pixels, shares) {
  const side = canvas.width, across = Math.sqrt(shares.length), size = side / across;
  const most = Math.max(...shares) || 1; // a head may look at words only
  paint(canvas, pixels);
  const pen = canvas.getContext("2d");
  shares.forEach((share, n) => {
    pen.fillStyle = `rgb(10 14 30 / ${(85 * (1 - share / most)).toFixed(1)}%)`;
    pen.fillRect((n % across) * size, Math.floor(n / across) * size, size, size);
  });
}
