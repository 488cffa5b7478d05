"""Run a command that you do not trust, with limits.

Always: limits of time, memory and file size (what it prints is a file too), an environment with
no secrets, a home and a temporary folder of its own. Where Linux gives a user its own namespaces
(`unshare`): no network, no sight of other processes, not many of its own, and of the disk only
Python, the system's libraries, what the caller names, and its own folder, all but that folder
read-only.

It does not protect from: faults in the kernel; many files that fill the disk; processes that
together, or in memory that they share, take more than one may (only the clock ends them); reading
what the caller shows it. Without namespaces it does not protect your files either, and a process
that detaches itself lives on. macOS limits no memory. Never run it as root for a class: root's
processes are not counted, and root's files in `/etc` can be read.
"""

import argparse
import contextlib
import ctypes
import functools
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GIGABYTE = 2**30
PROCESSES = 512  # and threads; a notebook's kernel has about twenty
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC = 1, 2, 4, 4096, 16384
MOUNT_SETATTR, AT_RECURSIVE, READ_ONLY_NOSUID = 442, 0x8000, 3
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc"]
DEVICES = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"]
NAMESPACES = ["unshare", "--user", "--map-root-user", "--mount", "--net", "--ipc", "--pid"]
NAMESPACES += ["--fork", "--kill-child"]


@dataclass
class Limits:
    """What a command may use."""

    seconds: float = 300
    memory_gb: float = 4
    output_mb: float = 50  # per file, and what it prints is one


@dataclass
class Finished:
    """How a command ended: exit code, what it printed, and the limit that it broke, if any."""

    code: int
    output: bytes
    errors: str
    broke: str | None
    isolated: bool


@contextlib.contextmanager
def throw_away_folder() -> Iterator[Path]:
    """Give an empty folder; remove it with all that is left in it, however deep or locked."""
    with tempfile.TemporaryDirectory(prefix="grade-") as folder:
        yield Path(folder).resolve()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["chmod", "-R", "u+rwX", folder], **quiet)
        subprocess.run(["rm", "-rf", folder], **quiet)  # Python's rmtree ends at 1000 levels


@functools.cache
def can_isolate() -> bool:
    """Say whether this system gives the command namespaces of its own: try it."""
    if not shutil.which("unshare"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        command = [*NAMESPACES, sys.executable, __file__, "--inside", folder, "--", "/bin/true"]
        return subprocess.run(command, capture_output=True).returncode == 0


def run(
    command: list[str],
    folder: Path,
    limits: Limits | None = None,
    given: bytes = b"",
    readable: list[Path] | None = None,
    isolate: bool | None = None,
) -> Finished:
    """Run a command in a folder of its own, and end it and its children when it breaks a limit.

    Args:
        command: program and arguments.
        folder: the only place that it may write to; made empty by the caller.
        limits: time, memory and output.
        given: what it reads as its input.
        readable: further files and folders that it may read.
        isolate: use namespaces; when None, wherever they work.
    """
    limits = limits or Limits()
    isolate = can_isolate() if isolate is None else isolate
    if isolate:
        shown = [f"--readable={path}" for path in readable or []]
        command = [sys.executable, __file__, "--inside", str(folder), *shown, "--", *command]
        command = [*NAMESPACES, *command]
    with contextlib.ExitStack() as stack:
        stdin, out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        stdin.write(given)
        stdin.seek(0)
        code, late = _wait(command, folder, limits, (stdin, out, err))
        printed, errors = _read(out), _read(err).decode(errors="replace")[-4000:]
    return Finished(code, printed, errors, _broke(code, late, printed, limits), isolate)


def _wait(command: list[str], folder: Path, limits: Limits, files: tuple) -> tuple[int, bool]:
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
    late = False
    try:
        process.wait(limits.seconds)
    except subprocess.TimeoutExpired:
        late = True
    finally:
        _kill(process)
    return process.returncode, late


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
    """Set the limits of this process; its children inherit them."""
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


# What follows runs inside the new namespaces, before the command does.


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
    _set_limit(resource.RLIMIT_NPROC, PROCESSES)  # counts those in the namespace (Linux 5.14)
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
    failed = _libc().mount(*words, ctypes.c_ulong(flags), options.encode())
    if failed and needed:
        raise OSError(ctypes.get_errno(), f"cannot mount {source} on {target}")


def _read_only(root: Path) -> None:
    """Make all that is mounted under a root read-only (mount_setattr(2), Linux 5.12)."""
    wanted = (ctypes.c_uint64 * 4)(READ_ONLY_NOSUID, 0, 0, 0)
    call = _libc().syscall
    if call(MOUNT_SETATTR, -100, str(root).encode(), AT_RECURSIVE, ctypes.byref(wanted), 32):
        raise OSError(ctypes.get_errno(), "cannot make the root read-only")


def _drop_rights() -> None:
    """Give up every right over the new namespaces, for good."""
    for right in range(64):
        _libc().prctl(PR_CAPBSET_DROP, right, 0, 0, 0)
    if _libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "cannot give up rights")


@functools.cache
def _libc() -> ctypes.CDLL:
    """Return the C library."""
    return ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Read the command line; run the command and leave with its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=Limits.seconds)
    parser.add_argument("--memory-gb", type=float, default=Limits.memory_gb)
    parser.add_argument("--output-mb", type=float, default=Limits.output_mb)
    parser.add_argument("--readable", type=Path, action="append", default=[], help="may be read")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="+", help="after --")
    args = parser.parse_args()
    if args.inside:
        _enter(args.inside, args.readable)
        os.execvp(args.command[0], args.command)
    with throw_away_folder() as folder:
        limits = Limits(args.seconds, args.memory_gb, args.output_mb)
        done = run(args.command, folder, limits, readable=args.readable)
    sys.stdout.buffer.write(done.output)
    sys.exit(done.errors + (done.broke or "") if done.broke or done.code else 0)


if __name__ == "__main__":
    main()
