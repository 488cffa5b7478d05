"""Make sample submissions from the sources: right, untouched, half right, and bad in many ways.

Each has the points that it must get, so that grading itself can be tested (`grade_samples.py`).
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat

from tools.classroom.nbgrader_settings import COURSE, editable, grade_id, names
from tools.classroom.release import release

MARKERS = "BEGIN SOLUTION", "END SOLUTION"
Expected = dict[tuple[str, str], float]


def solution(source: str) -> str:
    """Return a cell's text without the markers.

    >>> solution("### BEGIN SOLUTION\\nx = 1\\n### END SOLUTION")
    'x = 1'
    """
    lines = source.split("\n")
    return "\n".join(line for line in lines if not any(m in line for m in MARKERS))


class Assignment:
    """An assignment's source and its released copy."""

    def __init__(self, name: str, course: Path, out: Path):
        """Read both."""
        self.name = name
        paths = course / "source" / name, out / "release" / name
        self.source, self.copy = (nbformat.read(p / f"{name}.ipynb", 4) for p in paths)
        self.answers = [grade_id(c) for c in self.source.cells if grade_id(c) and editable(c)]

    def solved(self, ids: list[str]):
        """Return the copy with these cells answered as in the source."""
        texts = {grade_id(cell): solution(cell.source) for cell in self.source.cells}
        notebook = nbformat.from_dict(self.copy)
        for cell in notebook.cells:
            if grade_id(cell) in ids:
                cell.source = texts[grade_id(cell)]
        return notebook

    def coded(self) -> list[str]:
        """Return the answers that are code, in order."""
        kinds = {grade_id(cell): cell.cell_type for cell in self.source.cells}
        return [name for name in self.answers if kinds[name] == "code"]

    def points_before(self, stop: str | None) -> float:
        """Add up the tests' points that stand before an answer (None: all)."""
        total = 0.0
        for cell in self.source.cells:
            if stop and grade_id(cell) == stop:
                break
            if grade_id(cell) and cell.metadata["nbgrader"]["grade"] and not editable(cell):
                total += cell.metadata["nbgrader"]["points"]
        return total

    def first(self, count: int) -> tuple[object, float]:
        """Return the copy with its first answers right and the rest untouched, and its points."""
        codes = self.coded()
        stop = codes[count] if count < len(codes) else None
        return self.solved(codes[:count]), self.points_before(stop)


def _add_code(notebook, text: str):
    """Put a cell before all others that students wrote."""
    notebook.cells.insert(0, nbformat.v4.new_code_cell(text))
    return notebook


def loops_forever(one: Assignment):
    """A loop that does not let itself be interrupted: only the sandbox's clock ends it."""
    text = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    return _add_code(one.solved(one.answers), text)


def deletes_cells(one: Assignment):
    """Every second cell that nbgrader knows is gone, tests too; the answers are right."""
    notebook = one.solved(one.answers)
    tests = [c for c in notebook.cells if grade_id(c) and grade_id(c) not in one.answers]
    gone = [grade_id(cell) for cell in tests]
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) not in gone[1::2]]
    return notebook


def changes_tests(one: Assignment):
    """Untouched, but for tests that pass, are skipped, or claim a thousand points."""
    notebook = one.solved([])
    for cell in notebook.cells:
        if grade_id(cell) and not editable(cell) and cell.cell_type == "code":
            cell.metadata["tags"] = ["skip-execution"]
            cell.metadata["nbgrader"] |= {"points": 1000}
            cell.source = "pass"
    return notebook


def prints_much(one: Assignment):
    """The right answers, and 100 MB of text."""
    text = "for _ in range(100):\n    print('x' * 1_000_000)"
    return _add_code(one.solved(one.answers), text)


def ends_itself(one: Assignment):
    """The program ends before the first test."""
    return _add_code(one.solved(one.answers), "import os\nos._exit(0)")


SPY = """
from pathlib import Path
import os, socket, sqlite3

def attempt(action):
    try:
        action()
    except Exception as error:
        print("kept out:", type(error).__name__)
    else:
        print("GOT THROUGH")

attempt(lambda: Path({mark!r}).write_text("was here"))
attempt(lambda: Path({source!r}).read_text())
attempt(lambda: os.listdir({out!r}))
attempt(lambda: sqlite3.connect({book!r}).execute("delete from grade"))
attempt(lambda: socket.create_connection(("127.0.0.1", 22), 1))
""".strip()


def spies(one: Assignment, course: Path, out: Path):
    """The right answers, and attempts to write outside, to read the tests, to change grades."""
    text = SPY.format(
        mark=str(out / "was_here"),
        source=str(course / "source" / one.name / f"{one.name}.ipynb"),
        out=str(out),
        book=str(out / "gradebook.db"),
    )
    return _add_code(one.solved(one.answers), text)


def make(folder: Path, out: Path, course: Path = COURSE) -> Expected:
    """Write all samples; return the points that each must get from the tests."""
    release(course, out)
    shutil.rmtree(folder, ignore_errors=True)
    all_of_them = [Assignment(name, course, out) for name in names(course)]
    expected: Expected = {}

    def add(student: str, one: Assignment, notebook, points: float) -> None:
        path = folder / student / one.name / f"{one.name}.ipynb"
        path.parent.mkdir(parents=True)
        if isinstance(notebook, str):
            path.write_text(notebook, encoding="utf8")
        else:
            nbformat.write(notebook, path)
        expected[student, one.name] = points

    for one in all_of_them:
        add("reference", one, one.solved(one.answers), one.points_before(None))
        add("untouched", one, one.solved([]), 0)
    for i in range(5):
        one = all_of_them[i % len(all_of_them)]
        count = max(1, len(one.coded()) * (i + 1) // 6)
        add(f"half-right-{i + 1}", one, *one.first(count))
    _add_bad(add, all_of_them[0], course, out)
    return expected


def _add_bad(add: Callable, one: Assignment, course: Path, out: Path) -> None:
    """Add the bad ones, all of one assignment."""
    full = one.points_before(None)
    add("loops-forever", one, loops_forever(one), 0)
    add("deletes-cells", one, deletes_cells(one), full)
    add("changes-tests", one, changes_tests(one), 0)
    add("prints-100-mb", one, prints_much(one), full)
    add("ends-itself", one, ends_itself(one), 0)
    add("no-notebook", one, "Dear teacher, my laptop ate it.", 0)
    add("spies", one, spies(one, course, out), full)
