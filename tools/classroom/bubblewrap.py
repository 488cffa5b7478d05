"""The inside of the sandbox by bubblewrap (`bwrap`), which Flatpak uses to isolate programs."""

import os
import sys
from pathlib import Path

from tools.classroom.namespaces import PROCESSES, SYSTEM

ALONE = ["--unshare-all", "--unshare-user", "--die-with-parent", "--cap-drop", "ALL"]
SHARED_MEMORY = 256 * 2**20  # bytes


def around(command: list[str], folder: Path, readable: list[Path]) -> list[str]:
    """Return a command that runs another one isolated; arguments as in `namespaces.around`."""
    words = ["bwrap", *ALONE]
    python = [Path(sys.prefix), Path(sys.base_prefix)]
    for path in [*map(Path, SYSTEM), *python, *readable]:
        words += _shown(path)
    words += ["--proc", "/proc", "--dev", "/dev"]
    words += ["--size", str(SHARED_MEMORY), "--tmpfs", "/dev/shm"]
    words += ["--bind", str(folder), str(folder), "--chdir", str(folder)]
    for made in ("/dev", "/proc", "/"):  # what bubblewrap made could be written to, and filled
        words += ["--remount-ro", made]
    counted = ["prlimit", f"--nproc={PROCESSES}", "--"]  # in here, not all of the user's
    return [*words, "--", *counted, *command]


def _shown(path: Path) -> list[str]:
    """Return the options that make a file or folder visible, at the same path."""
    if path.is_symlink():
        return ["--symlink", os.readlink(path), str(path)]
    return ["--ro-bind", str(path), str(path)] if path.exists() else []
