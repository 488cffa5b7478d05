"""The inside of the sandbox where bubblewrap is not installed: `unshare`, and mounts by hand.

    unshare … python namespaces.py FOLDER --readable=PATH … -- COMMAND …

runs this file in namespaces of its own, which makes a root that holds only what the command may
see, gives up all rights, and becomes the command.
"""

import argparse
import ctypes
import functools
import os
import resource
import signal
import stat
import sys
from pathlib import Path

PROCESSES = 512  # and threads; a notebook's kernel has about twenty
SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc"]
DEVICES = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"]
UNSHARE = ["unshare", "--user", "--map-root-user", "--mount", "--net", "--ipc", "--pid"]
UNSHARE += ["--fork", "--kill-child"]
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC = 1, 2, 4, 4096, 16384
MOUNT_SETATTR, AT_RECURSIVE, READ_ONLY_NOSUID = 442, 0x8000, 3
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38


def around(command: list[str], folder: Path, readable: list[Path]) -> list[str]:
    """Return a command that runs another one isolated.

    Args:
        command: program and arguments.
        folder: the only place that it may write to.
        readable: further files and folders that it may read.
    """
    shown = [f"--readable={path}" for path in readable]
    return [*UNSHARE, sys.executable, __file__, str(folder), *shown, "--", *command]


def _enter(folder: Path, readable: list[Path]) -> None:
    """Make a root of its own that holds only what the command may see, and go in."""
    root = folder / "root"
    root.mkdir()
    _mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=64m")
    python = [Path(sys.prefix), Path(sys.base_prefix)]
    for path in [*map(Path, SYSTEM + DEVICES), *python, *readable]:
        _show(path, root)
    for path in ("proc", "dev/shm", folder.relative_to("/")):
        (root / path).mkdir(parents=True, exist_ok=True)
    _read_only(root)
    _mount(folder, root / folder.relative_to("/"), None, MS_BIND)
    _mount("tmpfs", root / "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "size=256m")
    _mount("proc", root / "proc", "proc", MS_NOSUID | MS_NODEV | MS_RDONLY, needed=False)
    os.chroot(root)
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))  # in here (Linux 5.14)
    _drop_rights()


def _show(path: Path, root: Path) -> None:
    """Make a file or folder visible under the new root, at the same path."""
    place = root / path.relative_to("/")
    if not path.exists() or place.exists() or place.is_symlink():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        place.symlink_to(os.readlink(path))
        return
    if stat.S_ISDIR(path.stat().st_mode):
        place.mkdir()
    else:
        place.touch()
    _mount(path, place, None, MS_BIND | MS_REC)


def _mount(source, target: Path, kind: str | None, flags: int, options="", needed=True) -> None:
    """Call mount(2)."""
    words = [None if w is None else str(w).encode() for w in (source, target, kind)]
    failed = libc().mount(*words, ctypes.c_ulong(flags), options.encode())
    if failed and needed:
        raise OSError(ctypes.get_errno(), f"cannot mount {source} on {target}")


def _read_only(root: Path) -> None:
    """Make all that is mounted under a root read-only (mount_setattr(2), Linux 5.12)."""
    wanted = (ctypes.c_uint64 * 4)(READ_ONLY_NOSUID, 0, 0, 0)
    call = libc().syscall
    if call(MOUNT_SETATTR, -100, str(root).encode(), AT_RECURSIVE, ctypes.byref(wanted), 32):
        raise OSError(ctypes.get_errno(), "cannot make the root read-only")


def _drop_rights() -> None:
    """Give up every right over the new namespaces, for good."""
    for right in range(64):
        libc().prctl(PR_CAPBSET_DROP, right, 0, 0, 0)
    if libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "cannot give up rights")


def die_with_parent() -> None:
    """Let the system kill this process when the thread that started it ends (prctl(2))."""
    libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@functools.cache
def libc() -> ctypes.CDLL:
    """Return the C library."""
    return ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Read the command line, go in, become the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readable", type=Path, action="append", default=[])
    parser.add_argument("command", nargs="+", help="after --")
    args = parser.parse_args()
    _enter(args.folder, args.readable)
    os.execvp(args.command[0], args.command)


if __name__ == "__main__":
    main()
