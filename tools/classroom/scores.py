"""Grades as the gradebook has them, and as a table."""

import csv
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.classroom.names import safe

GRADED, NOT_GRADED, NOT_RUN = "graded", "not graded", "not run"
FOLDER = "folder"  # column of grades.csv: the student's folder below feedback/
CSV = "utf-8-sig"  # with the mark by which Excel knows names in any script
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute, a name or not


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


def scores(nbgrader, student: str, name: str, status: str, note: str) -> Grade:
    """Read a submission's scores from the gradebook."""
    with nbgrader.gradebook as book:
        found = book.find_submission(name, safe(student))
        cells = [cell for notebook in found.notebooks for cell in notebook.grades]
        by_hand = sum(cell.max_score for cell in cells if cell.needs_manual_grade)
        return Grade(student, name, status, found.score, found.max_score, by_hand, note)


def write_csv(nbgrader, lines: list[Grade]) -> None:
    """Write one line for each submission, earlier ones with the scores that they have now."""
    path = Path(nbgrader.coursedir.root) / "grades.csv"
    new = {(line.student, line.assignment): line for line in lines}
    for row in earlier(path):
        key = row["student"], row["assignment"]
        if key not in new and float(row["points"]):
            new[key] = scores(nbgrader, *key, row["status"], row["note"])
        new.setdefault(key, Grade(**row))
    part = path.with_suffix(".part")
    with part.open("w", encoding=CSV, newline="") as file:
        writer = csv.DictWriter(file, [*Grade.__annotations__, FOLDER])
        writer.writeheader()
        for key in sorted(new):
            row = asdict(new[key]) | {FOLDER: safe(key[0])}
            writer.writerow({name: as_text(value) for name, value in row.items()})
    part.replace(path)


def earlier(path: Path) -> list[dict[str, str]]:
    """Return the lines of an earlier grades.csv."""
    if not path.exists():
        return []
    with path.open(encoding=CSV, newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: as_written(row[name]) for name in Grade.__annotations__} for row in rows]


def as_text(value):
    """Return a value for a spreadsheet: a text that begins like a formula gets a mark in front.

    >>> as_text("=1+1"), as_text("Ana"), as_text(-1.0)
    ("'=1+1", 'Ana', -1.0)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def as_written(text: str) -> str:
    """Take the mark away again.

    >>> as_written("'=1+1"), as_written("'t Hooft")
    ('=1+1', "'t Hooft")
    """
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
