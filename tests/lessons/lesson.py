"""Try a lesson's checks: on the solution that the reader sees, and on wrong answers."""

import contextlib
import copy
import functools
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import matplotlib
import nbformat
import torch

from tools.notebooks.exercises import solutions

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


class Exercise(NamedTuple):
    """A lesson's exercise: its function, its check, and wrong answers by what they are told.

    `same` are lines that may stand in the solution instead of another one: nothing changes.
    `right` are right answers in another style, by what is special in them.
    """

    name: str
    check: Callable[..., bool]
    wrong: dict[str, Any]
    same: frozenset | set = frozenset()
    right: Mapping[str, Any] = MappingProxyType({})


class Verdict(NamedTuple):
    """What a check returned and printed, and what the solution would have returned to it."""

    right: bool
    said: str
    expected: list


def cells(slug: str) -> dict[str, str]:
    """Return the sources of a lesson's cells by their ids."""
    notebook = nbformat.read(NOTEBOOKS / f"{slug}.ipynb", as_version=4)
    return {cell.id: cell.source for cell in notebook.cells}


@functools.cache
def solved(slug: str) -> dict[str, str]:
    """Return a lesson's solutions, which it shows folded, by the ids of the exercises' cells."""
    return solutions(nbformat.read(NOTEBOOKS / f"{slug}.ipynb", as_version=4))


def run_cells(slug: str, *ids: str) -> dict:
    """Execute the import cell of a lesson, then the named cells, of exercises the solutions.

    Returns:
        The names that they define.
    """
    sources = cells(slug) | solved(slug)
    names: dict = {"__name__": "lesson"}
    with _settings_put_back():
        for name in ("imports", *ids):
            exec(compile(sources[name], f"{slug}:{name}", "exec"), names)
    return names


def solution_lines(source: str) -> list[str]:
    """Return the lines of a solution below its first, without comments and blanks."""
    lines = (line.split("  #")[0].strip() for line in source.splitlines()[1:])
    return [line for line in lines if line]


def judge(check, answer, solution=None) -> Verdict:
    """Run a check on an answer, and note what the solution gives for the same inputs."""
    expected: list = []
    if solution is not None:
        answer = _beside(answer, solution, expected)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        right = check(answer)
    return Verdict(right, said.getvalue(), expected)


def names_fault(verdict: Verdict, reason: str) -> bool:
    """Say whether a check rejects an answer in one line that tells the reason."""
    one_line = verdict.said.count("\n") == 1 and verdict.said.startswith("Not yet: ")
    return verdict.right is False and one_line and reason in verdict.said


def _beside(answer, solution, expected):
    """Return the answer, which lets the solution work on a copy of its inputs first."""

    @functools.wraps(answer)
    def run(*args, **kwargs):
        with contextlib.suppress(Exception):
            args_, kwargs_ = copy.deepcopy((args, kwargs))
            value = solution(*args_, **kwargs_)
            expected.append(value)
        return answer(*args, **kwargs)

    return run


@contextlib.contextmanager
def _settings_put_back():
    """Undo what an import cell sets for the whole process, so that no test sees it."""
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    gradients = torch.is_grad_enabled()
    try:
        with matplotlib.rc_context():
            yield
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)
        torch.set_printoptions(profile="default")
