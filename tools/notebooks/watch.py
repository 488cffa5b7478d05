"""Run a command and see how much memory it takes."""

import contextlib
import subprocess
import tempfile
import time
from pathlib import Path

import psutil


def watched(command: list[str], cwd: Path) -> tuple[int, bytes, float]:
    """Run a command to its end.

    Returns:
        Its exit code, what it said, and the memory, in MB, of the largest process below it: of a
        lesson's run, the kernel.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=cwd, stdout=said, stderr=subprocess.STDOUT)
        most = 0
        while process.poll() is None:
            most = max(most, largest(process.pid))
            time.sleep(0.1)
        said.seek(0)
        return process.returncode, said.read(), most / 1e6


def largest(pid: int) -> int:
    """Return the bytes that the largest process below a process holds, or 0 if there is none."""
    with contextlib.suppress(psutil.Error):  # it has ended
        below = psutil.Process(pid).children(recursive=True)
        return max((process.memory_info().rss for process in below), default=0)
    return 0
