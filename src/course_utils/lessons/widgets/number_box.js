// number-gpt translates a number before the reader's eyes: each token with its probability, and
// the rule's verdict. What was computed for the first number is there at once.

import { loading } from "./models.js";
import { fromChinese, fromEnglish, LARGEST, readNumber, toChinese, toEnglish } from "./numerals.js";
import { button, choice, frame, make, percent, row } from "./page.js";

const MODEL = "number-gpt";
const LANGUAGES = [["zh", "English into Chinese"], ["en", "Chinese into English"]];
const WRITE = { en: toEnglish, zh: toChinese };
const READ = { en: fromEnglish, zh: fromChinese };
const OTHER = { en: "zh", zh: "en" };
const MEANING = { 十: "10", 百: "100", 千: "1000", 万: "10,000" };
[..."零一二三四五六七八九"].forEach((digit, n) => (MEANING[digit] = String(n)));
const TRAINED = 7; // digits of the longest numbers in its training

// The row that asks for a number in a language; worker: has loaded the model; about: what it said
async function prompt(worker, about, number, to) {
  const text = WRITE[OTHER[to]](number);
  const ids = await worker.call("encode", { name: MODEL, text });
  return [...ids, about.special[`<to-${to}>`]];
}

// -> { number, to, text, tokens, shares }, and where the text is wrong, `right`: the token that
// the rule has at the first place that differs, with its probability
export async function translation(worker, about, number, to, count) {
  const ids = await prompt(worker, about, number, to);
  const { text, row: all } = await worker.call("reply", { name: MODEL, ids, count });
  const { surprises } = await worker.call("look", { name: MODEL, ids: all, at: all.length - 1 });
  const shares = surprises.slice(ids.length).map((nats) => Math.exp(-nats));
  const tokens = all.slice(ids.length).map((id) => about.names[id]);
  const right = await instead(worker, about, ids, all, WRITE[to](number));
  return { number, to, text, tokens, shares, right };
}

async function instead(worker, about, ids, all, text) {
  const best = [...ids, ...(await worker.call("encode", { name: MODEL, text })), about.special["<eos>"]];
  const place = best.findIndex((id, t) => id !== all[t]);
  if (place < 0) return null;
  const forced = best.slice(0, place + 1);
  const { surprises } = await worker.call("look", { name: MODEL, ids: forced, at: place });
  return { at: place - ids.length, token: about.names[best[place]], share: Math.exp(-surprises[place]) };
}

// What is said of a translation in a sentence or two.
export function verdict({ number, to, text }) {
  const told = number.toLocaleString("en"), truth = WRITE[to](number);
  if (text === truth) return `Right: ${text} is ${told}.`;
  const got = READ[to](text);
  const spelled = got === null ? "spells no number" : `is ${got.toLocaleString("en")}`;
  const long = String(number).length > TRAINED ? ` It was never trained on ${TRAINED + 1} digits.` : "";
  return `Wrong: ${text} ${spelled}. The rule writes ${told} as ${truth}.${long}`;
}

// ---- the page ----

function render(context) {
  const { model: held, el } = context;
  const first = held.get("first");
  let worker = null, about = null, wanted = 0;
  const now = { number: first.number, to: first.to };

  const typed = make("input", { type: "text", "aria-label": "a number, in digits or in words", lang: "mul" });
  const way = choice("translate", LANGUAGES.map(([, told]) => told), (i) => show(now.number, LANGUAGES[i][0]));
  const examples = held.get("examples").map((number) =>
    button(number.toLocaleString("en"), () => pick(number)));
  const random = button("one at random", () => pick(anyNumber()));
  const load = loading(context, MODEL);
  const source = make("p", { class: "nb-text" }), target = make("p", { class: "nb-text" });
  const steps = table();
  const { say } = frame(el, "nb", "number-gpt translates",
    make("div", { class: "nb-line" }, typed, button("translate", read)), make("div", { class: "nb-line" }, ...examples, random),
    row(way.label), load.node, source, target, make("div", {}, steps.node));

  function pick(number) {
    typed.value = number.toLocaleString("en");
    return show(number, now.to);
  }

  function read() {
    const { number, to = now.to, problem } = readNumber(typed.value);
    return problem ? clear(problem) : show(number, to);
  }

  function clear(problem) {
    wanted++; // what is under way is not shown any more
    for (const node of [source, target]) node.replaceChildren();
    steps.show([], [], null);
    say(problem);
  }

  async function show(number, to) {
    Object.assign(now, { number, to });
    way.node.value = LANGUAGES.findIndex(([name]) => name === to);
    const asked = ++wanted;
    if (number === first.number && to === first.to) return draw(first);
    if (!worker) return clear(`${sentence(number, to)} Load the model to see what it writes.`);
    const found = await translation(worker, about, number, to, held.get("most"));
    if (asked === wanted) draw(found);
  }

  function draw(found) {
    const { number, to, text, tokens, shares, right } = found;
    source.replaceChildren(make("b", {}, "It reads: "), glossed(WRITE[OTHER[to]](number)));
    target.replaceChildren(make("b", {}, "It writes: "), glossed(text));
    steps.show(tokens, shares, right);
    say(verdict(found));
  }

  typed.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) read();
  });
  load.ready.then((ready) => {
    ({ worker, about } = ready);
    return typed.value ? read() : show(now.number, now.to);
  });
  typed.value = first.number.toLocaleString("en");
  show(now.number, now.to);
  return () => worker?.end();
}

const sentence = (number, to) =>
  `By the rule ${WRITE[OTHER[to]](number)} is ${WRITE[to](number)}.`;

// Each number of digits is as likely as any other.
function anyNumber() {
  const digits = 1 + Math.floor(Math.random() * String(LARGEST).length);
  return Math.floor(10 ** (digits - 1) + Math.random() * 9 * 10 ** (digits - 1));
}

// A text with what each Chinese character means above it.
function glossed(text) {
  const node = make("span");
  for (const letter of text) {
    const meaning = MEANING[letter];
    node.append(meaning ? make("ruby", { lang: "zh" }, letter, make("rt", {}, meaning)) : letter);
  }
  return node;
}

// The tokens it wrote, with their probabilities; where the first is wrong, the right one beside it.
function table() {
  const head = ["token", "means", "probability", ""].map((name) => make("th", { scope: "col" }, name));
  const body = make("tbody");
  const caption = make("caption", {}, "What it writes, token by token");
  const node = make("table", {}, caption, make("thead", {}, make("tr", {}, ...head)), body);
  const show = (tokens, shares, right) => {
    node.hidden = !tokens.length;
    body.replaceChildren(...tokens.map((token, i) => {
      const here = right?.at === i;
      const note = here ? `✗ ${right.token.trim()} would be right here: ${percent(right.share)}` : "";
      const bar = make("div", { class: "nb-bar", style: `width: ${(100 * shares[i]).toFixed(1)}%` });
      const last = make("td", {}, note || bar);
      const cells = [make("td", {}, MEANING[token] ?? ""), make("td", {}, percent(shares[i])), last];
      return make("tr", { class: here ? "nb-wrong" : "" }, make("th", { scope: "row" }, token), ...cells);
    }));
  };
  return { node, show };
}

export default { render };
