"""Checks of the lesson "Teach preferences": the log-probability of a reply, and none seen.

The oracles are sums in plain Python, and a search for the share by halving; never the answer
itself.
"""

import math

import torch

from course_utils.lessons.checks._answers import (
    apart,
    counted,
    fresh,
    name_mistake,
    nats_of,
    near,
    number,
)
from course_utils.lessons.checks._report import check, expect


@check("the sum over the reply's tokens, each seen from the place before, whatever comes first.")
def check_reply_log_prob(reply_log_prob) -> None:
    """Check the log-probability of a reply in its context.

    Args:
        reply_log_prob: logits, shape (T, V), ids, shape (T,), and the place of the reply's first
            token -> scalar, nats.
    """
    draw = fresh()
    for T, start, scale in ((7, 4, 2.0), (5, 1, 2.0), (6, 5, 2.0), (9, 3, 1e4)):
        logits = scale * torch.randn(T, 11, generator=draw)
        ids = torch.randint(11, (T,), generator=draw)
        _expect_log_prob(reply_log_prob, logits, ids, start)


def _expect_log_prob(reply_log_prob, logits, ids, start) -> None:
    got = number(reply_log_prob(logits.clone(), ids.clone(), start))
    rows, row = logits.double().tolist(), ids.tolist()
    places = range(start, len(row))
    right = -sum(nats_of(rows[t - 1], row[t]) for t in places)
    if near(got, right):
        return
    what = f"a reply of {counted(len(places), 'token')} in a row of {len(row)}: "
    expect(
        got == got and abs(got) != float("inf"),
        what + f"you give {got}: logits of 10,000 must do no harm. What is stable?",
    )
    name_mistake(
        _typical_sums(rows, row, start, right),
        lambda wrong: not near(wrong, right) and near(got, wrong),
        what,
    )
    expect(
        logits.abs().max() < 1000,  # right for small logits, or an earlier row had failed
        what + f"with logits of 10,000 you give {apart(got, right)}, which is wrong: nothing has "
        "to be cut off or added. What is stable?",
    )
    expect(
        False,
        what
        + f"a wrong sum, {apart(got, right)}: compute one token of it by hand, from the logits "
        "of the place before",
    )


def _typical_sums(rows, row, start, right) -> dict:
    """What common mistakes give, by the sentence that names them."""

    def total(places, shift=1):
        return -sum(nats_of(rows[t - shift], row[t]) for t in places)

    places, columns = range(start, len(row)), list(zip(*rows, strict=True))
    return {
        "the sign is turned: a logarithm of a probability is below 0": -right,
        "this is the mean over the tokens: replies are compared as wholes": right / len(places),
        "the whole row is scored, its context too": total(range(1, len(row))),
        "each token is scored where it has been read already: who predicts it?": total(places, 0),
        "the reply's first token is not scored": total(places[1:]),
        "the reply's last token, its <eos>, is not scored": total(places[:-1]),
        "the context is scored, and the reply is not": total(range(1, start)),
        "the softmax runs over the places: what adds up to 1 are the probabilities of all tokens "
        "at one place": -sum(nats_of(columns[row[t]], t - 1) for t in places),
        "one token of the context is scored too": total(range(max(start - 1, 1), len(row))),
        "these are logits added up: they are no logarithms of probabilities yet": (
            sum(rows[t - 1][row[t]] for t in places)
        ),
        "probabilities are added: those of a whole reply are multiplied, so their logarithms are "
        "added": sum(_e(-nats_of(rows[t - 1], row[t])) for t in places),
        "this is a probability: its logarithm was asked for": _e(right),
        "this is in bits: which logarithm gives nats?": right / nats_of([0.0, 0.0], 0),
    }


def _e(x) -> float:
    return torch.tensor(x, dtype=torch.float64).exp().item()


@check("the share with which n replies without a fault are just as likely as the doubt you leave.")
def check_upper_bound(upper_bound) -> None:
    """Check the largest share of faults that n replies without one leave open.

    Args:
        upper_bound: how many replies there were, all without a fault, and the probability of that
            many, from 0 to 1 -> a share.
    """
    cases = [(20, 0.05), (1, 0.05), (1, 0.2), (300, 0.01), (2839, 0.05)]
    draw = fresh()
    for _ in range(8):
        n = int(torch.randint(2, 3000, (1,), generator=draw))
        cases.append((n, round(0.01 + 0.4 * torch.rand(1, generator=draw).item(), 3)))
    answers = [number(upper_bound(n, doubt)) for n, doubt in cases]
    rights = [_upper_bound(n, doubt) for n, doubt in cases]
    if all(map(_same_share, answers, rights)):
        return
    name_mistake(
        {reason: [wrong(*case) for case in cases] for reason, wrong in _BOUNDS.items()},
        lambda wrong: all(map(near, answers, wrong)),
    )
    for (n, doubt), got, right in zip(cases, answers, rights, strict=True):
        _expect_bound(n, doubt, got, right)


def _same_share(a, b) -> bool:
    """Say whether two shares agree as far as 1 − x tells them apart in single precision."""
    return math.isclose(a, b, rel_tol=1e-5, abs_tol=2e-7)


def _expect_bound(n, doubt, got, right) -> None:
    if _same_share(got, right):
        return
    what = f"n = {n}, doubt {doubt}: "
    expect(0 <= got <= 1, what + f"you give {apart(got, right)}, and a share lies between 0 and 1")
    seen = (1 - got) ** n
    expect(
        False,
        what + f"with your share, none of them has a fault with probability {apart(seen, doubt)}: "
        f"{'raise' if seen > doubt else 'lower'} it until that is the doubt",
    )


def _upper_bound(n, doubt) -> float:
    """Halve the interval in which the share lies until it is as good as a point."""
    low, high = 0.0, 1.0
    while high - low > 1e-14:
        middle = (low + high) / 2
        if n * math.log1p(-middle) > math.log(doubt):
            low = middle
        else:
            high = middle
    return low


_BOUNDS = {  # what common mistakes give
    "this is the share of what is right: how large is that of the faults?": lambda n, doubt: (
        doubt ** (1 / n)
    ),
    "3/n is a rule of thumb, for much data and a doubt of 0.05: solve the equation itself": (
        lambda n, doubt: 3 / n
    ),
    "this is near for much data only: e to the power −pn is not yet (1 − p) to the power n": (
        lambda n, doubt: -math.log(doubt) / n
    ),
    "the doubt that is given is not used": lambda n, doubt: 1 - 0.05 ** (1 / n),
    "doubt and certainty are swapped: what has the probability `doubt`?": lambda n, doubt: (
        1 - (1 - doubt) ** (1 / n)
    ),
    "the doubt is on one side only, so it is not halved": lambda n, doubt: (
        1 - (doubt / 2) ** (1 / n)
    ),
    "Python reads `x ** 1 / n` as (x ** 1) / n: where are brackets needed?": (
        lambda n, doubt: 1 - doubt / n
    ),
    "which power undoes the n-th power?": lambda n, doubt: 1 - doubt**n,
    "this is how likely no fault is if `doubt` is the share: which share makes that `doubt`?": (
        lambda n, doubt: (1 - doubt) ** n
    ),
    "n replies without a fault multiply n probabilities: the doubt is not divided by n": (
        lambda n, doubt: doubt / n
    ),
    "1/n is the share if one fault had been seen": lambda n, doubt: 1 / n,
    "none seen is not none there: which share could still have shown none?": lambda n, doubt: 0,
    "this is in per cent: a share was asked for": lambda n, doubt: 100 * _upper_bound(n, doubt),
}
