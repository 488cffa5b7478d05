"""Wrong answers to the exercises of "Rules, counts, networks", by what their checks must say.

`test_mutations.py` tries them all.
"""

import math
from collections import Counter
from fractions import Fraction
from itertools import pairwise

import numpy as np
import torch
from lesson import Exercise

from course_utils.lessons.checks import rules_counts_networks as checks


def pairs_of(rows):
    """Return all neighbours within rows."""
    return [pair for row in rows for pair in pairwise(row)]


def chained(rows):
    """Return one row out of all."""
    return [[word for row in rows for word in row]]


def bigrams(rows, below=lambda pairs, rows, pair: sum(q[0] == pair[0] for q in pairs)):
    """The answer, divided by what a mistake would divide by."""
    pairs = pairs_of(rows)
    return {pair: pairs.count(pair) / below(pairs, rows, pair) for pair in pairs}


def values_of(table, change):
    """Return a function whose dictionary holds numbers of another type."""
    return lambda rows: {key: change(value) for key, value in table(rows).items()}


RIGHT_BIGRAMS = {
    "fractions": values_of(bigrams, lambda p: Fraction(p).limit_denominator(99)),
    "NumPy": values_of(bigrams, np.float64),
    "float32": values_of(bigrams, np.float32),
    "tensors": values_of(bigrams, lambda p: torch.tensor(p, requires_grad=True)),
}


def characters(texts):
    """Number of characters with the ends."""
    return sum(len(text) + 1 for text in texts)


LN2 = math.log(2)
WRONG_BITS = {
    "the ends are missing": lambda nats, texts: nats / LN2 / len("".join(texts)),
    "you count one end": lambda nats, texts: nats / LN2 / (len("".join(texts)) + 1),
    "this is in nats": lambda nats, texts: nats / characters(texts),
    "by dividing, not by multiplying": lambda nats, texts: nats * LN2 / characters(texts),
    "this is bits per text": lambda nats, texts: nats / LN2 / len(texts),
    "divide by the characters": lambda nats, texts: nats / LN2,
    "bits per word": lambda nats, texts: nats / LN2 / sum(len(t.split()) for t in texts),
    "turn the fraction over": lambda nats, texts: characters(texts) / (nats / LN2),
    "a perplexity": lambda nats, texts: math.exp(nats / characters(texts)),
    "bytes are another unit": lambda nats, texts: (
        nats / LN2 / sum(len(t.encode()) + 1 for t in texts)
    ),
    "compute what stands above": lambda nats, texts: 1.9,
    "does not come from its arguments": lambda nats, texts: (
        nats / LN2 / (characters(texts) if len(texts[0]) < 8 and "é" not in texts[0] else 14)
    ),
    "wrong for 5 random texts": lambda nats, texts: (
        nats / LN2 / sum(len(t) + 1 for t in texts if t)
    ),
    "does your function return": lambda nats, texts: None,
    "stops with TypeError": lambda nats: nats,
}

WRONG_BIGRAMS = {
    "count within each row": lambda rows: bigrams(chained(rows)),
    "these are counts": lambda rows: Counter(pairs_of(rows)),
    "by the number of all pairs": lambda rows: bigrams(rows, lambda pairs, *_: len(pairs)),
    "which word is known": lambda rows: bigrams(
        rows, lambda pairs, rows, pair: sum(q[1] == pair[1] for q in pairs)
    ),
    "does not add to 1": lambda rows: bigrams(
        rows, lambda pairs, rows, pair: sum(row.count(pair[0]) for row in rows)
    ),
    "share equally": lambda rows: {
        pair: 1 / len({b for a, b in pairs_of(rows) if a == pair[0]}) for pair in pairs_of(rows)
    },
    "the keys must be pairs": lambda rows: {" ".join(k): p for k, p in bigrams(rows).items()},
    "never occurs in the rows": lambda rows: {**bigrams(rows), ("dog", "dog"): 0.5},
    "but not in your result": lambda rows: dict(list(bigrams(rows).items())[1:]),
    "with a word behind it": lambda rows: dict.fromkeys(bigrams(rows), 0.3),
    "wrong for the rows": lambda rows: bigrams([row for row in rows if len(row) > 2]),
    "expected a dictionary of pairs of words, got list: return one": lambda rows: pairs_of(rows),
    "stops with IndexError": lambda rows: rows[99],
}


EXERCISES = {
    "exercise-bits": Exercise("bits_per_character", checks.check_bits_per_character, WRONG_BITS),
    "exercise-bigrams": Exercise(
        "bigram_probabilities", checks.check_bigrams, WRONG_BIGRAMS, right=RIGHT_BIGRAMS
    ),
}
