"""Wrong answers to the exercises of "A transformer, step by step", by what their checks must say.

`test_mutations.py` tries them all.
"""

import math

import torch
import torch.nn.functional as F
from lesson import Exercise

from course_utils.lessons.checks import transformer_step_by_step as checks


def heads(q, k, v, H, split="side", mask="before", scale=None, merge=True, diagonal=0):
    """The answer, with one mistake at a time."""
    B, T, C = q.shape
    D = C // H

    def cut(x):
        if split == "view":
            return x.reshape(B, H, T, D)
        if split == "strided":
            return x.view(B, T, D, H).permute(0, 3, 1, 2)
        return x.view(B, T, H, D).transpose(1, 2)

    q, k, v = map(cut, (q, k, v))
    scores = q @ k.mT / (scale or math.sqrt(D))
    seen = torch.ones(T, T).tril(diagonal).bool()
    if mask == "before":
        scores = scores.masked_fill(~seen, -math.inf)
    weights = torch.softmax(scores, -1)
    if mask == "after":
        weights = weights * seen
    y = weights @ v
    if split == "view":
        return y.reshape(B, T, C)
    if split == "strided":
        return y.permute(0, 2, 3, 1).reshape(B, T, C)
    return (y.transpose(1, 2) if merge else y).reshape(B, T, C)


def one_row(q, k, v, H):
    """Use the first row of the batch for all rows."""
    return heads(q[:1], k[:1], v[:1], H).expand_as(q)


