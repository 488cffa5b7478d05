"""Checks of the lesson "Attention by hand": softmax, its gradient, causal attention.

The oracles are fractions, loops over `math.exp`, and autograd; never the answer itself.
"""

import math

import torch

from course_utils.lessons.checks._answers import (
    apart,
    close,
    finite,
    fresh,
    how_much,
    pair,
    tensor,
    text,
)
from course_utils.lessons.checks._report import check, expect
from course_utils.lessons.checks._watch import expect_no_call, largest_tensor

EXAMPLE = [8 / 11, 2 / 11, 1 / 11]


@check("stable for every shape; from here on torch.softmax may do it for you.")
def check_softmax(softmax) -> None:
    """Check a softmax over the last dimension that must not overflow.

    Args:
        softmax: scores, shape (..., S) -> weights, shape (..., S).
    """
    scores = torch.tensor([math.log(4), 0.0, math.log(0.5)], dtype=torch.float64)
    weights = tensor(softmax(scores.clone()), scores.shape, "weights")
    expect(
        close(weights.sum(), 1.0),
        f"the weights of one row add to {apart(weights.sum(), 1.0)}, not 1: what is each power "
        "divided by?",
    )
    expect(
        close(weights, EXAMPLE),
        "the scores ln 4, 0, ln ½ have powers 4, 1, ½, but your weights are "
        f"{text(weights, EXAMPLE)}: look at what you do to the scores before and after the "
        "exponential",
    )
    _check_rows(softmax)
    _check_large_scores(softmax)
    _check_edges_of_softmax(softmax)
    expect_no_call(
        softmax, [scores], ("softmax", "log_softmax"), "the exponential and the sum themselves"
    )


def _check_rows(softmax) -> None:
    scores = torch.randn(2, 3, 4, generator=fresh(), dtype=torch.float64)
    weights = tensor(softmax(scores.clone()), scores.shape, "weights")
    expect(
        close(weights.sum(-1), 1.0),
        "right for one row, but for scores of shape (2, 3, 4) the rows do not add to 1: "
        "which dimension does each sum run over, and does it keep its place?",
    )
    expect(
        close(weights, torch.softmax(scores, -1)),
        "the rows add to 1, but the weights for random scores of shape (2, 3, 4) are wrong: "
        f"{how_much(weights, torch.softmax(scores, -1))}. Compute one row on paper and compare",
    )


def _check_large_scores(softmax) -> None:
    for low, high in ((-1e4, 1e4), (1e4 - 1, 1e4), (-1e4 - 1, -1e4)):
        scores = torch.tensor([low, high], dtype=torch.float64)
        weights = finite(softmax(scores.clone()), f"the scores {low:.0f} and {high:.0f}")
        first = 1 / (1 + math.exp(min(high - low, 700.0)))
        wanted = [first, 1 - first]
        expect(
            close(weights, wanted),
            f"the scores {low:.0f} and {high:.0f} give {text(weights, wanted)}: only their "
            "difference may count, and it must not be cut off",
        )
    rows = torch.tensor([[1e4, 1e4 - 1], [-1e4, -1e4 - 1]], dtype=torch.float64)
    weights = finite(softmax(rows), "two rows, one near 10,000 and one near -10,000,")
    expect(
        close(weights[0], weights[1]),
        "a row near 10,000 and one near -10,000 with the same differences get different weights: "
        "each row needs its own number",
    )


def _check_edges_of_softmax(softmax) -> None:
    scores = torch.tensor([[3.0, -math.inf]], dtype=torch.float64)
    kept = scores.clone()
    weights = finite(softmax(scores), "a score of minus infinity")
    expect(close(weights, [[1.0, 0.0]]), "a score of minus infinity must get the weight 0")
    expect(torch.equal(scores, kept), "your function changes the scores it is given: copy first")
    one = finite(softmax(torch.tensor([[7.0]], dtype=torch.float64)), "a single score")
    expect(close(one, 1.0), "a single score takes all the weight, 1, whatever it is")


