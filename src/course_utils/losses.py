"""Losses of language models, in nats.

`next_token_loss` trains on text; `masked_loss` scores only the tokens that a mask picks, which
is what fine-tuning on answers needs. Both shift by one inside, so that nobody has to.
Left out: label smoothing, auxiliary losses.

Sources: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training",
equations 1 and 3; Shannon 1948 for the entropy that no loss can beat.
"""

import math

import torch
import torch.nn.functional as F

from course_utils.runtime import CourseError


def next_token_loss(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of every next token: position t is scored on ids[:, t + 1].

    Args:
        logits: shape (B, T, V).
        ids: int64, shape (B, T), the tokens that went in.

    Returns:
        Scalar, nats per token, over the T - 1 targets of each row.

    Raises:
        CourseError: if the shapes do not fit or there is no target.

    >>> round(next_token_loss(torch.zeros(1, 3, 4), torch.tensor([[0, 1, 2]])).item(), 4)
    1.3863
    """
    _check(logits, ids)
    return F.cross_entropy(logits[:, :-1].flatten(0, 1).float(), ids[:, 1:].flatten())


def masked_loss(logits: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of the tokens picked by a mask; the others are read but not scored.

    Args:
        logits: shape (B, T, V).
        ids: int64, shape (B, T).
        mask: bool, shape (B, T), True at each *target* token that counts. The first column
            never counts, since nothing predicts it.

    Returns:
        Scalar, nats per scored token.

    Raises:
        CourseError: if the shapes do not fit, the mask is not bool or picks nothing.

    >>> ids = torch.tensor([[0, 1, 2]])
    >>> mask = torch.tensor([[False, False, True]])
    >>> round(masked_loss(torch.zeros(1, 3, 4), ids, mask).item(), 4)
    1.3863
    """
    _check(logits, ids)
    if mask.shape != ids.shape:
        raise CourseError(
            f"expected a mask of shape {tuple(ids.shape)}, got {tuple(mask.shape)}: "
            "give one True or False a token"
        )
    if mask.dtype != torch.bool:
        raise CourseError(f"expected a bool mask, got {mask.dtype}: give one True or False a token")
    picked = mask[:, 1:]
    if not picked.any():
        raise CourseError("the mask picks no target: set it True at the tokens to be scored")
    return F.cross_entropy(logits[:, :-1][picked].float(), ids[:, 1:][picked])


def perplexity(nats: float) -> float:
    """Turn a loss into the number of equally likely choices that would be as hard.

    Args:
        nats: mean loss, nats per token.

    >>> round(perplexity(math.log(8)), 6)
    8.0
    """
    return math.exp(nats)


def bits_per_byte(nats_per_token: float, n_tokens: int, n_bytes: int) -> float:
    """Turn a loss per token into bits per byte of text, which tokenizers cannot flatter.

    Args:
        nats_per_token: mean loss.
        n_tokens: number of tokens that were scored.
        n_bytes: length of the same text in UTF-8 bytes.

    >>> bits_per_byte(math.log(2), n_tokens=10, n_bytes=40)
    0.25
    """
    if n_bytes < 1:
        raise CourseError(f"n_bytes must be positive, got {n_bytes}: score some text")
    return nats_per_token * n_tokens / math.log(2) / n_bytes


def _check(logits, ids):
    if logits.dim() != 3 or ids.dim() != 2 or logits.shape[:2] != ids.shape:
        raise CourseError(
            "expected logits of shape (B, T, V) and ids of shape (B, T), got "
            f"{tuple(logits.shape)} and {tuple(ids.shape)}: give both for the same tokens"
        )
    if ids.shape[1] < 2:
        raise CourseError(f"expected at least 2 tokens a row, got {ids.shape[1]}: give more")
