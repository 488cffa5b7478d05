"""Checks of the lesson "The fine-tuning loss": the mask and the masked loss.

The oracles are lists made by hand and loops over `math.log`; never the answer itself.
"""

import math
from functools import partial

import torch

from course_utils.lessons.checks._answers import (
    bools,
    fresh,
    name_mistake,
    nats_of,
    near,
    number,
)
from course_utils.lessons.checks._report import Wrong, check, expect
from course_utils.lessons.checks._watch import expect_no_call


@check("answers are scored, their ends too; prompts and padding are not.")
def check_answer_mask(answer_mask) -> None:
    """Check a mask that is True at the tokens of the answers.

    Args:
        answer_mask: prompt lengths, shape (B,), lengths, shape (B,), and T
            -> bool, shape (B, T).
    """
    _compare_mask(answer_mask, [4, 3], [6, 5], 6)
    _compare_mask(answer_mask, [2, 1, 3], [3, 7, 7], 7)  # one-token answer, one-token prompt
    _compare_mask(answer_mask, [1], [2], 2)
    draw = fresh()
    prompts = torch.randint(1, 9, (5,), generator=draw)
    lengths = prompts + torch.randint(1, 9, (5,), generator=draw)
    _compare_mask(answer_mask, prompts.tolist(), lengths.tolist(), 18)


def _compare_mask(answer_mask, prompts, lengths, T) -> None:
    mask = answer_mask(torch.tensor(prompts), torch.tensor(lengths), T)
    mask = bools(mask)
    shape = (len(prompts), T)
    expect(tuple(mask.shape) == shape, f"expected shape {shape}, got {tuple(mask.shape)}")
    for row, (prompt, length) in enumerate(zip(prompts, lengths, strict=True)):
        _compare_row(mask[row].tolist(), row, prompt, length)


def _compare_row(got, row, prompt, length) -> None:
    where = f"row {row} (prompt of {prompt} tokens, {length} in all)"
    expect(any(got), f"{where}: nothing is scored")
    start, end = got.index(True), len(got) - got[::-1].index(True)
    expect(
        start != prompt - 1,
        f"{where}: the mask starts one too early, at the last token of the prompt; "
        "the mask stands at targets, and the loss shifts by itself",
    )
    expect(start >= prompt, f"{where}: {prompt - start} tokens of the prompt are scored")
    expect(start == prompt, f"{where}: the answer's first token is not scored")
    expect(end <= length, f"{where}: {end - length} tokens of padding are scored")
    expect(end == length, f"{where}: the answer's last token, its <eos>, is not scored")
    expect(all(got[start:end]), f"{where}: there is a hole in the answer")


@check("the mean over scored targets, and large logits do it no harm.")
def check_masked_loss(loss) -> None:
    """Check a masked cross-entropy.

    Args:
        loss: logits, shape (B, T, V), ids, shape (B, T), and mask, shape (B, T)
            -> scalar, nats per scored target.
    """
    logits, ids, mask = _batch(2, 6, 5)
    _compare_loss(loss, logits, ids, mask)
    lonely = torch.zeros_like(mask)
    lonely[1, 4] = True
    _compare_loss(loss, logits, ids, lonely)
    first = mask.clone()
    first[:, 0] = True
    expect(
        near(number(loss(logits, ids, first)), _loss_by_loop(logits, ids, mask)),
        "a mask that is True in its first column changes your loss: nothing predicts the first "
        "token, so it can never count",
    )
    _compare_large(loss)
    expect_no_call(
        loss,
        [logits, ids, mask],
        ("cross_entropy", "cross_entropy_loss", "masked_loss", "next_token_loss"),
        "the logarithms and their mean themselves",
    )


