"""One lesson of `make colab`: the notebook alone in an empty folder, and what it changed."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from tools.colab.environment import freeze, restore

CELL_TIMEOUT = 300  # seconds
SETUP_LIMIT = 20  # seconds
NOWHERE = "http://127.0.0.1:9"
LOOPBACK = Path(__file__).with_name("loopback.py")
PROBE = "import urllib.request as u; u.urlopen('https://github.com', timeout=3)"


@dataclass
class Row:
    """What is known about a lesson after its run: a row of the table."""

    lesson: str
    setup: float = 0.0  # seconds of the setup cell, with the install
    seconds: float = 0.0  # the whole notebook, without a network
    same: str = ""  # cells that print what is stored
    added: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass
class Place:
    """Where lessons run: an interpreter, the wheel, a scratch folder, how the network is cut."""

    python: Path
    wheel: Path
    scratch: Path
    cut: list[str]  # a command in front of the interpreter; empty where there is none

    def environment(self, offline: bool) -> dict[str, str]:
        """Return the variables of a kernel: no PYTHONPATH, empty caches, our wheel."""
        ours = ("PYTHON", "VIRTUAL_ENV", "JUPYTER", "IPYTHON")
        env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        env |= {"PATH": f"{self.python.parent}{os.pathsep}{env.get('PATH', '')}"}
        env |= {"PYTHONNOUSERSITE": "1", "COURSE_UTILS_SOURCE": str(self.wheel)}
        for name in ("HF_HOME", "XDG_CACHE_HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR"):
            env[name] = str(self.scratch / name.lower())
        if offline and not self.cut:
            env |= dict.fromkeys(
                ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE
            )
        return env


def network_cutter() -> list[str]:
    """Return the command that runs another with the loopback only, if the system allows it."""
    command = ["unshare", "--map-root-user", "--net", sys.executable, str(LOOPBACK)]
    if (
        shutil.which("unshare")
        and not subprocess.run([*command, "true"], capture_output=True).returncode
    ):
        return command
    return []


def network_is_cut(place: Place) -> bool:
    """Try to reach a host as an offline kernel would."""
    command = [*place.cut, str(place.python), "-c", PROBE]
    done = subprocess.run(command, env=place.environment(offline=True), capture_output=True)
    return done.returncode != 0


def execute(notebook, place: Place, offline: bool) -> None:
    """Run a notebook from an empty folder that holds nothing but itself."""
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(notebook, Path(folder) / "lesson.ipynb")
        with tempfile.TemporaryDirectory() as runtime:
            manager = kernel(place, Path(runtime), offline)
            client = NotebookClient(
                notebook, km=manager, timeout=CELL_TIMEOUT, resources={"metadata": {"path": folder}}
            )
            try:
                client.execute(env=place.environment(offline))
            finally:
                run_sync(manager.shutdown_kernel)(now=True)


def kernel(place: Place, runtime: Path, offline: bool) -> AsyncKernelManager:
    """Return a manager of the environment's kernel; sockets in files need no network."""
    argv = [*(place.cut if offline else []), str(place.python)]
    argv += ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (runtime / "lesson").mkdir()
    spec = {"argv": argv, "display_name": "Colab", "language": "python"}
    (runtime / "lesson" / "kernel.json").write_text(json.dumps(spec), encoding="utf8")
    return AsyncKernelManager(
        kernel_name="lesson",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(runtime)]),
        connection_file=str(runtime / "c.json"),
        transport="ipc" if place.cut else "tcp",
    )


def beginning(notebook):
    """Return a copy that ends with the import cell: all that may need the network."""
    part = copy.deepcopy(notebook)
    last = next(i for i, cell in enumerate(part.cells) if cell.id == "imports")
    part.cells = part.cells[: last + 1]
    return part


def cell_seconds(notebook, name: str) -> float:
    """Return how long a cell took, from the times that nbclient has noted."""
    times = next(cell for cell in notebook.cells if cell.id == name).metadata.execution
    begin, end = times["iopub.execute_input"], times["shell.execute_reply"]
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def printed(cell) -> str:
    """Return what a cell has printed."""
    return "".join(o.text for o in cell.outputs if o.get("name") == "stdout")


def plain(text: str) -> str:
    """Return a text as one line without colours, for a row of the table."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())


def compared(stored, fresh) -> str:
    """Count the cells that print what is stored, among those whose outputs are compared."""
    pairs = [
        (old, new)
        for old, new in zip(stored.cells, fresh.cells, strict=True)
        if old.cell_type == "code" and "nbval-ignore-output" not in old.metadata.get("tags", [])
    ]
    same = sum(printed(old) == printed(new) for old, new in pairs)
    return f"{same} of {len(pairs)}"


def named_extras(notebook) -> set[str]:
    """Return the packages that a lesson asks for by name."""
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    calls = re.findall(r"import_extra\(([^)]*)\)", source)
    return {name.lower() for call in calls for name in re.findall(r"[\w-]+", call)}


def check_packages(
    row: Row, before: set[str], after: set[str], wheel: Path, extras: set[str]
) -> None:
    """Note as faults a missing install, and each change that the lesson does not name."""
    ours = [line for line in after - before if line.startswith("course_utils @ ")]
    if not (ours and wheel.name in ours[0]):
        row.faults.append("the setup cell has not installed the wheel")
    row.added = sorted(after - before - set(ours))
    changed = [line for line in row.added if line.split("==")[0].lower() not in extras]
    if before - after or changed:
        row.faults.append(f"packages changed: {sorted(before - after)} {changed}")


def try_lesson(path: Path, place: Place) -> Row:
    """Run a lesson: up to its imports with a network, then from the top without one."""
    stored = nbformat.read(path, as_version=4)
    fresh = copy.deepcopy(stored)

    def whole(row: Row) -> None:
        start = time.perf_counter()
        execute(fresh, place, offline=True)
        row.seconds = time.perf_counter() - start
        row.same = compared(stored, fresh)

    return _try(Row(path.stem), beginning(stored), place, whole)


def try_imports(paths: list[Path], place: Place) -> Row:
    """Run the setup cell, which all lessons share, then the import cells of several lessons."""
    first, *others = (beginning(nbformat.read(path, as_version=4)) for path in paths)
    for path, other in zip(paths[1:], others, strict=True):
        cell = other.cells[-1]
        cell.id = path.stem.replace("_", "-")
        first.cells.append(cell)
    return _try(Row(f"the imports of {len(paths)} others"), first, place, lambda row: None)


def _try(row: Row, first, place: Place, then: Callable[[Row], None]) -> Row:
    """Run a notebook's beginning, go on, and look at what has changed in the environment."""
    before, extras = freeze(place.python), named_extras(first)
    try:
        execute(first, place, offline=False)
        row.setup = cell_seconds(first, "setup")
        then(row)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        row.faults.append(plain(str(error).strip().splitlines()[-1]))
    after = freeze(place.python)
    check_packages(row, before, after, place.wheel, extras)
    setup = printed(next(cell for cell in first.cells if cell.id == "setup"))
    row.faults += [plain(s) for s in setup.splitlines() if "Missing here" in s]
    row.faults += [f"setup took {row.setup:.0f} s"] if row.setup > SETUP_LIMIT else []
    restore(place.python, before, after)
    return row
