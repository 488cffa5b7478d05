"""Run a command that you do not trust, with limits.

Always: limits of time, memory and file size (what it prints is a file too), an environment with
no secrets, a home and a temporary folder of its own. Where Linux gives a user its own namespaces,
by bubblewrap (Debian's package `bubblewrap`) or, without it, by `unshare`: no network, no sight of
other processes, not many of its own, and of the disk only Python, the system's libraries, what the
caller names, and its own folder, all but that folder read-only.

It does not protect from: faults in the kernel; many files that fill the disk; processes that
together, or in memory that they share, take more than one may (only the clock ends them); reading
what the caller shows it. Without namespaces it does not protect your files either, and a process
that detaches itself lives on. macOS limits no memory. Never run it as root for a class: root's
processes are not counted, and root's files in `/etc` can be read.
"""

import argparse
import contextlib
import functools
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.classroom import bubblewrap, namespaces

GIGABYTE = 2**30
WAYS = {"bubblewrap": bubblewrap.around, "namespaces": namespaces.around}  # the better one first


@dataclass
class Limits:
    """What a command may use."""

    seconds: float = 300
    memory_gb: float = 4
    output_mb: float = 50  # per file, and what it prints is one


@dataclass
class Finished:
    """How a command ended: exit code, prints, the limit that it broke, how it was isolated."""

    code: int
    output: bytes
    errors: str
    broke: str | None
    way: str | None


class Stopped(Exception):
    """The caller ended a command before it was done: that says nothing about the command."""


@contextlib.contextmanager
def throw_away_folder() -> Iterator[Path]:
    """Give an empty folder; remove it with all that is left in it, however deep or locked."""
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        yield Path(folder).resolve()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["chmod", "-R", "u+rwX", folder], **quiet)
        subprocess.run(["rm", "-rf", folder], **quiet)  # Python's rmtree ends at 1000 levels


@functools.cache
def works(way: str) -> bool:
    """Say whether this system can isolate a command in this way: try it."""
    with throw_away_folder() as folder:
        command = WAYS[way](["/bin/true"], folder, [])
        try:
            return subprocess.run(command, capture_output=True).returncode == 0
        except FileNotFoundError:  # no such program here
            return False


def isolation() -> str | None:
    """Return the way in which commands are isolated on this system; None if they are not."""
    return next(filter(works, WAYS), None)


def run(
    command: list[str],
    folder: Path,
    limits: Limits | None = None,
    given: bytes = b"",
    readable: list[Path] | None = None,
    way: str | None = "best",
    stop: threading.Event | None = None,
) -> Finished:
    """Run a command in a folder of its own, and end it and its children when it breaks a limit.

    Args:
        command: program and arguments.
        folder: the only place that it may write to; made empty by the caller.
        limits: time, memory and output.
        given: what it reads as its input.
        readable: further files and folders that it may read.
        way: how to isolate it, a key of WAYS; None: not at all. Default "best": what works here.
        stop: ends the command when it is set. Default: nothing does but the limits.

    Raises:
        Stopped: by `stop`.
    """
    limits = limits or Limits()
    way = isolation() if way == "best" else way
    if way:
        command = WAYS[way](command, folder, readable or [])
    with contextlib.ExitStack() as stack:
        stdin, out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        stdin.write(given)
        stdin.seek(0)
        code, late = _wait(command, folder, limits, (stdin, out, err), stop)
        printed, errors = _read(out), _read(err).decode(errors="replace")[-4000:]
    return Finished(code, printed, errors, _broke(code, late, printed, limits), way)


def _wait(
    command: list[str], folder: Path, limits: Limits, files: tuple, stop: threading.Event | None
) -> tuple[int, bool]:
    """Start the command, wait for it, and kill its process group; say whether it was late."""
    stdin, out, err = files
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(folder),
        stdin=stdin,
        stdout=out,
        stderr=err,
        start_new_session=True,
        preexec_fn=functools.partial(_set_limits, limits),
    )
    try:
        late = not _ended(process, limits.seconds, stop or threading.Event())
    finally:
        _kill(process)
    return process.returncode, late


def _ended(process: subprocess.Popen, seconds: float, stop: threading.Event) -> bool:
    """Wait so long for a process, and say whether it ended; look at `stop` all the while."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if stop.is_set():
            raise Stopped
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(min(left, 0.2))
            return True
    return False


def _kill(process: subprocess.Popen) -> None:
    """Kill what is left of the command's process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(file) -> bytes:
    """Return all that a temporary file holds."""
    file.seek(0)
    return file.read()


def _broke(code: int, late: bool, printed: bytes, limits: Limits) -> str | None:
    """Put into words which limit was broken."""
    if late:
        return f"stopped after {limits.seconds:g} seconds"
    if len(printed) >= limits.output_mb * 2**20:
        return f"printed more than {limits.output_mb:g} MB"
    if code in (-signal.SIGKILL, 128 + signal.SIGKILL):
        return "was killed: most often it asked for too much memory"
    return None


def _set_limits(limits: Limits) -> None:
    """Set the limits of this process, which its children inherit; it lives no longer than ours."""
    if sys.platform == "linux":
        namespaces.die_with_parent()
    data = int(limits.memory_gb * GIGABYTE)
    size, seconds = int(limits.output_mb * 2**20), int(limits.seconds) + 1
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: size,
        resource.RLIMIT_CPU: 2 * seconds,
    }
    if sys.platform != "darwin":  # macOS refuses limits of memory
        wanted[resource.RLIMIT_DATA] = data
        wanted[resource.RLIMIT_AS] = data + 12 * GIGABYTE  # PyTorch's libraries map some GB
    for name, value in wanted.items():
        _set_limit(name, value)


def _set_limit(name: int, value: int) -> None:
    """Set one limit, or keep a lower one that is there."""
    hard = resource.getrlimit(name)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(name, (value, value))


def environment(folder: Path) -> dict[str, str]:
    """Return the few variables that the command gets: none of the caller's secrets is there."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    own = {
        name: str(folder) for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "MPLCONFIGDIR")
    }
    own |= {"TMPDIR": str(temporary), "JUPYTER_RUNTIME_DIR": str(temporary)}
    threads = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    quiet = {"HF_HUB_OFFLINE": "1", "MPLBACKEND": "agg", "CUDA_VISIBLE_DEVICES": ""}
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return {**own, **threads, **quiet, "PATH": path, "LANG": "C.UTF-8"}


def main() -> None:
    """Read the command line; run the command and leave with its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=Limits.seconds)
    parser.add_argument("--memory-gb", type=float, default=Limits.memory_gb)
    parser.add_argument("--output-mb", type=float, default=Limits.output_mb)
    parser.add_argument("--readable", type=Path, action="append", default=[], help="may be read")
    parser.add_argument("command", nargs="+", help="after --")
    args = parser.parse_args()
    with throw_away_folder() as folder:
        limits = Limits(args.seconds, args.memory_gb, args.output_mb)
        done = run(args.command, folder, limits, readable=args.readable)
    sys.stdout.buffer.write(done.output)
    sys.exit(done.errors + (done.broke or "") if done.broke or done.code else 0)


if __name__ == "__main__":
    main()
