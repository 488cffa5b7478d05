// story-gpt at work: a text to begin with, what may come next, and what the model does with it.
// Until the model is loaded, the page shows what Python has computed for the first text.

import { draw, probabilities } from "../engine/sampling.js";
import { loading } from "./models.js";
import { button, checkbox, fold, frame, make, percent, row, slider, visible } from "./page.js";
import { bars, heads, lens, surprises, words } from "./playground_views.js";

const MODEL = "story-gpt";
const DIALS = [ // name, label, where it begins, limits, how its value is told
  ["temperature", "temperature", 1, { min: 0, max: 2, step: 0.05 }, (x) => x.toFixed(2)],
  ["topK", "top-k", 0, { min: 0, max: 50, step: 1 }, (k) => (k ? String(k) : "off")],
  ["topP", "top-p", 1, { min: 0.05, max: 1, step: 0.05 }, (p) => (p < 1 ? p.toFixed(2) : "off")],
  ["penalty", "penalty", 1, { min: 1, max: 2, step: 0.05 }, (x) => (x > 1 ? x.toFixed(2) : "off")],
];

// What is said aloud: the likeliest token, and among how many nearly all is shared out.
export function summary(names, shares) {
  const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]);
  let sum = 0;
  const many = order.findIndex((id) => (sum += shares[id]) >= 0.99) + 1;
  const share = many === 1 ? "one token has" : `${many} tokens share`;
  const best = `“${visible(names[order[0]])}”, ${percent(shares[order[0]])}`;
  return `Likeliest next: ${best}; ${share} 99 % of the probability.`;
}

function render(context) {
  const { model: held, el } = context;
  const names = held.get("names"), first = held.get("first");
  const settings = Object.fromEntries(DIALS.map(([name, , value]) => [name, value]));
  const now = { ids: first.ids, at: first.ids.length - 1, seen: first, head: [0, 0], block: 0 };
  let worker = null, writing = null, wanted = 0;

  // ---- what is on the page ----

  const typed = make("textarea", { rows: 2, spellcheck: "false" });
  typed.value = first.text;
  const load = loading(context, MODEL);
  const step = button("next token", () => add(draw(shares())));
  const go = button("write on", () => (writing ? writing.abort() : writeOn()));
  const back = button("back", () => take(now.ids.slice(0, Math.max(1, now.ids.length - 1))));
  const again = button("from nothing", () => take(now.ids.slice(0, 1)));
  const place = slider("look from token", { min: 1, step: 1 }, (at) => look(now.ids, at - 1), told);
  const story = words(names, (at) => worker && look(now.ids, at));
  const next = bars(names, (id) => worker && add(id));
  const attention = heads((head) => { now.head = head; show(); });
  const layers = lens(names), costs = surprises(names, held.get("grammar"));
  const shaded = checkbox("shade by surprise instead of attention", () => show());
  const { say } = frame(el, "pg", "playground: story-gpt",
    make("label", { class: "pg-typed" }, make("span", {}, "A beginning, yours or this:"), typed),
    row(load.node, step, go, back, again),
    story.node, row(place.label, shaded.label),
    make("div", { class: "pg-halves" },
      make("div", {}, next.node, make("div", { class: "pg-dials" }, ...dials())),
      make("div", {}, attention.node, fold("The logit lens: what each layer would say", layers.node),
        fold("The surprise of every token", costs.node))));

  function dials() {
    return DIALS.map(([name, label, value, limits, say]) => {
      const dial = slider(label, limits, (chosen) => { settings[name] = chosen; show(); }, say);
      dial.show(value);
      return dial.label;
    });
  }

  function told(at) {
    return `${at} of ${now.ids.length}, “${visible(names[now.ids[at - 1]])}”`;
  }

  // ---- what the model says ----

  const rules = () => ({ ...settings, topK: settings.topK || null });
  const shares = () => probabilities(now.seen.scores, now.ids.slice(0, now.at + 1), rules());

  function show() {
    const p = shares(), [layer, head] = now.head;
    const looks = now.seen.attention[layer][head];
    story.show(now.ids, now.at, shaded.node.checked ? now.seen.surprises : looks);
    next.show(p);
    attention.show(now.seen.attention, now.head, now.ids.map((id) => names[id]));
    layers.show(now.seen.lens);
    costs.show(now.ids, now.seen.surprises);
    place.node.max = now.ids.length;
    place.show(now.at + 1);
    for (const one of [step, go, place.node]) one.disabled = !worker;
    for (const one of [back, again]) one.disabled = !worker || now.ids.length < 2;
    if (worker && now.ids.length >= now.block) step.disabled = go.disabled = true;
    if (!writing) say(summary(names, p) + more());
  }

  function more() {
    if (!worker) return " The rest of the playground begins when the model is loaded.";
    return now.ids.length < now.block ? "" : ` The model has no place after token ${now.block}.`;
  }

  async function look(ids, at) {
    const asked = ++wanted;
    const seen = await worker.call("look", { name: MODEL, ids, at });
    if (asked !== wanted) return; // something newer was asked meanwhile
    Object.assign(now, { ids, at, seen });
    show();
  }

  async function take(ids) { // other tokens than those typed
    typed.value = await worker.call("decode", { name: MODEL, ids });
    await look(ids, ids.length - 1);
  }

  const add = (id) => take([...now.ids.slice(0, now.at + 1), id]);

  async function read() { // what was typed
    if (!worker) return say("Load the model: then it reads what you type.");
    writing?.abort();
    const ids = [first.ids[0], ...(await worker.call("encode", { name: MODEL, text: typed.value }))];
    const kept = ids.slice(0, now.block);
    await look(kept, kept.length - 1);
    if (ids.length > kept.length) say(`It reads ${now.block} tokens, and your text has ${ids.length}.`);
  }

  async function writeOn() {
    writing = new AbortController();
    go.textContent = "stop";
    const ids = now.ids.slice(0, now.at + 1), end = first.ids[0];
    const onPart = (id) => { ids.push(id); story.show(ids, ids.length - 1, []); };
    const given = { name: MODEL, ids: [...ids], settings: rules(), count: now.block, stops: [end] };
    await worker.call("write", given, { onPart, signal: writing.signal });
    writing = null;
    go.textContent = "write on";
    await take(ids);
  }

  typed.addEventListener("input", read);
  load.ready.then(({ worker: started, about }) => {
    worker = started;
    now.block = about.block;
    return typed.value === first.text ? look(now.ids, now.at) : read();
  });
  show();
  return () => worker?.end();
}

export default { render };