@check("no matrix needed, and it agrees with fractions and with autograd.")
def check_softmax_gradient(softmax_gradient) -> None:
    """Check the backward pass of a softmax.

    Args:
        softmax_gradient: weights p and gradients g with respect to them, both shape (..., S)
            -> gradients with respect to the scores, shape (..., S).
    """
    p = torch.tensor([8.0, 2.0, 1.0], dtype=torch.float64) / 11
    g = torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64)
    right = torch.tensor([24.0, -16.0, -8.0], dtype=torch.float64) / 121
    ours = tensor(softmax_gradient(p.clone(), g.clone()), p.shape, "gradient")
    expect(not close(ours, -right), "the size is right, the sign is not: follow the minus")
    expect(
        close(ours.sum(), 0.0),
        f"raising all scores together changes no weight, so the gradient adds to 0; yours adds to "
        f"{apart(ours.sum(), 0.0)}: which terms of the Jacobian are left out or weighted wrongly?",
    )
    expect(
        close(ours, right),
        f"for p = (8, 2, 1)/11 and g = (1, 0, 0) the gradient is the first column of the lesson's "
        f"Jacobian, but yours is {text(ours, right)}: put p and g into the sum by hand",
    )
    _check_many_rows(softmax_gradient)
    certain = torch.tensor([[1.0, 0.0, 0.0]], dtype=torch.float64)
    ours = finite(softmax_gradient(certain, torch.ones_like(certain) * 5), "p = (1, 0, 0)")
    expect(close(ours, 0.0), "where one weight is 1 nothing moves: the gradient must be 0 there")
    _expect_no_matrix(softmax_gradient)


def _expect_no_matrix(softmax_gradient) -> None:
    S = 40
    p, g = torch.full((S,), 1 / S, dtype=torch.float64), torch.arange(S, dtype=torch.float64)
    expect_no_call(
        softmax_gradient,
        [p.clone(), g.clone()],
        ("run_backward", "make_dual", "softmax_backward_data"),
        "the sum itself, without autograd",
    )
    expect(
        largest_tensor(softmax_gradient, p, g) < S * S,
        f"the numbers are right, but for rows of {S} weights a matrix of {S} × {S} is built: which "
        "part of the sum is the same for every j, so that it need be taken only once?",
    )


def _check_many_rows(softmax_gradient) -> None:
    draw = fresh()
    scores = torch.randn(2, 3, 5, generator=draw, dtype=torch.float64, requires_grad=True)
    g = torch.randn(2, 3, 5, generator=draw, dtype=torch.float64)
    p = torch.softmax(scores, -1)
    (right,) = torch.autograd.grad(p, scores, g)
    ours = tensor(softmax_gradient(p.detach(), g.clone()), g.shape, "gradient")
    expect(
        close(ours.sum(-1), 0.0),
        "right for one row, but with shape (2, 3, 5) the rows of the gradient do not add to 0: "
        "which dimension does your sum run over, and does it keep its place?",
    )
    expect(
        close(ours, right),
        "right for one row of the lesson, wrong for random rows of shape (2, 3, 5): "
        f"{how_much(ours, right)}. Try g with a number other than 0 and 1",
    )


@check("the future is hidden, also when the queries are fewer than the keys.")
def check_causal_attention(causal_attention) -> None:
    """Check causal attention whose T queries are the last of S positions.

    Args:
        causal_attention: q (..., T, D), k (..., S, D), v (..., S, E) -> output, weights.
    """
    q, k, v = _draw(3, 3, 4, 2)
    output, weights = _pair(causal_attention(q.clone(), k.clone(), v.clone()), q, k, v)
    _check_mask(weights)
    _check_scale(weights, q, k, v.shape[-1])
    expect(close(output, weights @ v), "the weights are right; the output is not weights times v")
    k2, v2 = k.clone(), v.clone()
    k2[2], v2[2] = 1e4, 1e6
    changed, _ = _pair(causal_attention(q, k2, v2), q, k2, v2)
    expect(close(changed[:2], output[:2]), "changing token 3 changes what tokens 1 and 2 get")
    for T, S, lead in ((1, 3, ()), (2, 5, ()), (1, 1, ()), (3, 4, (2, 2))):
        _check_shape(causal_attention, T, S, lead)
    expect_no_call(causal_attention, [q, k, v], ["attention"], "the scores and the mask themselves")


