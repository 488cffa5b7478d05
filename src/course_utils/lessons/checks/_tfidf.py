"""Cosines of TF-IDF vectors by sums of plain numbers, and what common mistakes give."""

import math
from functools import partial


def typical(rows, asked) -> dict:
    """What common mistakes give, by the sentence that names them."""
    N, idf, plain = len(rows), idf_of(rows), [1.0] * len(asked)
    columns = [*zip(*rows, strict=True)]
    often = [math.log((1 + N) / (1 + sum(column))) + 1 for column in columns]
    rough = [math.log(N / max(sum(n > 0 for n in column), 1)) + 1 for column in columns]
    cut = [[min(n, 1) for n in row] for row in [*rows, asked]]
    found = partial(cosines, rows, asked)
    return {
        "all words weigh the same: where is the idf?": found(plain),
        "the idf counts passages that hold the word, not how often it occurs": found(often),
        "the idf lacks the 1 behind the logarithm: a word of all passages would count nothing": (
            found([x - 1 for x in idf])
        ),
        "the idf is not smoothed: 1 is added to both numbers inside the logarithm": found(rough),
        "the logarithm is the natural one": found([(x - 1) / math.log(2) + 1 for x in idf]),
        "the idf is upside down: rare words must weigh more": found([2 - x for x in idf]),
        "the idf stands in the question only: passages are weighted too": found(plain, idf),
        "the idf stands in the passages only: the question is weighted too": found(idf, plain),
        "these are scalar products: a long passage would win": found(idf, divide=(False, False)),
        "the passages' lengths are not divided out": found(idf, divide=(False, True)),
        "the question's length is not divided out: no order changes, but it is no cosine": (
            found(idf, divide=(True, False))
        ),
        "how often a word occurs is lost: the counts matter": cosines(cut[:-1], cut[-1], idf),
        "these are one minus the cosines: near ones must be large": [1 - c for c in found(idf)],
        "the lengths are sums, and a vector's length is the root of a sum of squares": (
            found(idf, power=1)
        ),
    }


def idf_of(rows) -> list[float]:
    """Return ln((1 + N) / (1 + n)) + 1 for each word, n being the passages that hold it."""
    return [
        math.log((1 + len(rows)) / (1 + sum(n > 0 for n in column))) + 1
        for column in zip(*rows, strict=True)
    ]


def cosines(rows, asked, idf, asked_idf=None, divide=(True, True), power=2) -> list[float]:
    """Return the cosine of each row with the question, by sums of Python's numbers."""
    other = idf if asked_idf is None else asked_idf
    q = [n * w for n, w in zip(asked, other, strict=True)]
    result = []
    for row in rows:
        p = [n * w for n, w in zip(row, idf, strict=True)]
        length = _length(p, power) if divide[0] else 1.0
        length *= _length(q, power) if divide[1] else 1.0
        result.append(math.fsum(a * b for a, b in zip(p, q, strict=True)) / (length or 1.0))
    return result


def _length(vector, power) -> float:
    return math.fsum(abs(x) ** power for x in vector) ** (1 / power)
