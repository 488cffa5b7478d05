"""Wrong answers to the exercises of "Answer questions", by what their checks must say.

`test_mutations.py` tries them all.
"""

from collections import Counter
from fractions import Fraction

import numpy as np
import torch
from lesson import Exercise

from course_utils.lessons.checks import answer_questions as checks


def shared(said, truth):
    return (Counter(said) & Counter(truth)).total()


def f1(said, truth):
    if not said or not truth:
        return float(said == truth)
    return 2 * shared(said, truth) / (len(said) + len(truth))


def of_shares(combine):
    """Build an F1 from precision and recall in another way."""

    def wrong(said, truth):
        if not said or not truth:
            return float(said == truth)
        return combine(shared(said, truth) / len(said), shared(said, truth) / len(truth))

    return wrong


def destructive(said, truth):
    n = 0
    for word in said:
        if word in truth:
            truth.remove(word)
            n += 1
    return n


def crossed_off(said, truth):
    """Cross each shared word off a copy, and count exactly."""
    left = [*truth]
    n = sum(word in left and left.remove(word) is None for word in said)
    return Fraction(2 * n, len(said) + len(truth)) if said or truth else 1


RIGHT_F1 = {
    "a Fraction": crossed_off,
    "NumPy's single precision": lambda s, t: np.float32(f1(s, t)),
    "a tensor": lambda s, t: torch.tensor(f1(s, t)),
}
WRONG_F1 = {
    "(precision)": of_shares(lambda p, r: p),
    "(recall)": of_shares(lambda p, r: r),
    "the plain mean of the two shares": of_shares(lambda p, r: (p + r) / 2),
    "a factor is missing": lambda s, t: f1(s, t) / 2,
    "another measure (Jaccard)": lambda s, t: len({*s} & {*t}) / len({*s, *t}) if s or t else 1.0,
    "sets forget how often": lambda s, t: f1([*{*s}], [*{*t}]),
    "a word of the truth can be matched once": lambda s, t: (
        2 * sum(word in t for word in s) / (len(s) + len(t)) if s and t else f1(s, t)
    ),
    "a word that was said can be matched once": lambda s, t: (
        2 * sum(word in s for word in t) / (len(s) + len(t)) if s and t else f1(s, t)
    ),
    "different words are counted once": lambda s, t: (
        2 * len({*s} & {*t}) / (len(s) + len(t)) if s and t else f1(s, t)
    ),
    "the product of the two shares": of_shares(lambda p, r: p * r),
    "this is exact match": lambda s, t: float(s == t),
    "is it one minus F1": lambda s, t: 1 - f1(s, t) if s and t else f1(s, t),
    "changes a list": destructive,
    "agrees with an empty one only": lambda s, t: f1(s, t) if s and t else 0.0,
    "what is divided by what": lambda s, t: f1(s, t) * float("inf") if s and t else f1(s, t),
    "count the shared words by hand": lambda s, t: f1(s, t) * 0.9,
    "stops with ZeroDivisionError: division by zero (input: [], [])": (
        lambda s, t: 2 * shared(s, t) / (len(s) + len(t))
    ),
    "does your function return?": lambda s, t: None,
    "does your function return? (input: [], [])": lambda s, t: f1(s, t) if s or t else None,
}


def bounds(lengths):
    begin = 0
    for i, length in enumerate(lengths):
        yield i, begin, begin + length
        begin += length


def span(lengths, start, end):
    return [i for i, b, e in bounds(lengths) if b < end and e > start]


def emptied(lengths, start, end):
    found = span(lengths, start, end)
    lengths.clear()
    return found


def by_letters(lengths, start, end):
    owner = torch.arange(len(lengths)).repeat_interleave(torch.tensor(lengths))
    return owner[start:end].unique()


RIGHT_SPAN = {
    "a tensor": by_letters,
    "an array": lambda n, s, e: np.array(span(n, s, e)),
    "a list of NumPy's numbers": lambda n, s, e: [*np.array(span(n, s, e))],
    "a list of tensors": lambda n, s, e: [*by_letters(n, s, e)],
    "a tuple": lambda n, s, e: tuple(span(n, s, e)),
    "a range": lambda n, s, e: range(span(n, s, e)[0], span(n, s, e)[-1] + 1),
}
WRONG_SPAN = {
    "only begins where the span ends": lambda n, s, e: [
        i for i, b, c in bounds(n) if b <= e and c > s
    ],
    "ends where the span begins": lambda n, s, e: [i for i, b, c in bounds(n) if b < e and c >= s],
    "a bound too generous": lambda n, s, e: [i for i, b, c in bounds(n) if b <= e and c >= s],
    "one that is cut": lambda n, s, e: [i for i, b, c in bounds(n) if b >= s and c <= e],
    "one that began before it": lambda n, s, e: [i for i, b, c in bounds(n) if s <= b < e],
    "one may reach out of it": lambda n, s, e: [i for i, b, c in bounds(n) if s < c <= e],
    "numbered from 1": lambda n, s, e: [i + 1 for i in span(n, s, e)],
    "not once a letter": lambda n, s, e: [
        i for i, b, c in bounds(n) for x in range(b, c) if s <= x < e
    ],
    "these are the letters' numbers": lambda n, s, e: [*range(s, e)],
    "you take them for tokens": lambda n, s, e: [*range(min(s, len(n)), min(e, len(n)))],
    "only the first of them": lambda n, s, e: span(n, s, e)[:1],
    "only the last of them": lambda n, s, e: span(n, s, e)[-1:],
    "outside the span": lambda n, s, e: [i for i in range(len(n)) if i not in span(n, s, e)],
    "you find no token": lambda n, s, e: [],
    "in another order": lambda n, s, e: span(n, s, e)[::-1],
    "changes the list": emptied,
    "expected a list of whole numbers, got set: return a list": lambda n, s, e: {*span(n, s, e)},
    "got generator: return a list": lambda n, s, e: (i for i in span(n, s, e)),
    "expected whole numbers in the list, got str": lambda n, s, e: [str(i) for i in span(n, s, e)],
    "in the list, got list: one for each token": lambda n, s, e: torch.tensor(span(n, s, e))[
        :, None
    ],
    "in the list, got bool": lambda n, s, e: [i in span(n, s, e) for i in range(len(n))],
    "got NoneType: does your function return?": lambda n, s, e: None,
    "by hand": lambda n, s, e: [*span(n, s, e), len(n)],
}


SAME_F1 = {"shared = (Counter(truth) & Counter(said)).total()"}  # & knows no order

EXERCISES = {
    "exercise-f1": Exercise("word_f1", checks.check_word_f1, WRONG_F1, SAME_F1, RIGHT_F1),
    "exercise-span": Exercise(
        "span_tokens", checks.check_span_tokens, WRONG_SPAN, right=RIGHT_SPAN
    ),
}
