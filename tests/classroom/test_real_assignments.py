"""The four real assignments: the released copies leak nothing, the references get full marks."""

from pathlib import Path

import nbformat
import pytest
from handing_in import hand_in

from tools.classroom import grade, samples, sandbox
from tools.classroom.nbgrader_settings import COURSE, names
from tools.classroom.release import release

REAL = names(COURSE)
A_MINUTE = sandbox.Limits(seconds=60)  # for a run with all answers, on one thread


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Path:
    """Release the real assignments."""
    out = tmp_path_factory.mktemp("released")
    release(out=out)
    return out


def sorted_lines(notebook) -> tuple[set[str], set[str]]:
    """Return the lines of solutions and hidden tests, if long enough to tell, and all others."""
    inside, outside, hidden = set(), set(), False
    for line in "\n".join(cell.source for cell in notebook.cells).split("\n"):
        hidden = (hidden or "### BEGIN" in line) and "### END" not in line
        (inside if hidden else outside).add(line.strip())
    return {line for line in inside if len(line) > 20 and "###" not in line}, outside


@pytest.mark.parametrize("name", REAL)
def test_the_released_copy_leaks_nothing(released, name):
    source = nbformat.read(COURSE / "source" / name / f"{name}.ipynb", 4)
    path = released / "release" / name / f"{name}.ipynb"
    text = path.read_text(encoding="utf8")
    for word in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "Rubric"):
        assert word not in text
    copy = nbformat.reads(text, 4)
    inside, outside = sorted_lines(source)
    secret = inside - outside
    assert len(secret) > 20
    assert secret & sorted_lines(copy)[1] == set()
    assert not any(cell.get("outputs") for cell in copy.cells)
    assert [p.name for p in path.parent.iterdir() if p.suffix == ".ipynb"] == [path.name]


@pytest.fixture(scope="module")
def lines(released) -> dict:
    """Grade the reference and the untouched copy of each."""
    folder = released / "handed_in"
    for name in REAL:
        one = samples.Assignment(name, COURSE, released)
        hand_in(folder, "reference", one.solved(one.answers), name, f"{name}.ipynb")
        hand_in(folder, "untouched", one.solved([]), name, f"{name}.ipynb")
    graded = grade.grade_all(folder, released, limits=A_MINUTE, jobs=1)
    return {(line.student, line.assignment): line for line in graded}


@pytest.mark.parametrize("name", REAL)
def test_the_reference_gets_full_marks(lines, name):
    line = lines["reference", name]
    assert line.note == "" and line.points_by_hand > 0
    assert line.score + line.points_by_hand == line.points


@pytest.mark.parametrize("name", REAL)
def test_no_test_of_the_reference_writes_on_stderr(lines, released, name):
    path = released / "autograded" / "reference" / name / f"{name}.ipynb"
    code = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    tests = [cell for cell in code if cell.metadata.get("nbgrader", {}).get("grade")]
    wrote = {cell.id for cell in tests for o in cell.outputs if o.get("name") == "stderr"}
    assert tests and not wrote, "nbgrader takes it for a failure"


@pytest.mark.parametrize("name", REAL)
def test_the_untouched_copy_gets_nothing(lines, name):
    line = lines["untouched", name]
    assert (line.score, line.points_by_hand, line.status) == (0, 0, "graded")


def test_the_source_tree_holds_no_product(released):
    made = {"release", "submitted", "autograded", "feedback", "gradebook.db", "grades.csv"}
    assert not made & {path.name for path in COURSE.iterdir()}
