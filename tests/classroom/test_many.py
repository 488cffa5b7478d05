"""Grading many: at a time, with progress, again only what has changed, stopped and gone on with."""

import re
import shutil
import signal
import subprocess
from pathlib import Path

import nbformat
import pytest
from handing_in import hand_in

from tools.classroom import grade, one, samples, sandbox, work
from tools.classroom.nbgrader_settings import api, settings

LIMITS = sandbox.Limits(seconds=60, memory_gb=2)


class Classroom:
    """A tiny course, what was handed in, and a count of the runs in the sandbox."""

    def __init__(self, folder: Path, monkeypatch):
        """Use a folder with the course, released; run nothing in a sandbox, but answer for it."""
        self.course, self.out = folder / "course", folder / "out"
        self.handed_in = folder / "handed_in"
        self.tiny = samples.Assignment("tiny", self.course, self.out)
        self.ran, self.fails = [], None
        for module in ("runs", "nbgrader_steps"):
            monkeypatch.setattr(f"tools.classroom.{module}.execute", self.execute)

    def execute(self, todo: work.Work, stop=None) -> str:
        """Stand in for the sandbox: tests pass when all is answered."""
        notebook = nbformat.reads(todo.notebook, as_version=4)
        answered = not any("NotImplementedError" in cell.source for cell in notebook.cells)
        self.ran.append(answered)
        if self.fails:
            raise self.fails
        notebook.metadata["broke"] = ""
        for cell in notebook.cells:
            if cell.cell_type == "code" and not answered:
                cell.outputs = [nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])]
        return nbformat.writes(notebook)

    def hand_in(self, student: str, answers: list[str] | None = None) -> None:
        """Hand in with these answers; default: all."""
        hand_in(
            self.handed_in,
            student,
            self.tiny.solved(self.tiny.answers if answers is None else answers),
        )

    def grade(self, **more) -> dict[str, tuple]:
        """Grade all; return status and score by student."""
        lines = grade.grade_all(self.handed_in, self.out, self.course, LIMITS, **more)
        return {line.student: (line.status, line.score) for line in lines}


@pytest.fixture
def room(released, monkeypatch) -> Classroom:
    """Give a classroom of two: ada is right, bob did nothing."""
    classroom = Classroom(released, monkeypatch)
    classroom.hand_in("ada")
    classroom.hand_in("bob", [])
    return classroom


BOTH = {"ada": ("graded", 5), "bob": ("graded", 0)}


def test_only_what_is_new_or_changed_is_graded_again(room, capsys):
    assert room.grade() == BOTH
    assert sorted(room.ran) == [False, True], "each is run once, and nbgrader finds the run"
    assert room.grade() == BOTH and len(room.ran) == 2
    assert "2 have not changed" in capsys.readouterr().out
    room.hand_in("bob")
    room.hand_in("cyd", ["half"])
    graded = room.grade()
    assert graded == {"ada": ("graded", 5), "bob": ("graded", 5), "cyd": ("graded", 0)}
    assert room.ran[2:] == [False], "bob's answers are ada's, which were run"
    assert room.grade(again=True) == graded and len(room.ran) == 5, "AGAIN=1 runs all, equals once"


def test_again_is_for_those_that_are_named(room, tmp_path):
    room.grade()
    some = room.handed_in.rename(tmp_path / "all")
    shutil.copytree(some / "bob", room.handed_in / "bob")
    assert room.grade(again=True) == {"bob": BOTH["bob"]} and room.ran[2:] == [False]
    room.handed_in = some
    assert room.grade() == BOTH and len(room.ran) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda room: (room.course / "source" / "tiny" / "numbers.txt").write_text("4", "utf8"),
        lambda room: (
            (room.course / "nbgrader_config.py")
            .open("a", encoding="utf8")
            .write("c.Execute.timeout = 4\n")
        ),
    ],
    ids=["a file beside the source", "the seconds of a cell"],
)
def test_what_a_grade_depends_on_makes_it_graded_again(room, change):
    room.grade()
    change(room)
    assert room.grade() == BOTH and len(room.ran) == 4


def test_other_limits_are_another_run(room):
    room.grade()
    grade.grade_all(room.handed_in, room.out, room.course, sandbox.Limits(seconds=61))
    assert len(room.ran) == 4


def test_a_new_gradebook_is_filled_from_what_was_run(room, released_once):
    room.grade()
    shutil.copy(released_once / "out" / "gradebook.db", room.out)
    assert room.grade() == BOTH and len(room.ran) == 2


def test_points_by_hand_stay_and_are_not_asked_for_again(room):
    room.grade()
    with api(settings(room.course, room.out)).gradebook as book:
        cell = book.find_grade("why", "tiny", "tiny", "ada")
        cell.manual_score, cell.needs_manual_grade = 3, False
        book.db.commit()
    assert room.grade()["ada"] == ("graded", 8)
    line = next(csv_lines(room.out))
    assert line.startswith("ada,tiny,graded,8.0,9.0,0,")


def csv_lines(out: Path):
    """Return the lines of grades.csv but for the names of its columns."""
    return iter((out / "grades.csv").read_text(encoding="utf-8-sig").splitlines()[1:])


def test_a_stop_keeps_what_was_graded_and_the_next_run_goes_on(room, monkeypatch, capsys):
    usual = one.finish

    def finish(*args):
        signal.raise_signal(signal.SIGINT)
        return usual(*args)

    monkeypatch.setattr(one, "finish", finish)
    with pytest.raises(KeyboardInterrupt, match="1 are graded and kept"):
        room.grade(jobs=1)
    assert len(list(csv_lines(room.out))) == 1, "the one in hand was graded to its end"
    monkeypatch.setattr(one, "finish", usual)
    capsys.readouterr()
    assert room.grade() == BOTH
    assert "1 have not changed" in capsys.readouterr().out
    assert sorted(room.ran) == [False, True]


def test_half_graded_is_graded_again(room, monkeypatch, capsys):
    def full(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(one, "closed", full)
        with pytest.raises(OSError, match="disk full"):
            room.grade()
    assert room.grade() == BOTH
    assert "have not changed" not in capsys.readouterr().out, "a page of one is still open"
    assert len(room.ran) == 2


def test_what_could_not_be_run_is_no_fault_of_the_student(room):
    room.grade()
    room.fails = OSError("no space left")
    assert room.grade(again=True) == {"ada": ("not run", 5), "bob": ("not run", 0)}
    assert "no space left" in next(csv_lines(room.out))
    room.fails = None
    assert room.grade() == BOTH


def test_ctrl_c_in_nbgrader_is_no_fault_of_the_student(room, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("nbgrader.converters.Autograde.init_notebooks", stopped)
    with pytest.raises(KeyboardInterrupt):
        room.grade()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("SUBMISSIONS=a b.zip JOBS=2", "grade 'a b.zip' --jobs '2'"),
        ("SUBMISSIONS=a AGAIN=1 SCHEDULER=tcp://b:1", "grade 'a' --again --scheduler 'tcp://b:1'"),
        ("JOBS=3", "grade_samples --jobs '3'"),
    ],
)
def test_make_passes_on_what_is_asked(words, said):
    asked = re.split(r" (?=[A-Z]+=)", words)
    root = Path(__file__).parents[2]
    command = ["make", "-n", "--no-print-directory", "grade", *asked]  # inside of `make test`, too
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    command = done.stdout.replace("\\\n", " ").splitlines()[-1]
    assert " ".join(command.split()).endswith(f"tools.classroom.{said}")
