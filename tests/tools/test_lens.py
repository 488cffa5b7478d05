"""`make lens`: the lesson's switch is found and set, and nothing but what it needs is run."""

import nbformat
import pytest

from tools import lens


def lesson():
    return nbformat.read(lens.LESSON, as_version=4)


def test_the_switch_is_set_in_the_last_of_the_cells_that_are_run():
    cells = lens.switched(lesson()).cells
    assert cells[0].id == "title" and len(cells) < len(lesson().cells)
    assert cells[-1].id == lens.CELL and "WITH_LENS = True" in cells[-1].source


def test_the_switch_is_off_in_the_lesson():
    [cell] = [cell for cell in lesson().cells if cell.id == lens.CELL]
    assert lens.SWITCH in cell.source and not cell.outputs


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("WITH_LENS = False", "WITH_LENS = 0", "no line"),
        (lens.CELL, "other", "no cell"),
    ],
)
def test_a_lesson_without_the_cell_or_the_switch_is_refused(old, new, said):
    notebook = lesson()
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
        cell.id = cell.id.replace(old, new)
    with pytest.raises(ValueError, match=said):
        lens.switched(notebook)


def test_a_run_that_compares_nothing_fails(tmp_path):
    notebook = lesson()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = f"{lens.SWITCH}\nprint('nothing')"
    path = tmp_path / "interpretability.ipynb"
    nbformat.write(notebook, path)
    with pytest.raises(SystemExit, match="nothing was compared"):
        lens.run(path)
