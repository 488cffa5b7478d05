"""What an answer does on its way, where an exercise forbids it: calls, loops, large tensors."""

import dis
import inspect
import sys

import torch
from torch.overrides import TorchFunctionMode

from course_utils.lessons.checks._report import expect

LIBRARIES = ("torch", "course_utils", "transformers", "scipy")


def expect_no_call(function, args, names, instead) -> None:
    """Expect that a function calls none of a library's functions, by whatever road.

    Args:
        function: the reader's function, which is run once.
        args: its arguments.
        names: bare names, such as "softmax", which stands for `Tensor.softmax` too.
        instead: what the exercise asks for in their place.
    """
    found = min(called(function, *args) & set(names), key=len, default="")
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


def has_loop(function) -> bool:
    """Say whether a function's own text holds a loop or a comprehension."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code is not None and _loops(code)


def _loops(code) -> bool:
    steps = (step.opname for step in dis.get_instructions(code))
    return any("FOR_ITER" in name or "JUMP_BACKWARD" in name for name in steps) or any(
        _loops(part) for part in code.co_consts if inspect.iscode(part)
    )


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
