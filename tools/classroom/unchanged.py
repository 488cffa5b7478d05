"""What was graded before and is as it was: by a mark for each submission."""

import functools
import hashlib
import json
from pathlib import Path

from tools.classroom import sandbox
from tools.classroom.work import surroundings


@functools.cache
def _code() -> str:
    """Return a digest of the programs that grade."""
    paths = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def fingerprint(
    handed_in: Path | None, told: list[str], source: Path, limits: sandbox.Limits
) -> str:
    """Return a digest of all that a grade depends on.

    Args:
        handed_in: what came: a file, or a folder; None: what came is not read.
        told: what else is known of it.
        source: the assignment's folder of sources; nbgrader's settings lie two above it.
        limits: what a submission may use.
    """
    settings = source.parents[1] / "nbgrader_config.py"
    parts = [_content(path) for path in (handed_in, source, settings) if path]
    text = json.dumps([parts, told, vars(limits), surroundings(), _code()])
    return hashlib.sha256(text.encode()).hexdigest()


def _content(path: Path) -> list[list[str]]:
    """Return names and digests of a file, or of all files in a folder; links are not followed."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [
        [str(one.relative_to(path)), hashlib.sha256(one.read_bytes()).hexdigest()]
        for one in files
        if one.is_file() and not one.is_symlink()
    ]


class Marks:
    """A folder with a mark for each submission: what it was when its grading began, and ended."""

    def __init__(self, folder: Path):
        """Use a folder, which is made when there is something to mark."""
        self.folder = folder

    def _path(self, student: str, name: str) -> Path:
        name = hashlib.sha256(f"{student}/{name}".encode()).hexdigest()[:32]  # names are any text
        return self.folder / f"{name}.json"

    def _read(self, student: str, name: str) -> dict[str, str]:
        try:
            return json.loads(self._path(student, name).read_text(encoding="utf8"))
        except (OSError, ValueError):  # none, or half written
            return {}

    def _write(self, student: str, name: str, mark: dict[str, str]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path(student, name).write_text(json.dumps(mark), encoding="utf8")

    def begin(self, student: str, name: str, now: str) -> None:
        """Begin to grade a submission with this fingerprint."""
        self._write(student, name, {"fingerprint": now})

    def add(self, student: str, name: str, **told: str) -> None:
        """Note the digest of its `run`; or, when it is graded and all is written, its `note`."""
        self._write(student, name, self._read(student, name) | told)

    def forget(self, student: str, name: str) -> str | None:
        """Remove a mark; return the digest of the run that it names."""
        held = self._read(student, name)
        self._path(student, name).unlink(missing_ok=True)
        return held.get("run")

    def note(self, student: str, name: str, now: str) -> str | None:
        """Return the note of an unchanged submission; None: it is new, changed or half done."""
        held = self._read(student, name)
        return held.get("note") if held.get("fingerprint") == now else None
