// Which questions a model knows, by its questions.json, as course_utils/serve/questions.py does.

const BLANK = /\{(\w+)\}/;

// asked: { questions: ["what colour is the {shape}?"], words: { shape: ["ring", "star"] } }
export function readQuestions({ questions, words }) {
  const kinds = questions.map((text) => {
    const parts = text.split(BLANK); // text, name of a blank, text, …
    return parts.map((part, i) => (i % 2 ? { name: part, words: words[part] } : part));
  });
  const patterns = kinds.map((parts) => new RegExp(`^${patternOf(parts)}$`));
  return {
    kinds,
    // A question as it stood in training, or null: case, blanks and the mark at the end put right.
    find(text) {
      const bare = unmarked(text.toLowerCase().trim().replace(/\s+/g, " "));
      return patterns.some((pattern) => pattern.test(bare)) ? `${bare}?` : null;
    },
    // The kinds of question that share most words with a text, likest first.
    like: (text, count = 3) => likest(kinds, text, count),
  };
}

const unmarked = (text) => text.replace(/[?!. ]+$/, "");
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function patternOf(parts) {
  const ends = [...parts.slice(0, -1), unmarked(parts.at(-1))];
  return ends.map((part) => part.words ? `(?:${part.words.map(escaped).join("|")})` : escaped(part))
    .join("");
}

// A question of a kind, with one word for each blank: chosen[0] for the first, …
export function filled(parts, chosen) {
  return parts.map((part, i) => (part.words ? chosen[(i - 1) / 2] : part)).join("");
}

// For each blank the first of its words that stands in the text, else its first; none twice.
export function wordsIn(parts, text) {
  const said = ` ${text.toLowerCase().replace(/[^\p{L}\d ]/gu, " ")} `;
  const chosen = [];
  for (const { words } of parts.filter((part) => part.words)) {
    const left = words.filter((word) => !chosen.includes(word));
    chosen.push(left.find((word) => said.includes(` ${word} `)) ?? left[0]);
  }
  return chosen;
}

function likest(kinds, text, count) {
  const said = new Set(text.toLowerCase().match(/\p{L}+/gu) ?? []);
  const shared = (parts) => {
    const own = filled(parts, wordsIn(parts, text)).match(/\p{L}+/gu);
    return own.filter((word) => said.has(word)).length / own.length;
  };
  return [...kinds].sort((a, b) => shared(b) - shared(a)).slice(0, count)
    .map((parts) => filled(parts, wordsIn(parts, text)));
}
