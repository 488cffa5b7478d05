// reader-gpt answers questions on a passage: the answer with its probability, and where each head
// looked before the last word of it. What was computed for the first question is there at once.

import { oneOf } from "./forms.js";
import { loading } from "./models.js";
import { button, choice, fold, frame, make, percent, row } from "./page.js";

const MODEL = "reader-gpt";
const HEAD = [1, 2]; // layer and head, counted from 0: the one that looks at the evidence most
const LOOKS = 3; // tokens that are named

// -> { question, answer, tokens: of the whole row, asked: how many before the answer,
//      shares: of the answer's tokens, attention: [layer][head], before its last word }
export async function found(worker, about, passage, question, count) {
  const encode = (text) => worker.call("encode", { name: MODEL, text });
  const eos = about.special["<eos>"];
  const ids = [eos, ...(await encode(passage)), eos, ...(await encode(question))];
  const room = about.block - count;
  if (ids.length > room) {
    throw new Error(`Passage and question have ${ids.length} tokens, and the model has room for ` +
      `${room}: shorten the passage.`);
  }
  const { text, row: all } = await worker.call("reply", { name: MODEL, ids, count });
  const last = Math.max(ids.length, all.length - 1 - (all.at(-1) === eos)); // where the last word stands
  const seen = await worker.call("look", { name: MODEL, ids: all, at: last - 1 });
  const shares = seen.surprises.slice(ids.length).map((nats) => Math.exp(-nats));
  const tokens = all.map((id) => about.names[id]);
  return { question, answer: text.trim(), tokens, asked: ids.length, shares, attention: seen.attention };
}

// The words of a text that are not among those that the model has learnt.
export function unknown(text, known) {
  const words = text.match(/[\p{L}\p{N}_]+/gu) ?? [];
  return [...new Set(words)].filter((word) => !known.has(word));
}

const few = (words) => words.slice(0, 3).map((word) => word.slice(0, 20)).join(", ");

// The answer in a sentence: how sure the model is of it, and whether it is right, where that is known.
export function told({ answer, shares }, truth) {
  const sure = percent(shares.reduce((product, share) => product * share, 1));
  const verdict = truth === answer ? " That is right." : ` Wrong: the answer is “${truth}”.`;
  return `“${answer}”, with probability ${sure}.${truth === undefined ? "" : verdict}`;
}

// Where a head looks, in words: the tokens with most of its weight.
export function looks(weights, tokens) {
  const order = [...weights.keys()].sort((a, b) => weights[b] - weights[a]).slice(0, LOOKS);
  const named = order.map((t) => `“${tokens[t].trim()}” ${percent(weights[t])}`);
  return `This head looks most at ${named.join(", ")}. A weight is a hint, not a proof.`;
}

// ---- the page ----

function render(context) {
  const { model: held, el } = context;
  const passages = held.get("passages"), known = new Set(held.get("words"));
  const usual = oneOf(held.get("forms"));
  const now = { found: held.get("first"), head: HEAD, worker: null, about: null, wanted: 0 };
  const text = make("textarea", { rows: 6, spellcheck: "false", "aria-label": "the passage" });
  const line = make("input", { type: "text", "aria-label": "your question" });
  const story = choice("passage", passages.map(({ text }) => `${text.slice(0, 40)} …`), (i) => turn(i));
  const heads = now.found.attention.flatMap((layer, l) => layer.map((_, h) => [l, h]));
  const head = choice("shaded: where head", heads.map(([l, h]) => `${l + 1}.${h + 1}`), (i) => {
    now.head = heads[i];
    draw();
  });
  head.label.append(make("span", {}, "looks"));
  head.node.value = heads.findIndex(([l, h]) => l === HEAD[0] && h === HEAD[1]);
  const load = loading(context, MODEL);
  const asked = make("div", { class: "qb-asks" });
  const answer = make("p", { class: "qb-answer", role: "status" });
  const shown = make("p", { class: "qb-row", "aria-label": "what the model has read and written" });
  const forms = make("ul", {}, ...held.get("forms").map((form) => make("li", {}, form)));
  const { root, say } = frame(el, "qb", "reader-gpt answers questions",
    row(story.label), text, make("div", { class: "qb-line" }, line, button("ask", ask)), load.node,
    answer, row(head.label), shown);
  root.append(fold("Questions on this passage", asked),
    fold("All forms of questions that it has learnt", forms),
    fold(`All ${known.size} words that it has learnt`, make("p", {}, [...known].join(" "))));

  function turn(number) {
    const { text: passage, questions } = passages[number];
    text.value = passage;
    asked.replaceChildren(...questions.map(([question]) => button(question, () => pick(question))));
    pick(number ? questions[0][0] : held.get("first").question);
  }

  function pick(question) {
    line.value = question;
    return ask();
  }

  async function ask() {
    const question = line.value.trim(), passage = text.value.trim(), first = held.get("first");
    const wanted = ++now.wanted;
    if (question === first.question && passage === passages[0].text) return draw(first);
    const problem = refusal(passage, question);
    if (problem) return clear(problem);
    try {
      const answer = await found(now.worker, now.about, passage, question, held.get("most"));
      if (wanted === now.wanted) draw(answer);
    } catch (error) {
      clear(error.message);
    }
  }

  function refusal(passage, question) {
    if (!passage || !question) return "Expected a passage and a question: type both.";
    const strange = unknown(question, known);
    if (strange.length) return `It has never learnt: ${few(strange)}. Ask with words of the stories, as below.`;
    return now.worker ? "" : "Load the model: then it answers this.";
  }

  function clear(problem) {
    now.found = null;
    answer.textContent = problem;
    shown.replaceChildren();
    say("");
  }

  function draw(answered = now.found) {
    now.found = answered;
    if (!answered) return;
    const { tokens, asked, attention } = answered, [layer, head] = now.head;
    const weights = attention[layer][head], most = Math.max(...weights);
    answer.textContent = told(answered, truth(answered.question)) + doubt(answered.question);
    shown.replaceChildren(...tokens.map((token, t) => {
      const shade = Math.round((100 * (weights[t] ?? 0)) / most);
      return make("span", { class: t < asked ? "" : "qb-said", style: `--shade: ${shade}%` }, token);
    }));
    say(looks(weights, tokens));
  }

  function truth(question) { // of a question that was drawn with this very passage
    const one = passages.find(({ text: passage }) => passage === text.value.trim());
    return one?.questions.find(([asked]) => asked === question)?.[1];
  }

  function doubt(question) {
    const strange = unknown(text.value, known);
    if (strange.length) return ` The passage has words that it never learnt (${few(strange)}), so this means little.`;
    return usual(question) ? "" : " It has learnt no such form of question, so this is a guess.";
  }

  line.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) ask();
  });
  load.ready.then(({ worker, about }) => {
    Object.assign(now, { worker, about });
    return ask();
  });
  turn(0);
  return () => now.worker?.end();
}

export default { render };
