"""What several checks need to look at an answer: its type, its shape, its numbers, its mistake."""

import math
import secrets
from decimal import Decimal
from numbers import Integral, Real

import numpy as np
import torch

from course_utils.lessons.checks._report import WrongType, expect


def fresh() -> torch.Generator:
    """Return a generator with a new seed, apart from the reader's own random numbers."""
    return torch.Generator().manual_seed(secrets.randbits(63))


def unlike(what, answer, make="return one") -> WrongType:
    """Return the line for an answer of another type: what is wanted, what came, what to do."""
    do = "does your function return?" if answer is None else make
    return WrongType(f"expected {what}, got {type(answer).__name__}: {do}")


def as_tensor(answer, name="") -> torch.Tensor:
    """Expect a tensor, whatever its shape and numbers; return it without its graph."""
    if isinstance(answer, torch.Tensor) and not answer.is_complex():
        return answer.detach()
    made = "torch.tensor makes one of it, torch.stack one of a list of tensors"
    inside = isinstance(answer, list | tuple | np.ndarray)
    raise unlike(f"a tensor{name and ' of '}{name}", answer, made if inside else "return one")


def tensor(answer, shape, name) -> torch.Tensor:
    """Expect a tensor of a shape; return it in double precision, without its graph."""
    answer = as_tensor(answer, name)
    expect(
        answer.shape == tuple(shape),
        f"expected {name} of shape {tuple(shape)}, got {tuple(answer.shape)}: "
        "print the shape after each line",
    )
    return answer.to(torch.float64)


def bools(answer, name="") -> torch.Tensor:
    """Expect a tensor of True and False; return it."""
    answer = as_tensor(answer, name)
    expect(
        answer.dtype == torch.bool,
        f"expected a bool tensor, got {str(answer.dtype).removeprefix('torch.')}: "
        "a comparison gives True and False",
    )
    return answer


def finite(answer, what) -> torch.Tensor:
    """Expect a tensor without nan and infinity; return it in double precision."""
    answer = as_tensor(answer)
    expect(
        bool(answer.isfinite().all()),
        f"{what} give nan or infinity: which step makes a number too large, or divides 0 by 0?",
    )
    return answer.to(torch.float64)


def number(answer, what="a number") -> float:
    """Expect one number of any type, plain or alone in a tensor or an array; return it.

    Args:
        answer: an int, float, Fraction, Decimal, NumPy number, or a tensor or array of one.
        what: what the reader is told that it should be.
    """
    if isinstance(answer, Real | Decimal):
        return float(answer)
    if isinstance(answer, torch.Tensor | np.ndarray):
        expect(
            math.prod(answer.shape) == 1,
            f"expected one number, got shape {tuple(answer.shape)}: what makes one number of it?",
        )
        return number(answer.item(), what)
    raise unlike(what, answer)


def whole(answer) -> int:
    """Expect a whole number of any type; return it."""
    if isinstance(answer, bool):
        raise unlike("a whole number", answer)
    if isinstance(answer, Integral):
        return int(answer)
    value = number(answer, "a whole number")
    expect(value.is_integer(), f"expected a whole number, got {value:g}: which step leaves a rest?")
    return int(value)


def pair(answer, of) -> tuple:
    """Expect two things in a tuple or a list; return them.

    Args:
        answer: what the reader returns.
        of: what the two are, such as "the output and the weights".
    """
    if not isinstance(answer, tuple | list):
        raise unlike(f"two things, {of}", answer, "return two things, with a comma between them")
    expect(len(answer) == 2, f"return two things, {of}: you return {len(answer)}")
    return tuple(answer)


def listed(answer, of) -> list:
    """Expect a list of plain things, or a tuple, array or tensor of them; return it as a list.

    Args:
        answer: what the reader returns.
        of: what stands in it, such as "bools".
    """
    if isinstance(answer, torch.Tensor | np.ndarray) and len(answer.shape):
        return answer.tolist()
    if isinstance(answer, list | tuple | range):
        return [x.item() if _is_single(x) else x for x in answer]
    raise unlike(f"a list of {of}", answer, "return a list")


def _is_single(x) -> bool:
    """Say whether a thing is a single number of NumPy or PyTorch."""
    return isinstance(x, np.generic) or (isinstance(x, torch.Tensor) and x.numel() == 1)


def counted(n, thing) -> str:
    """Write a number and what it counts: 1 token, 2 tokens."""
    return f"{n} {thing}" + "s" * (n != 1)


def close(a, b) -> bool:
    """Say whether a tensor agrees with another one or a list: float32 is good enough."""
    return bool(_agree(a, b).all())


def _agree(a, b) -> torch.Tensor:
    a, b = a.to(torch.float64), torch.as_tensor(b, dtype=torch.float64)
    return torch.isclose(a, b.expand_as(a), rtol=1e-5, atol=1e-6)


def how_much(ours, right) -> str:
    """Say how many numbers of a tensor are right, and where the first wrong one stands."""
    wrong = ~_agree(ours, right)
    n, places = int((~wrong).sum()), wrong.nonzero().tolist()
    if not places:
        return "all numbers are right"
    return (
        f"{n or 'none'} of {ours.numel()} numbers {'is' if n < 2 else 'are'} right, and the first "
        f"wrong one stands at {places[0]}"
    )


def apart(value, target) -> str:
    """Write a number with as many digits as tell it from another one, three at least."""
    for digits in range(3, 16):
        said = f"{value:.{digits}f}"
        if float(said) != round(target, digits):
            return said
    return f"{value:.3g}"


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


def text(values, right) -> str:
    """Return numbers as a reader would write them, (0.250, 0.750), the wrong ones with all digits
    that tell them from the right ones.
    """
    right = torch.as_tensor(right, dtype=torch.float64).expand_as(values)
    rows = zip(values.flatten().tolist(), right.flatten().tolist(), strict=True)
    same = _agree(values, right).flatten().tolist()
    said = [f"{x:.3f}" if ok else apart(x, y) for (x, y), ok in zip(rows, same, strict=True)]
    return f"({', '.join(said)})"
