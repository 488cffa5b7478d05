"""Checks of the lesson "Privacy": exposure, the true-positive rate, telephone numbers.

The oracles count one by one in plain Python; never the answer itself.
"""

import math

import torch

from course_utils.lessons.checks._answers import (
    apart,
    fresh,
    listed,
    name_mistake,
    near,
    number,
    unlike,
)
from course_utils.lessons.checks._report import Wrong, check, expect

_SEPARATORS = " .-/()"


@check("one bit for each halving of the attacker's list, and none where all are equally likely.")
def check_exposure(exposure) -> None:
    """Check the exposure of a secret among candidates.

    Args:
        exposure: (nats of all candidates, shape (R,), place of the secret) -> bits.
    """
    _compare_exposure(exposure, [2.1, 0.4, 3.3, 1.7, 5.0, 2.9, 4.2, 3.8], 0)  # rank 3 of 8
    _compare_exposure(exposure, [3.0, 1.0, 2.5, 0.5, 4.0], 3)  # the likeliest
    _compare_exposure(exposure, [3.0, 1.0, 2.5, 0.5, 4.0], 4)  # the last
    for nats, secret in (([2.0] * 8, 5), ([1.0, 3.0, 1.0, 1.0, 2.0], 2)):
        got = number(exposure(torch.tensor(nats, dtype=torch.float64), secret))
        expect(
            near(got, _exposure(nats, secret)),
            f"for nats of {nats} and the secret at {secret}: candidates that are as likely as the "
            "secret count as tried before it, so a model that knows nothing exposes nothing",
        )
    draw = fresh()
    for R in (1, 7, 1000):
        nats = torch.rand(R, generator=draw, dtype=torch.float64) * 9
        _compare_exposure(exposure, nats.tolist(), int(torch.randint(R, (1,), generator=draw)))


def _compare_exposure(exposure, nats, secret) -> None:
    given = torch.tensor(nats, dtype=torch.float64)
    got = number(exposure(given, secret))
    expect(given.tolist() == nats, "your function changes the nats it is given")
    where = f"for {len(nats)} candidates, the secret at {secret}: "
    right = _exposure(nats, secret)
    if near(got, right):
        return
    expect(math.isfinite(got), where + f"you get {got}: which rank has the likeliest candidate?")
    name_mistake(_wrong_exposures(nats, secret), lambda wrong: near(got, wrong), where)
    raise Wrong(where + f"{apart(got, right)} is wrong: rank the candidates by hand")


def _exposure(nats, secret) -> float:
    return math.log2(len(nats)) - math.log2(_rank(nats, secret))


def _rank(nats, secret) -> int:
    """Count the candidates that an attacker tries up to the secret, one by one."""
    rank = 0
    for other in nats:
        if not other > nats[secret]:
            rank += 1
    return rank


def _wrong_exposures(nats, secret) -> dict:
    """What common mistakes give, by the sentence that names them."""
    R, rank = len(nats), _rank(nats, secret)
    wrong = {
        "this is the base-2 logarithm of the rank: how many bits does the whole list have?": (
            math.log2(rank)
        ),
        "few nats mean a likely candidate: you begin to count at the wrong end": (
            math.log2(R) - math.log2(R - rank + 1)
        ),
        "this is in nats, and exposure is in bits: which logarithm?": math.log(R / rank),
        "this is the logarithm of base 10: bits need another": math.log10(R / rank),
        "this is the rank itself: exposure compares it with the length of the list": float(rank),
        "this is the ratio of list and rank: take its logarithm": R / rank,
        "the sign is wrong: a secret at the front is exposed most": math.log2(rank / R),
        "this is the share of the list up to the secret: exposure is a logarithm": rank / R,
        "this is how surprising the secret itself is: exposure looks only at its rank": (
            nats[secret] / math.log(2)
        ),
    }
    if rank > 1:
        wrong["the likeliest candidate has rank 1, in yours it has 0"] = math.log2(R / (rank - 1))
    return wrong


@check("as many members as can be found, with no more false alarms than allowed.")
def check_true_positive_rate(true_positive_rate) -> None:
    """Check the best true-positive rate under a limit of false positives.

    Args:
        true_positive_rate: (losses of members, shape (M,), losses of others, shape (N,), most:
            largest false-positive rate) -> from 0 to 1.
    """
    members = [18.0, 17.0, 1.0, 10.0, 12.0, 3.0, 4.0, 6.0]
    others = [18.0, 9.0, 15.0, 2.0, 13.0, 14.0, 8.0, 19.0]
    for most in (0.375, 0.0, 0.5):  # at the first, all that goes wrong gives another rate
        _compare_rate(true_positive_rate, members, others, most)
    _compare_rate(true_positive_rate, [5.0, 6.0], [1.0, 2.0, 3.0, 4.0], 0.0)  # none is found
    _compare_rate(true_positive_rate, [2.0, 2.0, 3.0], [2.0, 4.0], 0.25)  # ties
    _compare_rate(true_positive_rate, [1.0, 2.0, 3.0, 3.0], [3.0, 4.0, 4.0, 4.0], 0.25)
    draw = fresh()
    for M, N in ((30, 16), (9, 64)):
        low = torch.randint(0, 12, (M,), generator=draw).tolist()
        high = torch.randint(2, 14, (N,), generator=draw).tolist()
        for most in (0.0, 0.125, 0.5, 1.0):
            _compare_rate(true_positive_rate, [x / 2 for x in low], [x / 2 for x in high], most)


