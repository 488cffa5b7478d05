"""Checks of the lesson "A transformer, step by step": heads, layer norm.

The oracles are loops in plain Python over one number at a time (those of heads stand in
`_heads`); never the answer itself.
"""

import math
from functools import partial

import torch

from course_utils.lessons.checks import _heads as heads
from course_utils.lessons.checks._answers import (
    close,
    finite,
    fresh,
    how_much,
    name_mistake,
    tensor,
    text,
)
from course_utils.lessons.checks._report import Wrong, check, expect
from course_utils.lessons.checks._watch import expect_no_call


@check("every head attends by itself, to the past alone, and its output is back in its place.")
def check_multi_head(multi_head) -> None:
    """Check causal attention in several heads.

    Args:
        multi_head: queries, keys and values, each of shape (B, T, C), and the number of heads H
            -> outputs, shape (B, T, C).
    """
    q, k, v = _draw(1, 4, 6)
    _compare_heads(multi_head, q, k, v, 1, "with one head")
    _compare_heads(multi_head, q, k, v, 2, "with two heads")
    _compare_heads(multi_head, q, k, v, 6, "with heads of one channel each")
    _compare_heads(multi_head, *_draw(3, 5, 8), 4, "with three rows and four heads")
    _compare_heads(multi_head, *_draw(2, 1, 4), 2, "with a single token")


def _compare_heads(multi_head, q, k, v, H, where) -> None:
    kept = [x.clone() for x in (q, k, v)]
    ours = tensor(multi_head(q, k, v, H), q.shape, f"outputs {where}")
    unchanged = all(torch.equal(a, b) for a, b in zip((q, k, v), kept, strict=True))
    expect(unchanged, "your function changes the tensors that it is given: copy first")
    finite(ours, f"{where} the outputs")
    right = heads.outputs(q, k, v, H)
    if close(ours, right):
        return
    name_mistake(heads.typical(q, k, v, H), partial(close, ours), f"{where}: ")
    expect(
        not close(ours[:, 0], right[:, 0]) or q.shape[1] == 1,
        f"{where} the first token is right and later ones are not ({how_much(ours, right)}): which "
        "tokens does each see, and what are its scores divided by?",
    )
    raise Wrong(
        f"{where} the outputs are wrong, the first token's too, which may only see itself "
        f"({how_much(ours, right)}): print the shape after each line, and follow channel 0 of one "
        "token through them"
    )


