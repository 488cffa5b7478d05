"""Checks of the lesson "Adapting a model": LoRA's forward pass, and merging.

The oracles are loops over `math.fsum`; never the answer itself.
"""

import math
import operator
from functools import partial

import torch

from course_utils.lessons.checks._answers import (
    close,
    finite,
    fresh,
    how_much,
    name_mistake,
    tensor,
)
from course_utils.lessons.checks._report import Wrong, check, expect


@check("both paths, added once, for any shape of input, and A and B can learn.")
def check_lora_forward(lora_forward) -> None:
    """Check the forward pass of a linear layer with a low-rank path beside it.

    Args:
        lora_forward: x, shape (..., in), weight (out, in), bias (out,), A (r, in), B (out, r)
            and alpha -> shape (..., out).
    """
    for lead, r, alpha in (((3,), 2, 6.0), ((2, 4), 1, 3.0), ((), 3, 0.5)):
        _compare_forward(lora_forward, *_layer(4, 3, r, lead), alpha)
    x, weight, bias, A, B = _layer(4, 3, 2, (3,))
    zero = _answer(lora_forward, x, weight, bias, A, torch.zeros_like(B), 6.0)
    expect(
        close(zero, _outputs(x, weight, bias)),
        "with B = 0 the layer must compute what the plain one does, its bias included",
    )
    A.requires_grad_(), B.requires_grad_()
    result = lora_forward(x, weight, bias, A, B, 6.0)
    expect(
        result.requires_grad,
        "no gradient flows back to A and B, so they could not learn: detach nothing",
    )


def _compare_forward(lora_forward, x, weight, bias, A, B, alpha) -> None:
    got = _answer(lora_forward, x, weight, bias, A, B, alpha)
    r, plain = len(A), _outputs(x, weight, bias)
    change = _outputs(_outputs(x, A), B)
    if close(got, plain + alpha / r * change):
        return
    mistakes = _typical_forward(plain, change, bias, alpha, *A.shape)
    name_mistake(mistakes, partial(close, got))
    raise Wrong(
        f"wrong numbers for x of shape {tuple(x.shape)} and rank {r}: "
        f"{how_much(got, plain + alpha / r * change)}. Compute A x, then B (A x), of one input by "
        "hand and compare"
    )


def _typical_forward(plain, change, bias, alpha, r, inputs) -> dict:
    """What common mistakes give, by the sentence that names them."""
    right = plain + alpha / r * change
    return {
        "this is the frozen layer alone: where is the path of A and B?": plain,
        "both paths are there, but the small one is not scaled: what do alpha and the rank do?": (
            plain + change
        ),
        f"the small path is scaled by alpha alone, and here the rank is {r}: see the formula": (
            plain + alpha * change
        ),
        "you divide by the number of inputs, not by the rank: which side of A is r?": (
            plain + alpha / inputs * change
        ),
        "you multiply by the rank, and the formula divides by it": plain + alpha * r * change,
        "this is the small path alone: it stands beside the frozen layer, not in its place": (
            alpha / r * change
        ),
        "the small path is taken off: the two paths are added": plain - alpha / r * change,
        "all is right but the bias, which is missing": right - bias,
        "the bias is added twice: it belongs to the frozen path only": right + bias,
        "the bias is in the small path too: it belongs to the frozen path only": (
            right + alpha / r * bias
        ),
    }


def _answer(lora_forward, x, weight, bias, A, B, alpha) -> torch.Tensor:
    kept = [t.clone() for t in (x, weight, bias, A, B)]
    got = lora_forward(x, weight, bias, A, B, alpha)
    expect(
        all(torch.equal(a, b) for a, b in zip(kept, (x, weight, bias, A, B), strict=True)),
        "your function changes one of its inputs: make new tensors",
    )
    return finite(tensor(got, (*x.shape[:-1], len(weight)), "outputs"), "the outputs")


@check("the change is added once, the right way round, and the old weight is untouched.")
def check_merge(merge) -> None:
    """Check adding a low-rank change into a weight.

    Args:
        merge: weight, shape (out, in), or (in, out) where fan_in_fan_out is True, A (r, in),
            B (out, r), alpha, fan_in_fan_out=False -> a new tensor of the shape of weight.
    """
    for into, out, r, alpha in ((4, 3, 2, 6.0), (5, 5, 1, 3.0), (3, 4, 3, 0.5)):
        for turned in (False, True):
            _compare_merge(merge, *_layer(into, out, r, ())[1:], alpha, turned)
    _, weight, _, A, B = _layer(4, 3, 2, ())
    got = tensor(merge(weight, A, B, 6.0), weight.shape, "weights")
    expect(
        close(got, weight + 3.0 * _product(B, A)),
        "without fan_in_fan_out your result is another: it is False where it is not given",
    )


def _compare_merge(merge, weight, bias, A, B, alpha, turned) -> None:
    change, r = _product(B, A), len(A)
    if turned:
        weight, change = weight.T.contiguous(), change.T
    where = f"fan_in_fan_out={turned}, weight of shape {tuple(weight.shape)}, rank {r}"
    kept = weight.clone()
    got = tensor(merge(weight, A, B, alpha, fan_in_fan_out=turned), weight.shape, "weights")
    expect(
        torch.equal(weight, kept),
        "your function changes the weight it is given: nobody could take the adapter off again",
    )
    got = finite(got, "the weights")
    if close(got, weight + alpha / r * change):
        return
    expect(not close(got, weight), f"{where}: nothing is added")
    expect(
        not close(got, alpha / r * change),
        f"{where}: this is the change alone: what is it added to?",
    )
    expect(
        not close(got, weight + change) and not close(got, weight + alpha * change),
        f"{where}: the change has the wrong size: by what does the forward pass multiply it?",
    )
    expect(
        not close(got, weight + alpha * r * change),
        f"{where}: you multiply by the rank, and the forward pass divides by it",
    )
    expect(
        not close(got, weight - alpha / r * change),
        f"{where}: the change is taken off, which is how one un-merges",
    )
    square = weight.shape[0] == weight.shape[1]
    expect(
        not square or not close(got, weight + alpha / r * change.T),
        f"{where}: the change lies the wrong way round; a square matrix hides this from the shapes",
    )
    raise Wrong(
        f"{where}: wrong numbers: {how_much(got, weight + alpha / r * change)}. Make r = 1 and "
        "compute one entry by hand"
    )


def _layer(into, out, r, lead):
    """Draw x, weight, bias, A and B, in double precision."""
    draw = fresh()
    shapes = ((*lead, into), (out, into), (out,), (r, into), (out, r))
    return [torch.randn(s, generator=draw, dtype=torch.float64) for s in shapes]


def _outputs(x, weight, bias=None) -> torch.Tensor:
    """Return weight times each row of x, plus bias, by sums of Python's numbers."""
    rows = x.reshape(-1, x.shape[-1]).tolist()
    sums = [[math.fsum(map(operator.mul, w, row)) for w in weight.tolist()] for row in rows]
    result = torch.tensor(sums, dtype=torch.float64).reshape(*x.shape[:-1], len(weight))
    return result if bias is None else result + bias


def _product(B, A) -> torch.Tensor:
    return _outputs(B, A.T)
