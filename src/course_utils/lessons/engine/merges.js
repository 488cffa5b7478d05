// Byte-pair encoding, one merge at a time, as in the lesson "Tokens and prediction". To cut long
// texts, tokens.js has Hugging Face's library, which gives the same ids.
//
// A text is cut into pieces, a piece into bytes, each a token. Then two neighbours become one, the
// pair that was learnt first before all others, until no pair of neighbours is on the list.

// GPT-2's pattern: endings, letters, digits, other signs, white space. Source: openai/gpt-2, encoder.py
const PIECES = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

export const cut = (text) => text.match(PIECES) ?? [];

// bytes: 256 ids; merges: [left id, right id, id of both together], … in the order of learning
export function readMerges({ bytes, merges }) {
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  const spelled = new Map(bytes.map((id, byte) => [id, [byte]])); // id -> bytes
  for (const [left, right, id] of merges) {
    spelled.set(id, [...spelled.get(left), ...spelled.get(right)]);
  }
  return { bytes, merges, ranks, spelled };
}

export function toBytes({ bytes }, piece) {
  return [...new TextEncoder().encode(piece)].map((byte) => bytes[byte]);
}

// The places of all pairs of neighbours that are on the list. -> [{ at, rank }, …]
export function known({ ranks }, ids) {
  const pairs = ids.slice(1).map((id, at) => ({ at, rank: ranks.get(`${ids[at]} ${id}`) }));
  return pairs.filter(({ rank }) => rank !== undefined);
}

// Everywhere in a piece, from left to right, the pair becomes one token.
export function join(ids, [left, right, both]) {
  const out = [];
  for (let at = 0; at < ids.length; at++) {
    const here = ids[at] === left && ids[at + 1] === right;
    out.push(here ? both : ids[at]);
    if (here) at++;
  }
  return out;
}

// All steps from the bytes of a piece to its tokens. -> [{ ids, pairs, rank }, …]
//   pairs: the known ones; rank: of the merge that led here, none at the bytes
export function steps(table, piece) {
  const all = [{ ids: toBytes(table, piece) }];
  for (;;) {
    const last = all.at(-1);
    last.pairs = known(table, last.ids);
    if (!last.pairs.length) return all;
    const rank = Math.min(...last.pairs.map((pair) => pair.rank));
    all.push({ ids: join(last.ids, table.merges[rank]), rank });
  }
}

export const encode = (table, text) => cut(text).flatMap((piece) => steps(table, piece).at(-1).ids);
