"""Wrong answers to the exercises of "The preference loss", by what their checks must say.

`test_mutations.py` tries them all.
"""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F
from lesson import Exercise

from course_utils.lessons.checks import preference_loss as checks


def losses(w, lo, ref_w, ref_l, beta):
    return -F.logsigmoid(beta * (w - ref_w - lo + ref_l))


def sigmas(w, lo, ref_w, ref_l, beta):
    return torch.sigmoid(beta * (w - ref_w - lo + ref_l))


def by_gains(w, lo, ref_w, ref_l, beta):
    """Subtract the gains, not their logarithms."""
    return losses((w - ref_w).exp(), (lo - ref_l).exp(), 0, 0, beta).mean()


def in_place(w, lo, ref_w, ref_l, beta):
    """Change what it is given, which harms nobody."""
    w -= ref_w
    lo -= ref_l
    w -= lo
    return -F.logsigmoid(beta * w).mean()


WRONG_DPO = {
    "right but for its sign": lambda w, lo, rw, rl, b: -losses(w, lo, rw, rl, b).mean(),
    "the sum over 4 pairs": lambda w, lo, rw, rl, b: losses(w, lo, rw, rl, b).sum(),
    "have changed places": lambda w, lo, rw, rl, b: losses(lo, w, rl, rw, b).mean(),
    "beta does nothing": lambda w, lo, rw, rl, b: losses(w, lo, rw, rl, 1).mean(),
    "you divide by beta": lambda w, lo, rw, rl, b: losses(w, lo, rw, rl, 1 / b).mean(),
    "it belongs inside": lambda w, lo, rw, rl, b: b * losses(w, lo, rw, rl, 1).mean(),
    "the reference does not occur": lambda w, lo, rw, rl, b: losses(w, lo, 0, 0, b).mean(),
    "the gains are added up": lambda w, lo, rw, rl, b: losses(w, -lo, rw, -rl, b).mean(),
    "the margins are averaged first": lambda w, lo, rw, rl, b: losses(
        w.mean(), lo.mean(), rw.mean(), rl.mean(), b
    ),
    "the policy's two answers": lambda w, lo, rw, rl, b: losses(lo, w, rw, rl, b).mean(),
    "the reference's two answers": lambda w, lo, rw, rl, b: losses(w, lo, rl, rw, b).mean(),
    "only the preferred answer": lambda w, lo, rw, rl, b: losses(w, 0, rw, 0, b).mean(),
    "only the rejected answer": lambda w, lo, rw, rl, b: losses(0, lo, 0, rl, b).mean(),
    "what stands around it": lambda w, lo, rw, rl, b: -b * (w - rw - lo + rl).mean(),
    "you return σ": lambda w, lo, rw, rl, b: (-losses(w, lo, rw, rl, b)).exp().mean(),
    "rounded to 0 before its logarithm": lambda w, lo, rw, rl, b: (
        -torch.sigmoid(b * (w - rw - lo + rl)).log().mean()
    ),
    "cut nothing off": lambda w, lo, rw, rl, b: (
        -torch.sigmoid(b * (w - rw - lo + rl)).clamp(min=1e-30).log().mean()
    ),
    "logarithms already": lambda w, lo, rw, rl, b: losses(
        w.log(), lo.log(), rw.log(), rl, b
    ).mean(),
    "expected one number": losses,
    "in front of the loss, too": lambda w, lo, rw, rl, b: b * losses(w, lo, rw, rl, b).mean(),
    "beta occurs twice": lambda w, lo, rw, rl, b: losses(w, lo, rw, rl, b * b).mean(),
    "a bracket around the margin": lambda w, lo, rw, rl, b: losses(b * w, lo, b * rw, rl, 1).mean(),
    "this is in bits": lambda w, lo, rw, rl, b: -sigmas(w, lo, rw, rl, b).log2().mean(),
    "you return minus σ": lambda w, lo, rw, rl, b: -sigmas(w, lo, rw, rl, b).mean(),
    "you return 1 − σ": lambda w, lo, rw, rl, b: 1 - sigmas(w, lo, rw, rl, b).mean(),
    "σ is averaged first": lambda w, lo, rw, rl, b: -sigmas(w, lo, rw, rl, b).mean().log(),
    "you divide two logarithms": lambda w, lo, rw, rl, b: losses(w / rw, lo / rl, 0, 0, b).mean(),
    "not of the gains": by_gains,
    "is never below 0": lambda w, lo, rw, rl, b: -2 * losses(w, lo, rw, rl, b).mean(),
    "a loss of 0.0000 needs": lambda w, lo, rw, rl, b: losses(w, lo, rw, -rl, b).mean(),
    "a loss of 0.0000": lambda w, lo, rw, rl, b: 0.0,
    "check the sign of each": lambda w, lo, rw, rl, b: losses(w, -lo, rw, rl, b).mean(),
    "compute one pair by hand": lambda w, lo, rw, rl, b: 3 * losses(w, lo, rw, rl, b).mean() + 1,
    "does your function return": lambda w, lo, rw, rl, b: None,
    "stops with TypeError": lambda w, lo, b: 0.0,
}

