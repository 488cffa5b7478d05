"""Run each lesson once, serially, and compare every output with what is stored.

The wall time of each is printed and kept in `_build/notebook_times.json`; a lesson that takes
more than twice the budget in its metadata fails.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
CELL_TIMEOUT = 240  # seconds; nbval's own is 2,000


def budget(path: Path) -> float:
    """Return the seconds that a lesson may take, from its metadata."""
    metadata = json.loads(path.read_text(encoding="utf8"))["metadata"]
    return metadata["course"]["budget_seconds"]


def compare(path: Path) -> tuple[bool, float]:
    """Run one notebook under nbval; say whether it agreed, and its seconds."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short"]
    command += ["--nbval", "--nbval-current-env", f"--nbval-cell-timeout={CELL_TIMEOUT}"]
    command += ["--nbval-sanitize-with", "tools/nbval_sanitize.cfg", str(path)]
    start = time.perf_counter()
    code = subprocess.run(command, cwd=ROOT).returncode
    return code == 0, time.perf_counter() - start


def verdict(agreed: bool, seconds: float, allowed: float) -> str:
    """Put a lesson's result into a word."""
    if not agreed:
        return "outputs differ"
    return "ok" if seconds <= 2 * allowed else "too slow"


def main() -> None:
    """Read the command line, compare, and fail if any lesson failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all lessons")
    chosen = parser.parse_args().notebooks or sorted((ROOT / "notebooks").glob("*.ipynb"))
    rows = {}
    for path in chosen:
        agreed, seconds = compare(path.resolve())
        rows[path.stem] = (round(seconds, 1), budget(path), verdict(agreed, seconds, budget(path)))
    (ROOT / "_build").mkdir(exist_ok=True)
    (ROOT / "_build" / "notebook_times.json").write_text(json.dumps(rows, indent=1) + "\n")
    for name, (seconds, allowed, word) in rows.items():
        print(f"{name:28} {seconds:6.1f} s of {allowed:3.0f} s  {word}")
    if any(row[2] != "ok" for row in rows.values()):
        raise SystemExit("A lesson failed: see above.")


if __name__ == "__main__":
    main()
