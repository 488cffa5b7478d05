"""Checks of the lesson "Rules, counts, networks": bits per character and bigrams.

The oracles are lists of pairs gone through in plain Python and closed forms; never the answer
itself.
"""

import math
from collections.abc import Mapping
from functools import partial

import torch

from course_utils.lessons.checks._answers import apart, fresh, name_mistake, near, number, unlike
from course_utils.lessons.checks._report import check, expect

HAND = [["we", "saw", "a", "cat"], ["a", "cat", "saw", "a", "dog"]]


@check("bits, over characters, ends counted: one unit for every model.")
def check_bits_per_character(bits_per_character) -> None:
    """Check the unit in which all models of the lesson are compared.

    Args:
        bits_per_character: nats of all texts together, and the texts -> float.
    """
    texts = ["the cat", "a dog"]
    got = number(bits_per_character(42 * math.log(2), list(texts)))
    if not near(got, 3.0):
        _name_the_slip(got)
        expect(
            False,
            f"for 42 bits, 'the cat' and 'a dog', 12 characters and 2 ends, you get "
            f"{apart(got, 3.0)}: compute what stands above and below the line on paper",
        )
    got = number(bits_per_character(6 * math.log(2), ["中文"]))
    expect(not near(got, 6 / 7), "'中文' has 2 characters: bytes are another unit")
    expect(
        near(got, 2.0),
        f"for 6 bits, '中文' and its end you get {apart(got, 2.0)}: what counts as one?",
    )
    _check_random_texts(bits_per_character)


def _name_the_slip(got) -> None:
    mistakes = {
        "the ends are missing: a model must also say where each text stops": 42 / 12,
        "there are two texts, and each has an end: you count one end": 42 / 13,
        "this is in nats: turn nats into bits": 3 * math.log(2),
        "nats become bits by dividing, not by multiplying": 3 * math.log(2) ** 2,
        "this is bits per text: what stands below the line?": 21.0,
        "these are the bits of all texts together: divide by the characters": 42.0,
        "these are bits per word: the unit is the character": 42 / 4,
        "this is characters per bit: turn the fraction over": 1 / 3,
        "this is a perplexity: keep the bits as they are": 2.0**3,
    }
    name_mistake(mistakes, partial(near, got))


def _check_random_texts(bits_per_character) -> None:
    draw = fresh()
    for n in (1, 5):
        lengths = torch.randint(14, 44, (n,), generator=draw).tolist()
        lengths = [0 if i == 1 else length for i, length in enumerate(lengths)]  # one empty text
        nats = 100 * torch.rand((), generator=draw).item() + 1
        got = number(bits_per_character(nats, ["é" * length for length in lengths]))
        right = nats / math.log(2) / (sum(lengths) + n)
        expect(
            near(got, right),
            f"right for the first example, wrong for {n} random texts of {lengths} characters: "
            "which number in your function does not come from its arguments?",
        )


@check("each word's followers share a probability of 1, and no pair crosses the end of a row.")
def check_bigrams(bigram_probabilities) -> None:
    """Check the probability of a word after another one, by counting.

    Args:
        bigram_probabilities: rows of words -> {(first, second): p(second | first)}.
    """
    got = _table(bigram_probabilities([row[:] for row in HAND]), "pairs of words")
    right = _bigram_oracle(HAND)
    if not _same(got, right):
        _name_the_mistake(got, right)
    for rows in ([["a"]], [["a", "b"], ["b", "a"]], _random_rows(), _random_rows()):
        got = _table(bigram_probabilities([row[:] for row in rows]), "pairs of words")
        right = _bigram_oracle(rows)
        expect(
            set(got) <= set(right),
            f"for the rows {_shown(rows)} you have the pair {_first(set(got) - set(right))}, "
            "which never occurs: do you cross from one row to the next?",
        )
        expect(
            _same(got, right),
            f"right for the first example, wrong for the rows {_shown(rows)}: count them on paper",
        )


def _name_the_mistake(got, right) -> None:
    extra, missing = set(got) - set(right), set(right) - set(got)
    expect(
        all(isinstance(key, tuple) and len(key) == 2 for key in got),
        f"the keys must be pairs (first, second), yours are such as {_first(got)!r}",
    )
    expect(
        ("cat", "a") not in extra,
        "you have the pair ('cat', 'a'), but 'cat' ends a row and 'a' begins the next one: "
        "count within each row",
    )
    expect(not extra, f"the pair {_first(extra)} never occurs in the rows: is it a neighbour?")
    expect(not missing, f"the pair {_first(missing)} occurs in the rows, but not in your result")
    _name_the_division(got, right)


def _name_the_division(got, right) -> None:
    pairs = _pairs(HAND)
    words = [word for row in HAND for word in row]
    counts = {p: pairs.count(p) for p in right}
    mistakes = {
        "these are counts: divide them": counts,
        "you divide by the number of all pairs: that is how often the pair occurs, not what "
        "follows its first word": {p: n / len(pairs) for p, n in counts.items()},
        "you divide by how often the second word occurs in pairs: which word is known, which "
        "predicted?": {p: n / sum(q[1] == p[1] for q in pairs) for p, n in counts.items()},
        "what follows 'cat' does not add to 1: where 'cat' ends a row, nothing follows it, so "
        "that place must not count": {p: n / words.count(p[0]) for p, n in counts.items()},
        "you divide by how often the second word occurs: which word is known, which predicted?": {
            p: n / words.count(p[1]) for p, n in counts.items()
        },
        "you share equally between the followers: a pair that occurs twice weighs double": {
            p: 1 / len({q for q in pairs if q[0] == p[0]}) for p in right
        },
    }
    name_mistake(mistakes, partial(_same, got))
    pair = next(p for p in right if not near(got[p], right[p]))
    expect(
        False,
        f"p({pair[1]} | {pair[0]}) is {apart(got[pair], right[pair])} with you: how often does "
        f"{pair[0]!r} occur with a word behind it, and how often is that word {pair[1]!r}?",
    )


def _pairs(rows) -> list[tuple]:
    return [(row[i], row[i + 1]) for row in rows for i in range(len(row) - 1)]


def _bigram_oracle(rows) -> dict:
    pairs = _pairs(rows)
    return {p: pairs.count(p) / sum(q[0] == p[0] for q in pairs) for p in pairs}


def _random_rows() -> list[list[str]]:
    draw = fresh()
    lengths = torch.randint(1, 9, (3,), generator=draw).tolist()
    return [["abc"[i] for i in torch.randint(3, (n,), generator=draw).tolist()] for n in lengths]


def _table(answer, of) -> dict:
    if not isinstance(answer, Mapping):
        raise unlike(f"a dictionary of {of}", answer)
    return {key: number(value, f"a number for {key!r}") for key, value in answer.items()}


def _same(got, right) -> bool:
    return set(got) == set(right) and all(near(got[key], right[key]) for key in right)


def _first(keys):
    return min(keys, key=repr, default=None)


def _shown(rows) -> str:
    return " / ".join(" ".join(row) for row in rows)
