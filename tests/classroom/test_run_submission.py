"""What runs a notebook inside the sandbox: no error is lost, whatever a cell does."""

import nbformat
import pytest

from tools.classroom import run_submission

CELLS = {
    "works": "x = 1",
    "shows much": "print('y' * 500_000)",
    "switches tracebacks off": "get_ipython().showtraceback = lambda *a, **k: None\n1 / 0",
    "takes too long": "while True: pass",
    "is run all the same": "assert x == 1",
    "is skipped by its tag": "assert x == 2",
    "ends the program": "import os, time; time.sleep(0.3); os._exit(0)",
    "comes after the end": "assert x == 1",
    "has no code": "   ",
}


@pytest.fixture(scope="module")
def errors(tmp_path_factory) -> dict[str, list[str]]:
    """Run all cells in one notebook; return the names of the errors of each."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "tmp").mkdir()
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    cells[5].metadata["tags"] = ["skip-execution"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("IPYTHONDIR", str(folder))
        run_submission.execute(notebook, timeout=2)
    assert notebook.metadata["printed_too_much"] == [1]
    nbformat.validate(notebook)
    outputs = [[o for o in cell.outputs if o.output_type == "error"] for cell in notebook.cells]
    return dict(zip(CELLS, [[o.ename for o in found] for found in outputs], strict=True))


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("works", []),
        ("shows much", []),
        ("switches tracebacks off", ["ZeroDivisionError"]),
        ("takes too long", ["CellTimeoutError"]),
        ("is run all the same", []),
        ("is skipped by its tag", ["AssertionError"]),
        ("ends the program", ["NotRun"]),
        ("comes after the end", ["NotRun"]),
        ("has no code", []),
    ],
)
def test_no_error_is_lost_when_a_cell(errors, cell, names):
    assert errors[cell] == names
