"""Notebooks as programs and people save them are read; what cannot be read says what to do."""

import copy
import json

import nbformat
import pytest
import saved_by
import tiny_assignment

from tools.classroom import read_notebook
from tools.classroom.read_notebook import Unusable, parse, raised, read


def solved():
    """Return a notebook of the tiny assignment, answered."""
    cells = [
        tiny_assignment.cell("title", "# Tiny, in Zürich", kind="markdown"),
        tiny_assignment.cell("double", "def double(x):\n    return x + x  # ✓", answer=True),
        tiny_assignment.cell("test-double", "assert double(1) == 2", points=2),
        tiny_assignment.cell("why", "Because: 二", points=4, answer=True, kind="markdown"),
    ]
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    return made


def said(notebook) -> list[tuple]:
    """Return all that grading needs of a notebook."""
    cells = notebook.cells
    return [(c.cell_type, c.source, c.metadata.get("nbgrader", {}).get("grade_id")) for c in cells]


def nbformat_takes(raw: bytes) -> bool:
    """Say whether nbformat alone reads a file and finds it valid, as grading once asked for."""
    try:
        nbformat.validate(nbformat.reads(raw.decode("utf8"), as_version=4))
    except Exception:  # whatever it meets
        return False
    return True


@pytest.mark.parametrize("program", saved_by.PROGRAMS, ids=lambda program: program.__name__)
def test_each_program_s_notebook_is_read(program):
    notebook = raised(parse(program(solved()))[0])
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert said(notebook) == said(solved())
    assert not any(cell.get("outputs") for cell in notebook.cells)


def changed(change) -> bytes:
    """Return the file of a notebook in which something is out of order."""
    data = saved_by.plain(solved())
    change(data)
    return saved_by.dumped(data)


def each(data: dict, **entries):
    """Give every cell these entries; None takes one away."""
    for cell in data["cells"]:
        for key, value in entries.items():
            if value is None:
                cell.pop(key, None)
            else:
                cell[key] = copy.deepcopy(value)


def each_metadata(data: dict, **entries):
    """Give every cell's metadata these entries."""
    for cell in data["cells"]:
        cell["metadata"].update(copy.deepcopy(entries))


OUTPUT = [{"output_type": "stream", "name": "stdout", "text": "1"}]
REFUSED = {  # by nbformat alone
    "ids in 4.4": lambda d: d.update(nbformat_minor=4),
    "ids in 4.0": lambda d: d.update(nbformat_minor=0),
    "no outputs": lambda d: each(d, outputs=None),
    "no execution_count": lambda d: each(d, execution_count=None),
    "outputs on Markdown": lambda d: each(d, outputs=OUTPUT, execution_count=1),
    "transient": lambda d: each(d, transient={"deleting": False}),
    "execution_state": lambda d: each(d, execution_state="idle"),
    "attachments on code": lambda d: each(d, attachments={"a.png": {"image/png": "QQ=="}}),
    "attachments of null": lambda d: each(d, attachments=5),
    "language_info without name": lambda d: d["metadata"].update(language_info={"version": "3"}),
    "language_info of null": lambda d: d["metadata"].update(language_info=5),
    "kernelspec without display_name": lambda d: d["metadata"].update(kernelspec={"name": "p"}),
    "ids with blanks": lambda d: each(d, id="my cell"),
    "ids of 80 letters": lambda d: [c.update(id="x" * 79 + str(i)) for i, c in _numbered(d)],
    "ids of numbers": lambda d: [c.update(id=i) for i, c in _numbered(d)],
    "empty ids": lambda d: each(d, id=""),
    "doubled tags": lambda d: each_metadata(d, tags=["a", "a"]),
    "tags with commas": lambda d: each_metadata(d, tags=["a,b"]),
    "tags of one text": lambda d: each_metadata(d, tags="solution"),
    "collapsed by yes": lambda d: each_metadata(d, collapsed="yes"),
    "scrolled by yes": lambda d: each_metadata(d, scrolled="yes"),
    "empty names": lambda d: each_metadata(d, name=""),
    "jupyter of null": lambda d: each_metadata(d, jupyter=5),
    "source of null": lambda d: d["cells"].append({"cell_type": "code", "source": None}),
    "no metadata on a cell": lambda d: d["cells"].append({"cell_type": "raw", "source": ""}),
    "no metadata": lambda d: d.pop("metadata"),
    "metadata of null": lambda d: d.update(metadata=None),
    "entries of its own": lambda d: d.update(signature="x", trusted=True),
    "a broken output": lambda d: each(d, outputs=[{"output_type": "pyout", "text": 3}]),
    "no minor version": lambda d: d.pop("nbformat_minor"),
    "version as a text": lambda d: d.update(nbformat="4"),
    "a version to come": lambda d: d.update(nbformat=5, nbformat_minor=0),
    "no version": lambda d: (d.pop("nbformat"), d.pop("nbformat_minor")),
    "a cell of null": lambda d: d["cells"].append(None),
    "a kind of cell to come": lambda d: d["cells"].append({"cell_type": "sql", "source": "x"}),
}
TAKEN = {  # by nbformat alone, and that must stay so
    "no ids in 4.5": saved_by.without_ids,
    "doubled ids": lambda d: each(d, id="same"),
    "lists of lines": lambda d: None,
    "Windows line ends": lambda d: [
        c.update(source="".join(c["source"]).replace("\n", "\r\n")) for c in d["cells"]
    ],
}


