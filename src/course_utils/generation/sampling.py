"""Reshape a next-token distribution, and draw from it.

Each filter takes logits (B, V) and returns logits (B, V); -inf means "never". Each equals the
logits processor of the same idea in Hugging Face transformers (`tests/package/test_generation.py`).

Sources: Fan et al. 2018 (top-k, arXiv:1805.04833); Holtzman et al. 2020 (top-p,
arXiv:1904.09751); Keskar et al. 2019, section 4.1 (repetition penalty, arXiv:1909.05858).
"""

import torch

from course_utils.runtime import CourseError

NEVER = float("-inf")


def apply_temperature(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """Divide by the temperature: below 1 sharpens the distribution, above 1 flattens it.

    Args:
        logits: shape (B, V).
        temperature: above 0.

    >>> apply_temperature(torch.tensor([[1.0, 3.0]]), 0.5).tolist()
    [[2.0, 6.0]]
    """
    return logits / temperature


def keep_top_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Keep the k likeliest tokens (ties with the k-th too).

    Args:
        logits: shape (B, V).
        k: at least 1; a k above V keeps all.

    >>> keep_top_k(torch.tensor([[1.0, 3.0, 2.0]]), 2).tolist()
    [[-inf, 3.0, 2.0]]
    """
    kth = torch.topk(logits, min(k, logits.shape[-1])).values[:, -1:]  # (B, 1)
    return logits.masked_fill(logits < kth, NEVER)


def keep_top_p(logits: torch.Tensor, p: float) -> torch.Tensor:
    """Keep the smallest set of likeliest tokens whose probabilities add to at least p.

    Args:
        logits: shape (B, V).
        p: above 0, at most 1.

    >>> keep_top_p(torch.tensor([[0.5, 0.3, 0.2]]).log(), 0.7).exp().tolist()[0][2]
    0.0
    """
    ascending, order = torch.sort(logits, dim=-1)
    drop = torch.softmax(ascending, dim=-1).cumsum(dim=-1) <= 1 - p
    drop[:, -1] = False  # the likeliest always stays
    return logits.masked_fill(drop.scatter(1, order, drop), NEVER)


def apply_repetition_penalty(
    logits: torch.Tensor, ids: torch.Tensor, penalty: float
) -> torch.Tensor:
    """Make every token that has occurred less likely: divide its logit if positive, else multiply.

    Args:
        logits: shape (B, V).
        ids: int64, shape (B, T), the prompt and what was generated so far.
        penalty: above 0; 1 changes nothing.

    >>> apply_repetition_penalty(torch.tensor([[2.0, -2.0, 1.0]]), torch.tensor([[0, 1]]), 2.0)
    tensor([[ 1., -4.,  1.]])
    """
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


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
        CourseError: if a setting is out of range.
    """
    check_settings(temperature, top_k, top_p, repetition_penalty)
    if temperature == 0:
        raise CourseError("temperature 0 has no distribution, got 0: take the largest logit")
    if ids is None and repetition_penalty != 1:
        raise CourseError("the repetition penalty needs ids, got None: pass what came before")
    logits = _penalised(logits, ids, repetition_penalty)
    return torch.softmax(_filtered(logits, temperature, top_k, top_p), dim=-1)


def pick(logits, ids, temperature, top_k, top_p, repetition_penalty, generator):
    """Choose one next token a row: the likeliest at temperature 0, else by drawing.

    Args: as in `next_probabilities`, their ranges checked before.

    Returns:
        int64, shape (B,).
    """
    logits = _penalised(logits, ids, repetition_penalty)
    if temperature == 0:
        return logits.argmax(dim=-1)
    probabilities = torch.softmax(_filtered(logits, temperature, top_k, top_p), dim=-1)
    return torch.multinomial(probabilities, 1, generator=generator)[:, 0]


def check_settings(temperature, top_k, top_p, repetition_penalty) -> None:
    """Raise a CourseError that names the first setting out of range."""
    _expect(temperature >= 0, "temperature", "0 (greedy) or above", temperature)
    _expect(top_k is None or top_k >= 1, "top_k", "at least 1, or None", top_k)
    _expect(top_p is None or 0 < top_p <= 1, "top_p", "above 0 and at most 1, or None", top_p)
    _expect(repetition_penalty > 0, "repetition_penalty", "above 0", repetition_penalty)


def _filtered(logits, temperature, top_k, top_p):
    if temperature != 1:
        logits = apply_temperature(logits, temperature)
    if top_k is not None:
        logits = keep_top_k(logits, top_k)
    return logits if top_p in (None, 1) else keep_top_p(logits, top_p)


def _penalised(logits, ids, penalty):
    return logits if penalty == 1 else apply_repetition_penalty(logits, ids, penalty)


def _expect(holds, name, wanted, got):
    if not holds:
        raise CourseError(f"{name} must be {wanted}, got {got}: change it")
