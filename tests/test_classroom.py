"""Release and grading, end to end: a tiny assignment for what goes wrong, the real ones for points.

Everything is made in temporary folders; the submissions' code runs in the sandbox.
"""

import csv
import os
import shutil
import socket
import sys
import time
from pathlib import Path

import nbformat
import pytest
import tiny_assignment

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tools"))

import classroom  # noqa: E402
import grade_assignments  # noqa: E402
import sample_submissions  # noqa: E402
import sandbox  # noqa: E402
from release_assignments import release  # noqa: E402

LIMITS = sandbox.Limits(seconds=90, memory_gb=2, output_mb=20)
SHORT = sandbox.Limits(seconds=6)
ISOLATED = pytest.mark.skipif("not sandbox.can_isolate()", reason="no namespaces here")
REAL = classroom.names(classroom.COURSE)


def hand_in(folder: Path, student: str, notebook, name: str = "tiny", file: str = "tiny.ipynb"):
    """Write one submission."""
    path = folder / student / name / file
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def extra(folder: Path, one) -> None:
    """Add submissions that are out of order in further ways."""
    full = one.solved(one.answers)
    twice = one.solved(one.answers)
    twice.cells.append(nbformat.from_dict({**twice.cells[2], "id": "again"}))
    hand_in(folder, "copy-of", twice, file="Copy of tiny.ipynb")
    hand_in(folder, "two-files", full, file="a.ipynb")
    hand_in(folder, "two-files", full, file="b.ipynb")
    hand_in(folder, "no-such-work", full, name="huge")
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
    expected = sample_submissions.make(out / "handed_in", out, course)
    extra(out / "handed_in", sample_submissions.Assignment("tiny", course, out))
    for i in range(2, 6):  # two functions can be half right in one way only
        shutil.rmtree(out / "handed_in" / f"half-right-{i}")
    (out / "late").mkdir()
    (out / "handed_in" / "loops-forever").rename(out / "late" / "loops-forever")
    lines = grade_assignments.grade_all(out / "handed_in", out, course, LIMITS)
    lines += grade_assignments.grade_all(out / "late", out, course, SHORT)
    return out, {line.student: line for line in lines}, expected


