"""Wrong answers to the exercises of "Train a GPT", by what their checks must say.

`test_mutations.py` tries them all.
"""

import numpy as np
import torch
from lesson import Exercise

from course_utils.lessons.checks import train_a_gpt as checks


def positions(T):
    return torch.arange(T)


def column(lengths):
    return torch.tensor(lengths)[:, None]


def rate(step, steps, warmup, peak):
    return peak * (steps - step) / (steps - warmup)


def rise(step, warmup, peak):
    return peak * (step + 1) / warmup


WRONG_FLOOR = {
    "do not round": lambda h, n: round(h * len(n) / (sum(n) + len(n)), 3),
    "<eos> behind": lambda h, n: h * len(n) / sum(n),
    "one story's nats": lambda h, n: h / (sum(n) + len(n)),
    "mean of ratios": lambda h, n: sum(h / (k + 1) for k in n) / len(n),
    "not two": lambda h, n: h * len(n) / (sum(n) + 2 * len(n)),
    "// cuts": lambda h, n: h * len(n) // (sum(n) + len(n)),
    "tokens per nat": lambda h, n: (sum(n) + len(n)) / (h * len(n)),
    "the nats of both stories": lambda h, n: h * len(n),
    "you multiply by the number": lambda h, n: h * len(n) * (sum(n) + len(n)),
    "count the targets": lambda h, n: h * len(n) / max(n),
    "an empty story": lambda h, n: h * len(n) / (sum(n) + len(n)) if sum(n) else 0.0,
    "does your function return": lambda h, n: None,
    "nothing may be fixed": lambda h, n: 2.4,
    "TypeError: unsupported operand type(s) for /: 'float' and 'list' (input: 12, [3, 5])": (
        lambda h, n: h / n
    ),
    "got list: return one": lambda h, n: [h * len(n) / (sum(n) + len(n))],
    "give 2.40002": lambda h, n: h * len(n) / (sum(n) + len(n)) * 1.00001001 + 1e-9,
}


def filled_row_by_row(lengths, T):
    mask = torch.zeros(len(lengths), T, dtype=torch.bool)
    row = 0
    while row < len(lengths):
        mask[row, : lengths[row]] = True
        row += 1
    return mask


RIGHT_MASK = {
    "cumsum": lambda n, T: torch.ones(len(n), T).cumsum(1) <= column(n),
    "expand": lambda n, T: column(n) > positions(T).expand(len(n), T),
    "NumPy on the way": lambda n, T: torch.from_numpy(np.arange(T) < np.array(n)[:, None]),
}
WRONG_MASK = {
    "turn it round": lambda n, T: positions(T) >= column(n),
    "too many": lambda n, T: positions(T) <= column(n),
    "leaves it out by itself": lambda n, T: (positions(T) < column(n)) & (positions(T) > 0),
    "too few": lambda n, T: positions(T) < column(n) - 1,
    "swap": lambda n, T: (positions(T) < column(n)).T,
    "bool": lambda n, T: (positions(T) < column(n)).int(),
    "wrong end": lambda n, T: (positions(T) < column(n)).flip(1),
    "have [1, 1] True values": lambda n, T: positions(T) == column(n) - 1,
    "expected shape (2, 5)": lambda n, T: positions(T + 1) < column(n),
    "and T = 8": lambda n, T: positions(5) < column(n),
    "expected a tensor, got list: torch.tensor makes one": lambda n, T: [
        [t < k for t in range(T)] for k in n
    ],
    "your function has a loop": lambda n, T: torch.tensor([[t < k for t in range(T)] for k in n]),
    "and your function has a loop": filled_row_by_row,
    "TypeError: can't multiply sequence by non-int of type 'list' (input: [2, 4], 5)": (
        lambda n, T: n * n
    ),
}

WRONG_RATE = {
    "step 0": lambda s, n, w, p: p * s / w if s < w else rate(s, n, w, p),
    "reach": lambda s, n, w, p: rise(s, w + 1, p) if s < w else rate(s, n, w, p),
    "evenly": lambda s, n, w, p: p if s < w else rate(s, n, w, p),
    "first of": lambda s, n, w, p: rise(s, w, p) if s < w else p * (n - s) / n,
    "not a straight line": lambda s, n, w, p: (
        rise(s, w, p) if s < w else p * ((n - s) / (n - w)) ** 2
    ),
    "steps 0 to 3 give": lambda s, n, w, p: p * ((s + 1) / w) ** 2 if s < w else rate(s, n, w, p),
    "wrong for warmup=7": lambda s, n, w, p: 2 * (s + 1) if s < w else rate(s, n, w, p),
    "without a warm-up": lambda s, n, w, p: (
        rise(s, w, p) if s < w else rate(s, n, w, p) * (1 if w else 0.9)
    ),
    "got NoneType": lambda s, n, w, p: None,
    "half of the fall": lambda s, n, w, p: rise(s, w, p) if s < w else p,
    "already": lambda s, n, w, p: rise(s, w, p) if s < w else rate(s, n - 1, w, p),
    "first of the fall, has": lambda s, n, w, p: rise(s, w, p) if s <= w else rate(s, n, w, p),
}


EXERCISES = {
    "exercise-floor": Exercise("floor_per_token", checks.check_floor, WRONG_FLOOR),
    "exercise-mask": Exercise("target_mask", checks.check_mask, WRONG_MASK, right=RIGHT_MASK),
    "exercise-rate": Exercise("learning_rate", checks.check_rate, WRONG_RATE),
}
