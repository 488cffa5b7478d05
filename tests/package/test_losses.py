"""The losses: against PyTorch's cross-entropy, by hand, with huge logits, and on bad input."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_utils.losses import (
    bits_per_byte,
    dpo_loss,
    log_probabilities,
    masked_loss,
    next_token_loss,
    perplexity,
)
from course_utils.runtime import CourseError


def data(scale=3.0, B=2, T=5, V=7):
    g = torch.Generator().manual_seed(0)
    return scale * torch.randn(B, T, V, generator=g), torch.randint(V, (B, T), generator=g)


def close(a, b):
    torch.testing.assert_close(a, b, rtol=1e-6, atol=0)


@pytest.mark.parametrize("scale", [0.1, 3.0, 1e4])
def test_next_token_loss_equals_cross_entropy(scale):
    logits, ids = data(scale)
    pairs = [(logits[b, t], ids[b, t + 1]) for b in range(2) for t in range(4)]
    close(next_token_loss(logits, ids), torch.stack([F.cross_entropy(*p) for p in pairs]).mean())


@pytest.mark.parametrize("scale", [0.1, 3.0, 1e4])
def test_masked_loss_equals_cross_entropy_of_the_picked(scale):
    logits, ids = data(scale)
    mask = torch.zeros(2, 5, dtype=torch.bool)
    mask[0, 2] = mask[0, 4] = mask[1, 1] = True
    pairs = [(logits[0, 1], ids[0, 2]), (logits[0, 3], ids[0, 4]), (logits[1, 0], ids[1, 1])]
    expected = torch.stack([F.cross_entropy(*p) for p in pairs]).mean()
    close(masked_loss(logits, ids, mask), expected)


def test_a_full_mask_is_the_next_token_loss_and_the_first_column_never_counts():
    logits, ids = data()
    mask = torch.ones(2, 5, dtype=torch.bool)
    close(masked_loss(logits, ids, mask), next_token_loss(logits, ids))
    mask[:, 0] = False
    close(masked_loss(logits, ids, mask), next_token_loss(logits, ids))


def test_logits_of_ten_thousand_by_hand():
    ids = torch.tensor([[0, 1, 1]])
    logits = torch.tensor([[[1e4, -1e4], [-1e4, 1e4], [0.0, 0.0]]]).requires_grad_()
    loss = next_token_loss(logits, ids)  # the first is wrong by 2e4, the second right
    assert loss.item() == 1e4
    loss.backward()
    assert logits.grad.tolist() == [[[0.5, -0.5], [0.0, 0.0], [0.0, 0.0]]]


def test_masked_positions_get_no_gradient():
    logits, ids = data()
    mask = torch.zeros(2, 5, dtype=torch.bool)
    mask[1, 3] = True
    masked_loss(logits.requires_grad_(), ids, mask).backward()
    touched = logits.grad.abs().sum(-1) > 0
    assert touched.nonzero().tolist() == [[1, 2]]


def test_low_precision_is_scored_in_fp32():
    logits, ids = data()
    loss = next_token_loss(logits.bfloat16(), ids)
    assert loss.dtype == torch.float32
    close(loss, next_token_loss(logits.bfloat16().float(), ids))
    assert masked_loss(logits.bfloat16(), ids, ids > -1).dtype == torch.float32


@pytest.mark.parametrize(
    "loss",
    [
        next_token_loss,
        lambda x, i: masked_loss(x, i, i > -1),
        lambda x, i: log_probabilities(x, i, i > -1),
    ],
)
@pytest.mark.parametrize(
    ("shape", "ids", "message"),
    [
        ((5, 7), (2, 5), "expected logits"),
        ((2, 5, 7), (2, 4), "expected logits"),
        ((2, 5, 7), (5,), "expected logits"),
        ((2, 1, 7), (2, 1), "at least 2 tokens"),
    ],
)
def test_bad_shapes(loss, shape, ids, message):
    with pytest.raises(CourseError, match=message):
        loss(torch.zeros(shape), torch.zeros(ids, dtype=torch.long))


@pytest.mark.parametrize("loss", [masked_loss, log_probabilities])
def test_masks_that_do_not_fit(loss):
    logits, ids = data()
    with pytest.raises(CourseError, match=r"mask of shape \(2, 5\), got \(2, 4\)"):
        loss(logits, ids, torch.ones(2, 4, dtype=torch.bool))
    with pytest.raises(CourseError, match="bool"):
        loss(logits, ids, torch.ones(2, 5, dtype=torch.long))


def test_a_mask_without_a_target():
    logits, ids = data()
    first = torch.zeros(2, 5, dtype=torch.bool)
    first[:, 0] = True
    with pytest.raises(CourseError, match="picks no target"):
        masked_loss(logits, ids, first)


ALL = [
    next_token_loss,
    lambda x, i: masked_loss(x, i, torch.ones(x.shape[:2], dtype=torch.bool)),
    lambda x, i: log_probabilities(x, i, torch.ones(x.shape[:2], dtype=torch.bool)).sum(),
]


@pytest.mark.parametrize("loss", ALL)
def test_float64_logits_keep_their_digits(loss):
    logits, ids = data()
    exact = loss(logits.double(), ids)
    assert exact.dtype == torch.float64
    assert exact != loss(logits, ids).double()
    assert exact.item() == pytest.approx(loss(logits, ids).item(), rel=1e-5)


@pytest.mark.parametrize("loss", ALL)
@pytest.mark.parametrize("dtype", [torch.int32, torch.int16, torch.uint8])
def test_ids_may_be_other_integers(loss, dtype):
    logits, ids = data()
    assert torch.equal(loss(logits, ids.to(dtype)), loss(logits, ids))


def test_targets_of_minus_100_do_not_count():
    logits, ids = data()
    labels = ids.clone()
    labels[0, 2:4] = labels[1, 0] = -100
    counts = labels != -100
    close(next_token_loss(logits, labels), masked_loss(logits, ids, counts))
    close(masked_loss(logits, labels, ids > -1), masked_loss(logits, ids, counts))
    close(log_probabilities(logits, labels, ids > -1), log_probabilities(logits, ids, counts))


@pytest.mark.parametrize("loss", ALL[:2])
def test_targets_of_minus_100_only_are_refused(loss):
    logits, ids = data()
    with pytest.raises(CourseError, match="every target is -100"):
        loss(logits, torch.full_like(ids, -100))


@pytest.mark.parametrize("loss", ALL)
@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([[0, 1]], "ids must be a tensor"),
        (torch.zeros(2, 5), "ids as int64, got torch.float32"),
        (torch.zeros(2, 5) > 1, "ids as int64, got torch.bool"),
        (torch.full((2, 5), 7), "from 0 to 6, or -100 where a target does not count, got 7 to 7"),
        (torch.full((2, 5), -1), "got -1 to -1"),
    ],
)
def test_ids_that_do_not_fit(loss, ids, message):
    logits, _ = data()
    with pytest.raises(CourseError, match=message):
        loss(logits, ids)


def test_a_loss_too_large_for_a_float_is_infinitely_perplexing():
    assert perplexity(1000.0) == math.inf
    with pytest.raises(CourseError, match="nats must be a number"):
        perplexity("3.2")


def test_perplexity_of_a_uniform_guess_is_the_number_of_choices():
    loss = next_token_loss(torch.zeros(1, 4, 50), torch.zeros(1, 4, dtype=torch.long))
    assert perplexity(loss.item()) == pytest.approx(50, rel=1e-6)
    assert perplexity(0.0) == 1.0


def test_bits_per_byte():
    text = "naïve"  # 5 characters, 6 bytes
    n_bytes = len(text.encode())
    assert bits_per_byte(math.log(256), n_bytes, n_bytes) == pytest.approx(8)
    assert bits_per_byte(math.log(4), 3, n_bytes) == pytest.approx(1)
    with pytest.raises(CourseError, match="n_bytes"):
        bits_per_byte(1.0, 3, 0)


# --- whole answers, and two of them -------------------------------------------------------------


def test_log_probabilities_by_hand():
    logits = torch.tensor([[[3.0, 1.0], [1.0, 1.0], [5.0, 5.0]], [[0, 0], [1, 3], [0, 0]]]).log()
    ids = torch.tensor([[0, 0, 1], [1, 0, 1]])
    both = torch.tensor([[False, True, True], [True, False, True]])
    expected = torch.tensor([3 / 4 * 1 / 2, 3 / 4]).log()
    close(log_probabilities(logits.nan_to_num(), ids, both), expected)
    empty = torch.zeros(2, 3, dtype=torch.bool)
    assert log_probabilities(logits.nan_to_num(), ids, empty).tolist() == [0, 0]


def test_log_probabilities_are_the_loss_times_its_targets():
    logits, ids = data(1e4)
    mask = torch.zeros(2, 5, dtype=torch.bool)
    mask[0, 1:4] = True
    total, nothing = log_probabilities(logits, ids, mask)
    close(total, -3 * masked_loss(logits, ids, mask))
    assert nothing == 0
    mask[:, 0] = True  # nothing predicts the first
    assert log_probabilities(logits, ids, mask)[0] == total


def test_what_is_impossible_and_not_picked_does_no_harm():
    logits, ids = data()
    mask = torch.zeros(2, 5, dtype=torch.bool)
    mask[:, 4] = True
    expected = log_probabilities(logits, ids, mask)
    logits[0, 0, ids[0, 1]] = -torch.inf
    close(log_probabilities(logits, ids, mask), expected)
    mask[0, 1] = True
    assert log_probabilities(logits, ids, mask)[0] == -torch.inf
    assert log_probabilities(logits.bfloat16(), ids, mask).dtype == torch.float32


@pytest.mark.parametrize(
    ("probabilities", "beta", "ratio"),
    [
        ((3 / 8, 1 / 8, 1 / 4, 1 / 4), 1.0, 3.0),  # gains of 3/2 and 1/2
        ((3 / 8, 1 / 8, 1 / 4, 1 / 4), 2.0, 9.0),
        ((1 / 8, 3 / 8, 1 / 4, 1 / 4), 1.0, 1 / 3),
        ((1 / 2, 1 / 8, 1 / 2, 1 / 8), 5.0, 1.0),  # nothing gained: ln 2
        ((1 / 4, 1 / 4, 1 / 8, 1 / 2), 1.0, 4.0),
    ],
)
def test_dpo_loss_by_hand(probabilities, beta, ratio):
    logs = torch.tensor(probabilities).log()[:, None]
    close(dpo_loss(*logs, beta), torch.tensor((1 + ratio) / ratio).log())


def test_dpo_loss_is_a_mean_with_the_right_slope():
    logs = torch.tensor([[-3.0, -2.0], [-1.0, -4.0], [-2.0, -2.0], [-2.0, -2.0]])
    one_by_one = [dpo_loss(*logs[:, i : i + 1], 0.5) for i in range(2)]
    close(dpo_loss(*logs, 0.5), torch.stack(one_by_one).mean())
    policy = logs[:2, :1].clone().requires_grad_()
    dpo_loss(*policy, *logs[2:, :1], 0.5).backward()
    slope = 0.5 * torch.sigmoid(torch.tensor(0.5 * 2.0))  # beta times the share still wrong
    close(policy.grad, torch.stack([-slope, slope])[:, None])


@pytest.mark.parametrize(("far", "loss"), [(1e4, 0.0), (-1e4, 3e3)])
def test_a_far_margin_stays_finite(far, loss):
    policy = torch.tensor([[far], [0.0]], requires_grad=True)
    value = dpo_loss(*policy, torch.zeros(1), torch.zeros(1), beta=0.3)
    close(value, torch.tensor(loss))
    value.backward()
    assert policy.grad.isfinite().all()
