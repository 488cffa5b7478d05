"""Reshape a next-token distribution, and draw from it.

Each filter takes logits (B, V) and returns logits (B, V); -inf means "never". Each equals the
logits processor of the same idea in Hugging Face transformers (`tests/package/test_generation.py`).

Sources: Fan et al. 2018 (top-k, arXiv:1805.04833); Holtzman et al. 2020 (top-p,
arXiv:1904.09751); Keskar et al. 2019, section 4.1 (repetition penalty, arXiv:1909.05858).
"""

import math

import torch

from course_utils import arguments
from course_utils.runtime import CourseError

NEVER = float("-inf")
COLDEST = 1e-30  # below, logits would overflow; what is drawn is the likeliest long before
LEAST_PENALTY = 1e-6  # below, logits would overflow


def apply_temperature(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """Divide by the temperature: below 1 sharpens the distribution, above 1 flattens it.

    Args:
        logits: shape (B, V).
        temperature: above 0.

    Raises:
        CourseError: if it is not.

    >>> apply_temperature(torch.tensor([[1.0, 3.0]]), 0.5).tolist()
    [[2.0, 6.0]]
    """
    _check_logits(logits)
    arguments.number("temperature", temperature, "above 0", lambda t: t > 0)
    return _heated(logits, temperature)


def keep_top_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Keep the k likeliest tokens (ties with the k-th too).

    Args:
        logits: shape (B, V).
        k: at least 1; a k above V keeps all.

    Raises:
        CourseError: if it is not.

    >>> keep_top_k(torch.tensor([[1.0, 3.0, 2.0]]), 2).tolist()
    [[-inf, 3.0, 2.0]]
    """
    _check_logits(logits, 2)
    return _top_k(logits, arguments.whole("k", k, 1))


def keep_top_p(logits: torch.Tensor, p: float) -> torch.Tensor:
    """Keep the smallest set of likeliest tokens whose probabilities add to at least p.

    Args:
        logits: shape (B, V).
        p: above 0, at most 1.

    Raises:
        CourseError: if it is not.

    >>> keep_top_p(torch.tensor([[0.5, 0.3, 0.2]]).log(), 0.7).exp().tolist()[0][2]
    0.0
    """
    _check_logits(logits, 2)
    return _top_p(logits, arguments.number("p", p, "above 0 and at most 1", _is_share))


def apply_repetition_penalty(
    logits: torch.Tensor, ids: torch.Tensor, penalty: float
) -> torch.Tensor:
    """Make every token that has occurred less likely: divide its logit if positive, else multiply.

    Args:
        logits: shape (B, V).
        ids: int64, shape (B, T), the prompt and what was generated so far.
        penalty: a millionth or more; 1 changes nothing.

    Raises:
        CourseError: if a number does not fit.

    >>> apply_repetition_penalty(torch.tensor([[2.0, -2.0, 1.0]]), torch.tensor([[0, 1]]), 2.0)
    tensor([[ 1., -4.,  1.]])
    """
    _check_logits(logits, 2)
    _check_ids(ids, logits)
    arguments.number("penalty", penalty, f"{LEAST_PENALTY:g} or more", _is_penalty)
    return _penalised(logits, ids.long(), penalty)


def next_probabilities(
    logits, ids=None, temperature=1.0, top_k=None, top_p=None, repetition_penalty=1.0
):
    """Apply all filters, in Hugging Face's order, and return probabilities.

    Args:
        logits: shape (B, V).
        ids: int64, shape (B, T), what came before; needed by the repetition penalty only.
        temperature: above 0. Default 1.0.
        top_k, top_p: see `keep_top_k` and `keep_top_p`. Default None: keep all.
        repetition_penalty: see `apply_repetition_penalty`. Default 1.0.

    Returns:
        shape (B, V), each row adds to 1.

    Raises:
        CourseError: if a setting is out of range, or the logits allow no token.
    """
    _check_logits(logits, 2)
    check_settings(temperature, top_k, top_p, repetition_penalty)
    if temperature == 0:
        raise CourseError("temperature 0 has no distribution, got 0: take the largest logit")
    if repetition_penalty != 1:
        if ids is None:
            raise CourseError("the repetition penalty needs ids, got None: pass what came before")
        _check_ids(ids, logits)
        logits = _penalised(logits, ids.long(), repetition_penalty)
    probabilities = torch.softmax(_filtered(logits, temperature, top_k, top_p), dim=-1)
    if not probabilities.isfinite().all():
        raise nothing_to_choose(logits)
    return probabilities


def pick(logits, ids, temperature, top_k, top_p, repetition_penalty, generator):
    """Choose one next token a row: the likeliest at temperature 0, else by drawing.

    Args: as in `next_probabilities`, their ranges checked before.

    Returns:
        int64, shape (B,).

    Raises:
        CourseError: the logits are nan or infinite, or every token of a row is impossible.
    """
    if repetition_penalty != 1:
        logits = _penalised(logits, ids, repetition_penalty)
    if temperature == 0:
        best, chosen = logits.max(dim=-1)  # nan is larger than all
        if not math.isfinite(best.sum().item()):
            raise nothing_to_choose(logits)
        return chosen
    probabilities = torch.softmax(_filtered(logits, temperature, top_k, top_p), dim=-1)
    if not probabilities.is_cpu and not probabilities.isfinite().all():
        raise nothing_to_choose(logits)  # a GPU would report it later, and be of no use then
    try:
        return torch.multinomial(probabilities, 1, generator=generator)[:, 0]
    except RuntimeError:  # on a CPU this looks for nan anyway
        if probabilities.isfinite().all():
            raise
        raise nothing_to_choose(logits) from None


def nothing_to_choose(logits: torch.Tensor) -> CourseError:
    """Return the error for logits (B, V) from which no token can be chosen."""
    if logits.isnan().any() or logits.isposinf().any():
        what = "nan" if logits.isnan().any() else "infinite"
        return CourseError(
            f"expected finite logits, the model gave {what} ones: its weights are damaged, or its "
            "training diverged: load it again, or train it with a smaller lr"
        )
    return CourseError(
        "every token of a row has the logit -inf, so none can follow: leave one that may"
    )


def check_settings(temperature, top_k, top_p, repetition_penalty) -> None:
    """Raise a CourseError that names the first setting out of range."""
    arguments.number("temperature", temperature, "0 (greedy) or above", lambda t: t >= 0)
    if top_k is not None:
        arguments.whole("top_k", top_k, 1, also=", or None")
    if top_p is not None:
        arguments.number("top_p", top_p, "above 0 and at most 1, or None", _is_share)
    least = f"{LEAST_PENALTY:g} or more"
    arguments.number("repetition_penalty", repetition_penalty, least, _is_penalty)


def _is_share(p):
    return 0 < p <= 1


def _is_penalty(penalty):
    return LEAST_PENALTY <= penalty < math.inf


def _check_logits(logits, dims=None):
    arguments.tensor("logits", logits, "(B, V)", dims)
    if not logits.is_floating_point():
        raise CourseError(f"expected floating logits, got {logits.dtype}: call .float() on them")


def _check_ids(ids, logits):
    arguments.tensor("ids", ids, "(B, T)", 2)
    if ids.is_floating_point() or ids.dtype == torch.bool or len(ids) != len(logits):
        raise CourseError(
            f"expected ids as int64 of shape ({len(logits)}, T), a row for each row of logits, got "
            f"{arguments.shortened(ids)}: pass what came before"
        )
    if ids.numel() and (ids.min() < 0 or ids.max() >= logits.shape[1]):
        raise CourseError(
            f"expected ids from 0 to {logits.shape[1] - 1}, got {ids.min()} to {ids.max()}: "
            "use the ids that the logits are for"
        )


def _filtered(logits, temperature, top_k, top_p):
    if temperature != 1:
        logits = _heated(logits, temperature)
    if top_k is not None:
        logits = _top_k(logits, top_k)
    return logits if top_p in (None, 1) else _top_p(logits, top_p)


def _heated(logits, temperature):
    if temperature < COLDEST:
        return (logits - logits.amax(-1, keepdim=True)) / COLDEST
    return logits / temperature


def _top_k(logits, k):
    kth = torch.topk(logits, min(k, logits.shape[-1])).values[:, -1:]  # (B, 1)
    return logits.masked_fill(logits < kth, NEVER)


def _top_p(logits, p):
    ascending, order = torch.sort(logits, dim=-1)
    drop = torch.softmax(ascending, dim=-1).cumsum(dim=-1) <= 1 - p
    drop[:, -1] = False  # the likeliest always stays
    return logits.masked_fill(drop.scatter(1, order, drop), NEVER)


def _penalised(logits, ids, penalty):
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))
