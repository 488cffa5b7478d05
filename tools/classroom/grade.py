"""Grade a class: a folder or a zip of submissions.

nbgrader grades each one (`one.py`); its code runs in the sandbox, as many at a time as there is
room for (`runs.py`). Scores go into gradebook.db and grades.csv, and a page of feedback is made for
each. What cannot be graded gets no points and a reason, and stops nobody else. What was graded
before and has not changed stays as it is.
"""

import argparse
import contextlib
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from pathlib import Path
from threading import Event

from tools.classroom import one, sandbox
from tools.classroom.hand_ins import HandIn, Unusable, find
from tools.classroom.nbgrader_settings import COURSE, OUT, api
from tools.classroom.nbgrader_steps import grading_settings
from tools.classroom.progress import shown, stoppable
from tools.classroom.release import release
from tools.classroom.runs import Runs, Store, pool, room
from tools.classroom.scores import GRADED, NOT_RUN, Grade, earlier, write_csv

AS_ROOT = "YOU ARE ROOT: processes are not counted and every file can be read. Grade as yourself."


def grade_all(
    folder: Path,
    out: Path = OUT,
    course: Path = COURSE,
    limits: sandbox.Limits | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
    again: bool = False,
) -> list[Grade]:
    """Grade a class into a gradebook; write grades.csv; return its lines.

    Args:
        folder: student/assignment/notebook.ipynb, or a folder or zip as a platform makes it.
        out: where the gradebook, the feedback and the rest are made.
        course: folder with nbgrader_config.py and source/.
        limits: what each submission may use.
        jobs: how many are run at a time. Default: as cores and free memory allow.
        scheduler: address of a Dask scheduler whose workers run them. Default: this machine.
        again: forget first that these were run and graded; points given by hand stay.

    Raises:
        KeyboardInterrupt: Ctrl-C or kill, when what was graded is in order.
    """
    limits = limits or sandbox.Limits()
    with stoppable() as stop:
        release(course, out)
        nbgrader = api(grading_settings(course, out, limits))
        hand_ins = find(folder, out)
        if again:
            for hand_in in hand_ins:
                one.forget(nbgrader, hand_in)
        lines, new = _unchanged(nbgrader, hand_ins)
        try:
            with pool(jobs or room(limits.memory_gb), scheduler) as workers:
                runs = Runs(Store(out / "ran"), workers)
                for line in shown(_in_turn(nbgrader, new, runs, stop), len(new), _in_words):
                    lines.append(line)
        finally:
            write_csv(nbgrader, lines)
    if stop.is_set():
        kept = f"Stopped: {len(lines)} are graded and kept."
        raise KeyboardInterrupt(f"{kept} The same command goes on (without AGAIN=1).")
    return sorted(lines, key=lambda line: (line.student, line.assignment))


def _in_words(line: Grade) -> str:
    """Return what is said of a submission while the others are graded."""
    return f"{line.student:24} {line.assignment:26} {line.score:5g} of {line.points:g}  {line.note}"


def _unchanged(nbgrader, hand_ins: list[HandIn]) -> tuple[list[Grade], list[HandIn]]:
    """Part what was graded and has not changed from what is to be graded."""
    lines, new = [], []
    for hand_in in hand_ins:
        if line := one.kept(nbgrader, hand_in):
            lines.append(line)
        else:
            new.append(hand_in)
    if lines:
        print(f"{len(lines)} have not changed since they were graded (AGAIN=1: grade them again).")
    return lines, new


def _in_turn(nbgrader, hand_ins: list[HandIn], runs: Runs, stop: Event) -> Iterator[Grade]:
    """Begin to run all, and grade each when it has been run, until all are done or `stop` is set.

    nbgrader grades one at a time: its gradebook has one writer.
    """
    waiting = defaultdict(list)
    for hand_in in hand_ins:
        try:
            waiting[runs.start(one.begin(nbgrader, hand_in))].append(hand_in)
        except Unusable as error:
            yield one.no_points(nbgrader, hand_in.student, hand_in.assignment, str(error))
        yield from _finished(nbgrader, waiting, 0, stop)
        if stop.is_set():
            return
    while waiting and not stop.is_set():
        yield from _finished(nbgrader, waiting, 0.5, stop)


