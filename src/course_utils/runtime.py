"""Where and how the code runs: seeds, device, Colab, numbers for the book, errors for readers.

Left out: logging, configuration files, distributed set-up. Nothing here is done on import.
"""

import linecache
import os
import random
import subprocess
import sys
import traceback
from decimal import Decimal
from importlib import import_module, invalidate_caches, metadata
from importlib.util import find_spec
from types import ModuleType

import numpy as np
import torch

MOST_LINES = 3  # of the reader's own, at the beginning and at the end of an error


class ForReader:
    """Mixed into an error: a notebook shows the reader's own lines and the message, not our inside.

    IPython asks an exception for `_render_traceback_` before it formats the whole traceback.
    """

    def _render_traceback_(self) -> list[str]:
        lines = []
        for frame, number in traceback.walk_tb(self.__traceback__):
            if frame.f_globals.get("__name__") == "__main__":
                code = linecache.getline(frame.f_code.co_filename, number).strip()
                lines.append(f"line {number}: {code}")
        if len(lines) > 2 * MOST_LINES:  # a function that calls itself
            lines = [*lines[:MOST_LINES], "…", *lines[-MOST_LINES:]]
        return [*lines, f"{type(self).__name__}: {self}"]


class CourseError(ForReader, ValueError):
    """Bad input, said in one line: what was expected, what came, what to do.

    The command line prints it and ends with exit code 2; it never shows a traceback.
    """


class Interrupted(ForReader, KeyboardInterrupt):
    """Ctrl-C, after everything was put in order: what was done, and how to go on.

    A notebook's cell ends as interrupted, so that queued cells do not run.
    """


def set_seed(seed: int) -> torch.Generator:
    """Seed Python, NumPy and PyTorch, and return a seeded generator for explicit use.

    Args:
        seed: any integer from 0 to 2**32 - 1.

    Returns:
        A CPU generator seeded with the same number.

    >>> torch.rand(1, generator=set_seed(0)).item() == torch.rand(1).item()
    True
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def pick_device() -> torch.device:
    """Return the fastest device here: CUDA, then Apple's MPS, then the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def count_parameters(model: torch.nn.Module, trainable_only: bool = False) -> int:
    """Count the numbers in a model, each shared tensor once.

    Args:
        model: any module.
        trainable_only: count only what an optimizer would change. Default False.

    >>> count_parameters(torch.nn.Linear(3, 2))
    8
    """
    parameters = model.parameters()
    return sum(p.numel() for p in parameters if p.requires_grad or not trainable_only)


def in_colab() -> bool:
    """Say whether this is a Google Colab runtime."""
    return "google.colab" in sys.modules


def import_extra(name: str, *needs: str) -> ModuleType:
    """Import a package that a lesson needs and Colab may lack; in Colab add it where it is missing.

    It comes without dependencies, so what is there stays as it is and the runtime need not
    restart. Elsewhere nothing is installed: the error says what to run.

    Args:
        name: a package whose import name is its name on the index.
        needs: what it imports and Colab may lack too, by the names on the index.

    Returns:
        The module.

    Raises:
        CourseError: something is missing and this is not Colab, or the install failed.

    >>> import_extra("numpy").__name__
    'numpy'
    """
    missing = [package for package in (name, *needs) if not _is_there(package)]
    if missing:
        _add(missing)
    return import_module(name)


def _is_there(package: str) -> bool:
    """Say whether a package can be imported, or is installed under another name of import."""
    if find_spec(package):
        return True
    try:
        return bool(metadata.distribution(package))
    except metadata.PackageNotFoundError:
        return False


def _add(missing: list[str]) -> None:
    """Install packages in Colab, or in what stands for it, and nothing that they depend on."""
    says = f"missing here: {', '.join(missing)}. Run: %pip install {' '.join(missing)}"
    if not in_colab() and "COURSE_UTILS_SOURCE" not in os.environ:
        raise CourseError(says)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *missing]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise CourseError(f"{says} ({done.stderr.strip().splitlines()[-1]})")
    invalidate_caches()
    print("Added:", ", ".join(missing))


def about(value: float, expected: float, within: float, form: str = "") -> str:
    """Write a number that differs a little from machine to machine so that all write the same.

    A lesson prints it. Within the tolerance it is the expected number, for every processor; a
    reader who has changed something sees the new number beside the old one, and goes on. Print
    what it returns: the outputs are compared, so a number that has moved is found.

    Args:
        value: what was computed here.
        expected: what the book shows, already rounded.
        within: how far the value may be from it.
        form: how both are written, as in an f-string: ".0%", ",.0f". Default: with as many digits
            as the expected number has.

    Returns:
        "about 19.2", or "about 3.1 (19.2 in the book, before your change)".

    >>> about(19.23, 19.2, within=0.1)
    'about 19.2'
    >>> about(0.314, 0.52, within=0.02, form=".0%")
    'about 31% (52% in the book, before your change)'
    """
    form = form or f".{max(0, -Decimal(str(expected)).as_tuple().exponent)}f"
    if abs(value - expected) <= within:
        return f"about {expected:{form}}"
    ours = f"{value:{form}}" if abs(value) < 1e6 else f"{value:.3g}"
    return f"about {ours} ({expected:{form}} in the book, before your change)"


def record(name: str, value) -> None:
    """Record a number under a name, so that the book's prose can quote it instead of retyping it.

    MyST-NB reads what is stored in the cell's output (its "glue"); the reader sees nothing.
    Outside a notebook nothing happens. Never record a time: it would differ everywhere.

    Args:
        name: unique in the whole book, words joined by hyphens.
        value: text, or a number already rounded as it should appear.
    """
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is None:
        return
    prefix = "application/papermill.record/"
    data = {prefix + "text/plain": str(value)}
    display(data, metadata={"scrapbook": {"name": name, "mime_prefix": prefix}}, raw=True)
