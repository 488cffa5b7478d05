"""Wrong answers to the exercises of "The pretraining loss", by what their checks must say.

`test_mutations.py` tries them all.
"""

import math

import torch
import torch.nn.functional as F
from lesson import Exercise

from course_utils import losses
from course_utils.lessons.checks import pretraining_loss as checks


def test_the_package_passes():
    assert checks.check_next_token_loss(losses.next_token_loss)


def picked(values, y):
    return values[torch.arange(len(y)), y]


def overflowing(z, y):
    return -picked(z.exp() / z.exp().sum(-1, keepdim=True), y).log().mean()


def global_top(z, y):
    z = z - z.max()
    return (z.exp().sum(-1).log() - picked(z, y)).mean()


def cut_off(z, y):
    return -picked(torch.softmax(z, -1), y).clamp(min=1e-9).log().mean()


def in_place(z, y):
    z -= z.max(-1, keepdim=True).values
    return F.cross_entropy(z, y)


def by_hand(z, y):
    z = z - z.max(-1, keepdim=True).values
    return (z.exp().sum(-1).log() - picked(z, y)).mean()


def row_by_row(z, y):
    return sum(by_hand(z[i : i + 1], y[i : i + 1]) for i in range(len(y))) / len(y)


RIGHT_CROSS_ENTROPY = {"row by row": row_by_row, "a float": lambda z, y: by_hand(z, y).item()}
WRONG_CROSS_ENTROPY = {
    "your code calls cross_entropy, and the exercise asks for powers": F.cross_entropy,
    "calls cross_entropy": lambda z, y: torch.nn.CrossEntropyLoss()(z, y),
    "calls log_softmax": lambda z, y: -picked(z.log_softmax(-1), y).mean(),
    "calls nll_loss": lambda z, y: F.nll_loss(z - z.logsumexp(-1, keepdim=True), y),
    "calls logsumexp": lambda z, y: (torch.logsumexp(z, -1) - picked(z, y)).mean(),
    "IndexError: index 9 is out of bounds for dimension 0 with size 3 (input: a tensor of": (
        lambda z, y: z[9]
    ),
    "which step takes a power of a large number": overflowing,
    "spoils the loss of its neighbour": global_top,
    "no difference may be cut off": cut_off,
    "the sign is wrong": lambda z, y: -F.cross_entropy(z, y),
    "the loss is a mean": lambda z, y: F.cross_entropy(z, y, reduction="sum"),
    "this is in bits": lambda z, y: F.cross_entropy(z, y) / math.log(2),
    "divided by 4": lambda z, y: F.cross_entropy(z, y) / z.shape[1],
    "expected one number, got shape (3,)": lambda z, y: F.cross_entropy(z, y, reduction="none"),
    "logits are not probabilities": lambda z, y: (
        (z.exp().sum(-1).log() - picked(z, y)).mean() if z.max() < 2 else -picked(z, y).mean()
    ),
    "sum of powers is missing": lambda z, y: -picked(z, y).mean(),
    "compare the term of each row": lambda z, y: F.cross_entropy(z, y, label_smoothing=0.1),
    "which number has no logarithm": lambda z, y: -(-picked(torch.softmax(z, -1), y)).log().mean(),
    "changes the logits": in_place,
    "does your function return": lambda z, y: None,
    "stops with AttributeError": lambda z, y: z.crossentropy(y),
    "expected a number, got list: return one": lambda z, y: [by_hand(z, y)],
}


def mean(z, y):
    return F.cross_entropy(z.flatten(0, 1), y.flatten())


def across_rows(z, y):
    return F.cross_entropy(z.flatten(0, 1)[:-1], y.flatten()[1:])


def summed(z, y):
    return mean(z[:, :-1], y[:, 1:]) * len(y) * (y.shape[1] - 1)


def by_all_positions(z, y):
    return mean(z[:, :-1], y[:, 1:]) * (y.shape[1] - 1) / y.shape[1]


def unstable(z, y):
    p = z[:, :-1].softmax(-1).gather(-1, y[:, 1:, None])
    return -(p + 1e-12).log().mean()


WRONG_SHIFT = {
    "scored on its own token": mean,
    "scored on the token before it": lambda z, y: mean(z[:, 1:], y[:, :-1]),
    "scored on the first token": lambda z, y: mean(z, y.roll(-1, 1)),
    "cut but not shifted": lambda z, y: mean(z[:, :-1], y[:, :-1]),
    "take the mean": summed,
    "the rows are summed": lambda z, y: mean(z[:, :-1], y[:, 1:]) * len(y),
    "divides by all T positions": by_all_positions,
    "the next row's start": across_rows,
    "this is in bits": lambda z, y: mean(z[:, :-1], y[:, 1:]) / math.log(2),
    "the softmax is taken twice": lambda z, y: mean(z[:, :-1].softmax(-1), y[:, 1:]),
    "every row counts": lambda z, y: mean(z[:1, :-1], y[:1, 1:]),
    "use a stable one": unstable,
    "stops with ": lambda z, y: F.cross_entropy(z[:, :-1], y[:, 1:]),
}

SAME_CROSS_ENTROPY = {
    "lse = logits.exp().sum(dim=1).log()",
    "logits = logits - logits.max(dim=1, keepdim=True).values",
}

EXERCISES = {
    "exercise-cross-entropy": Exercise(
        "cross_entropy",
        checks.check_cross_entropy,
        WRONG_CROSS_ENTROPY,
        SAME_CROSS_ENTROPY,
        RIGHT_CROSS_ENTROPY,
    ),
    "exercise-shift": Exercise("shifted_loss", checks.check_next_token_loss, WRONG_SHIFT),
}
