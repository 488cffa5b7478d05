// A conversation as one row of tokens, and replies: beside course_utils/chat.py.
//
// As there, a message is its role's mark, its text and <eos>. The Jinja template that comes with
// the model gives the same ids, and a test compares them.

import { loaded, write } from "./texts.js";

// What of a conversation fits beside a reply of `room` tokens. Whole rounds, a user's message and
// what follows it, are left out, oldest first; the system message stays.
//   messages: [{ role, content }], the last by the user -> { ids, leftOut: how many messages }
export function conversation({ name, messages, room }) {
  const { model, tokenizer } = loaded[name], most = model.wpe.length / model.width - room;
  const first = messages[0].role === "system" ? 1 : 0;
  const begins = ({ role }, i) => i === first || (i > first && role === "user");
  const rounds = [...messages.keys()].filter((i) => begins(messages[i], i));
  let ids = [];
  for (const from of rounds) {
    ids = row(tokenizer, [...messages.slice(0, first), ...messages.slice(from)]);
    if (ids.length <= most) return { ids, leftOut: from - first };
  }
  throw new Error(`the last message needs ${ids.length} tokens with the system message, ` +
    `and there is room for ${most}: shorten it`);
}

// Messages, and the mark with which the model's turn begins -> ids.
function row({ special, encode }, messages) {
  const names = Object.keys(special);
  const ids = messages.flatMap(({ role, content }) =>
    [special[`<|${role}|>`], ...encode(plainText(content, names)), special["<eos>"]]);
  return [...ids, special["<|assistant|>"]];
}

// A text in which no mark's name is left whole: "<eos>" becomes "< eos>".
function plainText(text, names) {
  return names.reduce((left, name) => left.replaceAll(name, `< ${name.slice(1)}`), text);
}

// What a model says behind `ids`: greedily, up to <eos>, at most `count` tokens. Each part is the
// text so far. -> { text, row: all ids, the <eos> too }
export function* reply({ name, ids, count }) {
  const { tokenizer } = loaded[name], said = [];
  const settings = { temperature: 0 }, stops = [tokenizer.special["<eos>"]];
  for (const id of write({ name, ids, settings, count, stops })) {
    said.push(id);
    yield tokenizer.decode(said).replace(/\uFFFD+$/, ""); // half a letter waits for its other half
  }
  return { text: tokenizer.decode(said), row: [...ids, ...said] };
}
