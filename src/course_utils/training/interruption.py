"""Ctrl-C in a training run: noted at once, obeyed when the step is complete, told at the end."""

import signal
import threading
from contextlib import contextmanager
from pathlib import Path

from course_utils.runtime import Interrupted


@contextmanager
def ask_before_stopping():
    """Turn the first Ctrl-C into an entry of a list, to be seen when a step is complete."""
    asked = []
    if threading.current_thread() is not threading.main_thread():
        yield asked  # only the main thread may handle signals, and only it receives them
        return

    def note(signum, frame):
        asked.append(True)
        signal.signal(signal.SIGINT, before)  # a second Ctrl-C stops at once

    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


class UntilAsked:
    """A data set to be looked at that ends with KeyboardInterrupt once Ctrl-C was pressed.

    A look changes nothing, so that it need not be completed as a step must.

    Args:
        dataset: the data set.
        asked: the list of `ask_before_stopping`.
    """

    def __init__(self, dataset, asked: list):
        self.dataset, self.asked = dataset, asked

    def in_order(self, batch_size: int):
        """Yield the data set's batches while nobody asks to stop."""
        for batch in self.dataset.in_order(batch_size):
            if self.asked:
                raise KeyboardInterrupt
            yield batch


def interrupted(history: dict, steps: int, folder: Path | None, whole: bool) -> Interrupted:
    """Return the error that ends an interrupted run; `.history` holds the run so far.

    Args:
        history: of the steps that are complete.
        steps: how many there were to be.
        folder: where the run is saved, or None.
        whole: whether the last step was completed; else a second Ctrl-C came in its middle.
    """
    done = len(history["step"])
    where = f"at step {done}" if whole else f"in the middle of step {done + 1}"
    if folder:
        saved = "all of it is saved" if whole else "the last checkpoint is whole"
        how = f"{saved} in {folder}: to go on, train with this out and resume=True"
    elif whole:
        how = "run this cell again (the model keeps what it has learnt)"
    else:
        how = "its weights may be half changed: make the model anew, then run this cell again"
    error = Interrupted(f"stopped {where} of {steps}; {how}")
    error.history = history
    return error
