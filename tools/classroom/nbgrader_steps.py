"""Two steps of grading that nbgrader lacks, and the settings that put them into its chain.

nbgrader does the work. Here are a step that puts back what a student may not change, and a step
that takes what was run in the sandbox (`work.py`) instead of running it in nbgrader's own process:
so the gradebook and the other submissions are out of its reach.
"""

from pathlib import Path

import nbformat
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    LimitOutput,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from traitlets import Float, Integer, Unicode
from traitlets.config import Config

from tools.classroom import feedback, match_cells, sandbox
from tools.classroom.nbgrader_settings import editable, grade_id, settings
from tools.classroom.runs import Store
from tools.classroom.work import Work, execute, files_beside, take_outputs


class RestoreCells(NbGraderPreprocessor):
    """Put back cells that were deleted, and all that a student may not change.

    nbgrader puts back the text of test cells only: not cells that are gone (its own option fails
    when the cell before is gone too), and not tags, of which one keeps a test from running.
    """

    release = Unicode(help="folder of the students' copies").tag(config=True)

    def preprocess(self, nb, resources):
        """Go through the released copy's cells in order."""
        place = resources["nbgrader"]
        path = Path(self.release) / place["assignment"] / f"{place['notebook']}.ipynb"
        copy = nbformat.read(path, as_version=4).cells
        released = [cell for cell in copy if grade_id(cell)]
        theirs = match_cells.named(nb.cells, copy)
        nb.metadata["remarks"] = [*nb.metadata.pop("came", []), *_remarks(released, theirs)]
        self._put_back(nb, released, theirs)
        for cell in nb.cells:
            if not any(cell is other for other in released):
                cell.metadata = {}
        for cell in released:
            if editable(cell) and grade_id(cell) in theirs:
                self._take_answer(cell, theirs[grade_id(cell)])
        return nb, resources

    def _take_answer(self, cell, theirs) -> None:
        """Take over what a student wrote, with the pictures in it."""
        cell.source = theirs.source
        if cell.cell_type == "markdown" and "attachments" in theirs:
            cell.attachments = theirs.attachments

    def _put_back(self, nb, released: list, theirs: dict) -> None:
        """Put each released cell in the place of the student's, or after the one before it."""
        at = -1
        for cell in released:
            old = theirs.get(grade_id(cell))
            found = [i for i, other in enumerate(nb.cells) if other is old]
            if found:
                at = found[0]
                nb.cells[at] = cell
            else:
                at += 1
                nb.cells.insert(at, cell)


def _remarks(released: list, theirs: dict) -> list[str]:
    """Put into words which cells were not where they should be."""
    if not theirs:
        return ["no cell of this assignment was recognised: is it the right notebook?"]
    known = [name for name, cell in theirs.items() if not grade_id(cell)]
    gone = [cell for cell in released if grade_id(cell) not in theirs]
    lists = {
        "cells without nbgrader's mark, recognised": known,
        "no cell recognised as the answer": [grade_id(cell) for cell in gone if editable(cell)],
        "deleted cells, put back": [grade_id(cell) for cell in gone if not editable(cell)],
    }
    return [f"{said}: {', '.join(names)}" for said, names in lists.items() if names]


class RunInSandbox(NbGraderPreprocessor):
    """Take the stored run of this very notebook, or run it in the sandbox and store that."""

    cell_seconds = Integer(60).tag(config=True)
    seconds = Float(sandbox.Limits.seconds).tag(config=True)
    memory_gb = Float(sandbox.Limits.memory_gb).tag(config=True)
    output_mb = Float(sandbox.Limits.output_mb).tag(config=True)
    source = Unicode(help="folder of the sources, for the files beside them").tag(config=True)
    ran = Unicode(help="folder of what was run").tag(config=True)

    def preprocess(self, nb, resources):
        """Take over the outputs, and what was out of order."""
        work, store = self.work(nb, resources), Store(Path(self.ran))
        text = store.get(work.digest())
        if text is None:
            text = execute(work)
            store.put(work.digest(), text)
        ran = nbformat.reads(text, as_version=4)
        take_outputs(nb, ran)
        nb.metadata |= {key: ran.metadata.get(key) for key in ("broke", "printed_too_much")}
        return nb, resources

    def work(self, nb, resources) -> Work:
        """Return what there is to run."""
        files = files_beside(Path(self.source) / resources["nbgrader"]["assignment"])
        return Work(nbformat.writes(nb), files, self.limits, self.cell_seconds)

    @property
    def limits(self) -> sandbox.Limits:
        """What a submission may use."""
        return sandbox.Limits(self.seconds, self.memory_gb, self.output_mb)


def prepared(nbgrader, student: str, name: str) -> Work:
    """Return what nbgrader will run of a submission: the very steps that it takes before."""
    folder = nbgrader.coursedir.format_path("submitted", student, name)
    nb = nbformat.read(Path(folder) / f"{name}.ipynb", as_version=4)
    place = {"student": student, "assignment": name, "notebook": name}
    resources = {"nbgrader": {**place, "db_url": nbgrader.coursedir.db_url}}
    for step in nbgrader.config.Autograde.sanitize_preprocessors:
        nb, resources = step(parent=nbgrader).preprocess(nb, resources)
    return RunInSandbox(parent=nbgrader).work(nb, resources)


def grading_settings(course: Path, out: Path, limits: sandbox.Limits) -> Config:
    """Return settings under which nbgrader runs submissions in the sandbox only."""
    config = settings(course, out)
    seconds = config.Execute.timeout
    config.RestoreCells.release = str(out / "release")
    places = {"source": str(course / "source"), "ran": str(out / "ran")}
    config.RunInSandbox.update(vars(limits), **places, cell_seconds=seconds)
    config.Autograde.sanitize_preprocessors = [
        ClearOutput,
        RestoreCells,
        OverwriteKernelspec,
        OverwriteCells,
        CheckCellMetadata,
    ]
    config.Autograde.autograde_preprocessors = [
        RunInSandbox,  # in the place of Execute
        LimitOutput,
        SaveAutoGrades,
        AssignLatePenalties,
    ]
    config.HTMLExporter.filters = {"markdown2html": feedback.markdown2html}
    return config
