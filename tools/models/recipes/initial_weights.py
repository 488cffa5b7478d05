"""A start from which small models learn early to find things."""

import math

import torch


@torch.no_grad()
def start_stronger(model) -> None:
    """Make a fresh GPT's words and matrices larger, and let its positions be waves.

    GPT-2's start (all weights 0.02) is made for wide models. At a width of about a hundred the
    attention is then nearly the same everywhere, and what must be looked up is found late.

    Args:
        model: a `GPT`, changed in place.

    Source: for the waves, Vaswani et al. 2017, section 3.5.
    """
    model.wte.weight.mul_(5)
    model.wpe.weight.copy_(waves(*model.wpe.weight.shape) * 0.1)
    strengthen(model.blocks)


@torch.no_grad()
def strengthen(blocks, factor: float = 4) -> None:
    """Multiply every matrix of some blocks."""
    for weight in blocks.parameters():
        if weight.ndim == 2:
            weight.mul_(factor)


def waves(places: int, width: int) -> torch.Tensor:
    """Return sines and cosines, shape (places, width), each pair slower than the one before."""
    speed = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000) / width))
    angles = torch.arange(places)[:, None] * speed
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, :width]
