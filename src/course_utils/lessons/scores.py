"""Scores of generated text: exact match and F1 of answers, diversity, and what was copied.

Shares are from 0 to 1. The answers' scores follow SQuAD, whose normalisation is made for English.
Left out: BLEU and chrF (use sacrebleu, which prints its settings), and scores that need a model.

Sources: Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text",
section 6.1, and its script evaluate-v1.1.py; Li et al. 2016, "A Diversity-Promoting Objective
Function for Neural Conversation Models", section 5; Manber and Myers 1993, "Suffix Arrays".
"""

import re
import string
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from course_utils import arguments
from course_utils.runtime import CourseError

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_WORDS = re.compile(r"\w+|[^\w\s]")
_END, _UNKNOWN = chr(0), chr(1)  # between two training texts; a word that none of them has


def normalise(text: str) -> str:
    """Lower-case a text, drop ASCII punctuation and English articles, and tidy the white space.

    Args:
        text: an answer.

    Source: evaluate-v1.1.py of SQuAD, normalize_answer, the same steps in the same order.

    >>> normalise("  The red kite, a GIFT!")
    'red kite gift'
    """
    bare = _text(text, "an answer").lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(predictions: Sequence[str], references: Sequence) -> float:
    """Return the share of predictions that equal their reference once both are normalised.

    Args:
        predictions: N answers, at least one.
        references: N right answers; where several are right, a list of them.

    Raises:
        CourseError: there is nothing to score, or not as many references as predictions.

    Source: Rajpurkar et al. 2016, section 6.1.

    >>> exact_match(["the kite", "Mia"], ["Kite.", ["Tom", "Tim"]])
    0.5
    """
    pairs = _pairs(predictions, references)
    right = [normalise(said) in map(normalise, _several(truth)) for said, truth in pairs]
    return sum(right) / len(right)


def token_f1(prediction: str, reference: str | Sequence[str]) -> float:
    """Return the F1 of the words that two answers share, each word as often as both have it.

    Args:
        prediction: an answer.
        reference: the right answer, or a list of right ones; the best counts.

    Returns:
        From 0 to 1. Where one of the two is empty once normalised: 1 if both are, else 0, as in
        SQuAD 2.0 (version 1.1 has no empty answers).

    Raises:
        CourseError: an answer is no text, or the list is empty.

    Source: Rajpurkar et al. 2016, section 6.1.

    >>> token_f1("the red kite", ["a kite", "drum"])
    0.6666666666666666
    """
    return max(_f1(prediction, truth) for truth in _several(reference))


def _f1(prediction, reference):
    said, truth = normalise(prediction).split(), normalise(reference).split()
    if not said or not truth:
        return float(said == truth)
    shared = sum((Counter(said) & Counter(truth)).values())
    return 2 * shared / (len(said) + len(truth))  # = 2 P R / (P + R), P = shared / said


def split_words(text: str) -> list[str]:
    """Cut a text into words and signs; white space only separates.

    >>> split_words("Mia's kite, 7.")
    ['Mia', "'", 's', 'kite', ',', '7', '.']
    """
    return _WORDS.findall(_text(text, "a text"))


def distinct_n(texts: Iterable[str], n: int) -> float:
    """Return the number of different runs of n words, over the number of words, in all texts.

    It falls as texts are added, since words run out: compare equally many texts of like length.

    Args:
        texts: the texts, with at least one word. No run reaches from one into the next.
        n: length of a run in words, signs counted; 1 or more.

    Returns:
        From 0 to 1. The paper divides by words; some programs divide by runs, which is larger.

    Raises:
        CourseError: n is too small, or there is no word.

    Source: Li et al. 2016, section 5, "distinct-1 and distinct-2".

    >>> distinct_n(["the dog saw the dog"], 1), distinct_n(["the dog saw the dog"], 2)
    (0.6, 0.6)
    """
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        got = arguments.shortened(n)
        raise CourseError(f"expected n to be an integer of 1 or more, got {got}: count runs of 1")
    lists = [split_words(text) for text in _listed(texts, "texts")]
    if not (total := sum(map(len, lists))):
        raise CourseError("expected texts with at least one word, got none: generate some first")
    runs = {tuple(words[i : i + n]) for words in lists for i in range(len(words) - n + 1)}
    return len(runs) / total


