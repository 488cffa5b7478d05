"""Run notebooks in place and store their outputs, so that the files change only where they must.

Two at once, one thread each. Each gets a stamp, by which a later build knows whether its outputs
are still those of today's code (`stamps.py`). Execution times are not kept, widget ids are counted
instead of drawn, metadata is the least that Jupyter, Colab and the book need.
"""

import argparse
import hashlib
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tools.notebooks.stamps import fits, stamp
from tools.notebooks.two_at_once import budget, two_at_once

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
WIDGETS = "application/vnd.jupyter.widget-state+json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3", "file_extension": ".py"}


def widget_ids(notebook) -> dict[str, str]:
    """Map each widget's random id to one that depends only on its place in the notebook.

    What has such ids already keeps them: exchanging them among each other would mix widgets up.
    """
    state = notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})
    ids = [hashlib.md5(str(i).encode()).hexdigest() for i in range(len(state))]
    return {} if set(state) == set(ids) else dict(zip(state, ids, strict=True))


def tidy(notebook) -> str:
    """Return the notebook's text, without anything that differs from run to run."""
    notebook.metadata.kernelspec = KERNEL
    notebook.metadata.language_info = LANGUAGE
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    text = nbformat.writes(notebook, version=4)
    for old, new in widget_ids(notebook).items():
        text = text.replace(old, new)
    text = nbformat.writes(nbformat.reads(text, as_version=4), version=4)  # sorted by the new ids
    return text.rstrip("\n") + "\n"


def execute(path: Path) -> float:
    """Run one notebook and write it back with its stamp; return its seconds."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("widgets", None)
    notebook.metadata.setdefault("course", {})["stamp"] = stamp(notebook)
    client = NotebookClient(
        notebook,
        timeout=600,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    start = time.perf_counter()
    client.execute()
    seconds = time.perf_counter() - start
    path.write_text(tidy(notebook), encoding="utf8", newline="\n")
    return seconds


def outdated(paths: list[Path]) -> list[Path]:
    """Return the notebooks whose stored outputs may differ from what they print today."""
    found = [path for path in paths if not fits(nbformat.read(path, as_version=4))]
    print(f"{len(paths) - len(found)} of {len(paths)} lessons are up to date")
    return found


def main() -> None:
    """Read the command line and run notebooks; one that fails is left as it was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: lessons not up to date")
    named = [path.resolve() for path in parser.parse_args().notebooks]
    for path, seconds in two_at_once(execute, named or outdated(LESSONS)):
        print(f"{path.stem:28} {seconds:6.1f} s of {budget(path):3.0f} s", flush=True)


if __name__ == "__main__":
    main()
