// Sentences that a model was trained on, with places for words: "How much are the {good}?"

const PLACE = /\{(\w+)\}/;
const FITS = { n: "\\d+", deed: "\\p{L}+(?: away)?" }; // what may stand in a place, if not one word

// forms: such sentences -> a function that says whether a text is one of them
export function oneOf(forms) {
  const pattern = new RegExp(`^(?:${forms.map(patternOf).join("|")})$`, "u");
  return (text) => pattern.test(text.trim());
}

function patternOf(form) { // every second part of the split is the name of a place
  const part = (text, i) => (i % 2 ? (FITS[text] ?? "\\p{L}+") : literal(text));
  return form.split(PLACE).map(part).join("");
}

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// A form with words in its places.
export const filled = (form, words) => form.replace(/\{(\w+)\}/g, (_, name) => words[name]);
