"""Read a notebook as Colab, VS Code, Jupyter of any age or an editor saved it, and raise it to 4.5.

nbformat validates by the letter: a cell without an id, with outputs where none belong or with a
tag that has a comma is an error, whatever is right in it. Grading needs the cells' kinds, their
texts, pasted pictures and nbgrader's names: these are taken over, and the rest is made anew by
nbformat. Outputs are dropped before the notebook is measured.
"""

import json
import re
from itertools import count
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from tools.classroom.unreadable import Unusable, reason

LARGEST_FILE, LARGEST = 100, 20  # MB: as handed in, and without its outputs
MAKERS = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MIME = re.compile(r"[\w.+-]+/[\w.+-]+")
NOT_UTF8 = "not saved as UTF-8: what is not ASCII may be unreadable; save it in Jupyter or Colab"


def read(path: Path) -> tuple[nbformat.NotebookNode, str]:
    """Read a notebook's file.

    Args:
        path: an ordinary file.

    Returns:
        The notebook as `raised` gives it, and a note for its student, "" for none.

    Raises:
        Unusable: it cannot be read; the reason is for its student.
    """
    if path.is_symlink() or not path.is_file():
        raise Unusable("the notebook is no ordinary file")
    if path.stat().st_size > LARGEST_FILE * 2**20:
        raise Unusable(f"the notebook is larger than {LARGEST_FILE} MB: clear its outputs and save")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Unusable(f"the file cannot be read: {error.strerror}") from None
    data, note = parse(raw)
    notebook = raised(data)
    if len(nbformat.writes(notebook).encode("utf8")) > LARGEST * 2**20:
        text = f"the notebook is larger than {LARGEST} MB without its outputs: take pictures out"
        raise Unusable(text)
    return notebook, note


def parse(raw: bytes) -> tuple[dict, str]:
    """Return what a file holds, in UTF-8, UTF-16 or UTF-32, and a note where it is in none."""
    note, text = "", ""
    try:
        text = raw.decode(json.detect_encoding(raw))
    except UnicodeDecodeError:  # JSON's own marks are ASCII in all that an editor offers
        text, note = raw.decode("utf8", "replace"), NOT_UTF8
    try:
        data = json.loads(text.strip("\ufeff\0 \r\n\t"))
    except (ValueError, RecursionError) as error:
        raise Unusable(". ".join(filter(None, [reason(raw, text, error), note]))) from None
    if not isinstance(data, dict) or not isinstance(_cells(data), list):
        raise Unusable(reason(raw, text, None))
    return data, note


def raised(data: dict) -> nbformat.NotebookNode:
    """Make a notebook of format 4.5 from what a file of any format holds.

    Args:
        data: as JSON gives it, of nbformat 1 to 4, in or out of order.

    Returns:
        A valid notebook without outputs; a cell's metadata holds nbgrader's, or nothing.
    """
    old = [cell for cell in _cells(data) if isinstance(cell, dict)]
    cells = [_cell(cell, name) for cell, name in zip(old, _ids(old), strict=True)]
    if not any(cell.source.strip() for cell in cells):
        raise Unusable("not a notebook with anything in it: save your work and hand it in again")
    notebook = nbformat.from_dict(new_notebook(cells=cells))
    nbformat.validate(notebook)
    return notebook


def _cells(data: dict):
    """Return a notebook's cells; before format 4 they lay on worksheets."""
    sheets = data.get("worksheets")
    if "cells" in data or not isinstance(sheets, list):
        return data.get("cells")
    lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    return [cell for cells in lists if isinstance(cells, list) for cell in cells]


def _ids(old: list[dict]) -> list[str]:
    """Return an id for each cell: its own if it is a right one, else always the same new one."""
    ids: dict[str, None] = {}
    numbers = count()
    for cell in old:
        wanted = cell.get("id", _metadata(cell).get("id"))  # Colab's lies in the metadata
        while not isinstance(wanted, str) or not ID.fullmatch(wanted) or wanted in ids:
            wanted = f"cell-{next(numbers)}"
        ids[wanted] = None
    return list(ids)


def _metadata(old: dict) -> dict:
    return old["metadata"] if isinstance(old.get("metadata"), dict) else {}


def _cell(old: dict, name: str):
    """Make a cell anew, with what grading needs of the old one."""
    kind, source = _kind(old), _text(next((old[k] for k in ("source", "input") if k in old), ""))
    if old.get("cell_type") == "heading":  # format 3
        source = f"{'#' * (old.get('level') if old.get('level') in range(1, 7) else 1)} {source}"
    cell = MAKERS[kind](source, id=name, metadata=_marks(_metadata(old)))
    if kind == "markdown" and (pictures := _pictures(old.get("attachments"))):
        cell.attachments = pictures
    return cell


def _kind(old: dict) -> str:
    """Return a cell's kind: code, markdown or raw."""
    kind = old.get("cell_type")
    if kind in ("heading", "html"):  # format 3
        return "markdown"
    if kind is None and old.keys() & {"outputs", "execution_count", "prompt_number", "input"}:
        return "code"
    return kind if isinstance(kind, str) and kind in MAKERS else "raw"


def _marks(told: dict) -> dict:
    """Return nbgrader's metadata of a cell, if they name it."""
    marks = told.get("nbgrader")
    named = isinstance(marks, dict) and isinstance(marks.get("grade_id"), str)
    return {"nbgrader": marks} if named and marks["grade_id"] else {}


def _text(value) -> str:
    """Return a cell's text, which is one string, or a list of lines with or without their ends."""
    if isinstance(value, list):
        lines = [line for line in value if isinstance(line, str)]
        ended = any(line.endswith("\n") for line in lines[:-1]) or len(lines) < 2
        value = ("" if ended else "\n").join(lines)
    text = value if isinstance(value, str) else ""
    return text.encode("utf8", "replace").decode("utf8").replace("\r\n", "\n")


def _pictures(value) -> dict:
    """Return the pasted pictures of a cell that are in the right form."""
    bundles = value.items() if isinstance(value, dict) else []
    right = {name: _pictured(bundle) for name, bundle in bundles}
    return {name: bundle for name, bundle in right.items() if bundle}


def _pictured(bundle) -> dict:
    pairs = bundle.items() if isinstance(bundle, dict) else []
    return {kind: _text(data) for kind, data in pairs if MIME.fullmatch(kind) and _text(data)}
