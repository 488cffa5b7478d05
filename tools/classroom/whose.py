"""Whose a file is, and which assignment its path names: our own folders and learning platforms'.

Moodle: `Anna Muster_123_assignsubmission_file_/tiny.ipynb`, or flat with the name behind it.
Canvas: `musteranna_LATE_123_456_tiny-1.ipynb`, flat. Blackboard: `gradebook_..._anna_attempt_...`.
Brightspace: `12-34 - Anna Muster - May 3, 2025 905 AM/tiny.ipynb`. Ours: `anna/tiny/tiny.ipynb`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tools.classroom.names import own
from tools.classroom.unpack import NOTEBOOK, ZIP, Leaf

MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+(_(?P<rest>.*))?", re.DOTALL)
CANVAS = re.compile(
    r"(?P<name>.+?)(_LATE)?_(?P<id>\d+)_(\d+_)(?P<rest>.+)"
    r"|(?P<name2>.+?)(_LATE)?_(?P<id2>\d+)_(?P<rest2>(text|link)\.html)"
    r"|(LATE_)?(?P<name3>anon_[^\W_]+)_(\d+_)?(?P<rest3>.+)",
    re.DOTALL,
)
BLACKBOARD = re.compile(
    r".+?_(?P<name>[^_]+)_attempt_\d{4}(-\d\d){5}(_(?P<rest>.+)|\.txt)", re.DOTALL
)
BRIGHTSPACE = re.compile(
    r"(?P<id>\d+)-\d+ - (?P<name>.+?) - [^-]*\d{4} \d{3,4} ?[AP]M( - (?P<rest>.+))?", re.DOTALL
)
TOP_LEVEL = CANVAS, BLACKBOARD, BRIGHTSPACE  # known by the first part of all paths
FLAT = CANVAS, BLACKBOARD  # with no folder at the top but zips


@dataclass(frozen=True)
class Owned:
    """A file or an empty folder, its student, and the names that may tell the assignment."""

    leaf: Leaf
    student: str  # "" if the path does not tell
    number: str  # that a platform gave the student
    folders: tuple[str, ...]  # all but the student's
    file: str  # its name without what a platform put before it, fit to be shown


def words(text: str) -> str:
    """Return what is compared: small letters and single blanks.

    >>> words("Attention_from-Scratch (1).ipynb")
    'attention from scratch 1'
    """
    return " ".join(re.findall(r"[^\W_]+", _stem(text).casefold()))


def _stem(text: str) -> str:
    """Return a name without what notebooks and zips have behind it."""
    return own(ZIP.sub("", NOTEBOOK.sub("", own(text))))


def named_in(text: str, assignments: Iterable[str]) -> str | None:
    """Return the assignment whose name stands in a text: the longest, as one may hold another.

    >>> named_in("Copy of tiny (1).ipynb", ["tiny", "huge"])
    'tiny'
    """
    found = [name for name in assignments if f" {words(name)} " in f" {words(text)} "]
    return max(found, key=len, default=None)


def whose(found: list[Leaf], assignments: Iterable[str]) -> list[Owned]:
    """Tell whose each file is; leave out what is nobody's, as a page that lists all files.

    Args:
        found: all that was handed in.
        assignments: names of the course's.
    """
    known = {words(name) for name in assignments}
    paths = _without_wrapper([leaf.parts for leaf in found], known)
    tops = [pattern for pattern in TOP_LEVEL if _fits(pattern, paths)]
    owned = [_owned(leaf, path, tops, known) for leaf, path in zip(found, paths, strict=True)]
    return [one for one in owned if one.student]


def _fits(pattern: re.Pattern, paths: list[tuple[str, ...]]) -> bool:
    """Say whether a platform made the names at the top.

    Most of them have its form, and they are of many people: in `hw_2026_01_anna` all would be hw.
    """
    tops = {path[0] for path in paths if pattern not in FLAT or _is_flat(path)}
    told = [_told(match) for match in map(pattern.fullmatch, tops) if match]
    people = {(one["name"], one.get("id")) for one in told}
    return len(told) > len({path[0] for path in paths}) / 2 and 3 * len(people) >= len(told)


def _is_flat(path: tuple[str, ...]) -> bool:
    return len(path) == 1 or bool(ZIP.search(path[0]))


def _told(match: re.Match) -> dict[str, str]:
    """Return what a platform put into a name: name, id, rest."""
    return {key.rstrip("23"): text for key, text in match.groupdict().items() if text}


def _without_wrapper(paths: list, known: set[str]) -> list[tuple[str, ...]]:
    """Take away folders around the whole class."""
    inner = paths
    while len({path[0] for path in inner}) == 1 and all(len(path) > 1 for path in inner):
        if MOODLE.fullmatch(inner[0][0]):
            return inner
        inner = [path[1:] for path in inner]
        if any(_fits(pattern, inner) for pattern in (MOODLE, *TOP_LEVEL)):
            return inner
    return [path[1:] for path in paths] if _is_around_students(paths, known) else paths


def _is_around_students(paths: list[tuple[str, ...]], known: set[str]) -> bool:
    """Say whether the folder at the top is of no student, and no assignment."""
    tops, second = {path[0] for path in paths}, {path[1] for path in paths if len(path) > 2}
    flat = any(len(path) < 3 and NOTEBOOK.search(path[-1]) for path in paths)
    named = known & {words(name) for name in tops | second}
    return len(tops) == 1 and len(second) > 1 and not flat and not named


def _owned(leaf: Leaf, path: tuple[str, ...], tops: list, known: set[str]) -> Owned:
    for i, part in enumerate(path):
        for pattern in (MOODLE, *(tops if i == 0 else ())):
            if (match := pattern.fullmatch(part)) and (pattern not in FLAT or _is_flat(path)):
                return _from_platform(leaf, path, i, match)
    folders, file = path[:-1], path[-1]
    at = next((i for i, part in enumerate(folders) if words(part) in known), None)
    if at == 0 and len(folders) == 1:  # assignment/anna.ipynb
        return Owned(leaf, _beside(file, known), "", folders, own(file))
    place = 1 if at == 0 else at - 1 if at else 0  # assignment/anna/…, …/anna/assignment/…
    if not folders:  # beside the students' folders
        student = _beside(file, known) if leaf.is_notebook else ""
        return Owned(leaf, student, "", (), own(file))
    rest = (*folders[:place], *folders[place + 1 :])
    return Owned(leaf, _stem(folders[place]), "", rest, own(file))


def _from_platform(leaf: Leaf, path: tuple[str, ...], at: int, match: re.Match) -> Owned:
    """Take apart what a platform put into one part of a path."""
    told = _told(match)
    rest = (told["rest"],) if told.get("rest") else ()
    others = (*path[:at], *rest, *path[at + 1 :])
    file = others[-1] if rest or at + 1 < len(path) else ""
    return Owned(leaf, own(told["name"]), told.get("id", ""), others, own(file))


def _beside(file: str, known: set[str]) -> str:
    """Return what a file's name holds beside an assignment's: `anna_tiny.ipynb` is Anna's."""
    stem = _stem(file)
    for name in sorted(known, key=len, reverse=True):
        pattern = r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, name.split())) + r"(?![^\W_])"
        rest = re.sub(pattern, " ", stem, count=1, flags=re.IGNORECASE)
        if rest != stem and (bare := own(rest.strip(" -_.,"))):
            return bare
    return stem
