"""Wrong answers to the exercises of "Attention by hand", by what their checks must say.

`test_mutations.py` tries them all.
"""

import math

import torch
from lesson import Exercise

from course_utils.lessons.checks import attention_by_hand as checks


def normalise(x, dim=-1, keepdim=True):
    return x / x.sum(dim, keepdim=keepdim)


def global_top(s):
    return normalise(torch.exp(s - s.max()))


def in_place(s):
    s -= s.max(-1, keepdim=True).values
    return normalise(torch.exp(s))


WRONG_SOFTMAX = {
    "not 1: what is each power": torch.exp,
    "give nan or infinity: which step": lambda s: normalise(torch.exp(s)),
    "expected a tensor of weights, got NoneType": lambda s: None,
    "divides 0 by 0": lambda s: normalise(torch.exp(s - s.mean(-1, keepdim=True))),
    "before and after the exponential": lambda s: normalise(s - s.min() + 1),
    "shape (2, 3, 4) the rows do not add to 1": lambda s: torch.softmax(s, 0),
    "two rows, one near 10,000": global_top,
    "only their difference may count": lambda s: normalise(torch.exp(s.clamp(-50, 50))),
    "changes the scores it is given": in_place,
    "stops with AttributeError": lambda s: s.softmaxx(),
    "expected weights of shape (3,), got ()": lambda s: torch.exp(s).sum(),
}


def backward(p, g):
    return p * (g - (p * g).sum(-1, keepdim=True))


WRONG_GRADIENT = {
    "sign is not": lambda p, g: -backward(p, g),
    "weighted wrongly": lambda p, g: p * (1 - p) * g,
    "which terms of the Jacobian are left out": lambda p, g: p * g,
    "put p and g into the sum by hand": lambda p, g: g - p,
    "adds to 0; yours adds to": lambda p, g: p * (g - g.mean(-1, keepdim=True)),
    "rows of the gradient do not add to 0": lambda p, g: p * (g - (p * g).sum()),
    "random rows of shape (2, 3, 5)": lambda p, g: backward(p, g.clamp(0, 1)),
    "give nan or infinity": lambda p, g: (backward(p, g) / p) * p,
    "expected gradient of shape (3,), got (3, 3)": lambda p, g: p.diag() - p.outer(p),
}


def causal(q, k, v, scale=None, diagonal=0, shift=True, dim=-1):
    """Causal attention with a fault to choose; without one it is right."""
    T, S = q.shape[-2], k.shape[-2]
    n = (S - T if shift else 0) + diagonal
    scores = q @ k.transpose(-2, -1) * (scale or 1 / math.sqrt(q.shape[-1]))
    scores = scores.masked_fill(~torch.ones(T, S).tril(n).bool(), -math.inf)
    weights = torch.softmax(scores, dim)
    return weights @ v, weights


def mask_after(q, k, v):
    weights = torch.softmax(q @ k.mT / math.sqrt(q.shape[-1]), -1).tril(k.shape[-2] - q.shape[-2])
    return weights @ v, weights


def no_mask(q, k, v):
    weights = torch.softmax(q @ k.mT / math.sqrt(q.shape[-1]), -1)
    return weights @ v, weights


def unnormalised(q, k, v):
    scores = (q @ k.mT).masked_fill(~torch.ones(len(q), len(k)).tril().bool(), -math.inf)
    return scores @ v, scores


def half_hidden(q, k, v):
    weights = causal(q, k, v)[1]
    weights = weights - weights.tril(-1) / 2
    return weights @ v, weights


def only_two_dimensions(q, k, v):
    return causal(q, k.t().t(), v)


WRONG_CAUSAL = {
    "to a token in its future": no_mask,
    "after the softmax": mask_after,
    "first token gets nan": lambda q, k, v: causal(q, k, v, diagonal=-1),
    "scores that are not divided": lambda q, k, v: causal(q, k, v, scale=1.0),
    "scores that are divided by D": lambda q, k, v: causal(q, k, v, scale=1 / q.shape[-1]),
    "with 1 queries and 3 keys the weights": lambda q, k, v: causal(q, k, v, shift=False),
    "over which dimension does your softmax run": lambda q, k, v: causal(q, k, v, dim=-2),
    "the softmax is missing": unnormalised,
    "is something hidden after": half_hidden,
    "in (2, 2) sequences": lambda q, k, v: causal(q, k, v, dim=1),
    "with 2 queries and 5 keys": lambda q, k, v: causal(q, k, v, diagonal=len(q) == 2),
    "return two things": lambda q, k, v: causal(q, k, v)[0],
    "not weights times v": lambda q, k, v: (2 * causal(q, k, v)[0], causal(q, k, v)[1]),
    "stops with RuntimeError": only_two_dimensions,
    "the mask is right but": lambda q, k, v: causal(q, k, v, scale=1 / math.sqrt(len(q))),
}

SAME_CAUSAL = {
    "scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])",
}

EXERCISES = {
    "exercise-softmax": Exercise("softmax", checks.check_softmax, WRONG_SOFTMAX),
    "exercise-gradient": Exercise(
        "softmax_gradient", checks.check_softmax_gradient, WRONG_GRADIENT
    ),
    "exercise-causal": Exercise(
        "causal_attention", checks.check_causal_attention, WRONG_CAUSAL, SAME_CAUSAL
    ),
}
