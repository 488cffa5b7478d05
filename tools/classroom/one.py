"""One submission: taken in, graded when it was run, or said why not."""

import html
import re
import shutil
from pathlib import Path

import nbformat
from nbgrader.api import MissingEntry

from tools.classroom.feedback import closed
from tools.classroom.hand_ins import HandIn, Unusable, take_in
from tools.classroom.names import safe
from tools.classroom.nbgrader_steps import RunInSandbox, prepared
from tools.classroom.runs import Store
from tools.classroom.scores import GRADED, NOT_GRADED, NOT_RUN, Grade, scores
from tools.classroom.unchanged import Marks, fingerprint
from tools.classroom.work import Work


def kept(nbgrader, hand_in: HandIn) -> Grade | None:
    """Return the grade that a submission has, if nothing changed since it was graded."""
    key, name = hand_in.key, hand_in.assignment
    note = marks(nbgrader).note(key, name, _fingerprint(nbgrader, hand_in))
    if note is None or not _page(nbgrader, key, name).exists():
        return None
    try:
        return scores(nbgrader, hand_in.student, name, GRADED, note)
    except MissingEntry:  # the gradebook is a new one
        return None


def forget(nbgrader, hand_in: HandIn) -> None:
    """Forget that a submission was run and graded; points given by hand stay."""
    if run := marks(nbgrader).forget(hand_in.key, hand_in.assignment):
        Store(Path(nbgrader.coursedir.root) / "ran").remove(run)


def begin(nbgrader, hand_in: HandIn) -> Work:
    """Take a submission in; return what there is to run.

    Raises:
        Unusable: it cannot be graded; the reason is for its student.
    """
    key, name = hand_in.key, hand_in.assignment
    marks(nbgrader).begin(key, name, _fingerprint(nbgrader, hand_in))
    take_in(hand_in, Path(nbgrader.coursedir.root) / "submitted" / key / name)
    try:
        work = prepared(nbgrader, key, name)
    except Exception as error:  # nbgrader meets anything here
        raise Unusable(f"nbgrader failed: {in_a_line(error)}") from None
    marks(nbgrader).add(key, name, run=work.digest())
    return work


def finish(nbgrader, hand_in: HandIn) -> Grade:
    """Grade a submission that was run."""
    student, key, name = hand_in.student, hand_in.key, hand_in.assignment
    try:
        _ask(nbgrader.autograde(name, key))
        ran = Path(nbgrader.coursedir.root) / "autograded" / key / name / f"{name}.ipynb"
        note = notes(nbformat.read(ran, as_version=4).metadata)
        give_feedback(nbgrader, student, name, note)
    except Unusable as error:
        return no_points(nbgrader, student, name, str(error))
    marks(nbgrader).add(key, name, note=note)
    return scores(nbgrader, student, name, GRADED, note)


def not_run(nbgrader, hand_in: HandIn, error: BaseException) -> Grade:
    """Say what kept a submission from being run, which is not its fault; its points stay."""
    student, name, reason = hand_in.student, hand_in.assignment, in_a_line(error)
    try:
        return scores(nbgrader, student, name, NOT_RUN, reason)
    except MissingEntry:
        return Grade(student, name, NOT_RUN, 0, 0, 0, reason)


def no_points(nbgrader, student: str, name: str, reason: str) -> Grade:
    """Note a submission that could not be graded, as nbgrader does for a missing one."""
    if name not in {a.name for a in nbgrader.gradebook.assignments}:
        return Grade(student, name, NOT_GRADED, 0, 0, 0, reason)
    key = safe(student)
    shutil.rmtree(Path(nbgrader.coursedir.root) / "autograded" / key / name, ignore_errors=True)
    with nbgrader.gradebook as book:
        book.update_or_create_student(key)
        for notebook in book.update_or_create_submission(name, key).notebooks:
            for cell in notebook.grades:
                cell.auto_score, cell.needs_manual_grade = 0, False
        book.db.commit()
    page = _page(nbgrader, key, name)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><title>{name}</title>'
        f"<p>{html.escape(student)}, {name}\n<p>Not graded: {html.escape(reason)}\n",
        encoding="utf8",
    )
    return scores(nbgrader, student, name, NOT_GRADED, reason)


def give_feedback(nbgrader, student: str, name: str, note: str) -> None:
    """Make the page for a student, with the scores and comments that the gradebook has now."""
    key = safe(student)
    _ask(nbgrader.generate_feedback(name, key))
    closed(_page(nbgrader, key, name), student, note)


def notes(metadata) -> str:
    """Put into words what was out of order in a run."""
    found = [metadata.get("broke", ""), *metadata.get("remarks", [])]
    if metadata.get("printed_too_much"):
        found.append("printed too much: the rest was dropped")
    return "; ".join(filter(None, found))


def in_a_line(error: BaseException) -> str:
    """Return an error's kind and the beginning of its message."""
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}"


def marks(nbgrader) -> Marks:
    """Return the marks of what was graded to its end."""
    return Marks(Path(nbgrader.coursedir.root) / "graded")


def _fingerprint(nbgrader, hand_in: HandIn) -> str:
    """Return a digest of all that a submission's grade depends on."""
    source = Path(nbgrader.coursedir.source_directory) / hand_in.assignment
    told = [hand_in.student, hand_in.note, hand_in.refused]
    limits = RunInSandbox(parent=nbgrader).limits
    if hand_in.refused:  # it may be unreadable, or a film
        return fingerprint(None, told, source, limits)
    return fingerprint(hand_in.path, told, source, limits)


def _page(nbgrader, key: str, name: str) -> Path:
    return Path(nbgrader.coursedir.root) / "feedback" / key / name / f"{name}.html"


def _ask(result: dict) -> None:
    """Raise nbgrader's last word when it failed; it takes Ctrl-C for a failure, too."""
    if result["success"]:
        return
    text = result.get("log", "") + result.get("error", "")
    if text.rstrip().endswith("KeyboardInterrupt"):
        raise KeyboardInterrupt
    errors = re.findall(r"^\s*([\w.]*(?:Error|Exception): .*)", text, flags=re.M)
    raise Unusable(f"nbgrader failed: {errors[0][:200] if errors else text[-200:]}")
