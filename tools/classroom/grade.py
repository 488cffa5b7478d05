"""Grade a folder of submissions: student/assignment/notebook.ipynb.

nbgrader grades each one; its code runs in the sandbox (`sandbox.py`), in a throw-away folder, as
many at a time as there is room for (`runs.py`). Scores go into gradebook.db and grades.csv, and a
page of feedback is made for each. What cannot be graded gets no points and a reason, and stops
nobody else. What was graded before and has not changed stays as it is.
"""

import argparse
import contextlib
import csv
import html
import os
import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import NamedTuple

import nbformat
from nbgrader.api import MissingEntry

from tools.classroom import sandbox
from tools.classroom.feedback import closed
from tools.classroom.nbgrader_settings import COURSE, OUT, api
from tools.classroom.nbgrader_steps import RunInSandbox, grading_settings, prepared
from tools.classroom.progress import shown, stoppable
from tools.classroom.release import release
from tools.classroom.runs import Runs, Store, pool, room
from tools.classroom.unchanged import Marks, fingerprint
from tools.classroom.work import Work

LARGEST = 20  # MB of a submitted notebook
GRADED, NOT_RUN = "graded", "not run"
AS_ROOT = "YOU ARE ROOT: processes are not counted and every file can be read. Grade as yourself."
STUDENT = re.compile(r"[\w.@-]+( [\w.@-]+)*")


@dataclass
class Grade:
    """One line of grades.csv."""

    student: str
    assignment: str
    status: str
    score: float
    points: float
    points_by_hand: float  # still to be given by a person
    note: str


class Unusable(Exception):
    """A submission that cannot be graded, and why."""


class HandIn(NamedTuple):
    """What a student handed in of an assignment."""

    key: str
    assignment: str
    path: Path


def submissions(folder: Path) -> Iterator[HandIn]:
    """Yield what was handed in."""
    for student in sorted(p for p in folder.iterdir() if p.is_dir()):
        for assignment in sorted(p for p in student.iterdir() if p.is_dir()):
            if not assignment.name.startswith("."):
                yield HandIn(student.name, assignment.name, assignment)


def find_notebook(folder: Path, name: str) -> Path:
    """Return the notebook of a submission: the one of that name, or the only one."""
    found = [p for p in sorted(folder.glob("*.ipynb")) if not p.name.startswith(".")]
    named = [p for p in found if p.stem == name]
    if not found:
        raise Unusable("no notebook in the folder")
    if not named and len(found) > 1:
        raise Unusable(f"several notebooks, and none is called {name}.ipynb")
    path = (named or found)[0]
    if path.is_symlink() or not path.is_file():
        raise Unusable("the notebook is no ordinary file")
    return path


def take_in(folder: Path, name: str, place: Path) -> None:
    """Copy a submission's notebook, and nothing else, to where nbgrader looks for it."""
    shutil.rmtree(place, ignore_errors=True)
    path = find_notebook(folder, name)
    if path.stat().st_size > LARGEST * 2**20:
        raise Unusable(f"the notebook is larger than {LARGEST} MB")
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat meets anything here
        line = (str(error).splitlines() or [""])[0][:120]
        raise Unusable(f"not a notebook: {type(error).__name__}: {line}") from None
    place.mkdir(parents=True)
    nbformat.write(notebook, place / f"{name}.ipynb")


def begin(nbgrader, hand_in: HandIn) -> Work:
    """Take a submission in; return what there is to run."""
    student, name = hand_in.key, hand_in.assignment
    _marks(nbgrader).begin(student, name, _fingerprint(nbgrader, hand_in))
    if not STUDENT.fullmatch(student):
        raise Unusable("the student's folder may have letters, digits and . _ @ - only")
    take_in(hand_in.path, name, Path(nbgrader.coursedir.root) / "submitted" / student / name)
    try:
        return prepared(nbgrader, student, name)
    except Exception as error:  # nbgrader meets anything here
        raise Unusable(f"nbgrader failed: {_in_a_line(error)}") from None


