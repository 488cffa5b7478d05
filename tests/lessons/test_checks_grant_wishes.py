"""Wrong answers to the exercises of "Grant wishes", by what their checks must say.

`test_mutations.py` tries them all.
"""

import math

import numpy as np
from lesson import Exercise

from course_utils.lessons.checks import grant_wishes as checks


def draws_needed(p, certainty):
    """The right number, counted."""
    n = 1
    while (1 - p) ** n > 1 - certainty:
        n += 1
    return n


RIGHT_DRAWS = {
    "NumPy's whole number": lambda p, certainty: np.int64(draws_needed(p, certainty)),
    "counted": draws_needed,
}
WRONG_DRAWS = {
    "expected an int, got float: int() makes one": lambda p, certainty: math.log(1 - certainty),
    "expected an int, got float: ": lambda p, certainty: float(draws_needed(p, certainty)),
    "got NoneType: does your function return? (input: 1, 0.99)": lambda p, certainty: (
        draws_needed(p, certainty) if p < 1 else None
    ),
    "one draw is enough here": lambda p, certainty: draws_needed(p, certainty) + 1,
    "both fail with probability": lambda p, certainty: (
        1 if p == 0.5 else draws_needed(p, certainty)
    ),
    "that n draws all fail": lambda p, certainty: math.ceil(certainty / p),
    "take the next whole number": lambda p, certainty: max(
        1, round(math.log(1 - certainty) / math.log(1 - min(p, 1 - 1e-9)))
    ),
    "at least one draw is needed": lambda p, certainty: (
        0 if certainty < 0.1 else draws_needed(p, certainty)
    ),
    "stops with ValueError: math domain error (input: 1, 0.99)": lambda p, certainty: math.ceil(
        math.log(1 - certainty) / math.log(1 - p)
    ),
    "a sure hit needs one draw": lambda p, certainty: 0 if p == 1 else draws_needed(p, certainty),
    "close, but 3 / p is an estimate only": lambda p, certainty: (
        math.ceil(3 / p) if p < 0.01 else draws_needed(p, certainty)
    ),
    "float32 keeps too few digits of 1 - p": lambda p, certainty: (
        1 if p == 1 else math.ceil(np.log(np.float32(1 - certainty)) / np.log(np.float32(1 - p)))
    ),
    "not 1 / p": lambda p, certainty: round(1 / p) if p < 0.01 else draws_needed(p, certainty),
    "for n = 1 and 2": lambda p, certainty: (
        draws_needed(p, certainty) + (round(p, 4) != p and p > 0.001)
    ),
}


def leave_out(wished, kinds):
    """The right words, in another way than the lesson's."""
    first = {kinds.get(word): i for i, word in reversed([*enumerate(wished)])}
    return [w for i, w in enumerate(wished) if w not in kinds or first[kinds[w]] != i]


def last_stays(wished, kinds):
    return leave_out(wished[::-1], kinds)[::-1]


def in_place(wished, kinds):
    out = leave_out(wished, kinds)
    for word in out:
        wished.remove(word)
    return out


RIGHT_WISHES = {
    "a tuple": lambda wished, kinds: tuple(leave_out(wished, kinds)),
    "an array": lambda wished, kinds: np.array(leave_out(wished, kinds)),
    "another way": leave_out,
}
WRONG_WISHES = {
    "got NoneType: does your function return?": lambda wished, kinds: None,
    "expected a list of words, got bool: return a list": lambda wished, kinds: bool(
        leave_out(wished, kinds)
    ),
    "expected a list of words, got set": lambda wished, kinds: set(leave_out(wished, kinds)),
    "a story can grant all of these": lambda wished, kinds: list(wished),
    "a girl and a boy are two kinds": lambda wished, kinds: leave_out(
        wished, {word: kind.replace("girl", "boy") for word, kind in kinds.items()}
    ),
    "is not in the dictionary": lambda wished, kinds: [
        word for word in leave_out(wished, kinds) if word in kinds
    ],
    "stops with KeyError: 'Zelda' (input: ['Mia', 'Zelda']": lambda wished, kinds: [
        word for i, word in enumerate(wished) if kinds[word] in {kinds[w] for w in wished[:i]}
    ],
    "the second has to go": lambda wished, kinds: [word for word in wished if word not in kinds],
    "stands further left is granted": lambda wished, kinds: (
        leave_out(wished, kinds) if wished[:1] != ["heard"] else last_stays(wished, kinds)
    ),
    'for "Mia, Zoe" you leave out other words': last_stays,
    'for "Mia, Zoe" you leave out too many words': lambda wished, kinds: [
        w for w in wished if w not in kinds or [kinds.get(v) for v in wished].count(kinds[w]) > 1
    ],
    "every kind counts": lambda wished, kinds: leave_out(wished, kinds)[:1],
    "keep their order": lambda wished, kinds: sorted(leave_out(wished, kinds)),
    "all but the first of a kind": lambda wished, kinds: (
        leave_out(wished, kinds)[:1] if len(wished) == 3 else leave_out(wished, kinds)
    ),
    "takes the place of no other": lambda wished, kinds: leave_out(
        wished, {w: k for w, k in kinds.items() if "Bob" not in wished or w != "kite"}
    ),
    "finds its kind taken": lambda wished, kinds: leave_out(list(dict.fromkeys(wished)), kinds),
    "stops with IndexError: list index out of range (input: [], ": lambda wished, kinds: leave_out(
        [wished[0], *wished[1:]], kinds
    ),
    "wished for twice is left out twice": lambda wished, kinds: list(
        dict.fromkeys(leave_out(wished, kinds))
    ),
    "was not wished for": lambda wished, kinds: [*leave_out(wished, kinds), "Leo"],
    "look the kinds up in the dictionary": lambda wished, kinds: leave_out(
        wished, checks._KINDS | dict.fromkeys(["sun", "cat", "rain"], "thing")
    ),
    "with a pencil": lambda wished, kinds: leave_out(wished[:4], kinds),
    "copy first": in_place,
}

EXERCISES = {
    "exercise-draws": Exercise(
        "draws_needed", checks.check_draws_needed, WRONG_DRAWS, right=RIGHT_DRAWS
    ),
    "exercise-leave-out": Exercise(
        "leave_out", checks.check_leave_out, WRONG_WISHES, right=RIGHT_WISHES
    ),
}
