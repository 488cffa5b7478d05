"""Grade sample submissions, and fail if one of them gets other points than it must.

This is `make grade` without a folder: it shows what grading does, and that it is right here.
"""

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

from tools.classroom import sandbox
from tools.classroom.grade import add_options, ending_well, grade_all, safety
from tools.classroom.nbgrader_settings import COURSE, OUT
from tools.classroom.samples import make


def grade_samples(out: Path, limits: sandbox.Limits, course: Path = COURSE, **where) -> None:
    """Make and grade the samples in a new folder; fail if one gets other points than it must.

    Args:
        out: the folder, emptied before.
        limits: what each may use.
        course: folder with nbgrader_config.py and source/.
        where: they run, as `grade_all` takes it: `jobs`, `scheduler`.
    """
    shutil.rmtree(out, ignore_errors=True)
    expected = make(out / "handed_in", out, course)
    wrong, endless = [], out / "endless"  # graded apart, with less time
    shutil.rmtree(endless, ignore_errors=True)
    endless.mkdir()
    (out / "handed_in" / "loops-forever").rename(endless / "loops-forever")
    lines = grade_all(out / "handed_in", out, course, limits, **where)
    lines += grade_all(endless, out, course, replace(limits, seconds=20), **where)
    for line in lines:
        points = expected[line.student, line.assignment]
        if line.score != points:
            wrong.append(f"{line.student}, {line.assignment}: {line.score}, not {points}")
    if wrong or (out / "was_here").exists() > bool(sandbox.isolation()):
        raise SystemExit("Samples were graded wrongly:\n" + "\n".join(wrong))
    print(f"All {len(expected)} samples got the points that they must get.")


def main() -> None:
    """Read the command line, grade the samples, say where the results are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT / "samples", help="folder of a classroom")
    add_options(parser)
    args = parser.parse_args()
    print(safety())
    out = args.out.resolve()
    limits = sandbox.Limits(args.seconds, args.memory_gb)
    with ending_well():
        grade_samples(out, limits, jobs=args.jobs, scheduler=args.scheduler)
    print(f"Grades: {out / 'grades.csv'}\nFeedback: {out / 'feedback'}")


if __name__ == "__main__":
    main()
