"""One at a time in a folder: whoever comes second waits, and says so once.

The operating system frees a lock whose process has ended, however it ended.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout


def take(folder: Path) -> FileLock:
    """Wait until no other process works in a folder, then keep others out until the release.

    Args:
        folder: made if it is not there; the lock is a file in it.

    Returns:
        The lock, to be released.

    Raises:
        SystemExit: nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        with contextlib.suppress(Timeout):
            return lock.acquire(timeout=0).lock
        print(f"Another run works in {folder}: this one waits for its end.", flush=True)
        return lock.acquire().lock
    except OSError as error:
        why = error.strerror or error
        raise SystemExit(f"{folder} cannot be written ({why}): name another with --out.") from None


@contextlib.contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Do the body of a `with` while no other process works in a folder."""
    lock = take(folder)
    try:
        yield
    finally:
        lock.release()
