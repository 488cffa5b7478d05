"""What was handed in: whose it is, for which assignment, and where it lies."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from tools.classroom.names import own, safe

LARGEST = 20  # MB of a submitted notebook


class Unusable(Exception):
    """A submission that cannot be graded, and why."""


@dataclass(frozen=True)
class HandIn:
    """One assignment of one student."""

    student: str  # the person's own name
    assignment: str
    path: Path  # the notebook, or the folder that should hold it

    @property
    def key(self) -> str:
        """The student's folder, and nbgrader's name of the student."""
        return safe(self.student)


def find(source: Path, workspace: Path) -> list[HandIn]:
    """Find all that was handed in.

    Args:
        source: student/assignment/notebook.ipynb.
        workspace: the classroom, where things may be unpacked.
    """
    return [
        HandIn(own(student.name), assignment.name, assignment)
        for student in _folders(source)
        for assignment in _folders(student)
        if not assignment.name.startswith(".")
    ]


def _folders(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.is_dir())


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


def take_in(hand_in: HandIn, place: Path) -> str:
    """Copy a submission's notebook, and nothing else, to where nbgrader looks for it.

    Args:
        hand_in: what to take in.
        place: nbgrader's folder of this submission; made anew.

    Returns:
        What its student and the teacher should know about it, "" for nothing.

    Raises:
        Unusable: it cannot be graded; the reason is for its student.
    """
    shutil.rmtree(place, ignore_errors=True)
    path = find_notebook(hand_in.path, hand_in.assignment)
    if path.stat().st_size > LARGEST * 2**20:
        raise Unusable(f"the notebook is larger than {LARGEST} MB")
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat meets anything here
        line = (str(error).splitlines() or [""])[0][:120]
        raise Unusable(f"not a notebook: {type(error).__name__}: {line}") from None
    place.mkdir(parents=True)
    nbformat.write(notebook, place / f"{hand_in.assignment}.ipynb")
    return ""
