"""Scores of tokens for a page: what is refused, and how they become numbers that JSON knows."""

import numpy as np
import torch

from course_utils import arguments
from course_utils.runtime import CourseError

NEVER = -1e4  # nats, for what is impossible


def told(score: float) -> float:
    """Return a score with four decimals, never infinite, which JSON could not hold.

    >>> told(-1.23456), told(float("-inf"))
    (-1.2346, -10000.0)
    """
    return round(max(score, NEVER), 4)


def exact(score: float) -> float:
    """Return a score of 32 bits with as many digits as it takes to read the same bits again.

    >>> exact(torch.tensor(0.1).item())
    0.1
    """
    return float(str(np.float32(max(score, NEVER))))


def check_lists(**given) -> None:
    """Raise a CourseError unless each value has a length."""
    for name, values in given.items():
        if not hasattr(values, "__len__"):
            got = arguments.shortened(values)
            raise CourseError(f"{name} must be a list, got {got}: give one entry a text or a token")


def check_pairs(ids, logits) -> None:
    """Raise a CourseError unless there are as many texts in ids as in logits, one or more."""
    if len(ids) != len(logits) or not len(ids):
        raise CourseError(f"expected logits for each of {len(ids)} texts, got {len(logits)}: pair")


def check_ids(row, names) -> None:
    """Raise a CourseError unless a row is ids of these names."""
    if min(row) < 0 or max(row) >= len(names):
        raise CourseError(f"expected ids from 0 to {len(names) - 1}: use these names' ids")


def check_scores(scores: torch.Tensor) -> None:
    """Raise a CourseError unless from each row (…, V) of scores a token can be chosen."""
    if scores.isnan().any() or not scores.amax(-1).isfinite().all():
        raise CourseError("expected finite logits, got nan or infinite ones: load the model again")
