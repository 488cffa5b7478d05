"""The checks accept the lesson's own solutions and name the fault of each typical wrong answer."""

import pytest
import torch
from lesson import run_cells, told

from course_utils.checks import train_a_gpt as checks


@pytest.fixture(scope="module")
def solutions():
    return run_cells("train_a_gpt", "exercise-floor", "exercise-mask", "exercise-rate")


def test_solutions_pass(solutions, capsys):
    assert checks.check_floor(solutions["floor_per_token"])
    assert checks.check_mask(solutions["target_mask"])
    assert checks.check_rate(solutions["learning_rate"])
    assert all(line.startswith("Right: ") for line in capsys.readouterr().out.splitlines())


def positions(T):
    return torch.arange(T)


def column(lengths):
    return torch.tensor(lengths)[:, None]


def rate(step, steps, warmup, peak):
    return peak * (steps - step) / (steps - warmup)


def rise(step, warmup, peak):
    return peak * (step + 1) / warmup


WRONG = [
    ("check_floor", lambda h, n: h * len(n) / sum(n), "<eos> behind"),
    ("check_floor", lambda h, n: h / (sum(n) + len(n)), "one story's nats"),
    ("check_floor", lambda h, n: sum(h / (k + 1) for k in n) / len(n), "mean of ratios"),
    ("check_floor", lambda h, n: h * len(n) / (sum(n) + 2 * len(n)), "not two"),
    ("check_floor", lambda h, n: (sum(n) + len(n)) / (h * len(n)), "tokens per nat"),
    ("check_floor", lambda h, n: 2.4, "nothing may be fixed"),
    ("check_floor", lambda h, n: h / n, "stops with TypeError"),
    ("check_mask", lambda n, T: positions(T) >= column(n), "turn it round"),
    ("check_mask", lambda n, T: positions(T) <= column(n), "too many"),
    ("check_mask", lambda n, T: positions(T) < column(n) - 1, "too few"),
    ("check_mask", lambda n, T: (positions(T) < column(n)).T, "swap"),
    ("check_mask", lambda n, T: (positions(T) < column(n)).int(), "bool"),
    ("check_mask", lambda n, T: (positions(T) < column(n)).flip(1), "wrong end"),
    ("check_mask", lambda n, T: [[t < k for t in range(T)] for k in n], "expected a tensor"),
    ("check_rate", lambda s, n, w, p: p * s / w if s < w else rate(s, n, w, p), "step 0"),
    ("check_rate", lambda s, n, w, p: rise(s, w + 1, p) if s < w else rate(s, n, w, p), "reach"),
    ("check_rate", lambda s, n, w, p: p if s < w else rate(s, n, w, p), "evenly"),
    ("check_rate", lambda s, n, w, p: rise(s, w, p) if s < w else p * (n - s) / n, "first of"),
    ("check_rate", lambda s, n, w, p: rise(s, w, p) if s < w else p, "half of the fall"),
    ("check_rate", lambda s, n, w, p: rise(s, w, p) if s < w else rate(s, n - 1, w, p), "already"),
    ("check_rate", lambda s, n, w, p: rise(s, w, p) if s <= w else rate(s, n, w, p), "first of"),
]


@pytest.mark.parametrize(("name", "answer", "reason"), WRONG)
def test_wrong_answers_are_told_why(name, answer, reason, capsys):
    assert getattr(checks, name)(answer) is False
    told(reason, capsys)
