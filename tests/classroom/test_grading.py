"""Grading end to end, with a tiny assignment, for what goes wrong.

Everything is made in temporary folders; the submissions' code runs in the sandbox.
"""

import csv
import shutil
from pathlib import Path

import nbformat
import pytest
import tiny_assignment
from handing_in import hand_in

from tools.classroom import grade, samples, sandbox
from tools.classroom.names import safe
from tools.classroom.nbgrader_settings import COURSE, api, settings
from tools.classroom.release import release

LIMITS = sandbox.Limits(seconds=90, memory_gb=2, output_mb=20)
SHORT = sandbox.Limits(seconds=6)
ISOLATED = pytest.mark.skipif("not sandbox.isolation()", reason="nothing isolates here")


def extra(folder: Path, one) -> None:
    """Add submissions that are out of order in further ways."""
    full = one.solved(one.answers)
    twice = one.solved(one.answers)
    twice.cells.append(nbformat.from_dict({**twice.cells[2], "id": "again"}))
    hand_in(folder, "copy-of", twice, file="Copy of tiny.ipynb")
    hand_in(folder, "two-files", full, file="a.ipynb")
    other = one.solved(one.answers)
    other.cells[1].source += "  # twice"
    hand_in(folder, "two-files", other, file="b.ipynb")
    essay = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
    hand_in(folder, "no-such-work", essay, "huge", "huge.ipynb")
    hand_in(folder, "star*", full)
    wrong = one.solved(["half"])
    wrong.cells[1].source = "def double(x):\n    return 2"
    hand_in(folder, "visible-only", wrong)
    picture = one.solved(one.answers)
    picture.cells[5].source = "![plot](attachment:plot.png) and ![gone](attachment:gone.png)"
    picture.cells[5].attachments = {"plot.png": {"image/png": "QUJD"}}
    hand_in(folder, "pastes-picture", picture)
    long = one.solved(one.answers)
    texts = ["raise ValueError('x' * 5_000_000)", "'x' * 5_000_000"]
    long.cells[:0] = [nbformat.v4.new_code_cell(text) for text in texts]
    hand_in(folder, "long-error", long)
    slow = one.solved(["half"])
    slow.cells[1].source = "def double(x):\n    while True: pass"
    hand_in(folder, "slow-function", slow)
    (folder / "linked" / "tiny").mkdir(parents=True)
    target = folder / "copy-of" / "tiny" / "Copy of tiny.ipynb"
    (folder / "linked" / "tiny" / "tiny.ipynb").symlink_to(target)
    (folder / "empty" / "tiny").mkdir(parents=True)


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> tuple[Path, dict, dict]:
    """Grade all samples of the tiny assignment, and some more, in one go."""
    course = tiny_assignment.make(tmp_path_factory.mktemp("course"))
    out = tmp_path_factory.mktemp("out")
    expected = samples.make(out / "handed_in", out, course)
    extra(out / "handed_in", samples.Assignment("tiny", course, out))
    for i in range(2, 6):  # two functions can be half right in one way only
        shutil.rmtree(out / "handed_in" / f"half-right-{i}")
    (out / "late").mkdir()
    (out / "handed_in" / "loops-forever").rename(out / "late" / "loops-forever")
    lines = grade.grade_all(out / "handed_in", out, course, LIMITS)
    lines += grade.grade_all(out / "late", out, course, SHORT)
    return out, {line.student: line for line in lines}, expected


def feedback(out: Path, student: str) -> str:
    """Return a student's page."""
    return (out / "feedback" / safe(student) / "tiny" / "tiny.html").read_text(encoding="utf8")


def test_samples_get_the_points_that_they_must_get(graded):
    _, lines, expected = graded
    for (student, _), points in expected.items():
        if student in lines:
            assert lines[student].score == points, student
    got = [lines[who].score for who in ("reference", "half-right-1", "untouched")]
    assert got == [5, 2, 0]


def test_a_hand_graded_cell_waits_for_a_person(graded):
    _, lines, _ = graded
    assert lines["reference"].points == 9
    assert lines["reference"].points_by_hand == 4
    assert lines["untouched"].points_by_hand == 0, "no answer needs no reading"


def test_hidden_tests_are_put_back(graded):
    _, lines, _ = graded
    assert lines["visible-only"].score == 3


