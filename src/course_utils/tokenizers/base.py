"""What both tokenizers share: special tokens, texts one after the other, checks of arguments."""

from collections.abc import Iterable, Iterator

from course_utils.runtime import CourseError

EOS_NAMES = ("<eos>", "<|endoftext|>")


class Base:
    """What both tokenizers share: special tokens, found by name only."""

    special_tokens: dict[str, int]  # name -> id
    chat_template: str | None = None  # Jinja, saved with the tokenizer: see course_utils.chat

    _marks: tuple[int | None, tuple[int, ...]] | None = None  # None: found by name

    @property
    def eos_ids(self) -> tuple[int, ...]:
        """The ids that end a document, to be given to `generate`; () when there is none."""
        if self._marks:
            return self._marks[1]
        return tuple(self.special_tokens[n] for n in EOS_NAMES if n in self.special_tokens)[:1]

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

    def encode_iterable(self, texts: Iterable[str], end_id: int | None = None) -> Iterator[int]:
        """Yield the ids of texts as they come, so that the whole need not be in memory.

        Args:
            texts: the lines of an open file, or documents.
            end_id: a token to yield after each text, such as `eos_id`: the texts are documents
                then. Default None: they are parts of one text, and the ids are those of
                `encode("".join(texts))`.

        Raises:
            CourseError: as `encode`.

        >>> from course_utils.tokenizers import CharTokenizer
        >>> list(CharTokenizer.train("ab").encode_iterable(["ab", "a"]))
        [0, 1, 0]
        """
        texts = map(checked, listed(texts))
        for text in self._rejoined(texts) if end_id is None else texts:
            yield from self.encode(text)
            if end_id is not None:
                yield end_id

    def _rejoined(self, texts):
        """Yield parts of the joined texts whose ids, put together, are those of the whole."""
        return texts


def listed(texts):
    """Return texts, or one text as a list of one."""
    return [texts] if isinstance(texts, str) else texts


def names(special_tokens):
    """Return the names of special tokens as a list, or raise if they are no different words."""
    result = list(listed(special_tokens))
    if len(set(result)) < len(result) or not all(isinstance(n, str) and n for n in result):
        raise CourseError(f"expected different names of special tokens, got {result}: change them")
    return result


def checked(text):
    """Return a text that UTF-8 can hold, or raise."""
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


def check_ids(vocab):
    """Raise unless each token has its own id, from 0 on."""
    if not vocab or sorted(vocab.values()) != list(range(len(vocab))):
        raise CourseError("expected ids 0, 1, 2, … one a token: give each token its own id")


def known(value, i, size):
    """Return what an id stands for, or raise if it stands for nothing."""
    if value is None:
        raise CourseError(f"expected ids from 0 to {size - 1}, got {i}: use this tokenizer's ids")
    return value


def unknown(characters):
    """Return the error that names characters a tokenizer has no tokens for."""
    shown = " ".join(map(repr, characters[:5])) + (" …" if len(characters) > 5 else "")
    return CourseError(
        f"unknown characters {shown}: leave them out or use a tokenizer trained on them"
    )
