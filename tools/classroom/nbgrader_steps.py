"""Two steps of grading that nbgrader lacks, and the settings that put them into its chain.

nbgrader does the work. Here are a step that puts back what a student may not change, and a step
that runs the notebook in the sandbox instead of in nbgrader's own process: so the gradebook and
the other submissions are out of its reach.
"""

import shutil
import sys
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
from tools.classroom.nbgrader_settings import ROOT, editable, grade_id, settings

RUNNER = Path(__file__).resolve().with_name("run_submission.py")


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
    """Run the notebook by `run_submission.py` in the sandbox, and take over its outputs."""

    cell_seconds = Integer(60).tag(config=True)
    seconds = Float(sandbox.Limits.seconds).tag(config=True)
    memory_gb = Float(sandbox.Limits.memory_gb).tag(config=True)
    output_mb = Float(sandbox.Limits.output_mb).tag(config=True)
    source = Unicode(help="folder of the sources, for the files beside them").tag(config=True)

    def preprocess(self, nb, resources):
        """Run in a throw-away folder; on a broken limit, mark every cell as not run."""
        files = Path(self.source) / resources["nbgrader"]["assignment"]
        with sandbox.throw_away_folder() as folder:
            shutil.copytree(files, folder, dirs_exist_ok=True, ignore=_no_notebooks)
            done = self._run(nb, folder)
        broke = done.broke or self._take(nb, done.output)
        if broke:
            _fail(nb, broke)
        nb.metadata["broke"] = broke or ""
        return nb, resources

    def _run(self, nb, folder: Path) -> sandbox.Finished:
        """Run the notebook with the course's package at hand."""
        command = [sys.executable, "-P", str(RUNNER), f"--timeout={self.cell_seconds}"]
        limits = sandbox.Limits(self.seconds, self.memory_gb, self.output_mb)
        given = nbformat.writes(nb).encode()
        return sandbox.run(command, folder, limits, given, readable=[RUNNER, ROOT / "src"])

    def _take(self, nb, output: bytes) -> str | None:
        """Take over the outputs and nothing else: the text of the cells stays as it was."""
        try:
            ran = nbformat.reads(output.decode("utf8"), as_version=4)
            nbformat.validate(ran)
        except Exception:  # whatever a submission can print
            return "the run ended without a notebook: too much memory, or it ended itself"
        if [cell.source for cell in ran.cells] != [cell.source for cell in nb.cells]:
            return "the notebook that came back is not the one that was run"
        for cell, other in zip(nb.cells, ran.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = other.outputs, other.execution_count
        nb.metadata["printed_too_much"] = bool(ran.metadata.get("printed_too_much"))
        return None


def _no_notebooks(folder: str, entries: list[str]) -> set[str]:
    """Leave out what a submission must not see: notebooks, and folders of caches."""
    return {e for e in entries if e.endswith(".ipynb") or e.startswith((".", "__pycache__"))}


def _fail(nb, reason: str) -> None:
    """Give every code cell an error, which nbgrader counts as no points."""
    for cell in nb.cells:
        if cell.cell_type == "code":
            told = {"ename": "Stopped", "evalue": reason, "traceback": [f"Not run: {reason}"]}
            cell.outputs = [nbformat.v4.new_output("error", **told)]


def grading_settings(course: Path, out: Path, limits: sandbox.Limits) -> Config:
    """Return settings under which nbgrader runs submissions in the sandbox only."""
    config = settings(course, out)
    seconds = config.Execute.timeout
    config.RestoreCells.release = str(out / "release")
    config.RunInSandbox.update(vars(limits), source=str(course / "source"), cell_seconds=seconds)
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
