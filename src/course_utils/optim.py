"""Muon: an optimizer for the weight matrices inside the blocks, in fp32 throughout.

Adam scales each number of a gradient by itself. Muon treats the gradient as the matrix that it is
and makes all of its directions equally strong, so that rare directions are learnt as fast as
common ones. `torch.optim.Muon` does the same in bf16, which is slow on CPUs without it.
Left out: distributed versions, complex numbers. Embeddings, biases and layer norms need AdamW.

Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks",
https://kellerjordan.github.io/posts/muon/
"""

from collections import defaultdict

import torch

from course_utils.runtime import CourseError

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic; Jordan et al. 2024, "Newton-Schulz"


def orthogonalize(matrices: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """Bring all singular values of each matrix near 1 and leave the singular vectors alone.

    Newton–Schulz: the odd polynomial ax + bx³ + cx⁵ is applied to the singular values, by matrix
    products alone. Five steps bring them to between about 0.7 and 1.2, which is near enough.

    Args:
        matrices: fp32, shape (..., R, S).
        steps: how often the polynomial is applied. Default 5.

    Returns:
        shape (..., R, S).

    Source: Jordan et al. 2024, `zeropower_via_newtonschulz5`.

    >>> singular = torch.linalg.svdvals(orthogonalize(torch.diag(torch.tensor([1.0, 0.1]))))
    >>> bool((singular > 0.6).all() and (singular < 1.3).all())
    True
    """
    a, b, c = COEFFICIENTS
    shape = matrices.shape
    tall = shape[-2] > shape[-1]
    x = matrices.reshape(-1, *shape[-2:])  # (N, R, S)
    x = x.mT if tall else x  # now R ≤ S: of the two Gram matrices the smaller one
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(steps):
        gram = x @ x.mT  # (N, R, R)
        polynomial = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)  # b·XXᵀ + c·(XXᵀ)²
        x = torch.baddbmm(x, polynomial, x, beta=a)  # a·X + (…)·X
    return (x.mT if tall else x).reshape(shape)


class Muon(torch.optim.Optimizer):
    """Momentum whose every update is made orthogonal before it is taken.

    Args:
        params: weight matrices (2-D), or groups of them. A group may set "split": into how many
            matrices the rows of each weight fall (3 for a joint query-key-value weight), each
            made orthogonal by itself.
        lr: step size. Default 0.02. A matrix with more rows R than columns S moves by
            lr × √(R/S).
        momentum: share of the past in the running mean of gradients (Nesterov). Default 0.95.
        weight_decay: share of the weights, times lr, taken off each step. Default 0.0.
        split: see params. Default 1.

    Raises:
        CourseError: if a parameter is not a matrix, or its rows do not split evenly.

    Source: Jordan et al. 2024, algorithm 2.
    """

    def __init__(self, params, lr=0.02, momentum=0.95, weight_decay=0.0, split=1):
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "split": split}
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                _check(p, group["split"])

    @torch.no_grad()
    def step(self, closure=None):
        """Take one step; matrices of equal shape are made orthogonal together.

        Args:
            closure: a function that computes the loss anew, or None, as in PyTorch.

        Returns:
            What the closure returned, or None.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for pieces in self._pieces().values():
            updates = orthogonalize(torch.stack([update for _, _, update in pieces]))
            for (weight, group, _), update in zip(pieces, updates, strict=True):
                rows, columns = weight.shape
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(update, alpha=-group["lr"] * max(1, rows / columns) ** 0.5)
        return loss

    def _pieces(self):
        """Collect (weight, group, update) for every matrix with a gradient, by shape."""
        pieces = defaultdict(list)
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                update = self._nesterov(p, group["momentum"])
                parts = zip(p.chunk(group["split"]), update.chunk(group["split"]), strict=True)
                for weight, part in parts:
                    pieces[weight.shape].append((weight, group, part))
        return pieces

    def _nesterov(self, p, momentum):
        state = self.state[p]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(p)
        state["momentum"].lerp_(p.grad, 1 - momentum)
        return p.grad.lerp(state["momentum"], momentum)


def _check(p, split):
    if p.ndim != 2 or p.shape[0] % split:
        raise CourseError(
            f"Muon needs weight matrices whose rows split into {split}, got shape "
            f"{tuple(p.shape)}: give the other parameters to AdamW"
        )
