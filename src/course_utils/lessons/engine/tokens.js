// A model's tokenizer in the page. Hugging Face's library reads tokenizer.json, as in Python; as in
// course_utils, the name of a special token in a reader's text is ordinary characters.

import { Tokenizer } from "./vendor/tokenizers.min.mjs";

// json: of tokenizer.json -> { special: { "<eos>": id, … }, name, encode, decode }
export function readTokenizer(json) {
  const plain = new Tokenizer({ ...json, added_tokens: [] }, {});
  const special = Object.fromEntries(json.added_tokens.map(({ content, id }) => [content, id]));
  const byId = Object.fromEntries(json.added_tokens.map(({ content, id }) => [id, content]));
  return {
    special,
    // one token as characters; part of a letter of several bytes becomes "�"
    name: (id) => byId[id] ?? plain.decode([id]),
    encode: (text) => plain.encode(text, { add_special_tokens: false }).ids,
    decode(ids) { // without special tokens
      const words = ids.filter((id) => !(id in byId));
      return words.length ? plain.decode(words) : "";
    },
  };
}
