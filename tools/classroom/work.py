"""A notebook to be run in the sandbox, and the run: the same here, in a thread, and far away.

`execute` needs nothing but its argument and this repository, so that it can run anywhere and
twice without harm. The digest names all that its outputs depend on.
"""

import functools
import hashlib
import json
import platform
import sys
import threading
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

import nbformat
from packaging.requirements import Requirement

from tools.classroom import sandbox

SOURCE = Path(__file__).resolve().parents[2] / "src"
RUNNER = Path(__file__).resolve().with_name("run_submission.py")
SKIPPED = {"__pycache__", ".ipynb_checkpoints", ".DS_Store"}


class Unfit(Exception):
    """A machine that would run a notebook otherwise than the one that asks."""


@functools.cache
def surroundings() -> str:
    """Return a digest of what every run depends on: the package, the runner, their versions."""
    seen = hashlib.sha256(RUNNER.read_bytes())
    for path in sorted(SOURCE.rglob("*")):
        if path.is_file() and not SKIPPED & set(path.parts) and ".egg-info" not in str(path):
            seen.update(f"{path.relative_to(SOURCE).as_posix()}\0".encode() + path.read_bytes())
    needed = map(Requirement, metadata.requires("course_utils") or [])
    for name in ["ipykernel", "nbclient", *(one.name for one in needed if not one.marker)]:
        seen.update(f"{name} {metadata.version(name).partition('+')[0]}\0".encode())
    seen.update(platform.python_version().encode())
    return seen.hexdigest()


@dataclass(frozen=True)
class Work:
    """A notebook as it is run, the files beside it, and what it may use."""

    notebook: str  # as JSON
    files: dict[str, bytes]
    limits: sandbox.Limits
    cell_seconds: int
    code: str = field(default_factory=surroundings)
    isolated: bool = field(default_factory=lambda: bool(sandbox.isolation()))

    def digest(self) -> str:
        """Return a name of the run: ids of cells, which nothing depends on, are left out."""
        notebook = json.loads(self.notebook)
        cells = [
            [cell.get(key) for key in ("cell_type", "source", "metadata", "attachments")]
            for cell in notebook["cells"]
        ]
        files = {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}
        parts = [cells, notebook["metadata"].get("kernelspec"), files, asdict(self.limits)]
        text = json.dumps([*parts, self.cell_seconds, self.code], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def files_beside(folder: Path) -> dict[str, bytes]:
    """Read what lies beside an assignment's source, but for notebooks and folders of caches."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".ipynb" and not _hidden(path.relative_to(folder))
    }


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "__pycache__")) for part in path.parts)


def execute(work: Work, stop: threading.Event | None = None) -> str:
    """Run a notebook in a throw-away folder; on a broken limit, mark every cell as not run.

    Args:
        work: what to run.
        stop: ends the run when it is set. Default: nothing does but the limits.

    Returns:
        The notebook as JSON with its outputs; in its metadata, `broke` and `printed_too_much`.

    Raises:
        sandbox.Stopped: by `stop`.
        Unfit: this machine is not like the one that asks.
    """
    _compare(work)
    notebook = nbformat.reads(work.notebook, as_version=4)
    command = [sys.executable, "-P", str(RUNNER), f"--timeout={work.cell_seconds}"]
    with sandbox.throw_away_folder() as folder:
        _write(work.files, folder)
        given, readable = work.notebook.encode(), [RUNNER, SOURCE]
        done = sandbox.run(command, folder, work.limits, given, readable, stop=stop)
    broke = done.broke or _take(notebook, done.output)
    if broke:
        _fail(notebook, broke)
    notebook.metadata["broke"] = broke or ""
    return nbformat.writes(notebook)


def _compare(work: Work) -> None:
    """Refuse to run with another version of the course, or with less protection."""
    if work.code != surroundings():
        raise Unfit(f"{platform.node()} has another version of the course: update its clone")
    if work.isolated and not sandbox.isolation():
        raise Unfit(f"{platform.node()} isolates nothing: install bubblewrap there")


def _write(files: dict[str, bytes], folder: Path) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _take(notebook, output: bytes) -> str | None:
    """Take over the outputs and nothing else: the text of the cells stays as it was."""
    try:
        ran = nbformat.reads(output.decode("utf8"), as_version=4)
        nbformat.validate(ran)
    except Exception:  # whatever a submission can print
        return "the run ended without a notebook: too much memory, or it ended itself"
    if [cell.source for cell in ran.cells] != [cell.source for cell in notebook.cells]:
        return "the notebook that came back is not the one that was run"
    take_outputs(notebook, ran)
    notebook.metadata["printed_too_much"] = bool(ran.metadata.get("printed_too_much"))
    return None


def take_outputs(notebook, ran) -> None:
    """Take over the outputs of a notebook with the same cells."""
    for cell, other in zip(notebook.cells, ran.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = other.outputs, other.execution_count


def _fail(notebook, reason: str) -> None:
    """Give every code cell an error, which nbgrader counts as no points."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            told = {"ename": "Stopped", "evalue": reason, "traceback": [f"Not run: {reason}"]}
            cell.outputs = [nbformat.v4.new_output("error", **told)]