@pytest.mark.parametrize(
    ("student", "reason"),
    [
        ("loops-forever", "stopped after 6 seconds"),
        ("deletes-cells", "deleted cells, put back: test-double"),
        ("prints-100-mb", "printed too much"),
        ("long-error", "printed too much"),
        ("no-notebook", "not a notebook"),
        ("two-files", "several notebooks"),
        ("no-such-work", "no assignment has this name"),
        ("linked", "no ordinary file"),
        ("empty", "no notebook in the folder"),
    ],
)
def test_a_bad_submission_is_recorded_with_its_reason(graded, student, reason):
    out, lines, _ = graded
    assert reason in lines[student].note
    with (out / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert reason in rows[student]["note"]
    assert set(rows) == {*lines, "loops-forever"}, "the second run must keep the first one's"


def test_what_can_be_run_is_graded(graded):
    _, lines, _ = graded
    unusable = {"no-notebook", "two-files", "no-such-work", "linked", "empty"}
    assert {who for who, line in lines.items() if line.status == "not graded"} == unusable


def test_one_bad_function_costs_its_own_points_only(graded):
    _, lines, _ = graded
    assert lines["slow-function"].score == 3
    assert lines["long-error"].score == 5, "its tests ran all the same"


def test_another_file_name_and_a_doubled_cell_are_no_fault(graded):
    _, lines, _ = graded
    assert (lines["copy-of"].score, lines["copy-of"].note) == (5, "")


def test_tests_that_were_changed_or_skipped_give_nothing(graded):
    _, lines, _ = graded
    assert lines["changes-tests"].score == 0
    assert lines["changes-tests"].points == 9


def test_the_gradebook_agrees_with_the_table(graded):
    out, lines, _ = graded
    with api(settings(COURSE, out)).gradebook as book:
        held = {s.student.id: s.score for s in book.assignment_submissions("tiny")}
    names = {who for who, line in lines.items() if line.assignment == "tiny"}
    assert held == {safe(who): lines[who].score for who in names}


def test_feedback_shows_scores_and_reasons_and_runs_no_script(graded):
    out, lines, _ = graded
    assert "Score: 5.0 / 9.0" in feedback(out, "reference")
    assert "stopped after 6 seconds" in feedback(out, "loops-forever")
    assert "Not graded: not a notebook" in feedback(out, "no-notebook")
    for student, line in lines.items():
        if line.status == "graded":
            assert "default-src 'none'" in feedback(out, student)
            assert len(feedback(out, student)) < 10**6, student


def test_feedback_shows_formulas_and_pasted_pictures(graded):
    out, lines, _ = graded
    assert "<msub><mi>x</mi><mn>1</mn></msub>" in feedback(out, "reference")
    assert "data:image/png;base64,QUJD" in feedback(out, "pastes-picture")
    assert "gone: no such picture" in feedback(out, "pastes-picture")
    assert (lines["pastes-picture"].score, lines["pastes-picture"].points_by_hand) == (5, 4)


def test_points_and_comments_given_by_hand_reach_the_student(graded, tmp_path):
    out = shutil.copytree(graded[0], tmp_path / "out")
    with api(settings(COURSE, out)).gradebook as book:
        place = ("why", "tiny", "tiny", "reference")
        cell = book.find_grade(*place)
        cell.manual_score, cell.needs_manual_grade = 3, False
        book.find_comment(*place).manual_comment = "Good, for $n > 1$."
        book.db.commit()
    grade.renew(out)
    page = feedback(out, "reference")
    assert "Score: 8.0 / 9.0" in page and "default-src 'none'" in page
    assert "Good, for <math" in page
    with (out / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert (rows["reference"]["score"], rows["reference"]["points_by_hand"]) == ("8.0", "0")
    assert set(rows) == {*graded[1], "loops-forever"}


@ISOLATED
def test_a_spy_gets_nowhere(graded):
    out, _, _ = graded
    ran = nbformat.read(out / "autograded" / "spies" / "tiny" / "tiny.ipynb", 4)
    printed = ran.cells[0].outputs[0].text
    assert printed.count("kept out") == 5 and "GOT THROUGH" not in printed
    assert not (out / "was_here").exists()


def test_a_second_run_keeps_grades_by_hand(graded, tmp_path):
    course = tiny_assignment.make(tmp_path / "course")
    one_student = tmp_path / "handed_in"
    release(course, tmp_path / "out")
    one = samples.Assignment("tiny", course, tmp_path / "out")
    hand_in(one_student, "ada", one.solved(one.answers))
    grade.grade_all(one_student, tmp_path / "out", course, LIMITS)
    with api(settings(course, tmp_path / "out")).gradebook as book:
        cell = book.find_grade("why", "tiny", "tiny", "ada")
        cell.manual_score, cell.needs_manual_grade = 3, False
        book.db.commit()
    with api(settings(course, tmp_path / "out")).gradebook as book:
        assert book.find_submission("tiny", "ada").score == 8
    again = grade.grade_all(one_student, tmp_path / "out", course, LIMITS)
    assert again[0].score == 8
    (one_student / "ada" / "tiny" / "tiny.ipynb").write_text("no notebook", encoding="utf8")
    last = grade.grade_all(one_student, tmp_path / "out", course, LIMITS)
    assert last[0].score == 3, "tests that ran on an earlier hand-in count no more"


@pytest.mark.parametrize("user, warned", [(0, True), (1000, False), (None, False)])
def test_grading_as_root_is_warned_of(monkeypatch, user, warned):
    monkeypatch.setattr(grade.os, "geteuid", lambda: user, raising=False)
    if user is None:  # Windows
        monkeypatch.delattr(grade.os, "geteuid")
    assert ("YOU ARE ROOT" in grade.safety()) == warned