def _check_mask(weights) -> None:
    expect(
        not weights.isnan()[0].any(),
        "the first token gets nan as its weights: does it see nothing at all, not even itself, or "
        "is a hidden score 0 times infinity?",
    )
    expect(
        weights.min() >= 0,
        "a weight is negative or minus infinity: these are scores, the softmax is missing",
    )
    future = weights.triu(1).max()
    expect(
        close(future, 0.0),
        f"a token gives weight {apart(future, 0.0)} to a token in its future: queries are rows, "
        "keys are columns, and a row may look left only",
    )
    expect(
        not close(weights.sum(0), 1.0) or close(weights.sum(-1), 1.0),
        "each column adds to 1, and each row should: over which dimension does your softmax run?",
    )
    expect(
        close(weights.sum(-1), 1.0),
        f"the rows add to {text(weights.sum(-1), 1.0)}, not 1: is something hidden after the "
        "softmax, when the sum is already taken?",
    )
    expect(weights.diagonal().min() > 1e-12, "a token gives no weight to itself: it may see itself")


def _check_scale(weights, q, k, E) -> None:
    D = q.shape[-1]
    for factor, said in (
        (1.0, "not divided"),
        (1 / D, "divided by D"),
        (math.sqrt(D), "raised"),
        (1 / math.sqrt(E), "divided by √E, and the values' width has no part in a score"),
    ):
        expect(
            not close(weights, _oracle(q, k, factor)),
            f"these are the weights of scores that are {said}: what does the formula divide by?",
        )
    right = _oracle(q, k, 1 / math.sqrt(D))
    expect(
        close(weights, right),
        f"the mask is right but the weights are not: {how_much(weights, right)}. Print scores, "
        "then weights, for one row",
    )


def _check_shape(causal_attention, T, S, lead) -> None:
    q, k, v = _draw(T, S, 4, 3, lead)
    output, weights = _pair(causal_attention(q, k, v), q, k, v)
    where = f"with {T} quer{'y' if T == 1 else 'ies'} and {S} key{'s' * (S > 1)}" + (
        f" in {lead} sequences" if lead else ""
    )
    flat = zip(q.view(-1, T, 4), k.view(-1, S, 4), strict=True)
    right = torch.stack([_oracle(a, b, 0.5) for a, b in flat]).view(weights.shape)
    expect(
        close(weights, right),
        f"{where} the weights are wrong: {how_much(weights, right)}; the last query is the last "
        "token and sees all keys, the one before it all but one",
    )
    expect(close(output, right @ v), f"{where} the output is not weights times v")


def _oracle(q, k, factor) -> torch.Tensor:
    """Causal weights by loops: q (T, D), k (S, D) -> (T, S)."""
    T, S = len(q), len(k)
    rows = []
    for t, query in enumerate(q.tolist()):
        seen = k.tolist()[: S - T + t + 1]
        dots = [sum(a * b for a, b in zip(query, key, strict=True)) * factor for key in seen]
        powers = [math.exp(x) for x in dots]
        rows.append([x / sum(powers) for x in powers] + [0.0] * (S - len(seen)))
    return torch.tensor(rows, dtype=torch.float64)


def _draw(T, S, D, E, lead=()):
    draw = fresh()
    sizes = ((T, D), (S, D), (S, E))
    return [torch.randn(*lead, *n, generator=draw, dtype=torch.float64) for n in sizes]


def _pair(answer, q, k, v):
    output, weights = pair(answer, "the output and the weights")
    output = tensor(output, (*q.shape[:-1], v.shape[-1]), "output")
    return output, tensor(weights, (*q.shape[:-1], k.shape[-2]), "weights")
