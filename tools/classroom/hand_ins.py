"""What was handed in: whose it is, for which assignment, and where it lies.

Folders and zips as people and learning platforms make them (`whose.py`, `unpack.py`). Where there
are several notebooks for one assignment, the one with most work in it counts, and a note says so.
"""

import shutil
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.classroom import match_cells
from tools.classroom.names import own, safe
from tools.classroom.read_notebook import read
from tools.classroom.unpack import leaves
from tools.classroom.unreadable import Unusable
from tools.classroom.whose import Owned, named_in, whose, words

Released = dict[str, list[NotebookNode]]  # an assignment's cells


@dataclass(frozen=True)
class HandIn:
    """One assignment of one student."""

    student: str  # the person's own name
    assignment: str
    path: Path  # the notebook, or what was handed in for one
    note: str = ""  # what its student and the teacher should know
    refused: str = ""  # why it cannot be graded

    @property
    def key(self) -> str:
        """The student's folder, and nbgrader's name of the student."""
        return safe(self.student)


def find(source: Path, workspace: Path) -> list[HandIn]:
    """Find all that was handed in.

    Args:
        source: student/assignment/notebook.ipynb, or a folder or zip as a platform makes it.
        workspace: the classroom: release/ tells the assignments; unpacked/ is made anew.

    Returns:
        One for each student and assignment, in order.

    Raises:
        SystemExit: the source is no folder and no zip.
    """
    released = {
        path.parent.name: nbformat.read(path, as_version=4).cells
        for path in sorted((workspace / "release").glob("*/*.ipynb"))
        if path.stem == path.parent.name
    }
    owned = _numbered(whose(leaves(source, workspace / "unpacked"), released))
    groups = _grouped(owned, released, source)
    return [_hand_in(*key, groups[key], released) for key in sorted(groups)]


def take_in(hand_in: HandIn, place: Path) -> None:
    """Copy a submission's notebook, and nothing else, to where nbgrader looks for it.

    Args:
        hand_in: what to take in; notes on it go into the notebook's metadata, as `came`.
        place: nbgrader's folder of this submission; made anew.

    Raises:
        Unusable: it cannot be graded; the reason is for its student.
    """
    shutil.rmtree(place, ignore_errors=True)
    if hand_in.refused:
        raise Unusable(hand_in.refused)
    notebook, note = read(hand_in.path)
    notebook.metadata["came"] = [text for text in (hand_in.note, note) if text]
    place.mkdir(parents=True)
    nbformat.write(notebook, place / f"{hand_in.assignment}.ipynb")


def _numbered(owned: list[Owned]) -> list[Owned]:
    """Tell people with one name apart by the numbers that their platform gave them."""
    numbers = defaultdict(set)
    for one in owned:
        numbers[one.student].add(one.number)
    return [
        Owned(one.leaf, f"{one.student} ({one.number})", one.number, one.folders, one.file)
        if len(numbers[one.student]) > 1 and one.number
        else one
        for one in owned
    ]


def _grouped(
    owned: list[Owned], released: Released, source: Path
) -> dict[tuple[str, str], list[Owned]]:
    """Put together what belongs to one student and assignment."""
    told = [(one, _assignment(one, released)) for one in owned]
    names = {name for _, name in told if name}
    usual = names.pop() if len(names) == 1 else named_in(source.name, released)
    groups = defaultdict(list)
    for one, name in told:
        if name:
            groups[one.student, name].append(one)
    for one, name in told:
        if name is None:
            _add_untold(one, groups, usual)
    return groups


def _add_untold(one: Owned, groups: dict[tuple[str, str], list[Owned]], usual: str | None) -> None:
    """Place a file that does not tell its assignment: with its student's only one, if it can."""
    readable = one.leaf.is_notebook and not one.leaf.problem
    theirs = [key for key in groups if key[0] == one.student]
    if len(theirs) == 1:
        groups[theirs[0]].append(one)
    elif readable or not theirs:
        unknown = next(filter(None, map(own, (*one.folders[::-1], one.file))), "?")
        groups[one.student, (None if readable else usual) or unknown].append(one)


