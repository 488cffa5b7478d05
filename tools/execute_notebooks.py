"""Run notebooks in place and store their outputs, so that the files change only where they must.

Execution times are not kept, widget ids are counted instead of drawn, metadata is the least
that Jupyter, Colab and the book need.
"""

import argparse
import hashlib
import json
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

WIDGETS = "application/vnd.jupyter.widget-state+json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3", "file_extension": ".py"}


def widget_ids(notebook) -> dict[str, str]:
    """Map each widget's random id to one that depends only on its place in the notebook."""
    state = notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})
    return {old: hashlib.md5(str(i).encode()).hexdigest() for i, old in enumerate(state)}


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
    """Run one notebook and write it back; return its seconds."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("widgets", None)
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


def main() -> None:
    """Read the command line and run each notebook; one that fails is left as it was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    for path in parser.parse_args().notebooks:
        allowed = json.loads(path.read_text(encoding="utf8"))["metadata"].get("course", {})
        seconds = execute(path)
        print(f"{path.stem:28} {seconds:6.1f} s of {allowed.get('budget_seconds', '?')} s")


if __name__ == "__main__":
    main()