RIGHT_DPO = {
    "in place": in_place,
    "numpy": lambda w, lo, rw, rl, b: np.logaddexp(0, -b * (w - rw - lo + rl).numpy()).mean(),
    "float32": lambda w, lo, rw, rl, b: losses(*(x.float() for x in (w, lo, rw, rl)), b).mean(),
    "softplus": lambda w, lo, rw, rl, b: F.softplus(-b * (w - rw - lo + rl)).mean(),
    "pair by pair": lambda w, lo, rw, rl, b: (
        sum(losses(*pair, b).item() for pair in zip(w, lo, rw, rl, strict=True)) / len(w)
    ),
}
SAME_DPO = {
    "margin = policy_w - policy_l - (ref_w - ref_l)",
}


def slope(margin, beta):
    """Return the right answer, for any margin."""
    return beta / 2 * (1 - math.tanh(beta * margin / 2))


def by_autograd(margin, beta):
    m = torch.tensor(margin, requires_grad=True)
    F.logsigmoid(beta * m).backward()
    return m.grad


def by_a_small_step(margin, beta, step=1e-6):
    ends = torch.tensor([margin - step, margin + step], dtype=torch.float64)
    low, high = -F.logsigmoid(beta * ends)
    return (low - high) / (2 * step)


def by_a_step_ahead(margin, beta, step=0.01):
    """Return the slope up to a point that lies too far away."""
    now, then = -F.logsigmoid(beta * torch.tensor([margin, margin + step], dtype=torch.float64))
    return (now - then) / step


RIGHT_PULL = {
    "float": slope,
    "a branch": lambda m, b: b / (1 + math.exp(b * m)) if m < 0 else b - b / (1 + math.exp(-b * m)),
    "float32": lambda m, b: np.float32(slope(m, b)),
    "one number in an array": lambda m, b: np.array([slope(m, b)]),
    "a tensor without dimensions": lambda m, b: torch.sigmoid(torch.tensor(-b * m)) * b,
    "a tensor of one number": lambda m, b: torch.tensor([slope(m, b)]),
    "Fraction": lambda m, b: Fraction(slope(m, b)),
    "Decimal": lambda m, b: Decimal(slope(m, b)),
    "whole numbers far away": lambda m, b: int(b * (m < 0)) if abs(m) > 99 else slope(m, b),
    "autograd": by_autograd,
    "a small step": by_a_small_step,
}
WRONG_PULL = {
    "right but for its sign": lambda m, b: -slope(m, b),
    "a factor is missing": lambda m, b: slope(m, b) / b,
    "inside it is missing": lambda m, b: b * slope(m, 1),
    "beta does nothing": lambda m, b: slope(m, 1),
    "beta stands in front twice": lambda m, b: b * slope(m, b),
    "you divide by beta": lambda m, b: slope(m, b) / b**2,
    "a pair that is learned should pull less": lambda m, b: slope(-m, b),
    "this is the slope of σ": lambda m, b: slope(m, b) * slope(-m, b) / b,
    "this is the loss itself": lambda m, b: float(-F.logsigmoid(torch.tensor(b * m))),
    "this is σ, the probability": lambda m, b: slope(-m, b) / b,
    "this is the slope along beta": lambda m, b: m * slope(m, b) / b,
    "this is in bits": lambda m, b: slope(m, b) / math.log(2),
    "the sign is wrong, and a factor": lambda m, b: -slope(m, b) / b,
    "slope of σ, and without a factor": lambda m, b: slope(m, b) * slope(-m, b) / b**2,
    "slope of ln alone": lambda m, b: b / slope(-m, b),
    "this is beta/σ": lambda m, b: b**2 / slope(-m, b),
    "this 1/x is missing": lambda m, b: b * math.exp(-b * m),
    "the same at every margin": lambda m, b: b / 2,
    "this is the loss times beta": lambda m, b: float(-b * F.logsigmoid(torch.tensor(b * m))),
    "in place of a small step": by_a_step_ahead,
    "nearly right everywhere: do not round": lambda m, b: round(slope(m, b), 2),
    "margin 0, beta 1: 0.600 is wrong": lambda m, b: slope(m, b) + 0.1,
    "margin 2, beta 0.5: ": lambda m, b: slope(m, b) + 0.01 * m,
    "stops with OverflowError: math range error (input: 10000, 1)": lambda m, b: (
        b / (1 + math.exp(b * m))
    ),
    "a margin of -10,000 gives nan": lambda m, b: (
        b * torch.tensor(-b * m).exp() / (1 + torch.tensor(-b * m).exp())
    ),
    "wrong at a margin of -10,000": lambda m, b: slope(m, b) if m > -99 else 0.0,
    "wrong at a margin of 10,000": lambda m, b: slope(min(m, 5), b) if m > 99 else slope(m, b),
    "expected a number, got list": lambda m, b: [slope(m, b)],
    "expected one number, got shape (2,)": lambda m, b: torch.tensor([slope(m, b)] * 2),
    "does your function return": lambda m, b: None,
    "stops with TypeError": lambda m: slope(m, 1),
}
SAME_PULL = {"return beta * other_choice"}

EXERCISES = {
    "exercise-dpo": Exercise("dpo_loss", checks.check_dpo_loss, WRONG_DPO, SAME_DPO, RIGHT_DPO),
    "exercise-pull": Exercise("pull", checks.check_pull, WRONG_PULL, SAME_PULL, RIGHT_PULL),
}