def in_place(q, k, v, H):
    q /= math.sqrt(q.shape[-1] // H)
    return heads(q, k, v, H, scale=1.0)


WRONG_HEADS = {
    "the tokens see the future": lambda *a: heads(*a, mask="none"),
    "comes after the softmax": lambda *a: heads(*a, mask="after"),
    "not divided by anything": lambda *a: heads(*a, scale=1.0),
    "divided by the root of C": lambda q, k, v, H: heads(q, k, v, H, scale=math.sqrt(q.shape[-1])),
    "by D, not by its root": lambda q, k, v, H: heads(q, k, v, H, scale=q.shape[-1] // H),
    "multiplied by the root of D": lambda q, k, v, H: heads(
        q, k, v, H, scale=(q.shape[-1] // H) ** -0.5
    ),
    "share one set of weights": lambda q, k, v, H: heads(q, k, v, 1),
    "mixes tokens with channels": lambda *a: heads(*a, split="view"),
    "must lie side by side": lambda *a: heads(*a, split="strided"),
    "put together in the wrong order": lambda *a: heads(*a, merge=False),
    "give nan": lambda *a: heads(*a, diagonal=-1),
    "the outputs of the first one": one_row,
    "sees the next one too": lambda q, k, v, H: heads(q, k, v, H, diagonal=1),
    "copy first": in_place,
    "(none of 24 numbers is right, and the first wrong one stands at [0, 0, 0])": (
        lambda q, k, v, H: heads(q, k, v + 1, H)
    ),
    "(input: a tensor of shape (1, 4, 6), a tensor of shape (1, 4, 6), a tensor": (
        lambda q, k, v, H: q.view(7)
    ),
    "the first token's too": lambda q, k, v, H: heads(q, k, 2 * v, H),
    "of shape (1, 4, 6), got (1, 1, 4, 6)": lambda q, k, v, H: heads(q, k, v, H)[:, None],
    "does your function return": lambda q, k, v, H: None,
    "stops with TypeError": lambda q, k, v: q,
}


def norm(x, weight, bias, correction=0, eps=1e-5, dim=-1, mean=True, power=0.5, outside=0.0):
    """The answer, with one mistake at a time."""
    middle = x - x.mean(dim, keepdim=True) if mean else x
    spread = (x.var(dim, correction=correction, keepdim=True) + eps) ** power + outside
    return middle / spread * weight + bias


def norm_in_place(x, weight, bias):
    x -= x.mean(-1, keepdim=True)
    return F.layer_norm(x, x.shape[-1:], weight, bias)


def norm_by_differences(x, weight, bias):
    """E[x²] − m² instead of the mean square of what is left: the digits cancel."""
    mean = x.mean(-1, keepdim=True)
    variance = (x * x).mean(-1, keepdim=True) - mean * mean
    return (x - mean) / (variance + 1e-5).sqrt() * weight + bias


def norm_by_clamped_differences(x, weight, bias):
    mean = x.mean(-1, keepdim=True)
    variance = ((x**2).mean(-1, keepdim=True) - mean**2).clamp(min=0)
    return (x - mean) / (variance + 1e-5).sqrt() * weight + bias


def norm_in_loops(x, weight, bias):
    rows = [norm(row, weight, bias) for row in x.reshape(-1, x.shape[-1])]
    return torch.stack(rows).view(x.shape)


RIGHT_NORM = {
    "in loops": norm_in_loops,
    "std_mean": lambda x, w, b: norm(x, w, b),
    "by sums": lambda x, w, b: (
        (m := x - x.sum(-1, keepdim=True) / x.shape[-1])
        * ((m**2).sum(-1, keepdim=True) / x.shape[-1] + 1e-5).rsqrt()
        * w
        + b
    ),
    "in double precision": lambda x, w, b: norm_by_differences(x.double(), w, b),
}
WRONG_NORM = {
    "a difference of two large numbers, whose digits cancel": norm_by_differences,
    "Take the mean off before you square": norm_by_clamped_differences,
    "your code calls layer_norm, and": lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b),
    "calls layer_norm, and the exercise asks for the mean and": lambda x, w, b: torch.layer_norm(
        x, x.shape[-1:], w, b
    ),
    "calls group_norm": lambda x, w, b: (
        F.group_norm(x.reshape(-1, 1, x.shape[-1]), 1).view(x.shape) * w + b
    ),
    "for the rows (1, 3, 3, 5) and (-8, 2, 2, 4) 2 of 8 numbers are right, and the first": (
        lambda x, w, b: norm(x, w, b, eps=1e-3)
    ),
    "divided by C − 1": lambda *a: norm(*a, correction=1),
    "the mean is not taken off": lambda *a: norm(*a, mean=False),
    "nothing is divided by": lambda *a: norm(*a, power=0.0),
    "divided by the variance": lambda *a: norm(*a, power=1.0),
    "it belongs under it": lambda *a: norm(*a, eps=0.0, outside=1e-5),
    "nan or infinity": lambda x, w, b: norm(x, w, b) / 0,
    "what keeps it from being 0": lambda *a: norm(*a, eps=0.0),
    "there is no 1e-5 under the root": lambda *a: torch.nan_to_num(norm(*a, eps=0.0)),
    "run over the tokens": lambda *a: norm(*a, dim=-2),
    "one mean and one variance for all tokens": lambda x, w, b: F.layer_norm(x, x.shape) * w + b,
    "weight and bias are not used": lambda x, w, b: norm(x, 1.0, 0.0),
    "the bias is not added": lambda x, w, b: norm(x, w, 0.0),
    "the weight does not multiply": lambda x, w, b: norm(x, 1.0, b),
    "have changed places": lambda x, w, b: norm(x, b, w),
    "before the weight multiplies": lambda x, w, b: (norm(x, 1.0, 0.0) + b) * w,
    "on paper": lambda x, w, b: norm(x, w, b, eps=1e-3),
    "copy first": norm_in_place,
    "does your function return": lambda x, w, b: None,
    "stops with AttributeError": lambda x, w, b: x.meen(-1),
}


def fused(q, k, v, H):
    q, k, v = (x.unflatten(-1, (H, -1)).transpose(1, 2) for x in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)


def head_by_head(q, k, v, H):
    parts = zip(*(x.chunk(H, -1) for x in (q, k, v)), strict=True)
    return torch.cat([heads(*part, 1) for part in parts], -1)


RIGHT_HEADS = {"PyTorch's own attention": fused, "head by head": head_by_head}
SAME_HEADS = {
    "return (weights @ v).transpose(2, 1).reshape(B, T, C)",
    "q, k, v = (x.view(B, T, n_head, -1).transpose(2, 1) for x in (q, k, v))",
}

EXERCISES = {
    "exercise-heads": Exercise(
        "multi_head", checks.check_multi_head, WRONG_HEADS, SAME_HEADS, RIGHT_HEADS
    ),
    "exercise-norm": Exercise("layer_norm", checks.check_layer_norm, WRONG_NORM, right=RIGHT_NORM),
}
