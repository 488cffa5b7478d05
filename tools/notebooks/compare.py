"""Run each lesson once and compare every output with what is stored: two at once, a thread each.

The exercises are solved in what is run, and each check must say so: what is stored is the copy of
a reader who has written nothing yet, and its outputs are the same everywhere else.

The wall time of each is printed and kept, with the memory of its kernel, in
`_build/notebook_times.json`; a lesson that takes more than twice the budget in its metadata fails.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import nbformat

from tools.notebooks.exercises import filled
from tools.notebooks.two_at_once import budget, two_at_once
from tools.notebooks.watch import watched

ROOT = Path(__file__).parents[2]
CELL_TIMEOUT = 240  # seconds; nbval's own is 2,000
SANITIZE = Path(__file__).with_name("nbval_sanitize.cfg")


def compare(path: Path) -> tuple[bool, float, float]:
    """Run one notebook under nbval; say whether it agreed, its seconds, its kernel's megabytes."""
    start = "import sys, tools, pytest; sys.exit(pytest.main(sys.argv[1:]))"  # tools: faster
    command = [sys.executable, "-c", start, "-q", "-p", "no:cacheprovider", "--tb=short"]
    command += ["--nbval", "--nbval-current-env", f"--nbval-cell-timeout={CELL_TIMEOUT}"]
    command += ["--nbval-sanitize-with", str(SANITIZE), str(with_solutions(path))]
    begun = time.perf_counter()
    code, said, memory = watched(command, ROOT)
    seconds = time.perf_counter() - begun
    if code:
        print(said.decode(errors="replace"), flush=True)  # whole, not mixed with the other's
    return code == 0, seconds, memory


def with_solutions(path: Path) -> Path:
    """Write a lesson with its exercises solved into `_build/solved`, and return where."""
    copy = ROOT / "_build" / "solved" / path.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(filled(nbformat.read(path, as_version=4), path.stem), copy)
    return copy


def verdict(agreed: bool, seconds: float, allowed: float) -> str:
    """Put a lesson's result into a word."""
    if not agreed:
        return "outputs differ"
    return "ok" if seconds <= 2 * allowed else "too slow"


def main() -> None:
    """Read the command line, compare, and fail if any lesson failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all lessons")
    chosen = parser.parse_args().notebooks or (ROOT / "notebooks").glob("*.ipynb")
    rows = {}
    for path, (agreed, seconds, memory) in two_at_once(compare, map(Path.resolve, chosen)):
        allowed = budget(path)
        word = verdict(agreed, seconds, allowed)
        rows[path.stem] = (round(seconds, 1), allowed, word, round(memory))
        print(f"{path.stem:28} {seconds:6.1f} s of {allowed:3.0f} s  {word}", flush=True)
    (ROOT / "_build").mkdir(exist_ok=True)
    text = json.dumps(dict(sorted(rows.items())), indent=1) + "\n"
    (ROOT / "_build" / "notebook_times.json").write_text(text, encoding="utf8")
    if failed := [name for name, row in sorted(rows.items()) if row[2] != "ok"]:
        raise SystemExit(f"Failed, see above: {', '.join(failed)}")


if __name__ == "__main__":
    main()
