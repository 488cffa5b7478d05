"""Grade a folder of submissions: student/assignment/notebook.ipynb.

nbgrader grades each one; its code runs in the sandbox (`sandbox.py`), in a throw-away folder.
Scores go into gradebook.db and grades.csv, and a page of feedback is made for each. What cannot
be graded gets no points and a reason, and stops nobody else.
"""

import argparse
import csv
import html
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat

from tools.classroom import sandbox
from tools.classroom.feedback import closed
from tools.classroom.hand_ins import HandIn, Unusable, find, take_in
from tools.classroom.names import safe
from tools.classroom.nbgrader_settings import COURSE, OUT, api
from tools.classroom.nbgrader_steps import grading_settings
from tools.classroom.release import release

AS_ROOT = "YOU ARE ROOT: processes are not counted and every file can be read. Grade as yourself."
FOLDER = "folder"  # column of grades.csv: the student's folder below feedback/


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


def grade(nbgrader, hand_in: HandIn) -> Grade:
    """Grade one submission, whatever it is."""
    root, student, name = Path(nbgrader.coursedir.root), hand_in.student, hand_in.assignment
    try:
        take_in(hand_in, root / "submitted" / hand_in.key / name)
        _ask(nbgrader.autograde(name, hand_in.key))
        ran = root / "autograded" / hand_in.key / name / f"{name}.ipynb"
        note = notes(nbformat.read(ran, as_version=4).metadata)
        give_feedback(nbgrader, student, name)
    except Unusable as error:
        return _no_points(nbgrader, student, name, str(error))
    return _scores(nbgrader, student, name, "graded", note)


def give_feedback(nbgrader, student: str, name: str) -> None:
    """Make the page for a student, with the scores and comments that the gradebook has now."""
    key = safe(student)
    _ask(nbgrader.generate_feedback(name, key))
    closed(Path(nbgrader.coursedir.root) / "feedback" / key / name / f"{name}.html", student)


def _ask(result: dict) -> None:
    """Raise nbgrader's last word when it failed."""
    if not result["success"]:
        text = result.get("log", "") + result.get("error", "")
        errors = re.findall(r"^\s*([\w.]*(?:Error|Exception): .*)", text, flags=re.M)
        raise Unusable(f"nbgrader failed: {errors[0][:200] if errors else text[-200:]}")


def notes(metadata) -> str:
    """Put into words what was out of order in a run."""
    found = [metadata.get("broke", ""), *metadata.get("remarks", [])]
    if metadata.get("printed_too_much"):
        found.append("printed too much: the rest was dropped")
    return "; ".join(filter(None, found))


def _no_points(nbgrader, student: str, name: str, reason: str) -> Grade:
    """Note a submission that could not be graded, as nbgrader does for a missing one."""
    if name not in {a.name for a in nbgrader.gradebook.assignments}:
        return Grade(student, name, "not graded", 0, 0, 0, reason)
    root, key = Path(nbgrader.coursedir.root), safe(student)
    shutil.rmtree(root / "autograded" / key / name, ignore_errors=True)
    with nbgrader.gradebook as book:
        book.update_or_create_student(key)
        for notebook in book.update_or_create_submission(name, key).notebooks:
            for cell in notebook.grades:
                cell.auto_score, cell.needs_manual_grade = 0, False
        book.db.commit()
    page = root / "feedback" / key / name / f"{name}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><title>{name}</title>'
        f"<p>{html.escape(student)}, {name}\n<p>Not graded: {html.escape(reason)}\n",
        encoding="utf8",
    )
    return _scores(nbgrader, student, name, "not graded", reason)


def _scores(nbgrader, student: str, name: str, status: str, note: str) -> Grade:
    """Read a submission's scores from the gradebook."""
    with nbgrader.gradebook as book:
        found = book.find_submission(name, safe(student))
        cells = [cell for notebook in found.notebooks for cell in notebook.grades]
        by_hand = sum(cell.max_score for cell in cells if cell.needs_manual_grade)
        return Grade(student, name, status, found.score, found.max_score, by_hand, note)


def grade_all(
    folder: Path,
    out: Path = OUT,
    course: Path = COURSE,
    limits: sandbox.Limits | None = None,
) -> list[Grade]:
    """Grade a folder into a gradebook; write grades.csv; return its lines.

    Args:
        folder: student/assignment/notebook.ipynb.
        out: where the gradebook, the feedback and the rest are made.
        course: folder with nbgrader_config.py and source/.
        limits: what each submission may use.
    """
    release(course, out)
    nbgrader = api(grading_settings(course, out, limits or sandbox.Limits()))
    lines = []
    for hand_in in find(folder, out):
        line = grade(nbgrader, hand_in)
        points = f"{line.score:5g} of {line.points:g}"
        print(f"{line.student:24} {line.assignment:26} {points}  {line.note}", flush=True)
        lines.append(line)
    write_csv(nbgrader, lines)
    return lines


def renew(out: Path = OUT, course: Path = COURSE) -> None:
    """Write pages and grades.csv again, after a person has graded."""
    nbgrader = api(grading_settings(course, out, sandbox.Limits()))
    for row in _earlier(out / "grades.csv"):
        if row["status"] == "graded":
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
        writer = csv.DictWriter(file, [*Grade.__annotations__, FOLDER])
        writer.writeheader()
        writer.writerows({**asdict(new[key]), FOLDER: safe(key[0])} for key in sorted(new))


def _earlier(path: Path) -> list[dict[str, str]]:
    """Return the lines of an earlier grades.csv."""
    if not path.exists():
        return []
    with path.open(encoding="utf8", newline="") as file:
        return [{k: row[k] for k in Grade.__annotations__} for row in csv.DictReader(file)]


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


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add what a submission may use to a command line."""
    parser.add_argument("--seconds", type=float, default=300, help="for a submission")
    parser.add_argument("--memory-gb", type=float, default=4, help="for a submission")


def main() -> None:
    """Read the command line, grade, say where the results are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "submissions", nargs="?", type=Path, help="student/assignment/notebook.ipynb, or a zip"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the classroom")
    add_limits(parser)
    text = "write grades.csv and the pages again, after grading by hand"
    parser.add_argument("--scores-only", action="store_true", help=text)
    args = parser.parse_args()
    out = args.out.resolve()
    if args.scores_only:
        renew(out)
        return
    if args.submissions is None or not args.submissions.exists():
        parser.error(f"expected a folder or zip of submissions, got {args.submissions}: name one")
    print(safety())
    limits = sandbox.Limits(args.seconds, args.memory_gb)
    grade_all(args.submissions.resolve(), out, limits=limits)
    print(f"Grades: {out / 'grades.csv'}\nFeedback: {out / 'feedback'}")


if __name__ == "__main__":
    main()