def feedback(out: Path, student: str) -> str:
    """Return a student's page."""
    return (out / "feedback" / student / "tiny" / "tiny.html").read_text(encoding="utf8")


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
        ("star*", "letters, digits"),
        ("linked", "no ordinary file"),
        ("empty", "no notebook in the folder"),
    ],
)
def test_a_bad_submission_is_recorded_with_its_reason(graded, student, reason):
    out, lines, _ = graded
    assert reason in lines[student].note
    with (out / "grades.csv").open(encoding="utf8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert reason in rows[student]["note"]
    assert set(rows) == {*lines, "loops-forever"}, "the second run must keep the first one's"


def test_what_can_be_run_is_graded(graded):
    _, lines, _ = graded
    unusable = {"no-notebook", "two-files", "no-such-work", "star*", "linked", "empty"}
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
    with classroom.api(classroom.settings(classroom.COURSE, out)).gradebook as book:
        held = {s.student.id: s.score for s in book.assignment_submissions("tiny")}
    names = {who for who, line in lines.items() if line.assignment == "tiny"}
    assert held == {who: lines[who].score for who in names}


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
    with classroom.api(classroom.settings(classroom.COURSE, out)).gradebook as book:
        place = ("why", "tiny", "tiny", "reference")
        cell = book.find_grade(*place)
        cell.manual_score, cell.needs_manual_grade = 3, False
        book.find_comment(*place).manual_comment = "Good, for $n > 1$."
        book.db.commit()
    grade_assignments.renew(out)
    page = feedback(out, "reference")
    assert "Score: 8.0 / 9.0" in page and "default-src 'none'" in page
    assert "Good, for <math" in page
    with (out / "grades.csv").open(encoding="utf8") as file:
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


def test_the_source_tree_holds_no_product(released):
    made = {"release", "submitted", "autograded", "feedback", "gradebook.db", "grades.csv"}
    assert not made & {path.name for path in classroom.COURSE.iterdir()}


def test_a_second_run_keeps_grades_by_hand(graded, tmp_path):
    course = tiny_assignment.make(tmp_path / "course")
    one_student = tmp_path / "handed_in"
    release(course, tmp_path / "out")
    one = sample_submissions.Assignment("tiny", course, tmp_path / "out")
    hand_in(one_student, "ada", one.solved(one.answers))
    grade_assignments.grade_all(one_student, tmp_path / "out", course, LIMITS)
    with classroom.api(classroom.settings(course, tmp_path / "out")).gradebook as book:
        cell = book.find_grade("why", "tiny", "tiny", "ada")
        cell.manual_score, cell.needs_manual_grade = 3, False
        book.db.commit()
    with classroom.api(classroom.settings(course, tmp_path / "out")).gradebook as book:
        assert book.find_submission("tiny", "ada").score == 8
    again = grade_assignments.grade_all(one_student, tmp_path / "out", course, LIMITS)
    assert again[0].score == 8
    (one_student / "ada" / "tiny" / "tiny.ipynb").write_text("no notebook")
    last = grade_assignments.grade_all(one_student, tmp_path / "out", course, LIMITS)
    assert last[0].score == 3, "tests that ran on an earlier hand-in count no more"


# The sandbox by itself.


def in_sandbox(folder: Path, code: str, limits=LIMITS, **more) -> sandbox.Finished:
    """Run a line of Python in the sandbox."""
    return sandbox.run([sys.executable, "-c", code], folder, limits, **more)


@pytest.mark.parametrize("isolate", [False, pytest.param(True, marks=ISOLATED)])
@pytest.mark.parametrize(
    ("code", "seconds", "broke", "error", "printed"),
    [
        ("while True: pass", 2, "stopped after 2 seconds", "", 0),
        ("print('x' * 3_000_000)", 30, "printed more than 1 MB", "File too large", 2**20),
        ("open('big', 'wb').write(bytes(3_000_000))", 30, None, "File too large", 0),
        ("bytearray(2 * 10**9)", 30, None, "MemoryError", 0),
    ],
)
def test_limits_hold(tmp_path, isolate, code, seconds, broke, error, printed):
    limits = sandbox.Limits(seconds, memory_gb=1, output_mb=1)
    done = in_sandbox(tmp_path, code, limits, isolate=isolate)
    assert done.broke == broke and (done.code != 0 if broke else done.code == 1)
    assert error in done.errors and len(done.output) == printed


@ISOLATED
@pytest.mark.skipif(os.getuid() == 0, reason="root's processes are not counted")
def test_processes_are_counted(tmp_path):
    code = "import os, time\nfor _ in range(600):\n    if os.fork() == 0:\n        time.sleep(60)"
    assert "BlockingIOError" in in_sandbox(tmp_path, code).errors


def test_secrets_stay_outside(tmp_path, monkeypatch):
    monkeypatch.setenv("API_KEY", "k-1234")
    done = in_sandbox(tmp_path, "import os; print(sorted(os.environ.items()))")
    assert done.code == 0 and b"HOME" in done.output
    assert b"k-1234" not in done.output


@ISOLATED
def test_a_child_that_hides_is_killed_too(tmp_path):
    code = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(2)\n"
    code += "    open('late', 'w')"
    assert in_sandbox(tmp_path, code).code == 0
    time.sleep(2.5)
    assert not (tmp_path / "late").exists()


@ISOLATED
def test_only_the_own_folder_can_be_written(tmp_path):
    code = "open('mine', 'w'); print(open({!r}).read())\nopen({!r}, 'w')"
    readable = tmp_path / "given.txt"
    readable.write_text("given")
    own = tmp_path / "own"
    own.mkdir()
    for path in (str(readable), "/proc/self/comm"):
        done = in_sandbox(own, code.format(str(readable), path), readable=[readable])
        assert done.output == b"given\n" and "Read-only file system" in done.errors
        assert (own / "mine").exists()
        shutil.rmtree(own / "root")


@ISOLATED
def test_there_is_no_network(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket\nsocket.create_connection({server.getsockname()}, 3)"
        assert in_sandbox(tmp_path, code, isolate=False).code == 0
        assert "Network is unreachable" in in_sandbox(tmp_path, code).errors


def test_a_folder_is_removed_however_deep_and_locked():
    code = (
        "import os\nfor _ in range(2000):\n    os.mkdir('d')\n    os.chdir('d')\nos.chmod('.', 0)"
    )
    with sandbox.throw_away_folder() as folder:
        assert in_sandbox(folder, code).code == 0
    assert not folder.exists()


# The real assignments.


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
    source = nbformat.read(classroom.COURSE / "source" / name / f"{name}.ipynb", 4)
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
def real_grades(released) -> dict:
    """Grade the reference and the untouched copy of each."""
    folder = released / "handed_in"
    for name in REAL:
        one = sample_submissions.Assignment(name, classroom.COURSE, released)
        hand_in(folder, "reference", one.solved(one.answers), name, f"{name}.ipynb")
        hand_in(folder, "untouched", one.solved([]), name, f"{name}.ipynb")
    lines = grade_assignments.grade_all(folder, released)
    return {(line.student, line.assignment): line for line in lines}


@pytest.mark.parametrize("name", REAL)
def test_the_reference_gets_full_marks(real_grades, name):
    line = real_grades["reference", name]
    assert line.note == "" and line.points_by_hand > 0
    assert line.score + line.points_by_hand == line.points


@pytest.mark.parametrize("name", REAL)
def test_the_untouched_copy_gets_nothing(real_grades, name):
    line = real_grades["untouched", name]
    assert (line.score, line.points_by_hand, line.status) == (0, 0, "graded")


@pytest.mark.parametrize("user, warned", [(0, True), (1000, False), (None, False)])
def test_grading_as_root_is_warned_of(monkeypatch, user, warned):
    monkeypatch.setattr(grade_assignments.os, "geteuid", lambda: user, raising=False)
    if user is None:  # Windows
        monkeypatch.delattr(grade_assignments.os, "geteuid")
    assert ("YOU ARE ROOT" in grade_assignments.safety()) == warned
