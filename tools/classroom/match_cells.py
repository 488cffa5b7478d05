"""Find a released cell again in a notebook that lost nbgrader's names, where that is beyond doubt.

Cells that are copied into a new notebook, or go through a program that drops metadata, have no
name any more. An answer is known by what it defines, another cell by its text, and an answer that
defines nothing by the two cells around it.
"""

import ast

from nbformat import NotebookNode

from tools.classroom.nbgrader_settings import editable, grade_id


def named(cells: list[NotebookNode], released: list[NotebookNode]) -> dict[str, NotebookNode]:
    """Return the student's cell of each released one that still has its name, or is recognised.

    Args:
        cells: the student's, in order.
        released: all cells of the released copy, in order.

    Returns:
        By name, in the released order: the last of the cells that have it, else the one that must
        be meant.
    """
    wanted = [grade_id(cell) for cell in released if grade_id(cell)]
    found = {grade_id(cell): cell for cell in cells if grade_id(cell) in wanted}
    found |= recognised(cells, released, found)
    return {name: found[name] for name in wanted if name in found}


def recognised(
    cells: list[NotebookNode], released: list[NotebookNode], found: dict[str, NotebookNode]
) -> dict[str, NotebookNode]:
    """Return the cells without a name that must be meant; arguments as in `named`."""
    free = [cell for cell in cells if not grade_id(cell)]
    lost = [cell for cell in released if grade_id(cell) and grade_id(cell) not in found]
    if not free or not lost:
        return {}
    new = {grade_id(cell): other for cell in lost if (other := _same_text(cell, free, released))}
    new |= {grade_id(cell): other for cell in lost if (other := _defines(cell, free, released))}
    for cell in lost:
        if grade_id(cell) not in new and editable(cell):
            other = _between(cell, cells, released, found | new)
            if other is not None:
                new[grade_id(cell)] = other
    return new


def answers(cells: list[NotebookNode], released: list[NotebookNode]) -> dict[str, str]:
    """Return a student's answers by name: texts that differ from the released ones."""
    texts = {grade_id(c): _bare(c.source) for c in released if grade_id(c) and editable(c)}
    theirs = {name: _bare(cell.source) for name, cell in named(cells, released).items()}
    return {name: theirs[name] for name in texts if theirs.get(name, texts[name]) != texts[name]}


def _bare(source: str) -> str:
    """Return a text without what editors change by themselves: blanks at ends, a last line end."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _same_text(cell, free: list, released: list):
    """Return the only free cell with a released cell's text, if no other released one has it."""
    same = [other for other in free if _alike(other, cell)]
    twins = [other for other in released if _alike(other, cell)]
    return same[0] if len(same) == len(twins) == 1 else None


def _alike(one, other) -> bool:
    return one.cell_type == other.cell_type and _bare(one.source) == _bare(other.source)


def _defines(cell, free: list, released: list):
    """Return the last free cell that defines all that an answer must, at its outermost level."""
    if not editable(cell) or cell.cell_type != "code" or not (wanted := defined(cell.source)):
        return None
    if sum(bool(wanted & defined(c.source)) for c in released if c.cell_type == "code") > 1:
        return None
    fits = [c for c in free if c.cell_type == "code" and wanted <= defined(c.source)]
    worked = [c for c in fits if not _alike(c, cell)]
    return next(reversed(worked or fits), None)


def defined(source: str) -> set[str]:
    """Return the functions and classes that a cell defines.

    >>> sorted(defined("def half(x):\\n    def inner(): pass\\n\\nclass A: pass"))
    ['A', 'half']
    """
    kinds = ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef
    try:
        return {node.name for node in ast.parse(_python(source)).body if isinstance(node, kinds)}
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # what students write
        return set()


def _python(source: str) -> str:
    """Return a cell without the lines for IPython alone."""
    lines = source.splitlines()
    return "\n".join("" if line.startswith(("%", "!")) else line for line in lines)


def _between(cell, cells: list, released: list, found: dict):
    """Return the only cell between the two that stand around a released one, if it may be it."""
    at = next(i for i, other in enumerate(released) if other is cell)
    before = _place(released[at - 1], cells, found) if at else -1
    after = _place(released[at + 1], cells, found) if at + 1 < len(released) else len(cells)
    if before is None or after is None or after - before != 2:
        return None
    other = cells[before + 1]
    return other if other.cell_type == cell.cell_type and not grade_id(other) else None


def _place(neighbour, cells: list, found: dict) -> int | None:
    """Return where a released cell stands among the student's."""
    other = found.get(grade_id(neighbour))
    if other is None:
        same = [c for c in cells if _alike(c, neighbour)]
        other = same[0] if len(same) == 1 else None
    return next((i for i, cell in enumerate(cells) if cell is other), None)
