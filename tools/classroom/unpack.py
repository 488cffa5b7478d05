"""List all that was handed in, in folders and in zips, without trusting a zip.

Nothing is written under a name that a zip gives: each notebook goes into a file of our own, so
that no name leads elsewhere, and no two names meet. Links are not followed, other files are only
named, and what is unpacked has limits. Left out: archives other than zip.
"""

import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from tools.classroom.read_notebook import LARGEST_FILE
from tools.classroom.unreadable import Unusable

MEGABYTE = 2**20
STUDENTS_ZIP = 200 * MEGABYTE  # unpacked
CLASS_ZIP = 20_000 * MEGABYTE
MOST_FILES = 100_000
DEEPEST = 20  # folders and zips in each other
NOTEBOOK = re.compile(r"\.ipynb( ?\(\d+\))?(\.(txt|json|html?|download))?\s*$", re.IGNORECASE)
ZIP = re.compile(r"\.zip\s*$", re.IGNORECASE)
JUNK = re.compile(r"\..*|__MACOSX|__pycache__|thumbs\.db|desktop\.ini|icon\r?", re.IGNORECASE)
NO_FILE = "the notebook is no ordinary file"
TOO_DEEP = f"more than {DEEPEST} folders in each other: hand in the notebook itself"


@dataclass(frozen=True)
class Leaf:
    """A file that was handed in, or a folder with nothing in it."""

    parts: tuple[str, ...]  # folders, zips among them (.zip), and the file's name, "" for none
    path: Path  # where it lies, or the zip that holds it
    problem: str = ""  # why it cannot be read

    @property
    def name(self) -> str:
        """The file's name."""
        return self.parts[-1]

    @property
    def is_notebook(self) -> bool:
        """Whether it is called as notebooks are."""
        return bool(NOTEBOOK.search(self.name))


@dataclass
class _Room:
    """Where files of zips go, under numbers, and how many bytes may still come."""

    place: Path
    left: int = CLASS_ZIP
    numbers: count = field(default_factory=count)

    def unpack(self, archive: ZipFile, info: ZipInfo) -> Path:
        """Write a zip's file under a number."""
        if info.flag_bits & 1:
            raise Unusable("the zip has a password: hand in one without")
        target, most = self.place / str(next(self.numbers)), LARGEST_FILE * MEGABYTE
        with archive.open(info) as packed, target.open("wb") as file:
            while piece := packed.read(MEGABYTE):
                most, self.left = most - len(piece), self.left - len(piece)
                if most < 0 or self.left < 0:
                    break
                file.write(piece)
            else:
                return target
        target.unlink()
        what = "a file" if most < 0 else "files"
        raise Unusable(f"the zip holds {what} too large to unpack: clear outputs, then zip again")


def is_zip(path: Path) -> bool:
    """Say whether a file is called a zip."""
    return bool(ZIP.search(path.name)) and path.is_file()


def leaves(source: Path, place: Path) -> list[Leaf]:
    """List the files of a folder or zip, those in zips within it, too.

    Args:
        source: a folder, or a zip of a whole class.
        place: a folder for what comes out of zips; emptied first.

    Raises:
        SystemExit: it is neither, or lies in the folder that would be emptied.
    """
    if source.resolve().is_relative_to(place.resolve()):
        raise SystemExit(f"{source} lies where zips are unpacked to: move it elsewhere first")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if source.is_dir():
        return list(_folder(source, (), _Room(place)))
    if not is_zip(source):
        raise SystemExit(f"expected a folder or a zip of submissions, got {source}")
    found = list(_zip(source, (), _Room(place)))
    if [leaf.parts for leaf in found] == [("",)]:
        raise SystemExit(f"{source}: {found[0].problem}")
    return found


def _folder(folder: Path, parts: tuple[str, ...], room: _Room) -> Iterator[Leaf]:
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        yield Leaf((*parts, ""), folder, f"the folder cannot be read: {error.strerror}")
        return
    paths = [path for path in paths if not JUNK.fullmatch(path.name)]
    if parts and (not paths or len(parts) > DEEPEST):
        yield Leaf((*parts, ""), folder, TOO_DEEP if paths else "")
        return
    for path in paths:
        inner = (*parts, path.name)
        if path.is_symlink() and parts:  # a teacher may link students' folders, nobody else
            yield Leaf(inner, path, NO_FILE)
        elif path.is_dir():
            yield from _folder(path, inner, room)
        elif not path.is_file():
            yield Leaf(inner, path, NO_FILE)
        elif is_zip(path):
            yield from _students_zip(path, inner, room)
        else:
            yield Leaf(inner, path)


def _students_zip(path: Path, parts: tuple[str, ...], room: _Room) -> Iterator[Leaf]:
    """Go through a student's zip as if it were a folder; zips within it share its limits."""
    own = room if room.left <= STUDENTS_ZIP else _Room(room.place, STUDENTS_ZIP, room.numbers)
    before = own.left
    yield from _zip(path, parts, own)
    if own is not room:
        room.left -= before - own.left


def _zip(path: Path, parts: tuple[str, ...], room: _Room) -> Iterator[Leaf]:
    try:
        with ZipFile(path) as archive:
            yield from _entries(archive, path, parts, room)
    except Unusable as error:
        yield Leaf((*parts, ""), path, str(error))
    except Exception as error:  # zipfile and its four decompressors have many
        said = f"the zip cannot be opened ({type(error).__name__}): hand in the notebook itself"
        yield Leaf((*parts, ""), path, said)


def _entries(archive: ZipFile, path: Path, parts: tuple, room: _Room) -> Iterator[Leaf]:
    infos = [(info, names) for info in archive.infolist() if (names := _names(info))]
    if len(infos) > MOST_FILES:
        raise Unusable(f"a zip of more than {MOST_FILES} files: hand in the notebook itself")
    filled = {names[:i] for info, names in infos for i in range(len(names) + (not info.is_dir()))}
    for info, names in infos:
        inner = (*parts, *names)
        if info.is_dir():
            if names not in filled:
                yield Leaf((*inner, ""), path)
        elif stat.S_ISLNK(info.external_attr >> 16):
            yield Leaf(inner, path, NO_FILE)
        elif not (ZIP.search(names[-1]) or NOTEBOOK.search(names[-1])):
            yield Leaf(inner, path)
        else:
            yield from _unpacked(archive, info, path, inner, room)


def _unpacked(
    archive: ZipFile, info: ZipInfo, path: Path, parts: tuple[str, ...], room: _Room
) -> Iterator[Leaf]:
    """Take one file out of a zip; look into it if it is another zip."""
    try:
        if len(parts) > DEEPEST:
            raise Unusable(TOO_DEEP)
        target = room.unpack(archive, info)
    except Exception as error:  # as in `_zip`
        said = str(error) if isinstance(error, Unusable) else "the zip is damaged: zip it again"
        yield Leaf(parts, path, said)
        return
    if ZIP.search(parts[-1]):
        yield from _students_zip(target, parts, room)
        target.unlink()
    else:
        yield Leaf(parts, target)


def _names(info: ZipInfo) -> tuple[str, ...]:
    """Return the folders and the name of a zip's file, () for what systems put there.

    Without the mark for UTF-8 a name counts as cp437; macOS and others write UTF-8 all the same.
    """
    name = info.filename
    if not info.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf8")
    parts = [part for part in re.split(r"[/\\]", name) if part not in ("", ".", "..")]
    return () if any(map(JUNK.fullmatch, parts)) else tuple(parts)
