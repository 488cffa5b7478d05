"""Cosines of TF-IDF vectors by sums of plain numbers, and what common mistakes give."""

import math
from functools import partial


def typical(rows, asked) -> dict:
    """What common mistakes give, by the sentence that names them."""
    found = partial(cosines, rows, asked)
    held = [sum(n > 0 for n in column) for column in zip(*rows, strict=True)]
    of_idf = _of_idf(rows, asked, found) | _of_counts(len(rows), len(asked), held, found)
    return of_idf | _of_lengths(rows, asked, found) | _of_rest(rows, asked)


def _of_idf(rows, asked, found) -> dict:
    """What the right idf gives in other places, or what is made of it."""
    N, idf, plain = len(rows), idf_of(rows), [1.0] * len(asked)
    columns = [*zip(*rows, strict=True)]
    behind = "the 1 behind the logarithm"
    return {
        "all words weigh the same: where is the idf?": found(plain),
        "the idf counts passages that hold the word, not how often it occurs": found(
            [math.log((1 + N) / (1 + sum(column))) + 1 for column in columns]
        ),
        f"the idf lacks {behind}: a word of all passages would count nothing": (
            found([x - 1 for x in idf])
        ),
        "the logarithm is the natural one": found([(x - 1) / math.log(2) + 1 for x in idf]),
        "the logarithm is the natural one, not that of base 10": (
            found([(x - 1) / math.log(10) + 1 for x in idf])
        ),
        "the idf is upside down: rare words must weigh more": found([2 - x for x in idf]),
        "the idf stands in the question only: passages are weighted too": found(plain, idf),
        "the idf stands in the passages only: the question is weighted too": found(idf, plain),
    }


def _of_counts(N, V, held, found) -> dict:
    """What another idf gives: n passages of N hold a word, and there are V words."""
    no_log = "where is the natural logarithm of the idf?"
    return {
        "the 1 behind the logarithm stands inside it here": found(
            [math.log((1 + N) / (1 + n) + 1) for n in held]
        ),
        "the idf is not smoothed: 1 is added to both numbers inside the logarithm": found(
            [math.log(N / max(n, 1)) + 1 for n in held]
        ),
        "the idf of other books is ln(N / n): here 1 is added three times": found(
            [math.log(N / max(n, 1)) for n in held]
        ),
        "inside the logarithm, 1 is added below the line only": found(
            [math.log(N / (1 + n)) + 1 for n in held]
        ),
        "1 + N as a whole is divided: where do the parentheses stand?": found(
            [math.log(1 + N / (1 + n)) + 1 for n in held]
        ),
        "1 + n as a whole divides: where do the parentheses stand?": found(
            [math.log((1 + N) / 1 + n) + 1 for n in held]
        ),
        "N is the number of passages, not of words": found(
            [math.log((1 + V) / (1 + n)) + 1 for n in held]
        ),
        no_log: found([(1 + N) / (1 + n) + 1 for n in held]),
        f"{no_log} And the 1 behind it?": found([(1 + N) / (1 + n) for n in held]),
    }


def _of_lengths(rows, asked, found) -> dict:
    """What a division by something else than both lengths gives."""
    idf = idf_of(rows)
    p, q = [_weighed(row, idf) for row in rows], _weighed(asked, idf)
    dots, all_p = [_dot(row, q) for row in p], math.hypot(*(x for row in p for x in row))
    raw = [_length(row) * _length(asked) for row in rows]
    return {
        "these are scalar products: a long passage would win": found(idf, divide=(False, False)),
        "the passages' lengths are not divided out": found(idf, divide=(False, True)),
        "the question's length is not divided out: no order changes, but it is no cosine": (
            found(idf, divide=(True, False))
        ),
        "the lengths are sums, and a vector's length is the root of a sum of squares": (
            found(idf, power=1)
        ),
        "the lengths are counts of words: a vector's length is the root of a sum of squares": [
            d / (sum(row) * sum(asked) or 1.0) for d, row in zip(dots, rows, strict=True)
        ],
        "you divide by squared lengths: where is the root?": [
            d / ((_length(row) * _length(q)) ** 2 or 1.0) for d, row in zip(dots, p, strict=True)
        ],
        "you divide by the sum of both lengths: divide by one, then by the other": [
            d / (_length(row) + _length(q)) for d, row in zip(dots, p, strict=True)
        ],
        "the lengths are those of the counts: they lack the idf": [
            d / (length or 1.0) for d, length in zip(dots, raw, strict=True)
        ],
        "one length for all passages: each has its own (dim=1)": [
            d / (all_p * _length(q) or 1.0) for d in dots
        ],
        "the dot product holds the idf once: both vectors are weighted": [
            _dot(row, asked) / (_length(row) * _length(q) or 1.0) for row in p
        ],
        "the idf weighs neither length, and the dot product once only": [
            _dot(row, asked) / (length or 1.0) for row, length in zip(p, raw, strict=True)
        ],
    }


def _of_rest(rows, asked) -> dict:
    """What other counts give, and what may be made of right cosines."""
    right, logs = cosines(rows, asked, idf_of(rows)), "the counts are logarithms here"
    top = sorted(range(len(right)), key=lambda i: -right[i])
    powers = [math.exp(x) for x in right]
    return {
        "how often a word occurs is lost: the counts matter": _counted(
            rows, asked, lambda n: min(n, 1)
        ),
        f"{logs}: the term frequency is the count itself": _counted(rows, asked, math.log1p),
        f"{logs}, 1 + ln n: the term frequency is n itself": _counted(
            rows, asked, lambda n: n and 1 + math.log(n)
        ),
        "these are one minus the cosines: near ones must be large": [1 - x for x in right],
        "these are angles: return their cosines": [math.acos(min(x, 1.0)) for x in right],
        "this is a softmax of the cosines: return the cosines": [x / sum(powers) for x in powers],
        "these are the numbers of passages: return the cosines": [*map(float, top)],
        "the cosines are sorted: leave them in the order of the passages": [right[i] for i in top],
    }


def _counted(rows, asked, tf) -> list[float]:
    """Return the cosines with a function of each count, and with the idf of the counts."""
    *texts, question = ([*map(tf, text)] for text in [*rows, asked])
    return cosines(texts, question, idf_of(rows))


def idf_of(rows) -> list[float]:
    """Return ln((1 + N) / (1 + n)) + 1 for each word, n being the passages that hold it."""
    return [
        math.log((1 + len(rows)) / (1 + sum(n > 0 for n in column))) + 1
        for column in zip(*rows, strict=True)
    ]


def cosines(rows, asked, idf, asked_idf=None, divide=(True, True), power=2) -> list[float]:
    """Return the cosine of each row with the question, by sums of Python's numbers."""
    q, result = _weighed(asked, idf if asked_idf is None else asked_idf), []
    for row in rows:
        p = _weighed(row, idf)
        length = _length(p, power) if divide[0] else 1.0
        length *= _length(q, power) if divide[1] else 1.0
        result.append(_dot(p, q) / (length or 1.0))
    return result


def _weighed(counts, idf) -> list[float]:
    return [n * w for n, w in zip(counts, idf, strict=True)]


def _dot(a, b) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def _length(vector, power=2) -> float:
    return math.fsum(abs(x) ** power for x in vector) ** (1 / power)