def finish(nbgrader, hand_in: HandIn) -> Grade:
    """Grade a submission that was run."""
    student, name = hand_in.key, hand_in.assignment
    root = Path(nbgrader.coursedir.root)
    try:
        _ask(nbgrader.autograde(name, student))
        ran = root / "autograded" / student / name / f"{name}.ipynb"
        note = notes(nbformat.read(ran, as_version=4).metadata)
        give_feedback(nbgrader, student, name)
        _marks(nbgrader).end(student, name, note)
    except Unusable as error:
        return _no_points(nbgrader, student, name, str(error))
    return _scores(nbgrader, student, name, GRADED, note)


def _in_a_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}"


def give_feedback(nbgrader, student: str, name: str) -> None:
    """Make the page for a student, with the scores and comments that the gradebook has now."""
    _ask(nbgrader.generate_feedback(name, student))
    closed(Path(nbgrader.coursedir.root) / "feedback" / student / name / f"{name}.html")


def _ask(result: dict) -> None:
    """Raise nbgrader's last word when it failed."""
    if not result["success"]:
        if result["error"].rstrip().endswith("KeyboardInterrupt"):
            raise KeyboardInterrupt
        text = result.get("log", "") + result.get("error", "")
        errors = re.findall(r"^\s*([\w.]*(?:Error|Exception): .*)", text, flags=re.M)
        raise Unusable(f"nbgrader failed: {errors[0][:200] if errors else text[-200:]}")


def notes(metadata) -> str:
    """Put into words what was out of order in a run."""
    found = [metadata.get("broke", "")]
    if metadata.get("restored"):
        found.append("deleted cells, put back: " + ", ".join(metadata["restored"]))
    if metadata.get("printed_too_much"):
        found.append("printed too much: the rest was dropped")
    return "; ".join(filter(None, found))


def _no_points(nbgrader, student: str, name: str, reason: str) -> Grade:
    """Note a submission that could not be graded, as nbgrader does for a missing one."""
    if name not in {a.name for a in nbgrader.gradebook.assignments}:
        return Grade(student, name, "not graded", 0, 0, 0, "no assignment has this name")
    root = Path(nbgrader.coursedir.root)
    shutil.rmtree(root / "autograded" / student / name, ignore_errors=True)
    with nbgrader.gradebook as book:
        book.update_or_create_student(student)
        for notebook in book.update_or_create_submission(name, student).notebooks:
            for cell in notebook.grades:
                cell.auto_score, cell.needs_manual_grade = 0, False
        book.db.commit()
    page = root / "feedback" / student / name / f"{name}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><title>{name}</title>'
        f"<p>Not graded: {html.escape(reason)}\n",
        encoding="utf8",
    )
    return _scores(nbgrader, student, name, "not graded", reason)


def _scores(nbgrader, student: str, name: str, status: str, note: str) -> Grade:
    """Read a submission's scores from the gradebook."""
    with nbgrader.gradebook as book:
        found = book.find_submission(name, student)
        cells = [cell for notebook in found.notebooks for cell in notebook.grades]
        by_hand = sum(cell.max_score for cell in cells if cell.needs_manual_grade)
        return Grade(student, name, status, found.score, found.max_score, by_hand, note)


def grade_all(
    folder: Path,
    out: Path = OUT,
    course: Path = COURSE,
    limits: sandbox.Limits | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
    again: bool = False,
) -> list[Grade]:
    """Grade a folder into a gradebook; write grades.csv; return its lines.

    Args:
        folder: student/assignment/notebook.ipynb.
        out: where the gradebook, the feedback and the rest are made.
        course: folder with nbgrader_config.py and source/.
        limits: what each submission may use.
        jobs: how many are run at a time. Default: as cores and free memory allow.
        scheduler: address of a Dask scheduler whose workers run them. Default: this machine.
        again: forget first what was run and graded before; points given by hand stay.

    Raises:
        KeyboardInterrupt: Ctrl-C or kill, when what was graded is in order.
    """
    limits = limits or sandbox.Limits()
    with stoppable() as stop:
        release(course, out)
        nbgrader = api(grading_settings(course, out, limits))
        if again:
            shutil.rmtree(out / "ran", ignore_errors=True)
            _marks(nbgrader).remove()
        lines, new = _unchanged(nbgrader, list(submissions(folder)))
        try:
            with pool(jobs or room(limits.memory_gb), scheduler) as workers:
                runs = Runs(Store(out / "ran"), workers)
                for line in shown(_in_turn(nbgrader, new, runs, stop), len(new), _in_words):
                    lines.append(line)
        finally:
            write_csv(nbgrader, lines)
    if stop.is_set():
        kept = f"Stopped: {len(lines)} are graded and kept."
        raise KeyboardInterrupt(f"{kept} The same command goes on (without AGAIN=1).")
    return sorted(lines, key=lambda line: (line.student, line.assignment))


