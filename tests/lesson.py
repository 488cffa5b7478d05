"""Try a lesson's checks: on the solution that the reader sees, and on wrong answers."""

import contextlib
from pathlib import Path

import matplotlib
import nbformat
import torch

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def run_cells(slug: str, *ids: str) -> dict:
    """Execute the import cell of a lesson, then the named cells; return their names."""
    notebook = nbformat.read(NOTEBOOKS / f"{slug}.ipynb", as_version=4)
    cells = {cell.id: cell.source for cell in notebook.cells}
    names: dict = {"__name__": "lesson"}
    with _settings_put_back():
        for name in ("imports", *ids):
            exec(compile(cells[name], f"{slug}:{name}", "exec"), names)
    return names


def told(reason: str, capsys) -> None:
    """Assert that a check has printed one line, which says "Not yet" and the reason."""
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 and lines[0].startswith("Not yet: ")
    assert reason in lines[0], lines[0]


@contextlib.contextmanager
def _settings_put_back():
    """Undo what an import cell sets for the whole process, so that no test sees it."""
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    gradients = torch.is_grad_enabled()
    try:
        with matplotlib.rc_context():
            yield
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)
        torch.set_printoptions(profile="default")
