"""The page on the book's health: what it counts, and that what it reads is about our lessons."""

import json
import sys
from pathlib import Path

import health
import nbformat
import pytest

from tools.notebooks import order
from tools.notebooks.watch import watched
from tools.site import measure

ROOT = Path(__file__).parents[2]


def test_a_row_has_what_was_measured_or_a_dash():
    first, second = order.lessons(ROOT)[:2]
    measured = {"lessons": {first.slug: {"seconds": 12.5, "memory": 700}}}
    rows = health.lesson_rows(ROOT, measured)[2:]
    assert len(rows) == len(order.lessons(ROOT))
    assert rows[0].startswith(f"| [{first.title}](../notebooks/{first.slug}.ipynb) | 12.5 | 700 |")
    assert second.title in rows[1] and "| – | – |" in rows[1]


def test_cells_that_nobody_compares_are_not_counted(tmp_path):
    cells = [
        nbformat.v4.new_code_cell("1"),
        nbformat.v4.new_code_cell("2"),
        nbformat.v4.new_markdown_cell("text"),
    ]
    cells += [nbformat.v4.new_code_cell("2", metadata={"tags": ["nbval-ignore-output"]})]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    assert health.compared(tmp_path / "a.ipynb") == "2 of 3"


def test_the_file_speaks_of_our_lessons_and_packages():
    measured = json.loads((ROOT / health.FILE).read_text("utf8"))
    assert set(measured["lessons"]) <= {lesson.slug for lesson in order.lessons(ROOT)}
    assert {"Python", "torch", "numpy"} <= set(measured["versions"])


def test_without_a_run_one_line_says_what_to_do(tmp_path):
    with pytest.raises(SystemExit, match="run 'make test' first"):
        measure.lessons(tmp_path / "none.json")


def test_times_are_read_as_the_comparison_keeps_them(tmp_path):
    (tmp_path / "times.json").write_text('{"decoding": [12.5, 40, "ok", 700]}', "utf8")
    assert measure.lessons(tmp_path / "times.json") == {
        "decoding": {"seconds": 12.5, "memory": 700}
    }


def test_the_memory_is_that_of_the_process_below(tmp_path):
    kernel = (
        "import time; held = bytearray(300_000_000); held[::4096] = held[::4096]; time.sleep(1)"
    )
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {kernel!r}]); print(1)"
    code, said, memory = watched([sys.executable, "-c", parent], tmp_path)
    assert (code, said.strip()) == (0, b"1") and 300 < memory < 400
