"""Checks of the lesson "The preference loss": the loss of pairs, and how hard a pair pulls.

The oracles are plain Python's logarithms and exponentials; never the answer itself.
"""

import math
from functools import partial

import torch

from course_utils.lessons.checks._answers import apart, fresh, name_mistake, near, number
from course_utils.lessons.checks._report import Wrong, check, expect


@check("−ln σ of beta times the margin, averaged over the pairs, and large margins do no harm.")
def check_dpo_loss(dpo_loss) -> None:
    """Check the loss of direct preference optimisation.

    Args:
        dpo_loss: four log-probabilities, shape (B,) each (policy of the preferred and of the
            rejected answer, reference of both), and beta -> scalar, the mean in nats.
    """
    draw = fresh()
    for n, beta in ((4, 0.6), (1, 2.0), (3, 0.1)):
        logs = -60 + torch.randn(4, n, generator=draw, dtype=torch.float64)
        _compare_dpo(dpo_loss, logs, beta)
    same = torch.tensor([[-50.0, -70.0]] * 4, dtype=torch.float64)
    expect(
        math.isclose(number(dpo_loss(*same.clone(), 0.3)), math.log(2), rel_tol=1e-6),
        "while the policy is the reference, each loss must be ln 2",
    )
    _compare_far(dpo_loss)


def _compare_dpo(dpo_loss, logs, beta) -> None:
    got = number(dpo_loss(*logs.clone(), beta))
    pairs = logs.T.tolist()
    margins = [a - c - (b - d) for a, b, c, d in pairs]
    right = _mean_loss(beta * m for m in margins)
    if near(got, right):
        return
    expect(
        math.isfinite(got),
        f"the loss is {got} for log-probabilities near −60: they are logarithms already, and the "
        "logarithm of a ratio is a difference",
    )
    name_mistake(_typical_dpo(pairs, margins, beta, right), partial(near, got))
    expect(
        got >= 0, f"the loss is {got:.4f}: minus the logarithm of a probability is never below 0"
    )
    expect(
        1e-9 < got < 20,
        f"a loss of {got:.4f} needs a margin of tens of nats, and those of these pairs are a few "
        "nats: print yours, and check the sign of each of the four numbers",
    )
    raise Wrong(
        f"{got:.4f} nats is wrong for random log-probabilities, and by no mistake that this "
        "check knows: compute one pair by hand and compare"
    )


def _typical_dpo(pairs, margins, beta, right) -> dict:
    """What common mistakes give, by the sentence that names them."""
    n = len(pairs)
    chosen = math.fsum(math.exp(-_loss(beta * m)) for m in margins) / n
    return _of_other_margins(pairs, beta) | {
        "the value is right but for its sign: a loss is made small": -right,
        f"this is the sum over {n} pairs: a larger batch would weigh more": right * n,
        "the preferred and the rejected answer have changed places": _mean_loss(
            -beta * m for m in margins
        ),
        "beta does nothing in your loss": _mean_loss(margins),
        "you divide by beta, and the formula multiplies by it": _mean_loss(
            m / beta for m in margins
        ),
        "beta multiplies the loss, it belongs inside σ": beta * _mean_loss(margins),
        "beta stands in front of the loss, too: it belongs inside σ only": beta * right,
        "beta occurs twice inside σ": _mean_loss(beta**2 * m for m in margins),
        "this is in bits: the loss has the natural logarithm": right / math.log(2),
        "the margins are averaged first: each pair has a loss of its own, and then the mean": (
            _mean_loss([beta * math.fsum(margins) / n])
        ),
        "this is minus the mean margin: what stands around it?": -beta * math.fsum(margins) / n,
        "you return σ, or its mean: the loss is minus its logarithm": chosen,
        "you return minus σ, or its mean: the logarithm is missing": -chosen,
        "you return 1 − σ, or its mean: the loss is the surprise, −ln σ": 1 - chosen,
        "σ is averaged first: each pair has a loss of its own, and then the mean": -math.log(
            chosen
        ),
    }


def _of_other_margins(pairs, beta) -> dict:
    """What other margins give; the policy says a and b, the reference c and d."""
    return {
        "beta multiplies the winner's part only: a bracket around the margin is missing": (
            _mean_loss(beta * (a - c) - (b - d) for a, b, c, d in pairs)
        ),
        "the reference does not occur: this policy may go anywhere": _mean_loss(
            beta * (a - b) for a, b, _, _ in pairs
        ),
        "the gains are added up: only their difference says which answer is better": _mean_loss(
            beta * (a - c + b - d) for a, b, c, d in pairs
        ),
        "the policy's two answers have changed places, the reference's have not": _mean_loss(
            beta * (b - c - (a - d)) for a, b, c, d in pairs
        ),
        "the reference's two answers have changed places, the policy's have not": _mean_loss(
            beta * (a - d - (b - c)) for a, b, c, d in pairs
        ),
        "only the preferred answer counts in your loss": _mean_loss(
            beta * (a - c) for a, _, c, _ in pairs
        ),
        "only the rejected answer counts in your loss": _mean_loss(
            beta * (d - b) for _, b, _, d in pairs
        ),
        "you divide two logarithms: the logarithm of a ratio is their difference": _mean_loss(
            beta * (a / c - b / d) for a, b, c, d in pairs
        ),
        "the margin is the difference of the gains' logarithms, not of the gains": _mean_loss(
            beta * (math.exp(a - c) - math.exp(b - d)) for a, b, c, d in pairs
        ),
    }