def _numbered(data: dict):
    return list(enumerate(data["cells"]))


@pytest.mark.filterwarnings("ignore::nbformat.validator.DuplicateCellId")
@pytest.mark.filterwarnings("ignore::nbformat.validator.MissingIDFieldWarning")
@pytest.mark.parametrize("what", [*REFUSED, *TAKEN])
def test_what_is_out_of_order_in_a_notebook_costs_nothing(what):
    raw = changed((REFUSED | TAKEN)[what])
    assert nbformat_takes(raw) == (what in TAKEN)
    notebook = raised(parse(raw)[0])
    nbformat.validate(notebook)
    assert said(notebook)[: len(said(solved()))] == said(solved())
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_lines_without_their_ends_and_null_among_them_are_lines():
    cells = [{"cell_type": "code", "source": ["def f():", None, "    return 1"]}]
    assert raised({"cells": cells}).cells[0].source == "def f():\n    return 1"


def test_half_a_letter_pair_does_not_stop_writing():
    notebook = raised(json.loads('{"cells": [{"cell_type": "code", "source": "x = \'\\ud83d\'"}]}'))
    assert nbformat.writes(notebook).encode("utf8")


@pytest.mark.parametrize("what", ["no ids in 4.5", "doubled ids", "empty ids"])
def test_the_same_notebook_is_raised_to_the_same(what):
    data = parse(changed((REFUSED | TAKEN)[what]))[0]
    assert raised(data) == raised(copy.deepcopy(data))


def test_a_pasted_picture_stays_with_its_text_and_a_broken_one_goes():
    pictures = {"a.png": {"image/png": "QUJD"}, "b.png": "QUJD", "c.png": {"image/png": 5}}
    cell = {"cell_type": "markdown", "source": "![a](attachment:a.png)", "attachments": pictures}
    assert raised({"cells": [cell]}).cells[0].attachments == {"a.png": {"image/png": "QUJD"}}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_marks_of_the_encoding_and_utf_16_are_read(encoding):
    text = saved_by.dumped(saved_by.plain(solved())).decode("utf8")
    data, note = parse(text.encode(encoding))
    assert (said(raised(data)), note) == (said(solved()), "")


def test_another_encoding_is_read_with_a_note():
    text = (
        saved_by.dumped(saved_by.plain(solved())).decode("utf8").replace("二", "").replace("✓", "")
    )
    data, note = parse(text.encode("cp1252"))
    assert "not saved as UTF-8" in note and "save it in Jupyter" in note
    notebook = raised(data)
    assert "def double(x):" in notebook.cells[1].source
    assert notebook.cells[0].source == "# Tiny, in Z\N{REPLACEMENT CHARACTER}rich"


