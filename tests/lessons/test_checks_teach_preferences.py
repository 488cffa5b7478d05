"""Wrong answers to the exercises of "Teach preferences", by what they must be told."""

import math
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F
from lesson import Exercise

from course_utils.lessons.checks import teach_preferences as checks


def logs(logits):
    return logits.log_softmax(-1)


def log_prob(logits, ids, start):
    return logs(logits)[start - 1 : -1].gather(-1, ids[start:, None]).sum()


def picked(values, ids, start):
    return values[start - 1 : -1].gather(-1, ids[start:, None])


RIGHT_LOG_PROB = {
    "cross-entropy": lambda x, i, s: -F.cross_entropy(x[s - 1 : -1], i[s:], reduction="sum"),
    "of a network in training": lambda x, i, s: log_prob(x.clone().requires_grad_(), i, s),
    "an array of one": lambda x, i, s: log_prob(x, i, s).numpy().reshape(1),
    "NumPy's single precision": lambda x, i, s: np.float32(log_prob(x, i, s)),
}
WRONG_LOG_PROB = {
    "is out of bounds for dimension 0 with size 5 (input: a tensor of shape (5, 11), tensor([": (
        lambda x, i, s: log_prob(x, i, s) + 0 * x[5].sum()
    ),
    "the sign is turned": lambda x, i, s: -log_prob(x, i, s),
    "a reply of 1 token in a row of 6: the sign": lambda x, i, s: (
        log_prob(x, i, s) * (1 - 2 * (len(i) - s == 1))
    ),
    "this is the mean": lambda x, i, s: picked(logs(x), i, s).mean(),
    "the whole row is scored": lambda x, i, s: log_prob(x, i, 1),
    "who predicts it": lambda x, i, s: logs(x)[s:].gather(-1, i[s:, None]).sum(),
    "first token is not scored": lambda x, i, s: picked(logs(x), i, s)[1:].sum(),
    "its <eos>, is not scored": lambda x, i, s: picked(logs(x), i, s)[:-1].sum(),
    "one token of the context": lambda x, i, s: log_prob(x, i, max(s - 1, 1)),
    "no logarithms of probabilities yet": lambda x, i, s: picked(x, i, s).sum(),
    "those of a whole reply are multiplied": lambda x, i, s: picked(x.softmax(-1), i, s).sum(),
    "this is a probability": lambda x, i, s: log_prob(x, i, s).exp(),
    "this is in bits": lambda x, i, s: log_prob(x, i, s) / torch.tensor(2.0).log(),
    "must do no harm": lambda x, i, s: picked(x.exp() / x.exp().sum(-1, True), i, s).log().sum(),
    "the reply is not": lambda x, i, s: log_prob(x[:s], i[:s], 1),
    "runs over the places": lambda x, i, s: picked(x.log_softmax(0), i, s).sum(),
    "with logits of 10,000 you give": lambda x, i, s: log_prob(x.clamp(-50, 50), i, s),
    "cut off or added": lambda x, i, s: (picked(x.softmax(-1), i, s) + 1e-9).log().sum(),
    "what makes one number of it": lambda x, i, s: torch.zeros(2, 2),
    "expected a number, got NoneType": lambda x, i, s: None,
    "stops with TypeError": lambda x: x,
}


def bound(n, doubt):
    return -math.expm1(math.log(doubt) / n)


def stepped(n, doubt):
    """Walk up in steps of a thousandth: near, and not near enough."""
    return next(k / 1000 for k in range(1001) if (1 - k / 1000) ** n <= doubt)


RIGHT_BOUND = {
    "by a logarithm": bound,
    "a tensor": lambda n, d: 1 - torch.tensor(d, dtype=torch.float64) ** (1 / n),
    "a tensor in single precision": lambda n, d: 1 - torch.tensor(d) ** (1 / n),
    "NumPy's number": lambda n, d: np.float64(1 - np.power(d, 1 / n)),
    "a fraction": lambda n, d: Fraction(bound(n, d)),
}
WRONG_BOUND = {
    "share of what is right": lambda n, d: d ** (1 / n),
    "3/n is a rule of thumb": lambda n, d: 3 / n,
    "near for much data only": lambda n, d: -math.log(d) / n,
    "the doubt that is given is not used": lambda n, d: bound(n, 0.05),
    "doubt and certainty are swapped": lambda n, d: bound(n, 1 - d),
    "on one side only": lambda n, d: bound(n, d / 2),
    "where are brackets needed": lambda n, d: 1 - d**1 / n,
    "which power undoes": lambda n, d: 1 - d**n,
    "which share makes that": lambda n, d: (1 - d) ** n,
    "not divided by n": lambda n, d: d / n,
    "if one fault had been seen": lambda n, d: 1 / n,
    "none seen is not none there": lambda n, d: 0,
    "in per cent": lambda n, d: 100 * bound(n, d),
    "a share lies between 0 and 1": lambda n, d: 1 + bound(n, d),
    "n = 20, doubt 0.05: with your share": lambda n, d: bound(n + 1, d),
    "raise it until that is the doubt": lambda n, d: 0.9 * bound(n, d),
    "lower it until that is the doubt": stepped,
    "got NoneType: does your function return?": lambda n, d: None,
    "what makes one number of it": lambda n, d: torch.full((2,), bound(n, d)),
    "stops with TypeError": lambda n: n,
    "stops with ValueError: math domain error (input: 1, 0.05)": lambda n, d: (
        bound(n, d) + 0 * math.log(n - 1)
    ),
}

EXERCISES = {
    "exercise-log-prob": Exercise(
        "reply_log_prob",
        checks.check_reply_log_prob,
        WRONG_LOG_PROB,
        {"logs = logits.log_softmax(1)"},  # of two dimensions the last is 1
        RIGHT_LOG_PROB,
    ),
    "exercise-bound": Exercise(
        "upper_bound", checks.check_upper_bound, WRONG_BOUND, right=RIGHT_BOUND
    ),
}
