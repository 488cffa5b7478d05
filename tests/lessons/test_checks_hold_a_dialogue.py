"""Wrong answers to the exercises of "Hold a dialogue", by what they must be told."""

import numpy as np
import torch
from lesson import Exercise

from course_utils.lessons.checks import hold_a_dialogue as checks


def mask(ids, assistant, eos):
    marks, speaking = [], False
    for i in ids:
        marks.append(speaking)
        speaking = i == assistant or (speaking and i != eos)
    return marks


def early(ids, assistant, eos):
    return [*mask(ids, assistant, eos)[1:], False]


def without_ends(ids, assistant, eos):
    return [m and i != eos for i, m in zip(ids, mask(ids, assistant, eos), strict=True)]


def with_marks(ids, assistant, eos):
    return [m or i == assistant for i, m in zip(ids, mask(ids, assistant, eos), strict=True)]


def never_ends(ids, assistant, eos):
    speaking, marks = False, []
    for i in ids:
        marks.append(speaking)
        speaking = speaking or i == assistant
    return marks


def last_only(ids, assistant, eos):
    last = max((k for k, i in enumerate(ids) if i == assistant), default=len(ids))
    return [m and k > last for k, m in enumerate(mask(ids, assistant, eos))]


def all_ends(ids, assistant, eos):
    return [m or i == eos for i, m in zip(ids, mask(ids, assistant, eos), strict=True)]


RIGHT_MASK = {
    "a tensor": lambda i, a, e: torch.tensor(mask(i, a, e)),
    "an array": lambda i, a, e: np.array(mask(i, a, e)),
    "an array of numbers": lambda i, a, e: np.array(mask(i, a, e), dtype=np.int8),
    "a list of NumPy's truths": lambda i, a, e: [*np.array(mask(i, a, e))],
    "a list of tensors": lambda i, a, e: [*torch.tensor(mask(i, a, e))],
    "a tuple of 0 and 1": lambda i, a, e: tuple(int(m) for m in mask(i, a, e)),
}
WRONG_MASK = {
    "only the marks <|assistant|> are scored": lambda i, a, e: [k == a for k in i],
    "only the <eos> of each reply is scored": lambda i, a, e: [
        m and k == e for k, m in zip(i, mask(i, a, e), strict=True)
    ],
    "expected a list of bools, got generator: return a list": lambda i, a, e: (
        m for m in mask(i, a, e)
    ),
    "got NoneType: does your function return? (input: [2, ": lambda i, a, e: (
        mask(i, a, e) if 1 in i else None
    ),
    "one place too early": early,
    "one place too late": lambda i, a, e: [False, *mask(i, a, e)[:-1]],
    "how would the model learn to stop": without_ends,
    "it is given: nobody has to predict it": with_marks,
    "the user's words too": never_ends,
    "only the last reply is scored": last_only,
    "those behind other roles are given": all_ends,
    "it is the wrong way round": lambda i, a, e: [not m for m in mask(i, a, e)],
    "everything is scored": lambda i, a, e: [True] * len(i),
    "nothing is scored": lambda i, a, e: [False] * len(i),
    "not the assistant's": lambda i, a, e: mask(i, 2, e),  # the user's mark in its place
    "and your mask has": lambda i, a, e: [m for m in mask(i, a, e) if m],
    "expected True or False": lambda i, a, e: i,
    "got NoneType: does your function return?": lambda i, a, e: None,
    "stops with TypeError": lambda ids: ids,
}


def fits(system, rounds, most):
    return [k for k in range(len(rounds)) if system + sum(rounds[k:]) <= most]


def left_out(system, rounds, most):
    return min(fits(system, rounds, most), default=None)


def scattered(system, rounds, most):
    room, kept = most - system, 0
    for tokens in rounds[::-1]:
        if tokens <= room:
            room, kept = room - tokens, kept + 1
    return len(rounds) - kept if rounds[-1] <= most - system else None


def only_the_question(system, rounds, most):
    """Leave out all but the last as soon as anything is too much."""
    return left_out(system, rounds, most) and len(rounds) - 1


def one_at_most(system, rounds, most):
    return left_out(system, rounds, most) and 1


def counted_down(system, rounds, most):
    found = left_out(system, rounds, most)
    return None if found is None else len(rounds) - found


def emptied(system, rounds, most):
    """Throw the oldest rounds out of the caller's own list."""
    out = 0
    while rounds and system + sum(rounds) > most:
        rounds.pop(0)
        out += 1
    return out if rounds else None


RIGHT_FIT = {
    "on a copy": lambda s, r, m: emptied(s, [*r], m),
    "NumPy's number": lambda s, r, m: None if (out := left_out(s, r, m)) is None else np.int64(out),
    "a float": lambda s, r, m: None if (out := left_out(s, r, m)) is None else float(out),
    "a tensor": lambda s, r, m: None if (out := left_out(s, r, m)) is None else torch.tensor(out),
}
WRONG_FIT = {
    "changes the list of rounds it is given: copy first": emptied,
    "None came in all 48 cases: does your function return what it finds?": lambda s, r, m: None,
    "got list: return one (input: 10, [5, 5, 5], 24)": lambda s, r, m: (
        left_out(s, r, m) if m > 24 else r
    ),
    "stops with TypeError: '>' not supported between instances of 'NoneType' and 'int' (input: 10, "
    "[5, 5, 5], 14)": lambda s, r, m: left_out(s, r, m) * (left_out(s, r, m) > -1),
    "you count what is kept": counted_down,
    "the system message needs room": lambda s, r, m: left_out(0, r, m),
    "fits exactly": lambda s, r, m: left_out(s, r, m - 1),
    "the oldest go first": lambda s, r, m: left_out(s, r[::-1], m),
    "stands next to each other": scattered,
    "say so with None": lambda s, r, m: min(fits(s, r, m), default=len(r) - 1),
    "the question, stays": lambda s, r, m: min(fits(s, r, m), default=None) and len(r),
    "tokens: too many": one_at_most,
    "leave out fewer": only_the_question,
    "you say that nothing fits": lambda s, r, m: left_out(s, r, m) or None,
    "got list": lambda s, r, m: r[-1:],
    "got bool": lambda s, r, m: True,
    "stops with TypeError": lambda s: s,
}

EXERCISES = {
    "exercise-mask": Exercise("reply_mask", checks.check_reply_mask, WRONG_MASK, right=RIGHT_MASK),
    "exercise-fit": Exercise(
        "left_out",
        checks.check_left_out,
        WRONG_FIT,
        {"None"},  # a function that ends returns it anyway
        RIGHT_FIT,
    ),
}
