"""Run the notebook that comes on standard input and print it with its outputs.

This is the part of grading that runs inside the sandbox: nbclient, with the guards that nbgrader
adds to it (its own class would import nbgrader's whole server, two seconds in each sandbox).
A cell that takes too long is interrupted and the rest goes on. A cell that shows too much loses
the rest of it. When the kernel dies, the cells that it did not end are marked as not run.
"""

import argparse
import io
import os
import sys
from collections import Counter

sys.modules.setdefault("rfc3987_syntax", None)  # two seconds at the start: tools/__init__.py

import nbformat  # noqa: E402
from nbclient import NotebookClient  # noqa: E402
from nbclient.exceptions import DeadKernelError  # noqa: E402
from traitlets.config import Config  # noqa: E402

PER_CELL = 200_000  # characters of text and pictures that a cell may show
DROPPED = ("stream", "display_data", "update_display_data", "execute_result")
LATE = "No reply from the kernel before the time was over"


class Run(NotebookClient):
    """An execution in which no error is lost, with an end to what a cell may show."""

    def __init__(self, notebook, timeout: int):
        """Begin to note which cells ran, and how much each has shown."""
        super().__init__(notebook, config=config(timeout))
        self.resources = {"metadata": {"path": os.getcwd()}}
        self.on_cell_executed = self.note
        self.shown, self.ran = Counter(), set()

    def process_message(self, msg, cell, cell_index):
        """Count what a cell shows, and drop what goes over the limit."""
        kind, content = msg["msg_type"], msg["content"]
        if kind in (*DROPPED, "error"):
            room = PER_CELL - self.shown[cell_index]
            self.shown[cell_index] += len(str(content))
            if not shorten(kind, content, room):
                return None
        return super().process_message(msg, cell, cell_index)

    def note(self, cell, cell_index, execute_reply) -> None:
        """Note that a cell came to its end, and write down an error that it did not show.

        Without it a test would pass when its code takes too long or switches tracebacks off. It
        is nbgrader's guard (`nbgrader.preprocessors.Execute.on_cell_executed`).
        """
        self.ran.add(cell_index)
        reply = execute_reply["content"]
        errors = [o.ename for o in cell.outputs if o.output_type == "error"]
        if reply["status"] == "error" and reply["ename"] not in errors:
            told = reply["traceback"] or ["An error occurred while tracebacks were switched off."]
            reason = {"evalue": reply["evalue"], "traceback": told}
            cell.outputs.append(nbformat.v4.new_output("error", ename=reply["ename"], **reason))


def shorten(kind: str, content: dict, room: int) -> bool:
    """Cut an output to the room that is left; say whether to keep it: an error always."""
    if kind == "error":  # without it a test would count as passed
        content["evalue"] = content["evalue"][:2000]
        content["traceback"] = ["\n".join(content["traceback"])[-max(room, 2000) :]]
    elif kind == "stream":
        content["text"] = content["text"][: max(room, 0)]
    elif len(str(content)) > room:
        return False
    return room > 0 or kind == "error"


def config(timeout: int) -> Config:
    """Return settings: sockets in a file, as there is no network, and no tag that skips a cell."""
    settings = Config()
    settings.KernelManager.transport = "ipc"
    settings.KernelManager.ip = "tmp/kernel"
    late = {"ename": "CellTimeoutError", "evalue": "", "traceback": [f"CellTimeoutError: {LATE}"]}
    settings.Run.update(timeout=timeout, interrupt_on_timeout=True, error_on_timeout=late)
    settings.Run.update(allow_errors=True, skip_cells_with_tag="", record_timing=False)
    settings.Run.update(iopub_timeout=20, raise_on_iopub_timeout=False)
    return settings


def failure(name: str, reason: str):
    """Return an error output, as nbgrader looks for in a test cell."""
    return nbformat.v4.new_output("error", ename=name, evalue=reason, traceback=[reason])


def mark(notebook, ran: set[int], died: str) -> None:
    """Make every cell that did not run to its end say so; no output would count as passed."""
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and cell.source.strip() and i not in ran:
            told = failure("NotRun", died or "This cell did not run.")
            cell.outputs = [*cell.get("outputs", []), told]


def execute(notebook, timeout: int) -> None:
    """Run all cells in place."""
    died, runner = "", Run(notebook, timeout)
    try:
        runner.execute()
    except (DeadKernelError, RuntimeError) as error:
        died = "The kernel died (too much memory, or the program ended itself): not run."
        print(repr(error), file=sys.stderr)
    mark(notebook, runner.ran, died)
    long = [i for i, length in runner.shown.items() if length > PER_CELL]
    notebook.metadata["printed_too_much"] = long


def main() -> None:
    """Read the command line and the notebook, run it, print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--timeout", type=int, default=60, help="seconds for a cell")
    timeout = parser.parse_args().timeout
    text = io.TextIOWrapper(sys.stdin.buffer, encoding="utf8").read()
    notebook = nbformat.reads(text, as_version=4)
    execute(notebook, timeout)
    print(nbformat.writes(notebook))


if __name__ == "__main__":
    main()
