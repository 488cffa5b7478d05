"""Run the lesson on interpretability with the library transformer-lens, which it compares with.

    python -m tools.lens           make an environment and run the lesson there
    python -m tools.lens --here    run it with this Python, where the library is installed

The environment, _build/lens, sees the packages of this one and adds the library (the extra `lens`
of pyproject.toml) with what it needs. The lesson's switch is set; a number that differs fails.
"""

import argparse
import os
import subprocess
import sys
import sysconfig
import time
import tomllib
import venv
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tools.colab.environment import interpreter

ROOT = Path(__file__).parents[1]
OUT = ROOT / "_build" / "lens"
LESSON = ROOT / "notebooks" / "interpretability.ipynb"
SWITCH, CELL = "WITH_LENS = False", "with-lens"


def make(folder: Path) -> Path:
    """Make an environment that sees this one's packages, add the extra; return its Python."""
    venv.create(folder, clear=True, with_pip=True)
    python = interpreter(folder)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True)
    here = sysconfig.get_path("purelib")
    link = Path(done.stdout.strip()) / "course.pth"
    link.write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
    extra = project["optional-dependencies"]["lens"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *extra], check=True)
    return python


def switched(notebook):
    """Return a lesson with its switch set, up to the cell that compares.

    Raises:
        ValueError: the lesson has no such cell, or the cell no switch.
    """
    ids = [cell.id for cell in notebook.cells]
    if CELL not in ids:
        raise ValueError(f"the lesson has no cell {CELL!r}")
    notebook.cells = notebook.cells[: ids.index(CELL) + 1]
    last = notebook.cells[-1]
    if SWITCH not in last.source:
        raise ValueError(f"the cell {CELL!r} has no line {SWITCH!r}")
    last.source = last.source.replace(SWITCH, SWITCH.replace("False", "True"))
    return notebook


def run(path: Path) -> str:
    """Run the cells of a lesson with its switch set and return what the last one prints."""
    notebook = switched(nbformat.read(path, as_version=4))
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=600, resources=resources).execute()
    outputs = notebook.cells[-1].outputs
    said = "".join(output.text for output in outputs if output.get("name") == "stdout")
    if "differ by" not in said:
        raise SystemExit(f"nothing was compared: {said!r}")
    return said


def main() -> None:
    """Read the command line and run; an assertion of the lesson leaves with an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--here", action="store_true", help="no new environment")
    if parser.parse_args().here:
        print(run(LESSON), end="")
        return
    start = time.perf_counter()
    python = make(OUT)
    made = time.perf_counter()
    offline = {**os.environ, "HF_HUB_OFFLINE": "1"}  # the model comes with the package
    command = [python, "-m", "tools.lens", "--here"]
    code = subprocess.run(command, cwd=ROOT, env=offline).returncode
    print(f"environment {made - start:.0f} s, lesson {time.perf_counter() - made:.0f} s")
    sys.exit(code)


if __name__ == "__main__":
    main()
