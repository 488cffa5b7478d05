"""What several checks need to look at an answer: its type, its shape, its numbers, its mistake."""

import math
import secrets

import torch

from course_utils.lessons.checks._report import expect


def fresh() -> torch.Generator:
    """Return a generator with a new seed, apart from the reader's own random numbers."""
    return torch.Generator().manual_seed(secrets.randbits(63))


def tensor(answer, shape, name) -> torch.Tensor:
    """Expect a tensor of a shape; return it in double precision."""
    expect(
        isinstance(answer, torch.Tensor),
        f"expected a tensor of {name}, got {type(answer).__name__}: does your function return?",
    )
    expect(
        answer.shape == tuple(shape),
        f"expected {name} of shape {tuple(shape)}, got {tuple(answer.shape)}: "
        "print the shape after each line",
    )
    return answer.to(torch.float64)


def finite(answer, what) -> torch.Tensor:
    """Expect a tensor without nan and infinity; return it in double precision."""
    expect(isinstance(answer, torch.Tensor), f"{what}: expected a tensor: return one")
    expect(
        bool(answer.isfinite().all()),
        f"{what} give nan or infinity: which step makes a number too large, or divides 0 by 0?",
    )
    return answer.to(torch.float64)


def number(answer) -> float:
    """Expect one number, plain or in a tensor; return it."""
    expect(
        isinstance(answer, int | float | torch.Tensor),
        f"expected a number, got {type(answer).__name__}: does your function return?",
    )
    if isinstance(answer, torch.Tensor):
        expect(
            answer.numel() == 1,
            f"expected one number, got shape {tuple(answer.shape)}: what makes one number of it?",
        )
    return float(answer)


def close(a, b) -> bool:
    """Say whether two tensors, or a tensor and a list, agree to a millionth."""
    b = torch.as_tensor(b, dtype=torch.float64)
    return torch.allclose(a.to(torch.float64), b.expand_as(a), rtol=1e-6, atol=1e-9)


def near(a, b) -> bool:
    """Say whether two losses agree to a hundred-thousandth: float32 is good enough."""
    return math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-9)


def name_mistake(mistakes, same, where="") -> None:
    """End the check with the sentence of the first mistake that gives the reader's answer.

    Args:
        mistakes: what each mistake gives, by the sentence that names it.
        same: a function that says whether the reader's answer is the given one.
        where: what stands before the sentence. Default: nothing.
    """
    for reason, wrong in mistakes.items():
        expect(not same(wrong), where + reason)


def nats_of(scores, target) -> float:
    """Return −ln softmax(scores)[target] of a list of numbers, by sums in plain Python."""
    top = max(scores)
    return top + math.log(math.fsum(math.exp(s - top) for s in scores)) - scores[target]


def text(values) -> str:
    """Return numbers as a reader would write them: (0.250, 0.750)."""
    return "(" + ", ".join(f"{x:.3f}" for x in values.flatten().tolist()) + ")"
