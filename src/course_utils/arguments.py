"""What readers pass in: looked at once, and refused in one line that says what to pass instead.

Each function returns what it was given, or raises a `CourseError`. Left out: conversion. A "3"
for a 3 is a mistake to be told, not to be guessed away.
"""

import operator
import random

import torch

from course_utils.runtime import CourseError


def whole(name: str, value, least: int | None = 0, most: int | None = None, also: str = "") -> int:
    """Return a whole number of a range.

    Args:
        name: of the argument, for the message.
        value: what was passed.
        least: smallest allowed. Default 0; None: no limit, as for a seed.
        most: largest allowed. Default None: no limit.
        also: what else may be passed, for the message. Default "": nothing.

    Raises:
        CourseError: it is no whole number, or not in the range.

    >>> whole("n", 3)
    3
    """
    try:
        number = operator.index(value)
    except (TypeError, RuntimeError):
        number = None
    if number is None or isinstance(value, bool):
        raise _wrong(name, f"a whole number{also}", value)
    if (least is not None and number < least) or (most is not None and number > most):
        limits = f"{least} or more" if most is None else f"from {least} to {most}"
        raise _wrong(name, limits + also, number)
    return number


def size(name: str, value) -> int:
    """Return a size of a model: a plain integer above 0, such as a JSON file can hold.

    Raises:
        CourseError: it is none.

    >>> size("n_layer", 4)
    4
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _wrong(name, "a positive integer", value)
    return value


def number(name: str, value, wanted: str, holds):
    """Return a number for which something holds.

    Args:
        name: of the argument, for the message.
        value: what was passed: a Python, NumPy or one-element torch number; nan never holds.
        wanted: what must hold, in words, such as "above 0".
        holds: a function from the number to whether it does.

    Raises:
        CourseError: it is no number, or it does not hold.

    >>> number("p", 0.5, "above 0", lambda p: p > 0)
    0.5
    """
    try:
        plain = None if isinstance(value, bool | str | bytes) else float(value)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        plain = None
    if plain is None:
        raise _wrong(name, f"a number, {wanted}", value)
    if plain != plain or not holds(value):
        raise _wrong(name, wanted, value)
    return value


def one_of(name: str, value, options):
    """Return one of some texts.

    Raises:
        CourseError: it is none of them; the message names them all.

    >>> one_of("split", "train", ("train", "test"))
    'train'
    """
    if not isinstance(value, str) or value not in options:
        raise CourseError(f"no {name} {shortened(value)}, there are: {', '.join(options)}")
    return value


def text(name: str, value) -> str:
    """Return a text.

    Raises:
        CourseError: it is none.

    >>> text("prompt", "Once")
    'Once'
    """
    if not isinstance(value, str):
        raise CourseError(f"{name} must be a text, got {shortened(value)}: pass a str")
    return value


def tensor(name: str, value, shape: str, dims: int | None = None) -> torch.Tensor:
    """Return a tensor with a number of dimensions.

    Args:
        name: of the argument, for the message.
        value: what was passed.
        shape: how its shape is written, for the message, such as "(B, V)".
        dims: how many it must have. Default None: any.

    Raises:
        CourseError: it is no tensor, or has another number of dimensions.

    >>> tensor("logits", torch.zeros(1, 3), "(B, V)", 2).shape
    torch.Size([1, 3])
    """
    if not isinstance(value, torch.Tensor) or dims not in (None, value.dim()):
        fix = "add or remove a dimension" if isinstance(value, torch.Tensor) else "make a tensor"
        raise CourseError(
            f"{name} must be a tensor of shape {shape}, got {shortened(value)}: {fix}"
        )
    return value


def instance(name: str, value, kind: type, fix: str):
    """Return an object of a kind.

    Args:
        name: of the argument, for the message.
        value: what was passed.
        kind: the class that it must have.
        fix: what to do instead, for the message.

    Raises:
        CourseError: it is of another kind.

    >>> instance("scene", 3, int, "make one")
    3
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        wanted = f"{article} {kind.__name__}"
        raise CourseError(f"{name} must be {wanted}, got {shortened(value)}: {fix}")
    return value


def chance(name: str, value) -> random.Random:
    """Return a source of chance.

    Raises:
        CourseError: it is none.
    """
    return instance(name, value, random.Random, "make one with random.Random(seed)")


def shortened(value, most: int = 30) -> str:
    """Return how a value looks, cut to its beginning where it is long.

    Args:
        value: anything; of a tensor or an array its type and shape are told.
        most: characters that are kept. Default 30.

    >>> shortened("ab" * 5000, most=5), shortened(torch.zeros(2, 3))
    ("'abab… (10,000 characters)", 'torch.float32 of shape (2, 3)')
    """
    if hasattr(value, "shape") and hasattr(value, "dtype") and value.shape:
        return f"{value.dtype} of shape {tuple(value.shape)}"
    text = repr(value[: 2 * most] if isinstance(value, str) else value)
    size = f" ({len(value):,} characters)" if isinstance(value, str) else ""
    return text if len(text) <= most else f"{text[:most]}…{size}"


def _wrong(name, wanted, value):
    return CourseError(f"{name} must be {wanted}, got {shortened(value)}: change it")
