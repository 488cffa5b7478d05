"""Where an exercise stands in a lesson: its card, the cell to fill, hints, the folded solution.

The cell has the tag `exercise`. It holds a stub, `def f(x): ...`, and the call of its check. The
Markdown cell below it folds hints and the solution in `<details>`, which the site, Colab,
JupyterLab and VS Code fold alike. The solution is also in `course_utils.lessons.answers`, with
which the lesson goes on where the reader has not solved it.

`filled` puts the solutions into the stubs: so the lessons are compared, and checks tested.
"""

import ast
import re
from copy import deepcopy
from importlib import import_module

import nbformat

TAG = "exercise"
SOLUTION = re.compile(r"<summary>Solution</summary>\n\n```python\n(.*?)\n```\n\n</details>", re.S)
CHECK = re.compile(r"^checks\.(check_\w+)\(", re.M)


def is_exercise(cell) -> bool:
    """Say whether a cell is one that the reader fills."""
    return cell.cell_type == "code" and TAG in cell.metadata.get("tags", [])


def solutions(notebook) -> dict[str, str]:
    """Return the source of each exercise's solution by its cell's id, in order.

    Raises:
        ValueError: no folded solution follows an exercise.
    """
    found = {}
    for cell, below in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        if is_exercise(cell):
            match = below and SOLUTION.search(below.source)
            if not match:
                raise ValueError(f"{cell.id}: the cell below it folds no solution")
            found[cell.id] = match[1]
    return found


def solved(stub: str, solution: str) -> str:
    """Return an exercise's cell with the solution in place of the stubs of the same names.

    >>> print(solved("def f(x):\\n    ...\\n\\n\\ncheck(f);", "def f(x):\\n    return 2 * x"))
    def f(x):
        return 2 * x
    <BLANKLINE>
    <BLANKLINE>
    check(f);
    """
    names = {node.name for node in ast.parse(solution).body if hasattr(node, "name")}
    stubs = [node for node in ast.parse(stub).body if getattr(node, "name", "") in names]
    lines = stub.splitlines()
    before, after = lines[: stubs[0].lineno - 1], lines[stubs[-1].end_lineno :]
    return "\n".join([*before, solution, *after])


def filled(notebook, slug: str):
    """Return a copy of a lesson in which each exercise is solved, and its check says so.

    Args:
        notebook: as it is stored.
        slug: its name, which is that of its module of checks.
    """
    copy, answers = deepcopy(notebook), solutions(notebook)
    checks = import_module(f"course_utils.lessons.checks.{slug}")
    for cell in filter(is_exercise, copy.cells):
        cell.source = solved(cell.source, answers[cell.id])
        praises = [getattr(checks, name).praise for name in CHECK.findall(cell.source)]
        text = "".join(f"Right: {praise}\n" for praise in praises)
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
    return copy
