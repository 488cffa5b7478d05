"""The sources of the graded assignments are sound (grading itself: test_real_assignments.py)."""

import re
from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat import ValidationError, read

from tools.classroom.nbgrader_settings import settings

ROOT = Path(__file__).parents[2]
COURSE = ROOT / "notebooks" / "assignments"
FOUR = {
    "attention_from_scratch",
    "losses_and_training",
    "decoding_and_evaluation",
    "tokens_and_adaptation",
}
SOURCES = sorted((COURSE / "source").glob("*/*.ipynb"))
assignment = pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)


def graded(path: Path) -> list:
    """Return the cells that nbgrader knows."""
    return [cell for cell in nbformat.read(path, 4).cells if "nbgrader" in cell.metadata]


def told(cell, word: str):
    """Return one of nbgrader's words about a cell."""
    return cell.metadata["nbgrader"].get(word, False)


def cells_of_tests(path: Path) -> list:
    """Return the cells of tests."""
    return [c for c in graded(path) if told(c, "grade") and not told(c, "solution")]


def by_hand(path: Path) -> list:
    """Return the cells that a person grades."""
    return [c for c in graded(path) if told(c, "grade") and told(c, "solution")]


def test_there_are_four():
    assert {path.stem for path in SOURCES} == FOUR
    assert all(path.parent.name == path.stem for path in SOURCES)


@assignment
def test_nbgrader_accepts_it(path):
    nbformat.validate(nbformat.read(path, nbformat.NO_CONVERT))
    try:
        read(path.open(encoding="utf8"), as_version=4)
    except ValidationError as error:
        pytest.fail(str(error))
    assert {told(cell, "schema_version") for cell in graded(path)} == {3}


@assignment
def test_names_are_unique_words(path):
    notebook = nbformat.read(path, 4)
    names = [told(cell, "grade_id") for cell in graded(path)]
    assert len(set(names)) == len(names)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) for name in names + ids)


@assignment
def test_points(path):
    tests, answers = cells_of_tests(path), by_hand(path)
    assert all(0 < told(cell, "points") <= 10 for cell in tests + answers)
    assert len(tests) >= 5 and len(answers) >= 1
    total = sum(told(cell, "points") for cell in tests + answers)
    assert sum(told(cell, "points") for cell in tests) >= total / 2
    title = nbformat.read(path, 4).cells[0].source
    assert re.search(rf"\b{total:g}\b", title), f"the title cell does not name {total:g} points"


@assignment
def test_minutes_are_named_and_fit(path):
    named = re.search(r"\b(\d+)\s+minutes", nbformat.read(path, 4).cells[0].source)
    assert named and 60 <= int(named[1]) <= 120


@assignment
def test_each_test_shows_some_and_hides_some(path):
    for cell in cells_of_tests(path):
        seen, _, hidden = cell.source.partition("### BEGIN HIDDEN TESTS")
        assert "assert" in seen, f"{cell.id}: nothing for the student to run"
        assert "assert" in hidden, f"{cell.id}: no hidden test"
        assert "### END HIDDEN TESTS" in hidden
        assert told(cell, "locked")


@assignment
def test_each_answer_has_a_marked_solution(path):
    answers = [cell for cell in graded(path) if told(cell, "solution")]
    assert any(cell.cell_type == "code" for cell in answers)
    for cell in answers:
        assert cell.source.count("### BEGIN SOLUTION") == cell.source.count("### END SOLUTION") > 0
        assert not told(cell, "locked")


@assignment
def test_hand_grading_has_a_rubric(path):
    written = [cell for cell in by_hand(path) if cell.cell_type == "markdown"]
    assert written and all("rubric" in cell.source.lower() for cell in written)


@assignment
def test_it_is_stored_without_outputs(path):
    code = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert path.stat().st_size < 300_000


def test_assignments_stay_out_of_the_book():
    assert "assignments" not in (ROOT / "_toc.yml").read_text(encoding="utf8")


def test_settings_are_found_beside_the_sources():
    config = settings(COURSE, COURSE)
    course = config.CourseDirectory.course_id
    assert isinstance(course, str) and course
    assert config.Execute.timeout <= 60