def _assignment(one: Owned, released: Released) -> str | None:
    """Tell a file's assignment: by a folder's name, by its own, or by its cells."""
    folders = [words(folder) for folder in one.folders]
    exact = [name for name in released if words(name) in folders]
    if exact:
        return exact[0]
    if one.leaf.is_notebook and (name := named_in(one.file, released) or _by_cells(one, released)):
        return name
    return next(filter(None, (named_in(text, released) for text in one.folders)), None)


def _by_cells(one: Owned, released: Released) -> str | None:
    """Tell an assignment by the cells that are in it and in no other one as often."""
    try:
        cells = read(one.leaf.path)[0].cells
    except Unusable:
        return None
    counts = {name: len(match_cells.named(cells, copy)) for name, copy in released.items()}
    best = max(counts.values(), default=0)
    names = [name for name, count in counts.items() if count == best]
    return names[0] if best and len(names) == 1 else None


def _hand_in(student: str, name: str, owned: list[Owned], released: Released) -> HandIn:
    """Choose the notebook of one student and assignment."""
    path = owned[0].leaf.path
    if released and name not in released:
        said = "no assignment has this name, and its cells are of none"
        return HandIn(student, name, path, refused=said)
    try:
        path, note = _choose(owned, name, released.get(name, []))
    except Unusable as error:
        return HandIn(student, name, path, refused=str(error))
    return HandIn(student, name, path, note)


def _choose(owned: list[Owned], name: str, copy: list[NotebookNode]) -> tuple[Path, str]:
    """Return the notebook that counts, and a note about the others."""
    found = [one for one in owned if one.leaf.is_notebook and not one.leaf.problem]
    if not found:
        raise Unusable(_nothing(owned))
    if len(found) == 1:
        return found[0].leaf.path, ""
    work = {one: answers for one in found if (answers := _answers(one.leaf.path, copy)) is not None}
    most = max(map(len, work.values()), default=0)
    best = [one for one in work if len(work[one]) == most] or found
    named = [one for one in best if words(one.file) == words(name)]
    if not named and any(work.get(one) != work.get(best[0]) for one in best):
        files = ", ".join(sorted(one.file for one in best))
        raise Unusable(f"several notebooks with different work in them: {files}. Hand in one")
    chosen = (named or best)[0]
    return chosen.leaf.path, _about_others(chosen, found, work)


def _about_others(chosen: Owned, found: list[Owned], work: dict[Owned, dict]) -> str:
    """Say which notebooks do not count, and what is in them, if it is not the same."""
    others = []
    for one in found:
        if work.get(one) != work.get(chosen):
            others.append(f"{one.file} ({_count(work.get(one))})")
    if not others:
        return ""
    return f"graded: {chosen.file} ({_count(work.get(chosen))}), not {', '.join(others)}"


def _count(answers: dict[str, str] | None) -> str:
    """Say how many answers there are.

    >>> _count({"double": "def double(x): return x + x"})
    '1 answer'
    """
    if answers is None:
        return "not readable"
    return f"{len(answers)} answer{'' if len(answers) == 1 else 's'}"


def _answers(path: Path, copy: list[NotebookNode]) -> dict[str, str] | None:
    """Return the answers in a notebook, None if it cannot be read."""
    try:
        return match_cells.answers(read(path)[0].cells, copy)
    except Unusable:
        return None


def _nothing(found: list[Owned]) -> str:
    """Say why there is no notebook."""
    if problems := [one.leaf.problem for one in found if one.leaf.problem]:
        return problems[0]
    names = sorted({one.file for one in found if one.file})
    if not names:
        return "no notebook in the folder"
    return f"no notebook, only {', '.join(names)[:200]}: hand in the .ipynb itself, or a zip of it"