@check("each token by itself, stable where it is constant, with scale and shift.")
def check_layer_norm(layer_norm) -> None:
    """Check layer normalisation over the last dimension.

    Args:
        layer_norm: x, shape (..., C), weight and bias, shape (C,) -> shape (..., C).
    """
    one, zero = torch.ones(4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
    x = torch.tensor([[1.0, 3.0, 3.0, 5.0], [-8.0, 2.0, 2.0, 4.0]], dtype=torch.float64)
    _compare_norm(layer_norm, x, one, zero, "for the rows (1, 3, 3, 5) and (-8, 2, 2, 4)")
    flat = torch.full((1, 4), 7.0, dtype=torch.float64)
    _compare_norm(layer_norm, flat, one, zero, "for a row of four sevens")
    _compare_norm(layer_norm, x / 1000, one, zero, "for numbers in the thousandths")
    draw = fresh()
    x = torch.randn(2, 3, 4, generator=draw, dtype=torch.float64)
    weight, bias = torch.rand(2, 4, generator=draw, dtype=torch.float64) + 0.5
    _compare_norm(layer_norm, x, weight, bias, "with a random weight and bias")
    _check_far_from_zero(layer_norm)
    expect_no_call(
        layer_norm, [x, weight, bias], READY_NORMS, "the mean and the variance themselves"
    )


READY_NORMS = {
    f"{native}{kind}_norm"
    for native in ("", "native_")
    for kind in ("layer", "group", "batch", "instance", "rms")
}


def _check_far_from_zero(layer_norm) -> None:
    """Expect what E[x²] − m² cannot give: in float32 all digits of the variance would be lost."""
    x = torch.tensor([[10_000, 10_001, 10_002, 10_004]], dtype=torch.float32)
    one, zero = torch.ones(4, dtype=torch.float32), torch.zeros(4, dtype=torch.float32)
    ours = tensor(layer_norm(x, one, zero), x.shape, "result")
    right = _norm_oracle(x, one, zero)
    expect(
        torch.allclose(ours, right, rtol=0.0, atol=1e-3),
        "right for numbers near 0; for the float32 row (10000, 10001, 10002, 10004) you get "
        f"{text(ours, right)}: is your variance a difference of two large numbers, whose digits "
        "cancel? Take the mean off before you square",
    )


def _compare_norm(layer_norm, x, weight, bias, where) -> None:
    kept = x.clone()
    ours = tensor(layer_norm(x, weight, bias), x.shape, f"result {where}")
    expect(torch.equal(x, kept), "your function changes the x that it is given: copy first")
    right = _norm_oracle(x, weight, bias)
    if close(ours, right):
        return
    expect(
        bool(ours.isfinite().all()),
        f"{where} there is nan or infinity: what do you divide by, and what keeps it from being 0?",
    )
    name_mistake(_typical_norms(x, weight, bias), partial(close, ours), f"{where}: ")
    raise Wrong(
        f"{where} {how_much(ours, right)}; your first row is "
        f"{text(ours.flatten()[:4], right.flatten()[:4])}: compute its mean, "
        "then its variance, on paper"
    )


def _typical_norms(x, weight, bias) -> dict:
    """What common mistakes give, by the sentence that names them."""
    root = torch.sqrt(x.var(-1, correction=0, keepdim=True) + 1e-5)
    middle = x - x.mean(-1, keepdim=True)
    one, zero = torch.ones_like(weight), torch.zeros_like(bias)
    return {
        "the variance is divided by C − 1; here it is the plain mean of squares": (
            middle / torch.sqrt(x.var(-1, keepdim=True) + 1e-5) * weight + bias
        ),
        "the mean is not taken off": x / root * weight + bias,
        "the mean is taken off, and nothing is divided by": middle * weight + bias,
        "divided by the variance, not by its root": (middle / root**2 * weight + bias),
        "1e-5 is added to the root; it belongs under it": (
            middle / (x.std(-1, correction=0, keepdim=True) + 1e-5) * weight + bias
        ),
        "there is no 1e-5 under the root": (
            middle / x.std(-1, correction=0, keepdim=True).clamp(min=1e-30) * weight + bias
        ),
        "mean and variance run over the tokens; each token must be normalised by itself": (
            _over_tokens(x) * weight + bias
        ),
        "one mean and one variance for all tokens; each has its own": (
            _over_all(x) * weight + bias
        ),
        "weight and bias are not used": _norm_oracle(x, one, zero),
        "the bias is not added": _norm_oracle(x, weight, zero),
        "the weight does not multiply": _norm_oracle(x, one, bias),
        "weight and bias have changed places": _norm_oracle(x, bias, weight),
        "the bias is added before the weight multiplies": (
            (_norm_oracle(x, one, zero) + bias) * weight
        ),
    }


def _over_tokens(x) -> torch.Tensor:
    return _norm_oracle(x.transpose(-1, -2), 1.0, 0.0).transpose(-1, -2)


def _over_all(x) -> torch.Tensor:
    return _norm_oracle(x.flatten(), 1.0, 0.0).view(x.shape)


def _norm_oracle(x, weight, bias) -> torch.Tensor:
    """Layer norm by loops over plain numbers."""
    rows = []
    for row in x.reshape(-1, x.shape[-1]).tolist():
        mean = math.fsum(row) / len(row)
        variance = math.fsum((value - mean) ** 2 for value in row) / len(row)
        rows.append([(value - mean) / math.sqrt(variance + 1e-5) for value in row])
    return torch.tensor(rows, dtype=torch.float64).view(x.shape) * weight + bias


def _draw(B, T, C) -> list[torch.Tensor]:
    draw = fresh()
    return [torch.randn(B, T, C, generator=draw, dtype=torch.float64) for _ in "qkv"]
