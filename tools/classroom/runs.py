"""The runs of a class: as many at a time as there is room for, each kept when it is done.

A run is stored under the digest of what it depends on (`work.py`), as `ran/<digest>.ipynb`, whole
or not at all. What is stored is not run again, so that a stop costs only what was running.
"""

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event, get_ident

import joblib
import psutil

from tools.classroom.work import Work, execute

PATIENCE = 10  # seconds for a scheduler to answer
CGROUP = Path("/sys/fs/cgroup")


def room(memory_gb: float) -> int:
    """Return how many submissions may run at a time: as cores and free memory allow, at least 1.

    Args:
        memory_gb: what each may use.
    """
    free = min(psutil.virtual_memory().available, _free_in_container())
    return max(1, min(joblib.cpu_count(), int(free / 2**30 / memory_gb)))


def _free_in_container(folder: Path = CGROUP) -> float:
    """Return the bytes that this container may still take, counted as Kubernetes does."""
    try:
        most, used = (int((folder / f"memory.{x}").read_text("ascii")) for x in ("max", "current"))
        lines = (folder / "memory.stat").read_text("ascii").splitlines()
    except (OSError, ValueError):  # no container, or "max": no limit
        return float("inf")
    idle = next(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
    return most - used + idle  # files that were read and can be forgotten


class Store:
    """A folder of executed notebooks by digest."""

    def __init__(self, folder: Path):
        """Use a folder, which is made when something comes."""
        self.folder = folder

    def _path(self, digest: str) -> Path:
        return self.folder / f"{digest}.ipynb"

    def get(self, digest: str) -> str | None:
        """Return a run as JSON, or None: there is none."""
        path = self._path(digest)
        return path.read_text(encoding="utf8") if path.exists() else None

    def put(self, digest: str, text: str) -> None:
        """Keep a run: whole, or not at all if this is stopped."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f".{digest}.{os.getpid()}.{get_ident()}"
        part.write_text(text, encoding="utf8")
        part.replace(self._path(digest))

    def remove(self, digest: str) -> None:
        """Forget a run."""
        self._path(digest).unlink(missing_ok=True)


class Runs:
    """Starts what was not run before, and keeps each result the moment it comes."""

    def __init__(self, store: Store, pool: Executor):
        """Keep runs in a store."""
        self.store, self.pool = store, pool
        self.started: dict[str, Future] = {}

    def start(self, work: Work) -> Future:
        """Return a future that is done when the run is in the store; equal work is run once."""
        digest = work.digest()
        if digest not in self.started:
            self.started[digest] = self._start(work, digest)
        return self.started[digest]

    def _start(self, work: Work, digest: str) -> Future:
        kept = Future()
        if self.store.get(digest) is not None:
            kept.set_result(None)
            return kept
        self.pool.submit(execute, work).add_done_callback(partial(self._keep, digest, kept))
        return kept

    def _keep(self, digest: str, kept: Future, ran: Future) -> None:
        """Store what was run, or pass its error on."""
        try:
            self.store.put(digest, ran.result())
        except BaseException as error:  # also a cancelled run
            kept.set_exception(error)
        else:
            kept.set_result(None)


class Threads(ThreadPoolExecutor):
    """Threads that wait for sandboxes; a stop ends these, and what waits never begins."""

    def __init__(self, jobs: int):
        """Make room for so many at a time."""
        super().__init__(jobs)
        self.stop = Event()

    def submit(self, function, work: Work) -> Future:
        """Begin to run a notebook when there is room."""
        return super().submit(function, work, stop=self.stop)

    def __exit__(self, *error) -> None:
        """Leave nothing that runs."""
        self.stop.set()
        self.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def pool(jobs: int, scheduler: str | None = None) -> Iterator[Executor]:
    """Give what runs notebooks; on leaving it, what has not been run never will be.

    Args:
        jobs: how many at a time on this machine.
        scheduler: address of a Dask scheduler, whose workers run them instead. Default: this
            machine. A worker that is lost costs its runs, which others begin anew.

    Raises:
        SystemExit: there is no such scheduler, or no `distributed`.
    """
    if scheduler is None:
        with Threads(jobs) as threads:
            yield threads
        return
    with _client(scheduler) as client:
        executor = client.get_executor()
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)


def _client(scheduler: str):
    """Return a client of a Dask scheduler."""
    try:
        from distributed import Client
    except ImportError:
        raise SystemExit("SCHEDULER= needs Dask: pip install 'distributed>=2026.8'") from None
    try:
        return Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SystemExit(
            f"expected the address of a Dask scheduler that runs, such as tcp://127.0.0.1:8786, "
            f"got {scheduler}: {error}"
        ) from None
