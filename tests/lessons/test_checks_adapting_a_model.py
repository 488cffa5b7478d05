"""Wrong answers to the exercises of "Adapting a model", by what their checks must say.

`test_mutations.py` tries them all.
"""

import torch
import torch.nn.functional as F
from lesson import Exercise

from course_utils.lessons.checks import adapting_a_model as checks


def small(x, A, B):
    return F.linear(F.linear(x, A), B)


def forward(x, weight, bias, A, B, alpha):
    return F.linear(x, weight, bias) + alpha / len(A) * small(x, A, B)


def in_place(x, weight, bias, A, B, alpha):
    weight += alpha / len(A) * B @ A
    return F.linear(x, weight, bias)


def for_rows_only(x, weight, bias, A, B, alpha):
    result = forward(x, weight, bias, A, B, alpha)
    return result if x.dim() == 2 else result.reshape(-1, len(weight))


def bias_only_with_change(x, weight, bias, A, B, alpha):
    change = alpha / len(A) * small(x, A, B)
    return F.linear(x, weight, bias if B.any() else None) + change


def without_gradient(x, weight, bias, A, B, alpha):
    return forward(x, weight, bias, A.detach(), B.detach(), alpha)


def last_one_off(x, *rest):
    result = forward(x, *rest)
    result.view(-1)[-1] += 1
    return result


RIGHT_FORWARD = {
    "one matrix": lambda x, w, b, A, B, a: x @ (w + a / len(A) * B @ A).T + b,
    "einsum": lambda x, w, b, A, B, a: (
        torch.einsum("...i,oi->...o", x, w) + b + a / B.shape[1] * (x @ A.T @ B.T)
    ),
}
WRONG_FORWARD = {
    "the frozen layer alone": lambda x, w, b, A, B, a: F.linear(x, w, b),
    "the small one is not scaled": lambda x, w, b, A, B, a: F.linear(x, w, b) + small(x, A, B),
    "scaled by alpha alone": lambda x, w, b, A, B, a: F.linear(x, w, b) + a * small(x, A, B),
    "number of inputs, not by the rank": lambda x, w, b, A, B, a: (
        F.linear(x, w, b) + a / A.shape[1] * small(x, A, B)
    ),
    "this is the small path alone": lambda x, w, b, A, B, a: a / len(A) * small(x, A, B),
    "all is right but the bias": lambda x, w, b, A, B, a: forward(x, w, None, A, B, a),
    "the bias is added twice": lambda x, w, b, A, B, a: forward(x, w, b, A, B, a) + b,
    "the bias is in the small path too": lambda x, w, b, A, B, a: (
        forward(x, w, b, A, B, a) + a / len(A) * b
    ),
    "changes one of its inputs": in_place,
    "of shape (2, 4, 3)": for_rows_only,
    "with B = 0": bias_only_with_change,
    "could not learn": without_gradient,
    "the small path is taken off": lambda x, w, b, A, B, a: forward(x, w, b, A, B, -a),
    "you multiply by the rank": lambda x, w, b, A, B, a: forward(x, w, b, A, B, a * len(A) ** 2),
    "none of 9 numbers is right": lambda x, w, b, A, B, a: 2 * forward(x, w, b, A, B, a),
    "8 of 9 numbers are right, and the first wrong one stands at [2, 2]": last_one_off,
    "got ndarray: torch.tensor makes one of it": lambda *a: forward(*a).numpy(),
    "nan or infinity": lambda x, w, b, A, B, a: forward(x, w, b, A, B, a) / 0,
    "does your function return": lambda x, w, b, A, B, a: None,
    "(input: a tensor of shape (3, 4), a tensor of shape (3, 4), tensor([": (
        lambda x, w, b, A, B, a: x @ w
    ),
}


def merged(weight, A, B, alpha, fan_in_fan_out=False):
    change = alpha / len(A) * B @ A
    return weight + (change.T if fan_in_fan_out else change)


def merged_in_place(weight, A, B, alpha, fan_in_fan_out=False):
    weight += merged(0 * weight, A, B, alpha, fan_in_fan_out)
    return weight


def by_shape(weight, A, B, alpha, fan_in_fan_out=False):
    """Turn the change only where it would not fit otherwise."""
    change = alpha / len(A) * B @ A
    return weight + (change if change.shape == weight.shape else change.T)


def always_as_linear(weight, A, B, alpha, fan_in_fan_out=False):
    """Give the result as (out, in), whatever came."""
    return merged(weight.T if fan_in_fan_out else weight, A, B, alpha)


WRONG_MERGE = {
    "nothing is added": lambda w, A, B, a, fan_in_fan_out=False: w.clone(),
    "this is the change alone": lambda w, A, B, a, fan_in_fan_out=False: merged(
        0 * w, A, B, a, fan_in_fan_out
    ),
    "wrong size": lambda w, A, B, a, fan_in_fan_out=False: merged(
        w, A, B, a * len(A), fan_in_fan_out
    ),
    "you multiply by the rank": lambda w, A, B, a, fan_in_fan_out=False: merged(
        w, A, B, a * len(A) ** 2, fan_in_fan_out
    ),
    "the change is taken off": lambda w, A, B, a, fan_in_fan_out=False: merged(
        w, A, B, -a, fan_in_fan_out
    ),
    "a square matrix hides this": by_shape,
    "expected weights of shape (4, 3)": always_as_linear,
    "nobody could take the adapter off": merged_in_place,
    "it is False where it is not given": lambda w, A, B, a, fan_in_fan_out=None: (
        2 * w if fan_in_fan_out is None else merged(w, A, B, a, fan_in_fan_out)
    ),
    "wrong numbers: none of 12 numbers is right": lambda w, A, B, a, fan_in_fan_out=False: (
        2 * merged(w, A, B, a, fan_in_fan_out)
    ),
    "does your function return": lambda w, A, B, a, fan_in_fan_out=False: None,
    "stops with TypeError": lambda w, A, B, a: merged(w, A, B, a),
}


EXERCISES = {
    "exercise-lora": Exercise(
        "lora_forward", checks.check_lora_forward, WRONG_FORWARD, right=RIGHT_FORWARD
    ),
    "exercise-merge": Exercise("merge", checks.check_merge, WRONG_MERGE),
}