WHOLE = saved_by.dumped(saved_by.plain(solved()))
UNREADABLE = {
    "empty": (b"", "the file is empty"),
    "zeros": (b"\0" * 400, "the file is empty"),
    "cut": (WHOLE[:400], "it breaks off at line"),
    "cut within a word": (WHOLE.replace(b"null", b"nul")[: WHOLE.index(b"null") + 3], "breaks off"),
    "comma": (WHOLE.rstrip(b"}\n") + b",\n}", "a comma too many at line"),
    "comma within": (b'{"cells": [{"source": "x"},], "metadata": {}}', "a comma too many"),
    "changed": (WHOLE.replace(b'"cells":', b'"cells"', 1), "line 2, column 10"),
    "conflict": (b"{\n<<<<<<< HEAD\n" + WHOLE[1:], "a Git conflict"),
    "page": (b"\n<!DOCTYPE html>\n<html>", "Download raw file"),
    "GitHub": (b'{"payload": {"blob": {}}}', "a web page of GitHub"),
    "link": (b"https://colab.research.google.com/drive/1a", "In Colab: File, Download"),
    "shortcut": (b"[InternetShortcut]\nURL=https://colab.research.google.com", "it is a link"),
    "webloc": (b'<?xml version="1.0"?>\n<!DOCTYPE plist>', "a link or another file in XML"),
    "Drive": (b'{"url": "https://drive", "doc_id": "1a"}', "it is a link"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "Git's note"),
    "zip": (b"PK\x03\x04\x14\0", "a zip or Office file"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
    "picture": (b"\x89PNG\r\n\x1a\n", "a picture"),
    "Python": (b"import torch\n", "a Python or Markdown text"),
    "text": (b"Dear teacher, my laptop ate it.", "a text of another kind"),
    "list": (b"[1, 2]", "it holds no cells"),
    "settings": (b'{"theme": "dark"}', "it holds no cells"),
    "cells of null": (b'{"cells": null}', "it holds no cells"),
    "no cells": (b'{"cells": [], "nbformat": 4}', "save your work"),
    "blank cells": (b'{"cells": [{"source": " "}]}', "save your work"),
    "deep": (b'{"cells": ' + b"[" * 200_000, "nested too deeply"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read_says_what_its_student_can_do(what):
    raw, wanted = UNREADABLE[what]
    with pytest.raises(Unusable) as caught:
        raised(parse(raw)[0])
    text = str(caught.value)
    assert text.startswith("not a notebook") and wanted in text and "\n" not in text
    assert any(word in text for word in ("Open it", "Download", "Hand in", "hand it in", "Solve"))


def test_outputs_are_dropped_before_a_notebook_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(read_notebook, "LARGEST", 1)
    data = saved_by.plain(solved())
    printed = {"output_type": "stream", "name": "stdout", "text": "x" * 3_000_000}
    data["cells"][1]["outputs"] = [printed]
    path = tmp_path / "tiny.ipynb"
    path.write_bytes(saved_by.dumped(data))
    assert said(read(path)[0]) == said(solved())
    data["cells"][1]["source"] = "x" * 3_000_000
    path.write_bytes(saved_by.dumped(data))
    with pytest.raises(Unusable, match="larger than 1 MB without its outputs"):
        read(path)
    monkeypatch.setattr(read_notebook, "LARGEST_FILE", 1)
    with pytest.raises(Unusable, match="larger than 1 MB: clear its outputs"):
        read(path)


def test_fifty_megabytes_of_prints_are_allowed():
    assert read_notebook.LARGEST_FILE >= 100


@pytest.mark.parametrize("kind", ["link", "folder", "nothing"])
def test_what_is_no_ordinary_file_is_not_followed(tmp_path, kind):
    path = tmp_path / "tiny.ipynb"
    if kind == "link":
        (tmp_path / "other").write_bytes(WHOLE)
        path.symlink_to(tmp_path / "other")
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(Unusable, match="no ordinary file"):
        read(path)
