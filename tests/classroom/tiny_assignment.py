"""An assignment with two functions and one question, for tests of release and grading."""

from pathlib import Path

import nbformat

CONFIG = Path(__file__).parents[2] / "notebooks" / "assignments" / "nbgrader_config.py"

DOUBLE = "def double(x):\n    ### BEGIN SOLUTION\n    return x + x\n    ### END SOLUTION"
HALF = "def half(x):\n    ### BEGIN SOLUTION\n    return x / 2\n    ### END SOLUTION"
WHY = "### BEGIN SOLUTION\nBecause two halves make a whole.\n### END SOLUTION"
HIDDEN = "\n### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
TEST_DOUBLE = "assert double(1) == 2" + HIDDEN.format("assert double(-3) == -6")
TEST_HALF = "assert half(2) == 1" + HIDDEN.format("assert half(3) == 1.5")


def cell(name: str, source: str, points: int = 0, answer: bool = False, kind: str = "code"):
    """Return a cell with nbgrader's metadata."""
    made = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    told = {"grade_id": name, "grade": points > 0, "solution": answer, "locked": not answer}
    told |= {"schema_version": 3, "task": False} | ({"points": points} if points else {})
    return made(source, id=name, metadata={"nbgrader": told})


def make(course: Path) -> Path:
    """Write a course folder with this one assignment, called tiny."""
    cells = [
        cell("title", "# Tiny, and $x_1$", kind="markdown"),
        cell("double", DOUBLE, answer=True),
        cell("test-double", TEST_DOUBLE, points=2),
        cell("half", HALF, answer=True),
        cell("test-half", TEST_HALF, points=3),
        cell("why", WHY, points=4, answer=True, kind="markdown"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    path = course / "source" / "tiny" / "tiny.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    (path.parent / "numbers.txt").write_text("1 2 3", encoding="utf8")
    text = CONFIG.read_text(encoding="utf8") + "\nc.Execute.timeout = 3\n"
    (course / "nbgrader_config.py").write_text(text, encoding="utf8")
    return course
