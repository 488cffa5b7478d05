"""Byte-level byte-pair encoding, as in GPT-2, on Hugging Face's `tokenizers`.

Left out: other patterns for words when learning, and dropout of merges.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from os import PathLike

from tokenizers import AddedToken, Tokenizer, decoders, models

from course_utils.runtime import CourseError
from course_utils.tokenizers.base import EOS_NAMES, Base, check_ids, checked, known, names, unknown
from course_utils.tokenizers.elsewhere import accept, cuts_as_gpt2, missing_bytes
from course_utils.tokenizers.learning import byte_level, learn
from course_utils.tokenizers.pieces import SIZE, pieces, rejoined
from course_utils.tokenizers.spelling import read, spell

_MOST = 100_000  # tokens; room for so many is set aside
_AT_ONCE = 64  # pieces of a long text


class BPETokenizer(Base):
    """Byte-level byte-pair encoding as in GPT-2: frequent strings are one token, any text works.

    Args:
        tokenizer: a trained `tokenizers.Tokenizer`. It is changed: texts never yield special
            tokens, and truncation, padding and dropout are off.

    Raises:
        CourseError: the tokenizer is of another kind, or sets what is not honoured here (a
            normalizer, a post-processor that adds tokens, …); it is named.

    >>> tokenizer = BPETokenizer.train(["low lower lowest " * 9], vocab_size=262)
    >>> tokenizer.decode(tokenizer.encode("lowest 中 <eos>"))
    'lowest 中 <eos>'
    """

    def __init__(self, tokenizer: Tokenizer):
        accept(tokenizer)
        self.tokenizer = tokenizer
        added = tokenizer.get_added_tokens_decoder().items()
        self.special_tokens = {token.content: i for i, token in added if token.special}
        self._in_pieces, self._missing = cuts_as_gpt2(tokenizer), missing_bytes(tokenizer)

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        vocab_size: int | None,
        special_tokens: Iterable[str] = ("<eos>",),
        at_most: int = _MOST,
    ) -> "BPETokenizer":
        """Join the most frequent neighbours until the vocabulary is full.

        Of pairs that are equally frequent the library joins the one whose first token has the
        smaller id, then the one whose second has. Ids of bytes follow the order of their letters
        in GPT-2's files, where the blank (Ġ) stands behind all of ASCII.

        A special token's name in the texts is left out and nothing is joined across it, so that
        texts with their separators teach no pieces of these. Words of more than 1,200 bytes (a
        gene, a file in base64) are cut there while learning, or it would take hours.

        Args:
            texts: the texts, or one text.
            vocab_size: V; special tokens, 256 bytes, then merged strings. None: join until no
                pair occurs twice (given every word twice, each becomes one token).
            special_tokens: names that mix letters and signs. Default "<eos>".
            at_most: the largest V when `vocab_size` is None. Default 100,000.

        Raises:
            CourseError: if the size is out of reach or a text could spell a special token.
            Interrupted: after Ctrl-C.
        """
        return cls(learn(texts, vocab_size, special_tokens, at_most))

    @classmethod
    def from_merges(
        cls,
        vocab: dict[bytes, int],
        merges: Iterable[tuple[bytes, bytes]],
        special_tokens: Iterable[str] | None = None,
    ) -> "BPETokenizer":
        """Make a tokenizer from what another one learnt; words are cut as GPT-2 cuts them.

        Args:
            vocab: token -> id, the ids 0 … V - 1; 256 bytes, merged strings, special tokens.
            merges: pairs of tokens, in the order in which they were learnt.
            special_tokens: names; a name that `vocab` lacks gets the next id. Default: "<eos>"
                and "<|endoftext|>" where `vocab` has them.

        Raises:
            CourseError: ids or merges do not fit the tokens.

        >>> low = BPETokenizer.train(["low lower lowest " * 9], vocab_size=262)
        >>> low.merges[:2]
        [(b'l', b'o'), (b'lo', b'w')]
        >>> again = BPETokenizer.from_merges(low.vocab, low.merges, low.special_tokens)
        >>> again.encode("lowest") == low.encode("lowest")
        True
        """
        if special_tokens is None:
            special_tokens = [name for name in EOS_NAMES if name.encode() in vocab]
        special = {name.encode(): name for name in names(special_tokens)}
        spelled = {special.get(token) or spell(token): i for token, i in vocab.items()}
        return cls(_made(spelled, [(spell(a), spell(b)) for a, b in merges], special.values()))

    @classmethod
    def from_files(
        cls,
        vocab: str | PathLike,
        merges: str | PathLike,
        special_tokens: Iterable[str] | None = None,
    ) -> "BPETokenizer":
        """Read the two files in which GPT-2 and tools before `tokenizer.json` keep a tokenizer.

        Args:
            vocab: vocab.json.
            merges: merges.txt.
            special_tokens: as for `from_merges`.

        Raises:
            CourseError: a file is missing, is of another kind, or they do not fit.
        """
        try:
            tokens, pairs = models.BPE.read_file(str(vocab), str(merges))
        except Exception as error:  # the library raises plain Exception
            raise CourseError(
                f"expected vocab.json and merges.txt, got {vocab} and {merges} ({error}): "
                "check both"
            ) from None
        if special_tokens is None:
            special_tokens = [name for name in EOS_NAMES if name in tokens]
        return cls(_made(tokens, pairs, names(special_tokens)))

    @property
    def vocab(self) -> dict[bytes, int]:
        """The bytes of each token -> its id; of a special token, the bytes of its name."""
        added = {token.content for token in self.tokenizer.get_added_tokens_decoder().values()}
        tokens = sorted(self.tokenizer.get_vocab().items(), key=lambda token: token[1])
        return {token.encode() if token in added else read(token): i for token, i in tokens}

    @property
    def merges(self) -> list[tuple[bytes, bytes]]:
        """The pairs that were joined, in the order in which they were learnt."""
        pairs = json.loads(self.tokenizer.to_str())["model"]["merges"]
        return [(read(first), read(second)) for first, second in pairs]

    @property
    def vocab_size(self) -> int:
        """V, number of different tokens."""
        return self.tokenizer.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        """Turn any text into ids; a long one piece by piece, which gives the same ids sooner.

        Raises:
            CourseError: if it is no text, or holds half of a surrogate pair, or the tokenizer
                comes from elsewhere and lacks a byte of the text.
        """
        self._check_bytes(checked(text))
        if len(text) <= 2 * SIZE or not self._in_pieces:
            return self.tokenizer.encode(text, add_special_tokens=False).ids
        ids, rest = [], pieces(text)
        while some := list(islice(rest, _AT_ONCE)):
            for part in self.tokenizer.encode_batch_fast(some, add_special_tokens=False):
                ids += part.ids
        return ids

    def _rejoined(self, texts):
        return rejoined(texts) if self._in_pieces else ["".join(texts)]

    def _check_bytes(self, text):
        if self._missing and not self._missing.isdisjoint(text.encode("utf-8")):
            characters = sorted(c for c in set(text) if not self._missing.isdisjoint(c.encode()))
            raise unknown(characters)

    def decode(self, ids: Iterable[int], skip_special_tokens: bool = True) -> str:
        """Turn ids into text; bytes that make no character become U+FFFD.

        Args:
            ids: token ids.
            skip_special_tokens: leave special tokens out of the text. Default True.

        Raises:
            CourseError: if an id is not in the vocabulary.
        """
        ids = [self._checked_id(int(i)) for i in ids]
        if skip_special_tokens:
            return self.tokenizer.decode(ids)
        special = {i: name for name, i in self.special_tokens.items()}
        groups = groupby(ids, key=special.get)  # the library reads é in a name as half a character
        return "".join(
            name * len(list(group)) if name else self.tokenizer.decode(list(group))
            for name, group in groups
        )

    def decode_stream(self, ids: Iterable[int]) -> Iterator[str]:
        """Yield text as ids come, each piece once its characters are whole.

        Args:
            ids: token ids, an iterator that may still be generating; special ones are left out.
        """
        stream, seen, sent = decoders.DecodeStream(skip_special_tokens=True), [], 0
        for i in map(int, ids):
            seen.append(self._checked_id(i))
            if piece := stream.step(self.tokenizer, i):
                sent += len(piece)
                yield piece
        if rest := self.decode(seen)[sent:]:  # the end may cut a character in two
            yield rest

    def _checked_id(self, i):
        inside = 0 <= i < 2**32 and self.tokenizer.id_to_token(i) is not None
        return known(i if inside else None, i, self.vocab_size)


def _made(tokens, pairs, special):
    """Return the library's tokenizer of tokens and merges, spelled as in GPT-2's files."""
    check_ids(tokens)
    if "e</w>" in tokens:
        raise CourseError(
            "expected byte-level BPE, got words that end in </w>: load it with transformers instead"
        )
    try:
        tokenizer = byte_level(models.BPE(tokens, list(pairs)))
    except Exception as error:  # the library raises plain Exception
        raise CourseError(f"merges do not fit the vocabulary ({error}): check both") from None
    tokenizer.add_special_tokens([AddedToken(n, normalized=False, special=True) for n in special])
    return tokenizer
