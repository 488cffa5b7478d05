"""The four real assignments: the released copies leak nothing, the references get full marks."""

from pathlib import Path

import nbformat
import pytest
from handing_in import hand_in

from tools.classroom import grade, samples
from tools.classroom.nbgrader_settings import COURSE, names
from tools.classroom.release import release

REAL = names(COURSE)


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


class Graded:
    """An assignment of which the reference and the untouched copy were graded."""

    def __init__(self, name: str, out: Path):
        self.name, self.out = name, out
        release(out=out, only=[name])
        one = samples.Assignment(name, COURSE, out)
        hand_in(out / "handed_in", "reference", one.solved(one.answers), name, f"{name}.ipynb")
        hand_in(out / "handed_in", "untouched", one.solved([]), name, f"{name}.ipynb")
        self.lines = {line.student: line for line in grade.grade_all(out / "handed_in", out)}

    def ran(self, student: str):
        """Return a notebook with the outputs of its run."""
        return nbformat.read(
            self.out / "autograded" / student / self.name / f"{self.name}.ipynb", 4
        )


@pytest.fixture(scope="module")
def graded(request, tmp_path_factory) -> Graded:
    """Grade one of the real assignments."""
    return Graded(request.param, tmp_path_factory.mktemp(request.param))


each_graded = pytest.mark.parametrize("graded", REAL, indirect=True)


@each_graded
def test_the_reference_gets_full_marks(graded):
    line = graded.lines["reference"]
    assert line.note == "" and line.points_by_hand > 0
    assert line.score + line.points_by_hand == line.points


@each_graded
def test_no_test_of_the_reference_writes_on_stderr(graded):
    cells = [c for c in graded.ran("reference").cells if c.cell_type == "code"]
    tests = [c for c in cells if c.metadata.get("nbgrader", {}).get("grade")]
    wrote = {c.id for c in tests for o in c.outputs if o.get("name") == "stderr"}
    assert tests and not wrote, "nbgrader takes it for a failure"


@each_graded
def test_the_untouched_copy_gets_nothing(graded):
    line = graded.lines["untouched"]
    assert (line.score, line.points_by_hand, line.status) == (0, 0, "graded")


def test_the_source_tree_holds_no_product(released):
    made = {"release", "submitted", "autograded", "feedback", "gradebook.db", "grades.csv"}
    assert not made & {path.name for path in COURSE.iterdir()}