def _compare_rate(true_positive_rate, members, others, most) -> None:
    given = [torch.tensor(x, dtype=torch.float64) for x in (members, others)]
    got = number(true_positive_rate(*given, most))
    kept = [x.tolist() for x in given] == [members, others]
    expect(kept, "your function changes the losses it is given")
    right = _rate(members, others, most)
    if near(got, right):
        return
    shown = f"members {members}, others {others}, " if len(members) < 9 else ""
    where = f"for {shown}most = {most}: "
    expect(math.isfinite(got), where + f"you get {got}: is there a threshold at all?")
    name_mistake(_wrong_rates(members, others, most, right), lambda x: near(got, x), where)
    raise Wrong(where + "this is no rate of an allowed threshold: try each one by hand")


def _rate(members, others, most, flags=lambda loss, at: loss <= at, allows=lambda a, b: a <= b):
    """Try every member's loss as the threshold, one by one."""
    best = 0.0
    for at in members:
        if allows(sum(flags(loss, at) for loss in others) / len(others), most):
            best = max(best, sum(flags(loss, at) for loss in members) / len(members))
    return best


def _wrong_rates(members, others, most, right) -> dict:
    """What common mistakes give, by the sentence that names them."""
    allowed = [at for at in members if sum(x <= at for x in others) / len(others) <= most]
    return {
        "a share goes from 0 to 1: yours is in per cent": 100 * right,
        "this is a number of members: divide by how many there are": right * len(members),
        "a member has a low loss: you call those with a high loss members": _rate(
            members, others, most, flags=lambda loss, at: loss >= at
        ),
        "a false-positive rate of exactly `most` is still allowed": _rate(
            members, others, most, allows=lambda a, b: a < b
        ),
        "a loss equal to the threshold is called a member, too": _rate(
            members, others, most, flags=lambda loss, at: loss < at
        ),
        "members and others are mixed up: the limit is for the others": _rate(
            others, members, most
        ),
        "this is the limit, `most` itself: how many members are found under it?": most,
        "this is the threshold: return the share of the members under it": max(
            allowed, default=math.nan
        ),
        "this counts all thresholds, the limit on false positives is not kept": 1.0,
        "no member is found in yours: which thresholds keep to the limit?": 0.0,
    }


@check("seven digits are enough, sixteen too many, and whatever stands between them is gone.")
def check_telephone_numbers(telephone_numbers) -> None:
    """Check a scanner for telephone numbers.

    Args:
        telephone_numbers: line -> list of the numbers in it, from left to right, as digits.
    """
    for line, hint in _LINES:
        _compare_numbers(telephone_numbers, line, hint)
    letters = "0123456789" * 3 + _SEPARATORS + "a,"
    for row in torch.randint(len(letters), (30, 40), generator=fresh()).tolist():
        line = "".join(letters[i] for i in row)
        _compare_numbers(telephone_numbers, line, "apply the rule of the card by hand")


_LINES = (
    ("Call 555-0142 now", "return the digits alone, without what stands between them"),
    ("Call 5550142 now", "nothing need stand between two digits"),
    ("Call 555014 now", "six digits are too few"),
    ("The PIN is 4 7 1 9.", "four digits are too few, and a line may hold no number at all"),
    ("No number here", "a line may hold no number at all"),
    ("or (0351) 555.01/42", "between two digits up to two separators may stand, of all six kinds"),
    ("at 555 -- 0142", "four separators in a row end the number"),
    ("at 555 - 01422", "three separators in a row end the number"),
    ("sum 1,234,567", "a comma is no separator"),
    ("tel. +49 151 5550 12345", "a plus sign in front does not matter"),
    ("id 123456789012345", "fifteen digits are allowed"),
    ("card 1234 5678 9012 3456", "sixteen digits are too many, and a part of them does not count"),
    ("555 0142 or 555 0143", "a line may hold two numbers: which character ends the first?"),
    ("555 0142, 555 0142", "a number that stands twice is told twice"),
    ("555 0142a98 76 54 3", "a letter ends a number, and may stand before the next"),
)


def _compare_numbers(telephone_numbers, line, hint) -> None:
    answer = telephone_numbers(line)
    got = listed(answer, "texts")
    if not all(isinstance(one, str) for one in got):
        raise unlike("a list of texts", answer, "each number is a text of digits")
    right = _scan(line)
    expect(got == right, f"in {line!r}: {hint}")


def _scan(line) -> list[str]:
    """Read the line character by character."""
    found, digits, between = [], "", 0
    for character in line + "end":
        if character.isdigit():
            digits, between = digits + character, 0
            continue
        between += 1
        if character not in _SEPARATORS or between > 2:
            found, digits = found + [digits] * (7 <= len(digits) <= 15), ""
    return found
