// Any text cut into tokens, and how a piece of it comes by them, merge by merge: no kernel, no
// network. The tokenizer's merges come from Python; engine/merges.js repeats them.

import { cut, readMerges, steps } from "../engine/merges.js";
import { button, follow, frame, group, make, put, visible } from "./page.js";

export const MOST = 200; // signs, as in token_explorer.py
const EXAMPLES = [
  " whether", " Ivy lost a golden boat.", " unbelievable boats", "山姆带着一个红色的小船去了公园。",
  "naïve 🙂", "It's 7 o'clock, isn't it?",
];

// A token as characters, or its bytes as two hexadecimal digits each where they are part of a sign.
export function nameOf(bytes) {
  try {
    return visible(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)));
  } catch {
    return bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");
  }
}

export function count(text, tokens) {
  const many = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;
  const bytes = new TextEncoder().encode(text).length;
  return `${many([...text].length, "sign")}, ${many(bytes, "byte")}, ${many(tokens, "token")}.`;
}

// What happens at a step: which pairs are on the list, and which of them goes first.
export function next(table, { ids, pairs }) {
  const name = (id) => nameOf(table.spelled.get(id));
  const ranks = [...new Set(pairs.map(({ rank }) => rank))].sort((a, b) => a - b);
  if (!ranks.length) return "No two neighbours are on the list of merges: these are the tokens.";
  const told = (rank) => `${table.merges[rank].slice(0, 2).map(name).join(" + ")} (no. ${rank + 1})`;
  const others = ranks.length > 1 ? ` before ${ranks.slice(1, 6).map(told).join(", ")}` : "";
  const more = ranks.length > 6 ? ` and ${ranks.length - 6} more` : "";
  return `Next: ${told(ranks[0])}, learnt first,${others}${more}`.replace(/,$/, "") + ".";
}

// ---- the page ----

function chip(table, id, small) {
  const name = make("span", { class: "tk-name" }, nameOf(table.spelled.get(id)));
  return make("span", { class: "tk-token" }, name, make("small", {}, small));
}

// The whole text in pieces, each to be chosen, with the ids of its tokens.
function pieces(table, chosen) {
  const node = make("div", { class: "tk-pieces", role: "group", "aria-label": "pieces of the text" });
  const show = (all, at) => {
    const buttons = all.map(({ ids }, i) => {
      const one = button("", () => chosen(i), { "aria-pressed": String(i === at) });
      one.append(...ids.map((id) => chip(table, id, id)));
      return one;
    });
    const focus = [...node.children].indexOf(node.getRootNode().activeElement);
    node.replaceChildren(...buttons);
    if (focus >= 0) buttons[Math.min(focus, buttons.length - 1)]?.focus();
  };
  return { node, show };
}

// The chosen piece, a line for each step that was taken.
function stepping(table) {
  const body = make("tbody");
  const caption = make("caption");
  const head = ["merge", "the piece then"].map((name) => make("th", { scope: "col" }, name));
  const node = make("table", { class: "tk-steps" }, caption, make("thead", {}, make("tr", {}, ...head)), body);
  const name = (id) => nameOf(table.spelled.get(id));
  const line = ({ ids, rank }) => {
    const merge = rank === undefined ? "bytes" :
      `no. ${rank + 1}: ${table.merges[rank].slice(0, 2).map(name).join(" + ")}`;
    const made = rank === undefined ? null : table.merges[rank][2];
    const chips = ids.map((id) => {
      const one = chip(table, id, rank === undefined ? table.spelled.get(id)[0] : id);
      if (id === made) one.classList.add("tk-made");
      return one;
    });
    return make("tr", {}, make("th", { scope: "row" }, merge), make("td", {}, ...chips));
  };
  const show = (piece, taken) => {
    caption.textContent = `How “${visible(piece)}” is cut`;
    body.replaceChildren(...taken.map(line));
  };
  return { node, show };
}

function render({ model, el }) {
  const table = readMerges({ bytes: model.get("byte_ids"), merges: model.get("merges") });
  const now = { all: [], at: 0, step: 0 };
  const typed = make("textarea", { rows: 2, spellcheck: "false", "aria-label": "a text" });
  const example = (text) => button(visible(text), () => put(model, { text }));
  const story = pieces(table, (at) => show({ at, step: 0 }));
  const way = stepping(table);
  const last = () => now.all[now.at].length - 1;
  const go = button("next merge", () => show({ step: now.step + 1 }));
  const back = button("back", () => show({ step: now.step - 1 }));
  const end = button("all merges", () => show({ step: last() }));
  const { say } = frame(el, "tk", "token explorer",
    make("label", { class: "tk-typed" }, make("span", {}, "A text, yours or this:"), typed), group("examples", ...EXAMPLES.map(example)),
    story.node, group("steps", go, back, end), way.node);

  function show(values = {}) {
    Object.assign(now, values);
    const text = model.get("text"), chosen = now.all[now.at];
    story.show(now.all.map((one) => one.at(-1)), now.at);
    for (const one of [go, end]) one.disabled = !chosen || now.step === last();
    back.disabled = now.step === 0;
    way.node.hidden = !chosen;
    if (chosen) way.show(cut(text)[now.at], chosen.slice(0, now.step + 1));
    const tokens = now.all.reduce((sum, one) => sum + one.at(-1).ids.length, 0);
    say(chosen ? `${count(text, tokens)} ${next(table, chosen[now.step])}` : "Type a text to see its tokens.");
  }

  typed.addEventListener("input", () => {
    const signs = [...typed.value];
    put(model, { text: signs.slice(0, MOST).join("") });
    if (signs.length > MOST) say(`Expected at most ${MOST} signs, got ${signs.length}: the rest is left out.`);
  });
  return follow(model, ["text"], () => {
    const text = model.get("text");
    const focused = typed.getRootNode().activeElement === typed;
    if (!focused) typed.value = text;
    now.all = cut(text).map((piece) => steps(table, piece));
    const first = now.all.findIndex((one) => one.length > 1);
    show({ at: Math.max(0, first), step: 0 });
  });
}

export default { render };
