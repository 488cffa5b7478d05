"""Tokenizers: text to token ids and back, by characters or by byte-level BPE.

Special tokens such as `<eos>` come from the program only. When the same letters stand in a
user's text they are ordinary characters, so that no text can end a document or play another role.
Left out: sentence pieces, normalisation (a text comes back exactly as it went in).

Sources: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units"
(arXiv:1508.07909); Radford et al. 2019, GPT-2, section 2.2, for bytes in place of characters.
"""

from collections.abc import Iterable, Iterator

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from course_utils.runtime import CourseError

_EOS_NAMES = ("<eos>", "<|endoftext|>")
_MOST = 100_000  # tokens; room for so many is set aside


class _Special:
    """What both tokenizers share: special tokens, found by name only."""

    special_tokens: dict[str, int]  # name -> id
    chat_template: str | None = None  # Jinja, saved with the tokenizer: see course_utils.chat

    _marks: tuple[int | None, tuple[int, ...]] | None = None  # None: found by name

    @property
    def eos_ids(self) -> tuple[int, ...]:
        """The ids that end a document, to be given to `generate`; () when there is none."""
        if self._marks:
            return self._marks[1]
        return tuple(self.special_tokens[n] for n in _EOS_NAMES if n in self.special_tokens)[:1]

    @property
    def eos_id(self) -> int | None:
        """The id that ends a document, the first if there are several, or None."""
        return next(iter(self.eos_ids), None)

    @property
    def bos_id(self) -> int | None:
        """The id that begins a document, or None; in this course one token does both."""
        return self._marks[0] if self._marks else self.eos_id

    def set_marks(self, bos_id: int | None, eos_ids: Iterable[int]) -> None:
        """Say what begins and what ends a document, where names do not: a model's folder does.

        Args:
            bos_id: the id that begins one, or None.
            eos_ids: the ids that end one.
        """
        self._marks = bos_id, tuple(eos_ids)

    def special_id(self, name: str) -> int:
        """Return the id of a special token, which no text ever encodes to.

        Args:
            name: as given to `train`, such as "<eos>".

        Raises:
            CourseError: if the tokenizer has no such special token.
        """
        if name not in self.special_tokens:
            have = ", ".join(self.special_tokens) or "none"
            raise CourseError(f"no special token {name!r}, there are: {have}: name it in train()")
        return self.special_tokens[name]


class CharTokenizer(_Special):
    """One token a character; a plain dictionary both ways.

    Args:
        vocab: token -> id, the ids 0 … V - 1; special tokens have two characters or more.

    >>> tokenizer = CharTokenizer.train(["banana"], special_tokens=("<eos>",))
    >>> tokenizer.encode("ban")
    [2, 1, 3]
    >>> tokenizer.decode([2, 1, 3, tokenizer.eos_id])
    'ban'
    """

    def __init__(self, vocab: dict[str, int]):
        if not vocab or sorted(vocab.values()) != list(range(len(vocab))):
            raise CourseError("expected ids 0, 1, 2, … one a token: give each token its own id")
        self.vocab = dict(vocab)
        self.special_tokens = {t: i for t, i in vocab.items() if len(t) > 1}
        self._tokens = {i: t for t, i in vocab.items()}

    @classmethod
    def train(cls, texts: Iterable[str], special_tokens: Iterable[str] = ()) -> "CharTokenizer":
        """Give an id to each character of the texts, in code order, after the special tokens.

        Args:
            texts: the texts, or one text.
            special_tokens: names of two characters or more, such as "<eos>". Default none.

        Raises:
            CourseError: if there is no character or a special token is a single one.
        """
        special = _names(special_tokens)
        if short := [name for name in special if len(name) < 2]:
            raise CourseError(
                f"special token {short[0]!r} is no longer than a character: name it like <eos>"
            )
        characters = sorted(set().union(*(_checked(text) for text in _listed(texts))))
        if not characters:
            raise CourseError("expected texts with at least one character, got none: add text")
        return cls({token: i for i, token in enumerate([*special, *characters])})

    @property
    def vocab_size(self) -> int:
        """V, number of different tokens."""
        return len(self.vocab)

    def encode(self, text: str) -> list[int]:
        """Turn text into ids, one a character.

        Raises:
            CourseError: if a character was not in the training texts; it is named.
        """
        try:
            return [self.vocab[character] for character in _checked(text)]
        except KeyError:
            unknown = sorted(set(text) - self.vocab.keys())
            names = " ".join(map(repr, unknown[:5])) + (" …" if len(unknown) > 5 else "")
            raise CourseError(
                f"unknown characters {names}: leave them out or use a tokenizer trained on them"
            ) from None

    def decode(self, ids: Iterable[int], skip_special_tokens: bool = True) -> str:
        """Turn ids into text.

        Args:
            ids: token ids.
            skip_special_tokens: leave special tokens out of the text. Default True.

        Raises:
            CourseError: if an id is not in the vocabulary.
        """
        special = self.special_tokens if skip_special_tokens else ()
        tokens = [_known(self._tokens.get(i), i, self.vocab_size) for i in map(int, ids)]
        return "".join(token for token in tokens if token not in special)

    def decode_stream(self, ids: Iterable[int]) -> Iterator[str]:
        """Yield the text of each id as it comes; special tokens are left out."""
        yield from filter(None, (self.decode([i]) for i in ids))


