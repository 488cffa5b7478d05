"""Checks of the lesson "The pretraining loss": cross-entropy, the shift.

The oracles are sums over `math.exp` in plain Python and closed forms; never the answer itself.
"""

import math

import torch

from course_utils.lessons.checks._answers import apart, fresh, nats_of, near, number
from course_utils.lessons.checks._report import check, expect
from course_utils.lessons.checks._watch import expect_no_call


@check("stable from -10,000 to 10,000; from here on F.cross_entropy may do it for you.")
def check_cross_entropy(cross_entropy) -> None:
    """Check a mean cross-entropy that must not overflow.

    Args:
        cross_entropy: logits (N, V) and int64 targets (N,) -> scalar, nats per target.
    """
    weights = torch.tensor([[1.0, 4, 2, 1], [1, 1, 2, 4], [2, 1, 1, 4]], dtype=torch.float64)
    loss = number(cross_entropy(weights.log(), torch.tensor([1, 2, 3])))
    _check_the_lesson_example(loss)
    shifted = number(cross_entropy(weights.log() + 3.0, torch.tensor([1, 2, 3])))
    expect(
        near(shifted, loss),
        "the logits of the lesson plus 3 give another loss: logits are not probabilities, and "
        "adding one number to a whole row must change nothing",
    )
    _check_large_logits(cross_entropy)
    _check_random_logits(cross_entropy)
    expect_no_call(
        cross_entropy,
        [weights.log(), torch.tensor([1, 2, 3])],
        READY_LOSSES,
        "powers, sums and logarithms themselves",
    )


READY_LOSSES = {
    *("softmax", "log_softmax", "softmin", "logsumexp", "logcumsumexp", "logaddexp"),
    *("cross_entropy", "cross_entropy_loss", "nll_loss", "nll_loss_nd", "multi_margin_loss"),
    *("kl_div", "gaussian_nll_loss", "next_token_loss", "masked_loss"),
}


def _check_the_lesson_example(loss) -> None:
    bits = math.log(2)
    expect(not near(loss, -4 / 3 * bits), "the size is right, the sign is wrong: follow the minus")
    expect(
        not near(loss, 4 * bits),
        "this is the sum over the three targets: the loss is a mean",
    )
    expect(not near(loss, 4 / 3), "this is in bits: which logarithm gives nats?")
    expect(
        not near(loss, bits / 3),
        "this is the mean divided by 4, the number of words: divide by the number of targets only",
    )
    expect(
        not near(loss, -5 / 3 * bits),
        "this is minus the mean logit of the targets: each row's sum of powers is missing",
    )
    expect(
        math.isfinite(loss),
        f"the lesson's three targets give {loss}: which number has no logarithm?",
    )
    expect(
        near(loss, 4 / 3 * bits),
        f"the lesson's three targets cost ln 2, 2 ln 2 and ln 2 nats, you get a mean of "
        f"{apart(loss, 4 / 3 * bits)}: compare the term of each row",
    )


def _check_large_logits(cross_entropy) -> None:
    for low, high, target, right in (
        (-1e4, 1e4, 1, 0.0),
        (-1e4, 1e4, 0, 2e4),
        (1e4 - 1, 1e4, 1, math.log1p(math.exp(-1))),
        (-1e4 - 1, -1e4, 1, math.log1p(math.exp(-1))),
    ):
        logits = torch.tensor([[low, high]])
        loss = number(cross_entropy(logits, torch.tensor([target])))
        where = f"for the logits {low:.0f} and {high:.0f} and target {target}"
        expect(
            math.isfinite(loss),
            f"{where} the loss is {loss}: which step takes a power of a large number, "
            "or the logarithm of 0?",
        )
        expect(
            abs(loss - right) <= 1e-3,
            f"{where} the loss is {apart(loss, right)}, but only the differences of logits count, "
            "and no difference may be cut off",
        )
    far = torch.tensor([[1e4, 0.0], [0.0, 0.0]])
    loss = number(cross_entropy(far, torch.tensor([0, 0])))
    expect(
        abs(loss - math.log(2) / 2) <= 1e-5,
        "a row with a logit of 10,000 spoils the loss of its neighbour: each row needs its own "
        "largest logit",
    )