def _in_words(line: Grade) -> str:
    """Return what is said of a submission while the others are graded."""
    return f"{line.student:24} {line.assignment:26} {line.score:5g} of {line.points:g}  {line.note}"


def _unchanged(nbgrader, hand_ins: list[HandIn]) -> tuple[list[Grade], list[HandIn]]:
    """Part what was graded and has not changed from what is to be graded."""
    lines, new = [], []
    for hand_in in hand_ins:
        if line := _kept(nbgrader, hand_in):
            lines.append(line)
        else:
            new.append(hand_in)
    if lines:
        print(f"{len(lines)} have not changed since they were graded (AGAIN=1: grade them again).")
    return lines, new


def _in_turn(nbgrader, hand_ins: list[HandIn], runs: Runs, stop: Event) -> Iterator[Grade]:
    """Begin to run all, and grade each when it has been run, until all are done or `stop` is set.

    nbgrader grades one at a time: its gradebook has one writer.
    """
    waiting = defaultdict(list)
    for hand_in in hand_ins:
        try:
            waiting[runs.start(begin(nbgrader, hand_in))].append(hand_in)
        except Unusable as error:
            yield _no_points(nbgrader, hand_in.key, hand_in.assignment, str(error))
        yield from _finished(nbgrader, waiting, 0, stop)
        if stop.is_set():
            return
    while waiting and not stop.is_set():
        yield from _finished(nbgrader, waiting, 0.5, stop)


def _finished(nbgrader, waiting: dict, seconds: float, stop: Event) -> Iterator[Grade]:
    """Grade what has been run, after waiting so long at most for a run to end."""
    for run in wait(waiting, seconds, FIRST_COMPLETED).done:
        for hand_in in waiting.pop(run):
            if stop.is_set():
                return
            if error := run.exception():
                yield _not_run(nbgrader, hand_in, _in_a_line(error))
            else:
                yield finish(nbgrader, hand_in)


def _not_run(nbgrader, hand_in: HandIn, reason: str) -> Grade:
    """Say what kept a submission from being run, which is not its fault; its points stay."""
    student, name = hand_in.key, hand_in.assignment
    try:
        return _scores(nbgrader, student, name, NOT_RUN, reason)
    except MissingEntry:
        return Grade(student, name, NOT_RUN, 0, 0, 0, reason)


def _kept(nbgrader, hand_in: HandIn) -> Grade | None:
    """Return the grade that a submission has, if nothing changed since it was graded."""
    student, name = hand_in.key, hand_in.assignment
    root = Path(nbgrader.coursedir.root)
    try:
        note = _marks(nbgrader).note(student, name, _fingerprint(nbgrader, hand_in))
        if note is None or not (root / "feedback" / student / name / f"{name}.html").exists():
            return None
        return _scores(nbgrader, student, name, GRADED, note)
    except MissingEntry:  # the gradebook is a new one
        return None


def _marks(nbgrader) -> Marks:
    return Marks(Path(nbgrader.coursedir.root) / "graded")


def _fingerprint(nbgrader, hand_in: HandIn) -> str:
    """Return a digest of all that a submission's grade depends on."""
    source = Path(nbgrader.coursedir.source_directory) / hand_in.assignment
    return fingerprint(hand_in.path, source, RunInSandbox(parent=nbgrader).limits)


