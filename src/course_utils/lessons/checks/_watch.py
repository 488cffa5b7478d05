"""What an answer does on its way, where an exercise forbids it: calls, loops, large tensors."""

import inspect
import sys

import torch
from torch.overrides import TorchFunctionMode

from course_utils.lessons.checks._report import expect

BRANCH = 8  # lines that an "if" may add without a loop
LIBRARIES = ("torch", "course_utils", "transformers", "scipy")


def expect_no_call(function, args, names, instead) -> None:
    """Expect that a function calls none of a library's functions, by whatever road.

    Args:
        function: the reader's function, which is run once.
        args: its arguments.
        names: bare names, such as "softmax", which stands for `Tensor.softmax` too.
        instead: what the exercise asks for in their place.
    """
    found = min(sorted(called(function, *args) & set(names)), key=len, default="")
    expect(
        not found,
        f"the numbers are right, but your code calls {found}, and the exercise asks for {instead}",
    )


def called(function, *args) -> set[str]:
    """Return the names of all C functions and library functions that run inside a function."""
    names, before = set(), sys.getprofile()

    def note(frame, event, thing):
        if event == "c_call":
            names.add(_bare(getattr(thing, "__name__", "")))
        elif event == "call" and _is_library(frame.f_globals.get("__name__", "")):
            names.add(_bare(frame.f_code.co_name))

    sys.setprofile(note)
    try:
        function(*args)
    finally:
        sys.setprofile(before)
    return names


def _bare(name) -> str:
    return name.removeprefix("special_").strip("_")


def _is_library(module) -> bool:
    ours = module.startswith("course_utils.lessons.checks")
    return module.partition(".")[0] in LIBRARIES and not ours


def goes_round(function, small, large) -> bool:
    """Say whether a function goes through its input in a loop, by whatever road.

    Args:
        function: the reader's function, which is run on both inputs.
        small: arguments.
        large: arguments that are larger in the direction of the loop, by more than `BRANCH`.
    """
    return _lines(function, *large) > _lines(function, *small) + BRANCH


def _lines(function, *args) -> int:
    """Count the lines of the reader's own code that run, each as often as it does."""
    own = inspect.unwrap(function)
    names, before, count = getattr(own, "__globals__", None), sys.gettrace(), 0

    def note(frame, event, _):
        nonlocal count
        if frame.f_globals is not names:
            return None
        count += event in ("call", "line")
        return note

    sys.settrace(note)
    try:
        own(*args)
    finally:
        sys.settrace(before)
    return count


def largest_tensor(function, *args) -> int:
    """Return how many numbers the largest tensor holds that is made inside a function."""
    with _Sizes() as sizes:
        function(*args)
    return sizes.largest


class _Sizes(TorchFunctionMode):
    largest = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for x in result if isinstance(result, tuple | list) else [result]:
            if isinstance(x, torch.Tensor):
                self.largest = max(self.largest, x.numel())
        return result
