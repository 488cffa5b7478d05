"""A linear layer that stays fast when it is given one token.

Generation feeds one token at a time, so each layer multiplies its matrix by a single row. On a
CPU `torch.nn.Linear` hands that row to a routine made for many. The same numbers as a batched
product of the matrix's two halves come about three times sooner; `benchmarks/speed.py` times it.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

FEW_ROWS = 8  # with more rows PyTorch's own routine is as fast
BIG = 2**17  # weights; below, the detour costs more than it saves


class Linear(nn.Linear):
    """`torch.nn.Linear`, computed by `linear`: the same weights, the same result."""

    def forward(self, x):  # (..., in) -> (..., out)
        return linear(x, self.weight, self.bias)


def linear(x, weight, bias=None):
    """Return x Wᵀ + b, as `torch.nn.functional.linear` does, sooner where x has few rows.

    Args:
        x: shape (..., in).
        weight: W, shape (out, in).
        bias: b, shape (out,). Default None: nothing is added.

    Returns:
        shape (..., out); it may differ from PyTorch's in the last digits, by the order of sums.

    >>> linear(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0], [5.0, 6.0]])).tolist()
    [[11.0, 17.0]]
    """
    few = x.numel() <= FEW_ROWS * x.shape[-1]
    if few and weight.is_cpu and weight.numel() >= BIG and len(weight) % 2 == 0:
        return _in_halves(x, weight, bias)
    return F.linear(x, weight, bias)


def _in_halves(x, weight, bias):
    halves = weight.unflatten(0, (2, -1))  # (2, out / 2, in)
    columns = x.reshape(-1, x.shape[-1]).t().expand(2, -1, -1)  # (2, in, rows)
    if bias is None:
        y = torch.bmm(halves, columns)  # (2, out / 2, rows)
    else:
        y = torch.baddbmm(bias.view(2, -1, 1), halves, columns)
    return y.flatten(0, 1).t().reshape(*x.shape[:-1], len(weight))
