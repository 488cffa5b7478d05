"""Wrong answers to the exercises of "Write stories", by what their checks must say.

`test_mutations.py` tries them all.
"""

from fractions import Fraction

import numpy as np
import torch
from lesson import Exercise

from course_utils.lessons.checks import write_stories as checks


def runs(words, n):
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}


def copied_run(words, training):
    """The right number, in another way than the lesson's."""
    for n in range(len(words), 0, -1):
        if any(runs(words, n) & runs(text, n) for text in training):
            return n
    return 0


def from_the_start(words, training):
    """Look at the beginning of the text only."""
    n = [n for n in range(len(words) + 1) if any(tuple(words[:n]) in runs(t, n) for t in training)]
    return max(n, default=0)


def to_the_start(words, training):
    """Look at the beginnings of the training texts only."""
    both = [(t, n) for t in training for n in range(1, len(t) + 1)]
    return max((n for t, n in both if tuple(t[:n]) in runs(words, n)), default=0)


def subsequence(words, training):
    """Count words in the right order, with gaps."""

    def common(a, b):
        row = [0] * (len(b) + 1)
        for x in a:
            new = [0]
            for j, y in enumerate(b):
                new.append(row[j] + 1 if x == y else max(row[j + 1], new[-1]))
            row = new
        return row[-1]

    return max((common(words, text) for text in training), default=0)


def one_long_text(words, training):
    return copied_run(words, [[word for text in training for word in text]])


def within(run, training):
    """Look for a run among the letters of a text."""
    return any(" ".join(run) in " ".join(text) for text in training)


def in_place(words, training):
    best = copied_run(words, training)
    words.clear()
    return best


RIGHT_RUN = {
    "a tensor": lambda words, training: torch.tensor(copied_run(words, training)),
    "NumPy's number": lambda words, training: np.int32(copied_run(words, training)),
    "a float": lambda words, training: float(copied_run(words, training)),
}
WRONG_RUN = {
    "got NoneType: does your function return?": lambda words, training: None,
    "got NoneType: does your function return? (input: [], [['the', 'dog', ": (
        lambda words, training: copied_run(words, training) if words else None
    ),
    "got bool: return one": lambda words, training: copied_run(words, training) > 0,
    "a text that was copied whole": lambda words, training: (
        min(copied_run(words, training), 4) if words else 0
    ),
    "anywhere in the text too": from_the_start,
    "anywhere in the training text": to_the_start,
    "with none left out": subsequence,
    "the order counts": lambda words, training: (
        copied_run(words, training)
        + (copied_run(words[::-1], training) > copied_run(words, training))
    ),
    "the next begins afresh": one_long_text,
    "the last one too": lambda words, training: copied_run(words, training[:1]),
    "one word is a run too": lambda words, training: (
        n if (n := copied_run(words, training)) > 1 else 0
    ),
    "no word is known": lambda words, training: max(1, copied_run(words, training)),
    "there are no words": lambda words, training: copied_run(words, training) if words else -1,
    "whole words only": lambda words, training: max(
        (
            len(run)
            for n in range(len(words))
            for run in runs(words, n + 1)
            if within(run, training)
        ),
        default=0,
    ),
    "a run ends where the text ends": lambda words, training: (
        5 if len(set(words)) < len(words) == 3 else copied_run(words, training)
    ),
    "there is no training text": lambda words, training: (
        copied_run(words, training) if training else 1
    ),
    "copy first": in_place,
    "you say 2, which is too many": lambda words, training: sum(
        word in set().union(*training) for word in words
    ),
    "random texts of few words": lambda words, training: min(
        copied_run(words, training), 5 if len(training) < 3 else 1
    ),
    "stops with IndexError: list index out of range (input: ['a'], [])": lambda words, training: (
        len(training[0]) and copied_run(words, training)
    ),
}


def distinct(texts, n):
    """The right share, in another way than the lesson's."""
    return len(set().union(*(runs(words, n) for words in texts))) / sum(map(len, texts))


def mean_of_texts(texts, n):
    return sum(len(runs(words, n)) / len(words) for words in texts) / len(texts)


RIGHT_DISTINCT = {
    "a Fraction": lambda texts, n: Fraction(distinct(texts, n)).limit_denominator(1000),
    "NumPy's single precision": lambda texts, n: np.float32(distinct(texts, n)),
    "a tensor": lambda texts, n: torch.tensor(distinct(texts, n)),
}
WRONG_DISTINCT = {
    "got NoneType: does your function return?": lambda texts, n: None,
    "division by zero (input: [['a', 'b']], 3)": lambda texts, n: (
        distinct(texts, n) / any(len(words) >= n for words in texts)
    ),
    "every word is another": lambda texts, n: len(runs(texts[0], n)) / 3,
    "a word that comes again": lambda texts, n: (
        sum(max(len(words) - n + 1, 0) for words in texts) / sum(map(len, texts))
    ),
    "divide by the number of words": lambda texts, n: (
        len(set().union(*(runs(words, n) for words in texts)))
        / max(sum(max(len(words) - n + 1, 0) for words in texts), 1)
    ),
    "runs of n words": lambda texts, n: distinct(texts, 1),
    "in two texts is one run": lambda texts, n: (
        sum(len(runs(words, n)) for words in texts) / sum(map(len, texts))
    ),
    "from one text into the next": lambda texts, n: distinct(
        [[word for text in texts for word in text]], n
    ),
    "all texts together": mean_of_texts,
    "a text of n words has one run": lambda texts, n: (
        0 if len(texts[0]) == n else distinct(texts, n)
    ),
    "has no run, but its words": lambda texts, n: 1.0 if len(texts[0]) < n else distinct(texts, n),
    "though their letters agree": lambda texts, n: (
        len({"".join(run) for words in texts for run in runs(words, n)}) / sum(map(len, texts))
    ),
    "do not round it": lambda texts, n: round(distinct(texts, n), 2),
    "with paper and pencil": lambda texts, n: distinct(texts[:3], n),
    "copy first": lambda texts, n: [distinct(texts, n), texts.reverse(), texts[0].append("x")][0],
    "stops with TypeError": lambda texts: 0,
}


SAME_RUN = {
    "places = range(len(text) + 2)",  # a slice ends where its text ends
}

EXERCISES = {
    "exercise-copied-run": Exercise(
        "copied_run", checks.check_copied_run, WRONG_RUN, SAME_RUN, RIGHT_RUN
    ),
    "exercise-distinct": Exercise(
        "distinct", checks.check_distinct, WRONG_DISTINCT, right=RIGHT_DISTINCT
    ),
}
