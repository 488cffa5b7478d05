"""Play with each lesson as a reader does, who runs a cell again and goes back: nothing may fail.

Each cell is run twice in a row; then, from the end, each section once more, the last one first. The
exercises are as a reader finds them: empty. Training runs end after a few steps, as they would for
a reader in a hurry, and all cells must go on with such a model, too. `--whole` trains to the end.
Two lessons at once, a thread each.
"""

import argparse
from functools import partial
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools.notebooks.two_at_once import two_at_once

ROOT = Path(__file__).parents[2]
SHORT = """
import dataclasses
from course_utils import training

whole_run = training.train


def short_run(model, data, config, *args, **kwargs):
    config = dataclasses.replace(config, steps=min(config.steps, 5))
    return whole_run(model, data, config, *args, **kwargs)


training.train = short_run
"""


def sections(notebook) -> list[list[int]]:
    """Return the numbers of the code cells of each section; one begins at a heading `## `.

    The first section, with the setup and the imports, is left out if nothing else is in it.
    """
    found: list[list[int]] = [[]]
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            found.append([])
        elif cell.cell_type == "code":
            found[-1].append(number)
    return [numbers for numbers in found if numbers]


def order(notebook) -> list[tuple[str, int]]:
    """Return what is run one after the other: how it came to it, and the number of a cell."""
    cells = [number for numbers in sections(notebook) for number in numbers]
    twice = [(how, number) for number in cells for how in ("the first time", "the second time")]
    back = [number for numbers in reversed(sections(notebook)) for number in numbers]
    return twice + [("coming back from the end", number) for number in back]


def play(path: Path, whole: bool = False) -> tuple[int, list[str]]:
    """Run one lesson's cells in that order.

    Args:
        path: of the notebook.
        whole: let training runs go to their ends. Default False.

    Returns:
        How many runs there were, and a line for each that failed.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}}
    )
    runs, faults = order(notebook), []
    with client.setup_kernel():
        client.execute_cell(nbformat.v4.new_code_cell("" if whole else SHORT), 0)
        for how, number in runs:
            cell = notebook.cells[number]
            try:
                client.execute_cell(cell, number)
            except CellExecutionError as error:
                faults.append(f"{path.stem}#{cell.id}, {how}: {error.ename}: {error.evalue}")
    return len(runs), faults


def main() -> None:
    """Read the command line, play, and fail if any run of a cell failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all lessons")
    parser.add_argument("--whole", action="store_true", help="train to the end")
    options = parser.parse_args()
    chosen = options.notebooks or (ROOT / "notebooks").glob("*.ipynb")
    work, faults = partial(play, whole=options.whole), []
    for path, (runs, failed) in two_at_once(work, [path.resolve() for path in chosen]):
        print(f"{path.stem:28} {runs} runs of cells, {len(failed)} failed", flush=True)
        faults += failed
    if faults:
        raise SystemExit("\n".join(faults))


if __name__ == "__main__":
    main()
