"""Checks of the lesson "Hold a dialogue": a mask over replies, and which rounds fit.

The oracles are rows put together from their parts, and a sum from the last round backwards; never
the answer itself.
"""

import torch

from course_utils.lessons.checks._answers import counted, fresh, listed, name_mistake, whole
from course_utils.lessons.checks._report import check, expect

EOS, SYSTEM, USER, ASSISTANT = range(4)  # ids below 4 are marks, words have others
_OTHER = {"system": SYSTEM, "user": USER, "assistant": ASSISTANT}


@check("each reply with its end is scored; what is given to the model is not.")
def check_reply_mask(reply_mask) -> None:
    """Check a mask that is True at what the assistant writes.

    Args:
        reply_mask: ids of a conversation, a list, the id of `<|assistant|>` and that of `<eos>`
            -> a list of as many bools.
    """
    _expect_mask(reply_mask, "system user assistant", [3, 2, 4])
    _expect_mask(reply_mask, "user assistant user assistant", [2, 1, 3, 2])
    _expect_mask(reply_mask, "assistant user assistant", [2, 2, 2])
    _expect_mask(reply_mask, "system user", [3, 3])
    draw = fresh()
    for _ in range(10):
        roles = ["system", *["user", "assistant"] * int(torch.randint(1, 5, (1,), generator=draw))]
        lengths = torch.randint(1, 7, (len(roles),), generator=draw).tolist()
        _expect_mask(reply_mask, " ".join(roles), lengths, draw)


def _expect_mask(reply_mask, roles, lengths, draw=None) -> None:
    parts = _parts(roles.split(), lengths, draw or fresh())
    ids = [i for _, part in parts for i in part]
    right = [b for role, part in parts for b in [False, *[role == "assistant"] * (len(part) - 1)]]
    got = _bools(reply_mask(list(ids), ASSISTANT, EOS), len(ids), roles)
    if got == right:
        return
    name_mistake(
        _typical_masks(parts, ids, right),
        lambda wrong: wrong != right and got == wrong,
        f"{roles}: ",
    )
    place = next(k for k, (a, b) in enumerate(zip(got, right, strict=True)) if a != b)
    expect(
        False,
        f"{roles}: wrong at place {place}: write this row down on paper, a mark under each token "
        "that the model has to write itself",
    )


def _typical_masks(parts, ids, right) -> dict:
    """What common mistakes give, by the sentence that names them."""
    first = right.index(True) if any(right) else 0
    last = max((k for k, i in enumerate(ids) if i == ASSISTANT), default=-1)
    pairs = list(zip(ids, right, strict=True))
    users = [b for role, part in parts for b in [False, *[role == "user"] * (len(part) - 1)]]
    return {
        "nothing is scored": [False] * len(ids),
        "everything is scored, what the model is given too": [True] * len(ids),
        "it is the wrong way round: True is what counts": [not r for r in right],
        "the <eos> behind a reply is not scored: how would the model learn to stop?": [
            r and i != EOS for i, r in pairs
        ],
        "the mark <|assistant|> is scored, and it is given: nobody has to predict it": [
            r or i == ASSISTANT for i, r in pairs
        ],
        "only the marks <|assistant|> are scored: what does the model write after them?": [
            i == ASSISTANT for i in ids
        ],
        "only the <eos> of each reply is scored: its words are written too": [
            r and i == EOS for i, r in pairs
        ],
        "each <eos> is scored: those behind other roles are given": [
            r or i == EOS for i, r in pairs
        ],
        "the mask stands one place too early: it belongs to the token that is predicted": (
            [*right[1:], False]
        ),
        "the mask stands one place too late": [False, *right[:-1]],
        "from the first reply on everything is scored, the user's words too": [
            k >= first for k in range(len(ids))
        ],
        "only the last reply is scored: each of them is one to learn from": [
            r and k > last for k, r in enumerate(right)
        ],
        "the user's words are scored, not the assistant's": users,
    }


def _parts(roles, lengths, draw):
    """Return (role, its mark, words and end) of each message."""
    words = [torch.randint(10, 99, (n,), generator=draw).tolist() for n in lengths]
    return [(role, [_OTHER[role], *w, EOS]) for role, w in zip(roles, words, strict=True)]


