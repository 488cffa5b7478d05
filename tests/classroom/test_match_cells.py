"""Cells that lost nbgrader's names are recognised where that is beyond doubt, and only there."""

import copy

import nbformat
import pytest
import tiny_assignment
from nbformat.v4 import new_code_cell, new_markdown_cell

from tools.classroom.match_cells import answers, named
from tools.classroom.nbgrader_settings import COURSE, editable, grade_id
from tools.classroom.nbgrader_steps import RestoreCells

STUB = "    # YOUR CODE HERE\n    raise NotImplementedError()"
DOUBLE, HALF = "def double(x):\n    return x + x", "def half(x):\n    return x / 2"
RELEASED = [
    tiny_assignment.cell("title", "# Tiny", kind="markdown"),
    tiny_assignment.cell("double", f"def double(x):\n{STUB}", answer=True),
    tiny_assignment.cell("test-double", "assert double(1) == 2", points=2),
    tiny_assignment.cell("half", f"def half(x):\n{STUB}", answer=True),
    tiny_assignment.cell("test-half", "assert half(2) == 1", points=3),
    new_markdown_cell("Why?"),
    tiny_assignment.cell("why", "YOUR ANSWER HERE", points=4, answer=True, kind="markdown"),
]


def copied(**texts: str) -> list:
    """Return all cells in a new notebook, without names, with these answers."""
    cells = copy.deepcopy(RELEASED)
    for cell in cells:
        cell.source = texts.get(grade_id(cell), cell.source)
        cell.metadata = nbformat.NotebookNode()
    return cells


SOLVED = {"double": DOUBLE, "half": HALF, "why": "Two halves."}


def test_all_cells_copied_into_a_new_notebook_are_recognised():
    cells = copied(**SOLVED)
    found = named(cells, RELEASED)
    assert {name: cells.index(cell) for name, cell in found.items()} == {
        "title": 0,
        "double": 1,
        "test-double": 2,
        "half": 3,
        "test-half": 4,
        "why": 6,
    }
    assert answers(cells, RELEASED) == SOLVED


def test_names_that_are_there_go_before_all_else():
    cells = copy.deepcopy(RELEASED)
    cells[1].source, cells[3].source = HALF, DOUBLE
    assert answers(cells, RELEASED) == {"double": HALF, "half": DOUBLE}


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ([new_code_cell(HALF), new_code_cell(DOUBLE)], {"double": DOUBLE, "half": HALF}),
        ([new_code_cell(f"{DOUBLE}\n\n\n{HALF}")], dict.fromkeys(("double", "half"), "both")),
        ([new_code_cell(f"def double(x):\n{STUB}"), new_code_cell(DOUBLE)], {"double": DOUBLE}),
        ([new_code_cell(DOUBLE), new_code_cell(f"def double(x):\n{STUB}")], {"double": DOUBLE}),
        ([new_code_cell(f"{DOUBLE} + 1"), new_code_cell(DOUBLE)], {"double": DOUBLE}),
        ([new_code_cell(f"%time\n!pip list\n{DOUBLE}")], {"double": f"%time\n!pip list\n{DOUBLE}"}),
        ([new_code_cell("double = lambda x: 2 * x")], {}),
        ([new_code_cell("def double(x)\n    return 2")], {}),
        ([new_code_cell("def f():\n    def double(x):\n        return 2")], {}),
        ([new_markdown_cell(DOUBLE)], {}),
        ([new_markdown_cell("Two halves.")], {}),
        ([new_code_cell("x = '\0'"), new_code_cell("(" * 9000)], {}),
    ],
)
def test_an_answer_is_known_by_what_it_defines(cells, wanted):
    got = answers(cells, RELEASED)
    assert got.keys() == wanted.keys()
    for name, text in wanted.items():
        assert text == "both" or got[name] == text


def test_an_answer_in_words_is_known_by_its_neighbours_only():
    cells = copied(**SOLVED)
    assert answers(cells[5:], RELEASED) == {"why": "Two halves."}
    assert answers([*cells[5:], new_markdown_cell("More.")], RELEASED) == {}
    assert answers(cells[6:], RELEASED) == {}


def test_a_text_that_stands_twice_is_no_sign():
    also = tiny_assignment.cell("also", "YOUR ANSWER HERE", answer=True, kind="markdown")
    stub = new_markdown_cell("YOUR ANSWER HERE")
    assert named([stub], [*RELEASED, also]) == {}
    assert named([stub, copy.deepcopy(stub)], RELEASED) == {}
    assert named([stub], RELEASED) == {"why": stub}


def restored(cells: list, tmp_path) -> nbformat.NotebookNode:
    """Run the step of grading that puts cells back."""
    path = tmp_path / "tiny" / "tiny.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=copy.deepcopy(RELEASED)), path)
    step = RestoreCells(release=str(tmp_path))
    made = nbformat.v4.new_notebook(cells=cells)
    return step.preprocess(made, {"nbgrader": {"assignment": "tiny", "notebook": "tiny"}})[0]


def test_recognised_cells_are_graded_in_their_places_and_the_rest_is_said(tmp_path):
    cells = [new_code_cell("import math"), new_code_cell(f"{HALF}\n{DOUBLE}"), new_code_cell("1")]
    made = restored(cells, tmp_path)
    names = [grade_id(cell) for cell in made.cells]
    assert names == ["title", None, "double", "test-double", "half", "test-half", "why", None]
    texts = {grade_id(cell): cell.source for cell in made.cells}
    assert DOUBLE in texts["double"] and HALF in texts["half"]
    assert texts["why"] == "YOUR ANSWER HERE"
    assert made.metadata["remarks"] == [
        "cells without nbgrader's mark, recognised: double, half",
        "no cell recognised as the answer: why",
        "deleted cells, put back: title, test-double, test-half",
    ]


def test_a_notebook_of_something_else_is_said_to_be_one(tmp_path):
    made = restored([new_code_cell("print(1)")], tmp_path)
    assert "is it the right notebook?" in made.metadata["remarks"][0]


def test_a_whole_notebook_has_no_remark(tmp_path):
    assert restored(copy.deepcopy(RELEASED), tmp_path).metadata["remarks"] == []


@pytest.mark.parametrize("name", sorted(p.name for p in (COURSE / "source").iterdir()))
def test_every_answer_of_the_real_assignments_is_recognised_without_names(name):
    source = nbformat.read(COURSE / "source" / name / f"{name}.ipynb", as_version=4).cells
    theirs = copy.deepcopy(source)
    for cell in theirs:
        cell.metadata = nbformat.NotebookNode()
        cell.source = cell.source.replace("### BEGIN SOLUTION", "# mine").replace("### END", "#")
    theirs.insert(2, new_code_cell("x = 1"))
    found = named(theirs, source)
    wanted = [grade_id(cell) for cell in source if grade_id(cell) and editable(cell)]
    assert len(wanted) > 5 and set(wanted) <= found.keys()
    order = [next(i for i, cell in enumerate(theirs) if cell is found[name]) for name in wanted]
    assert order == sorted(order)
