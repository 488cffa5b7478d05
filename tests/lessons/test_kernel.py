"""What the setup cell does in a kernel: figures show, and matplotlib's cache is nobody's output."""

import logging
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from course_utils.lessons import kernel

ROOT = Path(__file__).parents[2]
SETUP = (ROOT / "tools/notebooks/setup_cell.txt").read_text(encoding="utf8")
DRAW = "import matplotlib.pyplot as plt\n\nplt.plot([1, 2]);"


def test_a_server_without_screen_and_home_shows_figures_and_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf8")
    cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, DRAW)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    for name in ("JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):  # which Jupyter needs, whatever HOME is
        monkeypatch.setenv(name, str(tmp_path / name))
    home = {"HOME": str(tmp_path / "file/home"), "MPLBACKEND": "Agg"}
    NotebookClient(notebook, timeout=60).execute(env={**os.environ, **home})
    kinds = [[output.output_type for output in cell.outputs] for cell in notebook.cells]
    assert kinds == [[], ["display_data"]], notebook.cells[1].outputs
    assert "image/png" in notebook.cells[1].outputs[0].data


@pytest.mark.parametrize(
    ("said", "notebook", "then"),
    [
        ("Agg", True, kernel.INLINE),
        ("pdf", True, kernel.INLINE),
        ("Agg", False, "Agg"),  # a script asks for files
        ("TkAgg", True, "TkAgg"),  # it shows windows
        (kernel.INLINE, True, kernel.INLINE),
    ],
)
def test_only_what_shows_nothing_in_a_notebook_is_changed(said, notebook, then, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", said)
    monkeypatch.setattr(kernel, "_in_notebook", lambda: notebook)
    kernel.show_figures()
    assert os.environ["MPLBACKEND"] == then


def test_nothing_is_set_where_nothing_was(monkeypatch):
    monkeypatch.delenv("MPLBACKEND", raising=False)
    monkeypatch.setattr(kernel, "_in_notebook", lambda: True)
    kernel.show_figures()
    assert "MPLBACKEND" not in os.environ


def record(message: str, *words) -> logging.LogRecord:
    """Return a warning as matplotlib writes it."""
    return logging.LogRecord("matplotlib", logging.WARNING, "", 0, message, words, None)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("mkdir -p failed for path %s: %s", False),
        ("%s is not a writable directory%s", False),
        ("Matplotlib created a temporary cache directory at %s because %s", False),
        ("Could not save font_manager cache %s%s", False),
        ("Matplotlib is building the font cache; this may take a moment.%s%s", False),
        ("findfont: Font family %r not found.%s", True),
        ("Bad value in file %r: %s", True),
    ],
)
def test_warnings_that_are_for_readers_stay(message, shown):
    assert kernel._is_for_readers(record(message, "a", "b")) is shown


def test_it_imports_neither_torch_nor_matplotlib():
    source = Path(kernel.__file__).read_text(encoding="utf8")
    assert not re.search(r"^(import|from) (torch|matplotlib|numpy|course_utils)", source, re.M)
