"""Losses of language models, in nats.

`next_token_loss` trains on text; `masked_loss` scores only the tokens that a mask picks, which
is what fine-tuning on answers needs; `log_probabilities` sums over a whole answer, and `dpo_loss`
compares two of them. All that take logits shift by one inside, so that nobody has to. They are
summed in float32, or in float64 where the logits are. A target of -100 does not count, as in
PyTorch and transformers; so `labels` made for these libraries can be passed as `ids` here.
Left out: label smoothing, auxiliary losses.

Sources: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training",
equations 1 and 3; Shannon 1948 for the entropy that no loss can beat.
"""

import math

import torch
import torch.nn.functional as F

from course_utils import arguments
from course_utils.runtime import CourseError

IGNORED = -100  # a target that does not count, as in torch.nn.functional.cross_entropy


def next_token_loss(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of every next token: position t is scored on ids[:, t + 1].

    Args:
        logits: shape (B, T, V).
        ids: int64 (or another integer type), shape (B, T), the tokens that went in; -100 where
            a token does not count as a target.

    Returns:
        Scalar, nats per token, over the T - 1 targets of each row, those of -100 left out.

    Raises:
        CourseError: if the shapes or the ids do not fit, or there is no target.

    >>> round(next_token_loss(torch.zeros(1, 3, 4), torch.tensor([[0, 1, 2]])).item(), 4)
    1.3863
    """
    _check(logits, ids)
    return _cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


def masked_loss(logits: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of the tokens picked by a mask; the others are read but not scored.

    Args:
        logits: shape (B, T, V).
        ids: int64 (or another integer type), shape (B, T).
        mask: bool, shape (B, T), True at each *target* token that counts. The first column
            never counts, since nothing predicts it, nor does an id of -100.

    Returns:
        Scalar, nats per scored token.

    Raises:
        CourseError: if the shapes or the ids do not fit, the mask is not bool or picks nothing.

    >>> ids = torch.tensor([[0, 1, 2]])
    >>> mask = torch.tensor([[False, False, True]])
    >>> round(masked_loss(torch.zeros(1, 3, 4), ids, mask).item(), 4)
    1.3863
    """
    _check(logits, ids)
    _check_mask(ids, mask)
    picked = mask[:, 1:]
    if not picked.any():
        raise CourseError("the mask picks no target: set it True at the tokens to be scored")
    return _cross_entropy(logits[:, :-1][picked], ids[:, 1:][picked])


def log_probabilities(logits: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Log-probability of what a mask picks in each row: the sum over its tokens.

    Args:
        logits: shape (B, T, V).
        ids: int64 (or another integer type), shape (B, T).
        mask: bool, shape (B, T), True at each *target* token that counts, as in `masked_loss`.

    Returns:
        shape (B,), nats, 0 or below.

    Raises:
        CourseError: if the shapes or the ids do not fit, or the mask is not bool.

    >>> mask = torch.tensor([[False, True, True]])
    >>> round(log_probabilities(torch.zeros(1, 3, 4), torch.tensor([[0, 1, 2]]), mask).item(), 4)
    -2.7726
    """
    _check(logits, ids)
    _check_mask(ids, mask)
    targets = ids[:, 1:].long()
    counts = mask[:, 1:] & (targets != IGNORED)
    logs = torch.log_softmax(_precise(logits[:, :-1]), -1)  # (B, T - 1, V)
    try:
        logs = logs.gather(-1, targets.where(targets != IGNORED, 0)[..., None])[..., 0]
    except RuntimeError as error:
        raise _out_of_range(targets, logits.shape[-1]) or error from None
    return logs.masked_fill(~counts, 0.0).sum(1)  # (B, T - 1) -> (B,)


def dpo_loss(policy_w, policy_l, ref_w, ref_l, beta: float) -> torch.Tensor:
    """Direct preference optimisation: raise what was preferred over what was not.

    Args:
        policy_w, policy_l: log-probabilities of the preferred and the rejected answers under the
            model that learns, shape (B,), nats.
        ref_w, ref_l: the same under the model it began as.
        beta: how strongly it is held to that model; larger holds more.

    Returns:
        Scalar, the mean over the batch; ln 2 at the beginning.

    Source: Rafailov et al. 2023 (arXiv:2305.18290), equation 7.

    >>> same = torch.tensor([-3.0])
    >>> round(dpo_loss(same, same, same, same, beta=0.1).item(), 4)
    0.6931
    """
    margin = (policy_w - ref_w) - (policy_l - ref_l)  # (B,)
    return -F.logsigmoid(beta * margin).mean()


def perplexity(nats: float) -> float:
    """Turn a loss into the number of equally likely choices that would be as hard.

    Args:
        nats: mean loss, nats per token.

    Returns:
        1 or more; infinity where it is too large for a float.

    >>> round(perplexity(math.log(8)), 6)
    8.0
    """
    arguments.number("nats", nats, "a mean loss", lambda nats: True)
    try:
        return math.exp(nats)
    except OverflowError:
        return math.inf


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


def _cross_entropy(logits, targets):
    """Return the mean over the targets that count: logits (N, V), targets (N,)."""
    try:
        loss = F.cross_entropy(_precise(logits), targets.long(), ignore_index=IGNORED)
    except IndexError as error:
        raise _out_of_range(targets, logits.shape[-1]) or error from None
    if loss.is_cpu and loss.isnan() and not (targets != IGNORED).any():  # a GPU would have to wait
        raise CourseError(f"every target is {IGNORED}, so none counts: leave some as they are")
    return loss


def _precise(logits):
    return logits if logits.dtype == torch.float64 else logits.float()


def _out_of_range(targets, vocab_size):
    """Return the error of targets beyond a vocabulary, or None where all are in it."""
    counted = targets[targets != IGNORED]
    if len(counted) == 0 or (counted.min() >= 0 and counted.max() < vocab_size):
        return None
    return CourseError(
        f"expected ids from 0 to {vocab_size - 1}, or {IGNORED} where a target does not count, "
        f"got {counted.min()} to {counted.max()}: use the ids of the model's own tokenizer"
    )


def _check(logits, ids):
    arguments.tensor("logits", logits, "(B, T, V)")
    arguments.tensor("ids", ids, "(B, T)")
    if logits.dim() != 3 or ids.dim() != 2 or logits.shape[:2] != ids.shape:
        raise CourseError(
            "expected logits of shape (B, T, V) and ids of shape (B, T), got "
            f"{tuple(logits.shape)} and {tuple(ids.shape)}: give both for the same tokens"
        )
    if ids.shape[1] < 2:
        raise CourseError(f"expected at least 2 tokens a row, got {ids.shape[1]}: give more")
    if ids.is_floating_point() or ids.dtype == torch.bool:
        raise CourseError(f"expected ids as int64, got {ids.dtype}: give the tokens that went in")


def _check_mask(ids, mask):
    arguments.tensor("mask", mask, "(B, T)")
    if mask.shape != ids.shape:
        raise CourseError(
            f"expected a mask of shape {tuple(ids.shape)}, got {tuple(mask.shape)}: "
            "give one True or False a token"
        )
    if mask.dtype != torch.bool:
        raise CourseError(f"expected a bool mask, got {mask.dtype}: give one True or False a token")