class BPETokenizer(_Special):
    """Byte-level byte-pair encoding as in GPT-2: frequent strings are one token, any text works.

    Args:
        tokenizer: a trained `tokenizers.Tokenizer`; it is changed so that texts never yield
            special tokens.

    >>> tokenizer = BPETokenizer.train(["low lower lowest " * 9], vocab_size=262)
    >>> tokenizer.decode(tokenizer.encode("lowest 中 <eos>"))
    'lowest 中 <eos>'
    """

    def __init__(self, tokenizer: Tokenizer):
        tokenizer.encode_special_tokens = True  # "<eos>" in a text is five characters
        self.tokenizer = tokenizer
        added = tokenizer.get_added_tokens_decoder().items()
        self.special_tokens = {token.content: i for i, token in added if token.special}

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        vocab_size: int | None,
        special_tokens: Iterable[str] = ("<eos>",),
    ) -> "BPETokenizer":
        """Join the most frequent neighbours until the vocabulary is full.

        Args:
            texts: the texts, or one text.
            vocab_size: V; special tokens, 256 bytes, then merged strings. None: join until no
                pair occurs twice (given every word twice, each becomes one token), at most to
                100,000.
            special_tokens: names that mix letters and signs. Default "<eos>".

        Raises:
            CourseError: if the size is out of reach or a text could spell a special token.
        """
        special, texts = _names(special_tokens), [_checked(text) for text in _listed(texts)]
        if vocab_size is not None:
            _check_size(vocab_size, 256 + len(special))
        tokenizer = _byte_level()
        for name in special:  # letters alone could become a merged token with the same name
            if len(tokenizer.pre_tokenizer.pre_tokenize_str(name)) < 2:
                raise CourseError(
                    f"special token {name!r} could come out of a text: name it like <eos>"
                )
        tokenizer.train_from_iterator(texts, _trainer(vocab_size, special))
        if vocab_size is not None and (size := tokenizer.get_vocab_size()) < vocab_size:
            raise CourseError(
                f"vocab_size is {vocab_size} but the texts give only {size} tokens: "
                "ask for fewer or add text"
            )
        return cls(tokenizer)

    @property
    def vocab_size(self) -> int:
        """V, number of different tokens."""
        return self.tokenizer.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        """Turn any text into ids.

        Raises:
            CourseError: if it is no text, or holds half of a surrogate pair.
        """
        return self.tokenizer.encode(_checked(text), add_special_tokens=False).ids

    def decode(self, ids: Iterable[int], skip_special_tokens: bool = True) -> str:
        """Turn ids into text; bytes that make no character become U+FFFD.

        Args:
            ids: token ids.
            skip_special_tokens: leave special tokens out of the text. Default True.

        Raises:
            CourseError: if an id is not in the vocabulary.
        """
        ids = [self._checked_id(int(i)) for i in ids]
        return self.tokenizer.decode(ids, skip_special_tokens=skip_special_tokens)

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
        return _known(i if inside else None, i, self.vocab_size)


def _byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _trainer(vocab_size, special):
    return trainers.BpeTrainer(
        vocab_size=_MOST if vocab_size is None else vocab_size,
        special_tokens=[AddedToken(name, normalized=False, special=True) for name in special],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2,
        show_progress=False,
    )


def _check_size(vocab_size, least):
    if not isinstance(vocab_size, int) or vocab_size < least:
        raise CourseError(
            f"vocab_size must be at least {least}, the bytes and special tokens, "
            f"got {vocab_size!r}: make it larger"
        )


def _listed(texts):
    return [texts] if isinstance(texts, str) else texts


def _names(special_tokens):
    names = list(_listed(special_tokens))
    if len(set(names)) < len(names) or not all(isinstance(n, str) and n for n in names):
        raise CourseError(f"expected different names of special tokens, got {names}: change them")
    return names


def _checked(text):
    if not isinstance(text, str):
        raise CourseError(f"expected a text, got {type(text).__name__}: pass a str")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CourseError(
            f"expected text that UTF-8 can hold, got {text[error.start]!r} at {error.start}: "
            "remove the lone surrogate"
        ) from None
    return text


def _known(value, i, size):
    if value is None:
        raise CourseError(f"expected ids from 0 to {size - 1}, got {i}: use this tokenizer's ids")
    return value