class CopyIndex:
    """Training texts, arranged so that the longest run copied from them is found quickly.

    A suffix array over words: all places of all texts, sorted by the words that follow. A run
    that begins like the words at hand stands next to where these would be sorted in, so one
    binary search a word of the text suffices. 20,000 stories take seconds, 500 texts one more.

    Args:
        texts: the training texts; no run reaches from one into the next.

    Raises:
        CourseError: there is no text, or one of them is none.

    Source: Manber and Myers 1993; the array is made by their prefix doubling.
    """

    def __init__(self, texts: Iterable[str]):
        lists = [split_words(text) for text in _listed(texts, "training texts")]
        if not lists:
            raise CourseError("expected training texts, got none: pass at least one")
        words = dict.fromkeys(word for words in lists for word in words)
        self._signs = {word: chr(i) for i, word in enumerate(words, start=2)}  # one a word
        self._all = _END.join("".join(map(self._signs.get, words)) for words in lists)
        self._longest = max(map(len, lists))
        self._order = _suffix_order(self._all, self._longest)

    def longest_run(self, words: Sequence[str]) -> tuple[int, int]:
        """Return where in a list of words the longest copied run begins, and its length.

        Raises:
            CourseError: they are no list of words.
        """
        words = list(_listed(words, "words"))
        for word in words:
            _text(word, "a word")
        text = "".join(self._signs.get(word, _UNKNOWN) for word in words)
        start, best = 0, 0
        for i in range(len(text)):
            if (length := self._match(text[i : i + self._longest])) > best:
                start, best = i, length
        return start, best

    def _match(self, wanted):
        """Return how many words of `wanted`, from its first on, stand together in some text."""
        size = len(wanted)
        at = bisect_left(self._order, wanted, key=lambda place: self._all[place : place + size])
        neighbours = self._order[max(at - 1, 0) : at + 1]
        found = (self._all[place : place + size] for place in neighbours)
        return max((_shared(wanted, run) for run in found), default=0)


def _shared(a, b):
    """Return how many characters two strings share from the first on."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((i for i, (x, y) in pairs if x != y), min(len(a), len(b)))


def _suffix_order(text, longest):
    """Return all places of a text, sorted by the first `longest` characters that follow."""
    rank = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
    size, known = len(rank), 1
    order = np.argsort(rank, kind="stable")
    while known < longest and size:
        later = np.zeros(size, dtype=np.int64)
        later[: max(size - known, 0)] = rank[known:] + 1
        key = rank * (int(rank.max()) + 2) + later  # rank of the next `known`, then of those after
        order = np.argsort(key, kind="stable")
        steps = np.diff(key[order], prepend=key[order[:1]]) > 0
        rank[order] = np.cumsum(steps)
        known *= 2
    return order.tolist()


def longest_copied_run(text: str, index: CopyIndex) -> int:
    """Return the length, in words and signs, of the longest run that also stands in training.

    Args:
        text: a generated text.
        index: `CopyIndex` of the training texts.

    Returns:
        0 when no word is known. Texts made of few words share runs by chance: compare with the
        run of texts that nobody copied.

    Raises:
        CourseError: `text` is no text, or the index was not made yet.

    >>> index = CopyIndex(["Mia had a red kite.", "Tom lost a blue kite."])
    >>> longest_copied_run("Tom had a red kite", index)
    4
    """
    if not isinstance(index, CopyIndex):
        raise CourseError(
            f"expected a CopyIndex, got {type(index).__name__}: make one with CopyIndex(texts)"
        )
    return index.longest_run(split_words(text))[1]


def _text(value, what):
    if not isinstance(value, str):
        raise CourseError(f"expected {what} as a str, got {type(value).__name__}: decode it first")
    return value


def _listed(texts, what):
    if isinstance(texts, str):
        raise CourseError(f"expected a list of {what}, got one str: put it into a list")
    if not isinstance(texts, Iterable):
        got = arguments.shortened(texts)
        raise CourseError(f"expected a list of {what}, got {got}: put texts into a list")
    return texts


def _several(reference):
    """Return the right answers as a list."""
    answers = [reference] if isinstance(reference, str) else reference
    if not isinstance(answers, list | tuple | set) or not answers:
        raise CourseError(
            f"expected a reference or a list of some, got {arguments.shortened(reference)}: "
            "give a right answer"
        )
    return list(answers)


def _pairs(predictions, references):
    predictions = list(_listed(predictions, "predictions"))
    references = list(_listed(references, "references"))
    if len(predictions) != len(references) or not predictions:
        raise CourseError(
            f"expected as many references as predictions and at least one, got {len(references)} "
            f"and {len(predictions)}: pair them up"
        )
    return list(zip(predictions, references, strict=True))