def _finished(nbgrader, waiting: dict, seconds: float, stop: Event) -> Iterator[Grade]:
    """Grade what has been run, after waiting so long at most for a run to end."""
    for run in wait(waiting, seconds, FIRST_COMPLETED).done:
        for hand_in in waiting.pop(run):
            if stop.is_set():
                return
            if error := run.exception():
                yield one.not_run(nbgrader, hand_in, error)
            else:
                yield one.finish(nbgrader, hand_in)


def renew(out: Path = OUT, course: Path = COURSE) -> None:
    """Write pages and grades.csv again, after a person has graded."""
    nbgrader = api(grading_settings(course, out, sandbox.Limits()))
    for row in earlier(out / "grades.csv"):
        if row["status"] == GRADED:
            one.give_feedback(nbgrader, row["student"], row["assignment"], row["note"])
    write_csv(nbgrader, [])


def safety() -> str:
    """Say what the sandbox can do on this system, and for this user."""
    if way := sandbox.isolation():
        said = (
            "Each submission runs without network and sees only Python, the package and itself "
            f"({way})."
        )
    else:
        said = (
            "NOT ISOLATED: this system gives no namespaces, so a submission has your network and "
            "can read and change your files. On Linux, install bubblewrap; else use a machine or a "
            "container that holds nothing of value."
        )
    return f"{said}\n{AS_ROOT}" if getattr(os, "geteuid", lambda: None)() == 0 else said


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what a submission may use, and where they run, to a command line."""
    parser.add_argument("--seconds", type=float, default=300, help="for a submission")
    parser.add_argument("--memory-gb", type=float, default=4, help="for a submission")
    text = "how many to run at a time; default: as cores and free memory allow"
    parser.add_argument("--jobs", type=int, help=text)
    text = "run them on the workers of this Dask scheduler, such as tcp://127.0.0.1:8786"
    parser.add_argument("--scheduler", help=text)


@contextlib.contextmanager
def ending_well() -> Iterator[None]:
    """End a stopped command with one line and the exit code that shells know."""
    try:
        yield
    except KeyboardInterrupt as error:
        print(error or "Stopped: the same command goes on.", file=sys.stderr)
        sys.exit(130)


def main() -> None:
    """Read the command line, grade, say where the results are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "submissions", nargs="?", type=Path, help="student/assignment/notebook.ipynb, or a zip"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the classroom")
    add_options(parser)
    parser.add_argument("--again", action="store_true", help="grade also what has not changed")
    text = "write grades.csv and the pages again, after grading by hand"
    parser.add_argument("--scores-only", action="store_true", help=text)
    args = parser.parse_args()
    out = args.out.resolve()
    if args.scores_only:
        renew(out)
        return
    if args.submissions is None or not args.submissions.exists():
        parser.error(f"expected a folder or zip of submissions, got {args.submissions}: name one")
    if args.jobs is not None and args.jobs < 1:
        parser.error(f"--jobs is how many to run at a time, 1 or more, and not {args.jobs}")
    print(safety())
    limits = sandbox.Limits(args.seconds, args.memory_gb)
    where = {"jobs": args.jobs, "scheduler": args.scheduler, "again": args.again}
    with ending_well():
        lines = grade_all(args.submissions.resolve(), out, limits=limits, **where)
    print(f"Grades: {out / 'grades.csv'}\nFeedback: {out / 'feedback'}")
    if missed := [line for line in lines if line.status == NOT_RUN]:
        sys.exit(
            f"{len(missed)} could not be run, which is not their fault: the same command "
            "tries again. The notes in grades.csv say why."
        )


if __name__ == "__main__":
    main()