def _compare_loss(loss, logits, ids, mask) -> None:
    got, right = number(loss(logits, ids, mask)), _loss_by_loop(logits, ids, mask)
    if near(got, right):  # before the mistakes: by chance one of them may give the right number
        return
    name_mistake(_typical_losses(logits, ids, mask, right), partial(near, got))
    raise Wrong(
        f"{got:.4f} nats is wrong for random logits, and by no mistake that this check knows: "
        "compute one target by hand and compare"
    )


def _typical_losses(logits, ids, mask, right) -> dict:
    """What common mistakes give, by the sentence that names them."""
    n = mask[:, 1:].sum().item()
    late = torch.zeros_like(mask)
    late[:, 1:] = mask[:, :-1]
    return {
        "the value is right but for its sign: a loss is made small": -right,
        f"this is the sum over {n} targets: a batch with more answers would weigh more": right * n,
        "this is in bits: which logarithm gives nats?": right / math.log(2),
        "the sum is right but it is divided by all targets: which of them count?": (
            right * n / (mask.numel() - len(mask))
        ),
        "the mask changes nothing: all targets are scored": (
            _loss_by_loop(logits, ids, torch.ones_like(mask))
        ),
        "the mask is off by one: its column t belongs to the target ids[:, t], which "
        "logits[:, t - 1] predict": _loss_by_loop(logits, ids, late),
        "each token is scored by the logits that have seen it: shift by one": (
            _unshifted(logits, ids, mask)
        ),
        "this is minus the mean logit of the targets: logits are not logarithms of probabilities": (
            -_mean_of_targets(logits, ids, mask)
        ),
        "this is minus the mean probability of the targets: where is the logarithm?": (
            -_mean_of_targets(logits.softmax(-1), ids, mask)
        ),
        "you average each row first, so that a token of a short answer weighs more than one of "
        "a long answer: average over all scored targets at once": _row_means(logits, ids, mask),
    }


def _compare_large(loss) -> None:
    ids = torch.tensor([[0, 1, 2]])
    mask = torch.tensor([[False, True, True]])
    logits = torch.zeros(1, 3, 4)
    logits[0, 0, 1] = logits[0, 1, 0] = 1e4  # the first target is sure, the second impossible
    got = number(loss(logits, ids, mask))
    expect(
        math.isfinite(got),
        f"logits of 10,000 give {got}: subtract something before the exponential, or let "
        "torch.log_softmax do it",
    )
    expect(
        math.isclose(got, 5e3, rel_tol=1e-4),
        f"one target costs 0 nats and one 10,000, and you get {got:.1f}: nothing may be cut off",
    )


def _batch(B, T, V):
    """Draw logits and ids, and a mask with answers of unlike lengths that never starts at 0."""
    draw = fresh()
    logits = torch.randn(B, T, V, generator=draw, dtype=torch.float64)
    ids = torch.randint(V, (B, T), generator=draw)
    mask = torch.zeros(B, T, dtype=torch.bool)
    mask[0, 2:6] = mask[1, 3:4] = True
    return logits, ids, mask


def _targets(ids, mask):
    return [(b, t) for b, t in mask.nonzero().tolist() if t > 0 and t < ids.shape[1]]


def _loss_by_loop(logits, ids, mask) -> float:
    places = _targets(ids, mask)
    return sum(nats_of(logits[b, t - 1].tolist(), ids[b, t]) for b, t in places) / len(places)


def _unshifted(logits, ids, mask) -> float:
    places = _targets(ids, mask)
    return sum(nats_of(logits[b, t].tolist(), ids[b, t]) for b, t in places) / len(places)


def _mean_of_targets(values, ids, mask) -> float:
    places = _targets(ids, mask)
    return sum(values[b, t - 1, ids[b, t]].item() for b, t in places) / len(places)


def _row_means(logits, ids, mask) -> float:
    rows = [r for r in range(len(ids)) if mask[r, 1:].any()]
    if len(rows) < 2:
        return math.inf
    means = [_loss_by_loop(logits[r : r + 1], ids[r : r + 1], mask[r : r + 1]) for r in rows]
    return sum(means) / len(means)
