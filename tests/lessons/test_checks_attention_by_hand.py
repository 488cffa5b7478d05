"""Wrong answers to the exercises of "Attention by hand", by what their checks must say.

`test_mutations.py` tries them all.
"""

import math

import torch
import torch.nn.functional as F
from lesson import Exercise

from course_utils.attention import attention
from course_utils.lessons.checks import attention_by_hand as checks


def normalise(x, dim=-1, keepdim=True):
    return x / x.sum(dim, keepdim=keepdim)


def global_top(s):
    return normalise(torch.exp(s - s.max()))


def in_place(s):
    s -= s.max(-1, keepdim=True).values
    return normalise(torch.exp(s))


def by_logsumexp(s):
    return torch.exp(s - torch.logsumexp(s, -1, keepdim=True))


def row_by_row(s):
    rows = [normalise(torch.exp(row - row.max())) for row in s.reshape(-1, s.shape[-1])]
    return torch.stack(rows).view(s.shape)


RIGHT_SOFTMAX = {"logsumexp": by_logsumexp, "row by row": row_by_row}
WRONG_SOFTMAX = {
    "calls softmax, and the exercise asks for the exponential": lambda s: torch.softmax(s, -1),
    "your code calls softmax": lambda s: F.softmax(s, dim=-1),
    "calls log_softmax": lambda s: s.log_softmax(-1).exp(),
    "calls softmax, and": lambda s: torch.special.softmax(s, -1),
    "got ndarray: torch.tensor makes one of it": lambda s: torch.softmax(s, -1).numpy(),
    "got list: torch.tensor makes one of it": lambda s: torch.softmax(s, -1).tolist(),
    "AttributeError: 'Tensor' object has no attribute 'softmaxx' (input: tensor([1.38": (
        lambda s: s.softmaxx()
    ),
    "not 1: what is each power": torch.exp,
    "give nan or infinity: which step": lambda s: normalise(torch.exp(s)),
    "expected a tensor of weights, got NoneType": lambda s: None,
    "divides 0 by 0": lambda s: normalise(torch.exp(s - s.mean(-1, keepdim=True))),
    "before and after the exponential": lambda s: normalise(s - s.min() + 1),
    "shape (2, 3, 4) the rows do not add to 1": lambda s: torch.softmax(s, 0),
    "two rows, one near 10,000": global_top,
    "only their difference may count": lambda s: normalise(torch.exp(s.clamp(-50, 50))),
    "changes the scores it is given": in_place,
    "expected weights of shape (3,), got ()": lambda s: torch.exp(s).sum(),
}


def backward(p, g):
    return p * (g - (p * g).sum(-1, keepdim=True))


def two_off(p, g):
    """Move a little of the gradient from one place to another one: the sums stay."""
    result = backward(p, g)
    if p.dim() == 3:
        result[1, 2, 3:5] += torch.tensor([1e-3, -1e-3])
    return result


def by_matrix(p, g):
    jacobian = torch.diag_embed(p) - p[..., :, None] * p[..., None, :]
    return (jacobian @ g[..., None]).squeeze(-1)


def by_matrices_of_rows(p, g):
    rows = zip(p.reshape(-1, p.shape[-1]), g.reshape(-1, p.shape[-1]), strict=True)
    return torch.stack([(a.diag() - a.outer(a)) @ b for a, b in rows]).view(p.shape)


def by_autograd(p, g):
    scores = p.log().clamp(min=-700).requires_grad_()
    return torch.autograd.grad(torch.softmax(scores, -1), scores, g)[0]


def by_backward(p, g):
    scores = p.log().clamp(min=-700).requires_grad_()
    torch.softmax(scores, -1).backward(g)
    return scores.grad


def column_by_column(p, g):
    average = sum(p[..., i] * g[..., i] for i in range(p.shape[-1]))
    return torch.stack([p[..., j] * (g[..., j] - average) for j in range(p.shape[-1])], -1)


RIGHT_GRADIENT = {
    "column by column": column_by_column,
    "einsum": lambda p, g: p * (g - torch.einsum("...i,...i->...", p, g)[..., None]),
    "without a graph": lambda p, g: backward(p, g).clone().requires_grad_(),
}
WRONG_GRADIENT = {
    "for rows of 40 weights a matrix of 40 × 40 is built": by_matrix,
    "a matrix of 40 × 40": by_matrices_of_rows,
    "calls run_backward, and the exercise asks for the sum itself": by_autograd,
    "your code calls run_backward": by_backward,
    "adds to 0; yours adds to -0.0000": lambda p, g: backward(p, g) - 1e-5,
    "28 of 30 numbers are right, and the first wrong one stands at [1, 2, 3]": two_off,
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
    "divided by √E": lambda q, k, v: causal(q, k, v, scale=1 / math.sqrt(v.shape[-1])),
    "scores that are divided by D:": lambda q, k, v: causal(q, k, v, scale=1 / q.shape[-1]),
    "calls attention, and the exercise asks for the scores": (
        lambda q, k, v: attention(q, k, v, causal=True)
    ),
    "two things, the output and the weights, got dict": lambda q, k, v: dict(
        zip("ow", causal(q, k, v), strict=True)
    ),
    "you return 3": lambda q, k, v: (*causal(q, k, v), q),
    "as its weights: does it see nothing": lambda q, k, v: causal(q, k, v, diagonal=-1),
    "(input: a tensor of shape (2, 2, 3, 4), a tensor of shape (2, 2, 4, 4), ": (
        only_two_dimensions
    ),
    "with 1 query and 3 keys the weights": lambda q, k, v: causal(q, k, v, shift=False),
    "over which dimension does your softmax run": lambda q, k, v: causal(q, k, v, dim=-2),
    "the softmax is missing": unnormalised,
    "is something hidden after": half_hidden,
    "in (2, 2) sequences": lambda q, k, v: causal(q, k, v, dim=1),
    "with 2 queries and 5 keys": lambda q, k, v: causal(q, k, v, diagonal=len(q) == 2),
    "return two things": lambda q, k, v: causal(q, k, v)[0],
    "not weights times v": lambda q, k, v: (2 * causal(q, k, v)[0], causal(q, k, v)[1]),
    "the mask is right but": lambda q, k, v: causal(q, k, v, scale=1 / math.sqrt(len(q))),
}

RIGHT_CAUSAL = {
    "a list": lambda q, k, v: list(causal(q, k, v)),
    "PyTorch's own attention beside the weights": lambda q, k, v: (
        F.scaled_dot_product_attention(
            q,
            k,
            v,
            attn_mask=torch.ones(q.shape[-2], k.shape[-2]).tril(k.shape[-2] - q.shape[-2]).bool(),
        ),
        causal(q, k, v)[1],
    ),
}
SAME_CAUSAL = {
    "scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])",
}

EXERCISES = {
    "exercise-softmax": Exercise(
        "softmax", checks.check_softmax, WRONG_SOFTMAX, right=RIGHT_SOFTMAX
    ),
    "exercise-gradient": Exercise(
        "softmax_gradient", checks.check_softmax_gradient, WRONG_GRADIENT, right=RIGHT_GRADIENT
    ),
    "exercise-causal": Exercise(
        "causal_attention", checks.check_causal_attention, WRONG_CAUSAL, SAME_CAUSAL, RIGHT_CAUSAL
    ),
}
