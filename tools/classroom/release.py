"""Make the students' copies of the assignments: no solutions, no hidden tests.

nbgrader's generate_assignment does it, and notes cells and points in the gradebook.
"""

import argparse
from pathlib import Path

from tools.classroom.nbgrader_settings import COURSE, OUT, api, names, settings
from tools.site.turns import turn


def release(course: Path = COURSE, out: Path = OUT, only: list[str] | None = None) -> list[Path]:
    """Make the copies; return their paths.

    Raises:
        SystemExit: nbgrader could not, with its reason.
    """
    nbgrader = api(settings(course, out))
    made = []
    for name in only or names(course):
        result = nbgrader.generate_assignment(name)
        if not result["success"]:
            raise SystemExit(f"{name} was not released:\n{reason(result)}")
        made.append(out / "release" / name / f"{name}.ipynb")
    return made


def reason(result: dict) -> str:
    """Return the last line of nbgrader's error and what to do about the commonest one."""
    text = f"{result.get('log', '')}\n{result.get('error', '')}"
    if "there are submissions associated" in text:
        return (
            "Its cells changed, and the gradebook already holds submissions of the old ones. "
            "Put the old source back, or move gradebook.db away and grade all again."
        )
    return text


def main() -> None:
    """Read the command line and make the copies."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("assignments", nargs="*", help="default: all")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the classroom")
    args = parser.parse_args()
    out = args.out.resolve()
    with turn(out):  # nbgrader empties a folder before it fills it
        for path in release(out=out, only=args.assignments):
            print(f"{path.stem:28} {path}")


if __name__ == "__main__":
    main()