def _bools(mask, n, roles) -> list[bool]:
    """Expect one truth value a token; return them as a list."""
    mask = listed(mask, "bools")
    expect(
        len(mask) == n,
        f"{roles}: {counted(n, 'token')}, and your mask has {counted(len(mask), 'place')}: one a "
        "token",
    )
    odd = [value for value in mask if not (isinstance(value, int) and value in (0, 1))]
    expect(not odd, f"{roles}: expected True or False at each place, got {str(odd[:1])[1:-1]:.30}")
    return [bool(value) for value in mask]


@check("whole rounds, the oldest first, until list, rounds and question fit.")
def check_left_out(left_out) -> None:
    """Check how many rounds of a conversation are left out.

    Args:
        left_out: tokens of the system message, of each round, a list, oldest first (the last one
            is the question that waits), and the most there is room for -> a whole number, or None
            where even the last round does not fit.
    """
    cases = [
        (10, [5, 5, 5], 30),
        (10, [5, 5, 5], 25),  # fits exactly
        (10, [5, 5, 5], 24),
        (10, [5, 5, 5], 15),
        (10, [5, 5, 5], 14),  # not even the question
        (10, [5, 9, 5, 2], 22),  # nine in the middle: the five before it would fit, and may not
        (0, [4, 4], 7),
        (6, [3], 9),
    ]
    draw = fresh()
    for _ in range(40):
        system, n, most = (
            int(torch.randint(low, high, (1,), generator=draw))
            for low, high in ((0, 40), (1, 9), (20, 160))
        )
        cases.append((system, torch.randint(3, 30, (n,), generator=draw).tolist(), most))
    answers = [_answer(left_out, *case) for case in cases]
    expect(
        any(got is not None for got in answers),
        f"None came in all {len(cases)} cases: does your function return what it finds?",
    )
    name_mistake(
        {reason: [wrong(*case) for case in cases] for reason, wrong in _MISFITS.items()},
        lambda wrong: answers == wrong,
    )
    for case, got in zip(cases, answers, strict=True):
        _expect_fit(*case, got)


def _answer(left_out, system, rounds, most) -> int | None:
    given = list(rounds)
    got = left_out(system, given, most)
    expect(given == rounds, "your function changes the list of rounds it is given: copy first")
    return None if got is None else whole(got)


def _expect_fit(system, rounds, most, got) -> None:
    right, n = _left_out(system, rounds, most), len(rounds)
    if got == right:
        return
    what = f"system message {system}, rounds {rounds}, room for {most}: "
    expect(right is not None, what + "even the last round does not fit: say so with None")
    expect(got is not None, what + "you say that nothing fits: does it when only the last is kept?")
    expect(0 <= got < n, what + f"you leave out {got} of {n}: the last one, the question, stays")
    kept = system + sum(rounds[got:])
    expect(
        kept <= most,
        what + f"with {got} left out, system message and rounds have {kept} tokens: too many",
    )
    expect(False, what + f"with {got} left out there is room for one more: leave out fewer")


def _left_out(system, rounds, most) -> int | None:
    """Add up from the question backwards."""
    total, kept = system, 0
    for tokens in reversed(rounds):
        total += tokens
        if total > most:
            break
        kept += 1
    return len(rounds) - kept if kept else None


def _scattered(system, rounds, most) -> int | None:
    """Keep each round that still has room, wherever it stands."""
    room, kept = most - system, 0
    for tokens in reversed(rounds):
        if tokens <= room:
            room, kept = room - tokens, kept + 1
    return len(rounds) - kept if rounds[-1] <= most - system else None


_MISFITS = {  # what common mistakes give
    "you count what is kept: what is left out?": lambda system, rounds, most: (
        None if (out := _left_out(system, rounds, most)) is None else len(rounds) - out
    ),
    "the system message needs room too": lambda system, rounds, most: _left_out(0, rounds, most),
    "what fits exactly, fits": lambda system, rounds, most: _left_out(system, rounds, most - 1),
    "the oldest go first, you drop the newest": lambda system, rounds, most: _left_out(
        system, rounds[::-1], most
    ),
    "what is kept stands next to each other: you keep a round before one that is left out": (
        _scattered
    ),
}
