"""Run single cells of a lesson, so that a check is tried on the solution that the reader sees."""

from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def run_cells(slug: str, *ids: str) -> dict:
    """Execute the import cell of a lesson, then the named cells; return their names."""
    notebook = nbformat.read(NOTEBOOKS / f"{slug}.ipynb", as_version=4)
    cells = {cell.id: cell.source for cell in notebook.cells}
    names: dict = {"__name__": "lesson"}
    for name in ("imports", *ids):
        exec(compile(cells[name], f"{slug}:{name}", "exec"), names)
    return names
