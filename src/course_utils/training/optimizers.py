"""Which weights go to which optimizer, and how the learning rate rises and falls."""

import math

import torch

from course_utils.optim import Muon
from course_utils.runtime import CourseError
from course_utils.training.config import TrainConfig

INNER = ("blocks.", "projector.")


def make_optimizers(model: torch.nn.Module, config: TrainConfig) -> list:
    """Give every trainable weight to an optimizer.

    Muon takes the matrices inside blocks (names with "blocks.") and of a projector between two
    models, queries, keys and values apart; AdamW takes the rest. Matrices decay, vectors (biases,
    layer norms) do not. Frozen weights are left out.

    Args:
        model: any module.
        config: says which optimizer, and its settings.

    Returns:
        One or two optimizers.

    Raises:
        CourseError: if nothing is trainable.
    """
    inner, rest = [], []
    for name, p in model.named_parameters():
        if p.requires_grad:
            is_inner = p.ndim == 2 and any(part in name for part in INNER)
            (inner if is_inner and config.optimizer == "muon" else rest).append((name, p))
    if not inner and not rest:
        raise CourseError("no weight is trainable: set requires_grad on those to be trained")
    made = [_muon(inner, config)] if inner else []
    return [*made, _adamw(rest, config)] if rest else made


def lr_factor(step: int, config: TrainConfig) -> float:
    """Return the learning rate of a step as a share of its peak.

    The warm-up is counted from 1: of 20 steps the first has 1/20 of the peak and the last all of
    it, so that no update is spent on a learning rate of 0. Others count from 0 (Stanford's CS336
    among them), which is the same curve one step later.

    Args:
        step: 0 for the first update; beyond the last one the floor `min_lr` holds.
        config: warm-up, decay and floor.

    Raises:
        CourseError: if the step is negative.

    >>> config = TrainConfig(steps=12, warmup=2, decay="linear", min_lr=0.0)
    >>> [lr_factor(step, config) for step in (0, 1, 2, 7)]
    [0.5, 1.0, 1.0, 0.5]
    """
    if step < 0:
        raise CourseError(f"steps are counted from 0, got {step}: give 0 for the first update")
    if step < config.warmup:
        return (step + 1) / config.warmup
    progress = min(1.0, (step - config.warmup) / max(1, config.steps - config.warmup))
    share = 1 - progress
    if config.decay == "cosine":
        share = (1 + math.cos(math.pi * progress)) / 2
    return config.min_lr + (1 - config.min_lr) * share


def set_lr(optimizers: list, factor: float) -> None:
    """Set every learning rate to `factor` times its peak."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = factor * group["peak_lr"]


def _muon(named, config):
    joint = [p for name, p in named if name.endswith("attn.qkv.weight")]
    single = [p for name, p in named if not name.endswith("attn.qkv.weight")]
    groups = [{"params": joint, "split": 3}, {"params": single, "split": 1}]
    return _with_peak(
        Muon(
            [group for group in groups if group["params"]],
            config.peak_lr,
            config.momentum,
            config.weight_decay,
        )
    )


def _adamw(named, config):
    lr = config.peak_lr if config.optimizer == "adamw" else config.adamw_lr
    decayed = [p for _, p in named if p.ndim >= 2]
    others = [p for _, p in named if p.ndim < 2]
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    return _with_peak(torch.optim.AdamW(groups, lr=lr, betas=tuple(config.betas), fused=True))


def _with_peak(optimizer):
    for group in optimizer.param_groups:
        group["peak_lr"] = group["lr"]
    return optimizer