def _check_random_logits(cross_entropy) -> None:
    draw = fresh()
    for N, V in ((5, 7), (1, 4), (3, 1)):
        logits = torch.randn(N, V, generator=draw, dtype=torch.float64) * 3
        targets = torch.randint(V, (N,), generator=draw)
        kept = logits.clone()
        loss = number(cross_entropy(logits, targets))
        expect(torch.equal(logits, kept), "your function changes the logits it is given")
        right = sum(map(nats_of, logits.tolist(), targets.tolist())) / N
        expect(
            near(loss, right),
            f"right for the lesson's numbers, wrong for random logits of shape ({N}, {V}): "
            "does each row use its own target and its own sum?",
        )


@check("every position is scored on the token after it, and on nothing else.")
def check_next_token_loss(next_token_loss) -> None:
    """Check the loss that shifts inside.

    Args:
        next_token_loss: logits (B, T, V) and int64 ids (B, T) -> scalar, nats per target.
    """
    draw = fresh()
    for B, T, V in ((1, 2, 4), (1, 6, 5), (3, 5, 6)):
        logits = torch.randn(B, T, V, generator=draw, dtype=torch.float64) * 2
        ids = torch.rand(B, V, generator=draw).argsort(dim=1)[:, :T]  # no token twice in a row
        ids = torch.cat([ids, ids], dim=1)[:, :T]
        loss = number(next_token_loss(logits.clone(), ids.clone()))
        _check_the_shift(loss, logits, ids)
    spoiled = logits.clone()
    spoiled[:, -1] = 1e4 * torch.rand(V, generator=draw, dtype=torch.float64)
    again = number(next_token_loss(spoiled, ids))
    expect(near(again, loss), "the logits of the last position count, but nothing follows them")
    large = torch.full((1, 2, 3), -1e4)
    large[0, 0, 2] = 1e4
    loss = number(next_token_loss(large, torch.tensor([[0, 1]])))
    expect(abs(loss - 2e4) < 1, f"for logits of ±10,000 the loss is {loss:.1f}: use a stable one")


def _check_the_shift(loss, logits, ids) -> None:
    B, T, V = logits.shape
    where = f"for B = {B}, T = {T}, V = {V} "
    right = _mean(logits[:, :-1], ids[:, 1:])
    for wrong, reason in (
        (_mean(logits, ids), "each position is scored on its own token, which it has already seen"),
        (_mean(logits[:, 1:], ids[:, :-1]), "each position is scored on the token before it"),
        (_mean(logits, ids.roll(-1, 1)), "the last position is scored on the first token"),
        (_mean(logits[:, :-1], ids[:, :-1]), "the targets are cut but not shifted"),
        (right * (T - 1), "the loss of a row is summed: take the mean"),
        (right * (T - 1) * B, "the loss is summed: take the mean over all targets"),
        (right * B, "the rows are summed: take the mean over them, too"),
        (right * (T - 1) / T, "the mean divides by all T positions; how many have a target?"),
        (right / math.log(2), "this is in bits: the natural logarithm gives nats"),
        (
            _mean(logits[:, :-1].softmax(-1), ids[:, 1:]),
            "the softmax is taken twice: a cross-entropy takes logits",
        ),
    ):
        same = near(wrong, right)  # happens when B or T - 1 is 1
        expect(same or not near(loss, wrong), where + reason)
    if B > 1:
        flat = _mean(logits.flatten(0, 1)[None, :-1], ids.flatten()[None, 1:])
        expect(not near(loss, flat), where + "the end of a row is scored on the next row's start")
    expect(
        near(loss, right),
        where + f"you get {apart(loss, right)}: write down which position predicts which token for "
        "T = 3, and check that every row counts",
    )


def _mean(logits, ids) -> float:
    """Mean cross-entropy by sums in plain Python: logits (B, S, V), ids (B, S)."""
    rows = zip(logits.flatten(0, 1).tolist(), ids.flatten().tolist(), strict=True)
    return sum(nats_of(row, target) for row, target in rows) / ids.numel()