def renew(out: Path = OUT, course: Path = COURSE) -> None:
    """Write pages and grades.csv again, after a person has graded."""
    nbgrader = api(grading_settings(course, out, sandbox.Limits()))
    for row in _earlier(out / "grades.csv"):
        if row["status"] == GRADED:
            give_feedback(nbgrader, row["student"], row["assignment"])
    write_csv(nbgrader, [])


def write_csv(nbgrader, lines: list[Grade]) -> None:
    """Write one line for each submission, earlier ones with the scores that they have now."""
    path = Path(nbgrader.coursedir.root) / "grades.csv"
    new = {(line.student, line.assignment): line for line in lines}
    for row in _earlier(path):
        key = row["student"], row["assignment"]
        if key not in new and float(row["points"]):
            new[key] = _scores(nbgrader, *key, row["status"], row["note"])
        new.setdefault(key, Grade(**row))
    with path.open("w", encoding="utf8", newline="") as file:
        writer = csv.DictWriter(file, list(Grade.__annotations__))
        writer.writeheader()
        writer.writerows(asdict(new[key]) for key in sorted(new))


def _earlier(path: Path) -> list[dict[str, str]]:
    """Return the lines of an earlier grades.csv."""
    if not path.exists():
        return []
    with path.open(encoding="utf8", newline="") as file:
        return list(csv.DictReader(file))


def safety() -> str:
    """Say what the sandbox can do on this system, and for this user."""
    if way := sandbox.isolation():
        said = (
            "Each submission runs without network and sees only Python, the package and itself "
            f"({way})."
        )
    else:
        said = (
            "NOT ISOLATED: this system gives no namespaces, so a submission has your network and "
            "can read and change your files. On Linux, install bubblewrap; else use a machine or a "
            "container that holds nothing of value."
        )
    return f"{said}\n{AS_ROOT}" if getattr(os, "geteuid", lambda: None)() == 0 else said


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what a submission may use, and where they run, to a command line."""
    parser.add_argument("--seconds", type=float, default=300, help="for a submission")
    parser.add_argument("--memory-gb", type=float, default=4, help="for a submission")
    text = "how many to run at a time; default: as cores and free memory allow"
    parser.add_argument("--jobs", type=int, help=text)
    text = "run them on the workers of this Dask scheduler, such as tcp://127.0.0.1:8786"
    parser.add_argument("--scheduler", help=text)


@contextlib.contextmanager
def ending_well() -> Iterator[None]:
    """End a stopped command with one line and the exit code that shells know."""
    try:
        yield
    except KeyboardInterrupt as error:
        print(error or "Stopped: the same command goes on.", file=sys.stderr)
        sys.exit(130)


def main() -> None:
    """Read the command line, grade, say where the results are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "submissions", nargs="?", type=Path, help="student/assignment/notebook.ipynb"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the classroom")
    add_options(parser)
    parser.add_argument("--again", action="store_true", help="grade also what has not changed")
    text = "write grades.csv and the pages again, after grading by hand"
    parser.add_argument("--scores-only", action="store_true", help=text)
    args = parser.parse_args()
    out = args.out.resolve()
    if args.scores_only:
        renew(out)
        return
    if args.submissions is None or not args.submissions.is_dir():
        parser.error(f"expected a folder of submissions, got {args.submissions}: name one")
    if args.jobs is not None and args.jobs < 1:
        parser.error(f"--jobs is how many to run at a time, 1 or more, and not {args.jobs}")
    print(safety())
    limits = sandbox.Limits(args.seconds, args.memory_gb)
    where = {"jobs": args.jobs, "scheduler": args.scheduler, "again": args.again}
    with ending_well():
        lines = grade_all(args.submissions.resolve(), out, limits=limits, **where)
    print(f"Grades: {out / 'grades.csv'}\nFeedback: {out / 'feedback'}")
    if missed := [line for line in lines if line.status == NOT_RUN]:
        sys.exit(
            f"{len(missed)} could not be run, which is not their fault: the same command "
            "tries again. The notes in grades.csv say why."
        )


if __name__ == "__main__":
    main()
