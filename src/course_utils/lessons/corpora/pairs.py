"""Sentence pairs, English and Chinese, for translation: numbers and dates, drawn with a seed.

What a model may train on is decided by a hash of the number (or the date) itself. So both
directions of a pair are on the same side, in every draw and for every seed, and a test pair
cannot be met in training.

- Numbers of one to six digits, and dates: nine tenths are training pairs, one tenth test pairs.
- Numbers of seven digits: one tenth are training pairs, nine tenths test pairs.
- Numbers of eight digits: all are test pairs.
"""

import hashlib
import random
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from course_utils import arguments
from course_utils.lessons.corpora import dates, numerals
from course_utils.runtime import CourseError

TRAINED_LENGTHS = (1, 2, 3, 4, 5, 6, 7)
SPLITS = ("train", "test")
_TENTHS = {**dict.fromkeys(range(1, 7), 9), 7: 1, 8: 0}  # of all numbers, for training


class Pair(NamedTuple):
    """The same thing in both languages; `of` is the number or the date."""

    of: int | date
    english: str
    chinese: str


def pair_of(value: int | date) -> Pair:
    """Write a number or a date in both languages.

    Raises:
        CourseError: if it is neither, or out of range.

    >>> pair_of(21_000).chinese
    '二万一千'
    """
    if isinstance(value, date):
        return Pair(value, dates.date_to_english(value), dates.date_to_chinese(value))
    return Pair(value, numerals.to_english(value), numerals.to_chinese(value))


def split_of(value: int | date) -> str:
    """Say whether a number or a date is for training or for testing: "train" or "test".

    Raises:
        CourseError: if it is neither, or out of range.

    >>> split_of(12_345_678)
    'test'
    """
    is_date = isinstance(value, date)
    dates.check_date(value) if is_date else numerals.check_number(value)
    tenths = 9 if is_date else _TENTHS[len(str(value))]
    digest = hashlib.sha256(str(value).encode()).digest()
    return "train" if int.from_bytes(digest) % 10 < tenths else "test"


def number_pairs(n: int, seed: int, split: str, digits=TRAINED_LENGTHS) -> list[Pair]:
    """Draw pairs of numbers: first how many digits, each length equally often, then the number.

    Args:
        n: how many; a pair may come twice.
        seed: decides the draw.
        split: "train" or "test".
        digits: lengths to draw from, 1 to 8, or one of them. Default 1 to 7.

    Raises:
        CourseError: if a setting is out of range, or a length has no number in the split.

    >>> number_pairs(2, seed=0, split="train", digits=[2])[0].english
    'ninety-seven'
    """
    n, digits = _checked(n, seed, split, digits)
    draw = random.Random(f"numbers {seed}")
    return [pair_of(_draw(draw, draw.choice(digits), split)) for _ in range(n)]


def date_pairs(n: int, seed: int, split: str) -> list[Pair]:
    """Draw pairs of dates, all days equally likely.

    Args:
        n: how many; a pair may come twice.
        seed: decides the draw.
        split: "train" or "test".

    Raises:
        CourseError: if a setting is out of range.

    >>> date_pairs(1, seed=0, split="train")[0].english
    '26 December 2050'
    """
    n, _ = _checked(n, seed, split, TRAINED_LENGTHS)
    draw, found = random.Random(f"dates {seed}"), []
    while len(found) < n:
        day = dates.FIRST + timedelta(draw.randrange((dates.LAST - dates.FIRST).days + 1))
        found += [pair_of(day)] if split_of(day) == split else []
    return found


def all_numbers(digits: int, split: str) -> list[Pair]:
    """Return all pairs of one length; meant for the short ones.

    Args:
        digits: 1 to 8.
        split: "train" or "test".

    >>> [pair.of for pair in all_numbers(1, "test")]
    [7, 8]
    """
    _checked(0, 0, split, [digits])
    low, high = _range(digits)
    return [pair_of(number) for number in range(low, high) if split_of(number) == split]


def _draw(draw, digits, split):
    while True:
        number = draw.randrange(*_range(digits))
        if split_of(number) == split:
            return number


def _range(digits):
    return (0 if digits == 1 else 10 ** (digits - 1)), 10**digits


def _checked(n, seed, split, digits):
    n, _ = arguments.whole("n", n), arguments.whole("seed", seed, None)
    arguments.one_of("split", split, SPLITS)
    lengths = list(digits) if isinstance(digits, Iterable) else [digits]
    if not lengths or not all(type(length) is int and length in _TENTHS for length in lengths):
        raise CourseError(f"digits must be lengths from 1 to 8, got {lengths}: change them")
    if split == "train" and 8 in lengths:
        raise CourseError("no number of 8 digits is for training: leave 8 out of digits")
    return n, lengths