def _compare_far(dpo_loss) -> None:
    for margin, right in ((-1e4, 1e4), (1e4, 0.0)):
        logs = torch.tensor([[margin], [0.0], [0.0], [0.0]], dtype=torch.float32)
        got = number(dpo_loss(*logs, 1.0))
        expect(
            math.isfinite(got),
            f"a margin of {margin:,.0f} gives {got}: σ is rounded to 0 before its logarithm is "
            "taken; there is a function that does both",
        )
        expect(
            math.isclose(got, right, rel_tol=1e-4, abs_tol=1e-4),
            f"a margin of {margin:,.0f} cannot cost {got:.1f} nats: cut nothing off",
        )


@check("β times what σ(β m) lacks to 1: most for a pair that is wrong, ever less for one learned.")
def check_pull(pull) -> None:
    """Check how fast the loss of one pair falls as its margin grows.

    Args:
        pull: margin in nats and beta, two numbers -> the slope of −ln σ(beta · margin) along the
            margin, with its sign turned round.
    """
    cases = [(0.0, 1.0), (2.0, 0.5), (-1.5, 3.0)]
    draw = fresh()
    for _ in range(5):
        margin, beta = torch.rand(2, generator=draw, dtype=torch.float64).tolist()
        cases.append((round(6 * margin - 3, 3), round(0.1 + 2 * beta, 3)))
    answers = [number(pull(*case)) for case in cases]
    rights = [_pull(*case) for case in cases]
    if not all(map(near, answers, rights)):
        name_mistake(
            {reason: [wrong(*case) for case in cases] for reason, wrong in _PULLS.items()},
            lambda wrong: all(map(near, answers, wrong)),
        )
        expect(
            not all(map(_roughly, answers, rights)),
            "nearly right everywhere: do not round, and take the derivative on paper in place of "
            "a small step",
        )
        for case, got, right in zip(cases, answers, rights, strict=True):
            _expect_pull(*case, got, right)
    for margin, right in ((-1e4, 1.0), (1e4, 0.0)):
        _expect_far_pull(margin, number(pull(margin, 1.0)), right)


def _expect_pull(margin, beta, got, right) -> None:
    expect(
        near(got, right),
        f"margin {margin:g}, beta {beta:g}: {apart(got, right)} is wrong. Compute the loss by hand "
        "at this margin and at one that is 0.01 larger: by how much does it fall for each nat?",
    )


def _roughly(got, right) -> bool:
    """Say whether a pull is right but for a small step or for rounding."""
    return math.isclose(got, right, rel_tol=0.03, abs_tol=0.006)


def _expect_far_pull(margin, got, right) -> None:
    expect(
        math.isfinite(got),
        f"a margin of {margin:,.0f} gives {got}: a power of e has become too large. For which sign "
        "of its exponent is it small?",
    )
    expect(
        math.isclose(got, right, rel_tol=1e-4, abs_tol=1e-4),
        f"right near 0, and wrong at a margin of {margin:,.0f}: what does the formula give there?",
    )


def _pull(margin, beta) -> float:
    """Return beta · (1 − σ(beta · margin)), by the power of e that is at most 1."""
    power = math.exp(-abs(beta * margin))
    return beta * (power if margin > 0 else 1.0) / (1.0 + power)


_PULLS = {  # what common mistakes give
    "right but for its sign: the loss falls as the margin grows, and a pull that makes it grow is "
    "above 0": lambda m, b: -_pull(m, b),
    "a factor is missing: what does the chain rule make of the beta inside?": lambda m, b: (
        _pull(m, b) / b
    ),
    "the sign is wrong, and a factor is missing: what does the chain rule make of "
    "the beta inside?": lambda m, b: -_pull(m, b) / b,
    "beta stands in front, and inside it is missing": lambda m, b: b * _pull(m, 1),
    "beta does nothing in your pull": lambda m, b: _pull(m, 1),
    "beta stands in front twice": lambda m, b: b * _pull(m, b),
    "you divide by beta, and the chain rule multiplies": lambda m, b: _pull(m, b) / b**2,
    "your pull grows with the margin: a pair that is learned should pull less": lambda m, b: _pull(
        -m, b
    ),
    "this is the slope of σ: that of its logarithm has σ below it": lambda m, b: (
        _pull(m, b) * _pull(-m, b) / b
    ),
    "this is the slope of σ, and without a factor: that of its logarithm has σ below "
    "it": lambda m, b: _pull(m, b) * _pull(-m, b) / b**2,
    "this is the slope of ln alone, 1/σ: what does the chain rule put beside it?": lambda m, b: (
        b / _pull(-m, b)
    ),
    "this is beta/σ: what is the slope of σ itself?": lambda m, b: b**2 / _pull(-m, b),
    "the slope of ln x is 1/x, and this 1/x is missing": lambda m, b: b * math.exp(-b * m),
    "your pull is the same at every margin": lambda m, b: b / 2,
    "this is the loss times beta: how fast does the loss fall?": lambda m, b: b * _loss(b * m),
    "this is the loss itself: how fast does it fall?": lambda m, b: _loss(b * m),
    "this is σ, the probability of the choice": lambda m, b: _pull(-m, b) / b,
    "this is the slope along beta: here the margin grows, and beta stays": lambda m, b: (
        m * _pull(m, b) / b
    ),
    "this is in bits: the loss has the natural logarithm": lambda m, b: _pull(m, b) / math.log(2),
}


def _mean_loss(margins) -> float:
    losses = [_loss(m) for m in margins]
    return math.fsum(losses) / len(losses)


def _loss(margin) -> float:
    """Return −ln σ(margin), with the large term taken out first."""
    return max(-margin, 0.0) + math.log1p(math.exp(-abs(margin)))
