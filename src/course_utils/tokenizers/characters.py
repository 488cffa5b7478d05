"""One token a character.

Left out: words; a character that was not in the training texts is an error, not a token.
"""

from collections.abc import Iterable, Iterator

from course_utils.runtime import CourseError
from course_utils.tokenizers.base import Base, check_ids, checked, known, listed, names, unknown


class CharTokenizer(Base):
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
        check_ids(vocab)
        self.vocab = dict(vocab)
        self.special_tokens = {t: i for t, i in vocab.items() if len(t) > 1}
        self._tokens = {i: t for t, i in vocab.items()}

    @classmethod
    def train(cls, texts: Iterable[str], special_tokens: Iterable[str] = ()) -> "CharTokenizer":
        """Give an id to each character of the texts, in code order, after the special tokens.

        Args:
            texts: the texts, or one text. A special token's name in them is so many characters.
            special_tokens: names of two characters or more, such as "<eos>". Default none.

        Raises:
            CourseError: if there is no character or a special token is a single one.
        """
        special = names(special_tokens)
        if short := [name for name in special if len(name) < 2]:
            raise CourseError(
                f"special token {short[0]!r} is no longer than a character: name it like <eos>"
            )
        characters = sorted(set().union(*(checked(text) for text in listed(texts))))
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
            return [self.vocab[character] for character in checked(text)]
        except KeyError:
            raise unknown(sorted(set(text) - self.vocab.keys())) from None

    def decode(self, ids: Iterable[int], skip_special_tokens: bool = True) -> str:
        """Turn ids into text.

        Args:
            ids: token ids.
            skip_special_tokens: leave special tokens out of the text. Default True.

        Raises:
            CourseError: if an id is not in the vocabulary.
        """
        special = self.special_tokens if skip_special_tokens else ()
        tokens = [known(self._tokens.get(i), i, self.vocab_size) for i in map(int, ids)]
        return "".join(token for token in tokens if token not in special)

    def decode_stream(self, ids: Iterable[int]) -> Iterator[str]:
        """Yield the text of each id as it comes; special tokens are left out."""
        yield from filter(None, (self.decode([i]) for i in ids))
