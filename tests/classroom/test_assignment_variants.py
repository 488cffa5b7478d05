"""Half-right answers to the graded assignments lose the points that they must, and no others."""

import importlib
import os
from pathlib import Path

import nbformat
import pytest
import torch

SOURCES = sorted((Path(__file__).parents[2] / "notebooks/assignments/source").glob("*/*.ipynb"))
HALF_RIGHT = {p.stem: importlib.import_module(f"assignment_variants_{p.stem}") for p in SOURCES}
CASES = [(name, variant) for name, module in HALF_RIGHT.items() for variant in module.VARIANTS]


class Solved:
    """An assignment that was run with its reference solutions."""

    def __init__(self, path: Path):
        cells = nbformat.read(path, 4).cells
        self.cells = [c for c in cells if c.cell_type == "code" and c.id != "setup"]
        self.names = {}
        for cell in self.cells:
            exec(compile(cell.source, cell.id, "exec"), self.names)

    def failing(self, answers: dict[str, str]) -> set[str]:
        """Return the tests that fail when some answers are replaced.

        All answers and tests run again, and of the other cells those that use what was replaced.
        """
        names, failed, new = dict(self.names), set(), set()
        for cell in self.cells:
            told = cell.metadata.get("nbgrader", {})
            code = compile(answers.get(told.get("grade_id"), cell.source), cell.id, "exec")
            if told.get("grade_id") in answers:
                new |= set(code.co_names)
            if told.get("grade") or told.get("solution") or new & set(code.co_names):
                try:
                    exec(code, names)
                except Exception:
                    failed |= {told["grade_id"]} if told.get("grade") else set()
        return failed


@pytest.fixture(scope="module")
def solved():
    """Return a function that gives each assignment, run once; put back what it sets."""
    before = torch.is_grad_enabled(), torch.get_num_threads(), Path.cwd()
    done = {}

    def get(name: str) -> Solved:
        if name not in done:
            torch.set_grad_enabled(True)
            done[name] = Solved(next(p for p in SOURCES if p.stem == name))
        return done[name]

    yield get
    torch.set_grad_enabled(before[0])
    torch.set_num_threads(before[1])
    os.chdir(before[2])


@pytest.mark.parametrize("name", HALF_RIGHT)
def test_there_are_five_half_right_answers_or_more(name, solved):
    module = HALF_RIGHT[name]
    assert len(module.VARIANTS) >= 5 and set(module.LOST) == set(module.VARIANTS)
    assert solved(name).failing({}) == set(), "the reference itself must lose nothing"


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_a_half_right_answer_loses_what_it_must(name, variant, solved):
    module, path = HALF_RIGHT[name], solved(name)
    known = {c.metadata.get("nbgrader", {}).get("grade_id") for c in path.cells}
    assert set(module.VARIANTS[variant]) <= known, "there is no such answer cell"
    assert path.failing(module.VARIANTS[variant]) == module.LOST[variant]
