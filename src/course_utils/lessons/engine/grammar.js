// The story grammar in the page, beside course_utils/lessons/corpora/grammar.py: draw a story, and
// say how probable a beginning is. A grammar is what `Grammar.told()` gives in Python:
//   rules: { name: [template, …] }; a template is a list of pieces [kind, name, value]
//   slots: { slot: name of its word list, or "other.form" }, words: { list: [word, …] }
//   forms: { form: { word: text } }

const START = [["rule", "story", ""]];

function listOf({ slots, words, forms }, slot, facts) {
  const [other, form] = slots[slot].split(".");
  return words[form ? forms[form][facts[other]] : other];
}

// The equally likely ways to go on: [what is said, what remains, newly known facts]
function options(grammar, [[kind, name, value], ...rest], facts) {
  if (kind === "text") return [[name, rest, {}]];
  if (kind === "rule") return grammar.rules[name].map((template) => ["", [...template, ...rest], {}]);
  if (kind === "form") return [[grammar.forms[value][facts[name]], rest, {}]];
  if (kind === "fact") return [["", rest, { [name]: value in grammar.slots ? facts[value] : value }]];
  if (name in facts) return [[facts[name], rest, {}]];
  return listOf(grammar, name, facts).map((word) => [word, rest, { [name]: word }]);
}

// A story, drawn; random: () -> a number from 0 up to, not including, 1
export function sample(grammar, random = Math.random) {
  let rest = START, facts = {}, text = "";
  while (rest.length) {
    const ways = options(grammar, rest, facts);
    const [said, remains, known] = ways[ways.length > 1 ? Math.floor(random() * ways.length) : 0];
    [rest, facts, text] = [remains, { ...facts, ...known }, text + said];
  }
  return text;
}

// Read a text as far as it is a story: all derivations at once, each only as far as the text goes. ->
//   begins: ln of the probability that a story begins with this text; −Infinity if none does
//   whole: ln of the probability that a story is this text and ends here
//   stops: where it stops being the beginning of a story: text.length if it does not
//   expected: there, the words that a story could have
export function follow(grammar, text) {
  const found = { begins: 0, whole: 0, stops: 0, expected: [] };
  const todo = [{ rest: START, facts: {}, at: 0, p: 1 }];
  while (todo.length) todo.push(...onwards(grammar, text, todo.pop(), found));
  const fits = found.begins > 0;
  return {
    begins: Math.log(found.begins), whole: Math.log(found.whole),
    stops: fits ? text.length : found.stops, expected: fits ? [] : [...new Set(found.expected)],
  };
}

export const isStory = (grammar, text) => follow(grammar, text).whole > -Infinity;

// The surprise of each piece of a text, in nats: ln P(before) − ln P(with it); the last number is that
// of the end of the story. They add to −ln P(story). Infinity from where no story goes on like this.
export function surprises(grammar, pieces) { // T texts -> T + 1 numbers
  let text = "", before = 0;
  const surprise = (after) => {
    const nats = after === -Infinity ? Infinity : Math.max(0, before - after);
    before = after;
    return nats;
  };
  const nats = pieces.map((piece) => surprise(follow(grammar, (text += piece)).begins));
  return [...nats, surprise(follow(grammar, text).whole)];
}

// One step of one derivation. `counted`: it has said the whole text, and only its end is still open.
function onwards(grammar, text, { rest, facts, at, p, counted }, found) {
  if (at === text.length && !counted) found.begins += p;
  counted = at === text.length;
  if (!rest.length) {
    if (counted) found.whole += p;
    else stuck(found, text, at, "");
    return [];
  }
  const ways = options(grammar, rest, facts), next = [];
  for (const [said, remains, known] of ways) {
    if (text.startsWith(said, at)) {
      const longer = { at: at + said.length, p: p / ways.length, counted };
      next.push({ rest: remains, facts: { ...facts, ...known }, ...longer });
    } else if (!said.startsWith(text.slice(at))) stuck(found, text, at, said);
    else if (!counted) found.begins += p / ways.length; // the text ends within what is said
  }
  return next;
}

// Keep what the furthest attempts expected, from the start of the word in which they differ.
function stuck(found, text, at, said) {
  let start = at;
  while (start < text.length && text[start] === said[start - at]) start++;
  while (start > at && /[\p{L}\p{N}]/u.test(text[start - 1])) start--;
  if (start > found.stops) [found.stops, found.expected] = [start, []];
  const word = said.slice(start - at).match(/[\p{L}\p{N}]+|./u)?.[0] ?? "the end";
  if (start === found.stops) found.expected.push(word);
}
