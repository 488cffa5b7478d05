"""A reader who runs a cell again, and goes back: what fails then is named."""

import nbformat

from tools.notebooks.play import order, play, sections

CELLS = [
    ("markdown", "title", "# A lesson"),
    ("code", "imports", "import math"),
    ("markdown", "first", "## First"),
    ("code", "numbers", "q = [1, 2]"),
    ("code", "add", "q += [3]\nassert len(q) == 3, 'q has grown'"),
    ("markdown", "second", "## Second\n\nWhy?"),
    ("code", "other", "q = sum(q)"),
    ("code", "again", "first = True"),
]


def lesson(cells=CELLS):
    """Make a lesson of such cells."""
    make = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    return nbformat.v4.new_notebook(
        cells=[make[kind](source, id=name) for kind, name, source in cells]
    )


def test_a_section_begins_at_its_heading():
    assert sections(lesson()) == [[1], [3, 4], [6, 7]]


def test_each_cell_runs_twice_then_each_section_from_the_end():
    numbers = [number for _, number in order(lesson())]
    assert numbers == [1, 1, 3, 3, 4, 4, 6, 6, 7, 7, 6, 7, 3, 4, 1]


def test_what_fails_is_named_with_how_the_reader_came_there(tmp_path):
    path = tmp_path / "small.ipynb"
    nbformat.write(lesson(), path)
    runs, faults = play(path)
    assert runs == 15
    assert [fault.partition(":")[0] for fault in faults] == [
        "small#add, the second time",
        "small#other, the second time",
        "small#other, coming back from the end",
    ]
    assert faults[0].endswith("AssertionError: q has grown")
