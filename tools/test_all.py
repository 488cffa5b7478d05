"""Run all tests as `make test` does: lint, unit tests, notebooks, then the site they make.

Each step is an ordinary command, printed before it runs; the first that fails ends the run.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUT = ROOT / "_build" / "test"
SITE = OUT / "_build" / "html"


def steps() -> list[tuple[str, list[str], dict[str, str]]]:
    """Return each step's name, command and additions to the environment."""
    python = [sys.executable, "-m"]
    split = ["-n", "2", "--dist", "loadfile"]  # two at once, each file in one process
    jupyter_book = shutil.which("jupyter-book", path=str(Path(sys.executable).parent))
    book = [jupyter_book, "build", ".", "--path-output", str(OUT), "-W", "-n", "--keep-going", "-q"]
    site = {"SITE": str(SITE)}
    return [
        ("lint", [*python, "ruff", "check"], {}),
        ("format", [*python, "ruff", "format", "--check"], {}),
        ("spelling", [*python, "codespell_lib"], {}),
        (
            "unit tests",
            [*python, "pytest", "-q", "-rs", *split, "--ignore=tests/site/test_site.py"],
            {},
        ),
        ("notebooks", [*python, "tools.notebooks.compare"], {}),
        ("site", book, {"BOOK_OUTPUTS": "stored"}),
        (
            "site tests",
            [*python, "pytest", "-q", "-rs", "-n", "2", "tests/site/test_site.py"],
            site,
        ),
    ]


def run(name: str, command: list[str], extra: dict[str, str]) -> None:
    """Run one step in the project's folder; leave with its exit code if it fails."""
    print(f"== {name}: {' '.join(command)}", flush=True)
    start = time.perf_counter()
    code = subprocess.run(command, cwd=ROOT, env={**os.environ, **extra}).returncode
    print(f"== {name}: {time.perf_counter() - start:.0f} s", flush=True)
    if code:
        raise SystemExit(f"FAILED: {name} (exit code {code})")


def main() -> None:
    """Read the command line and run the steps in order."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    for step in steps():
        run(*step)
    print("All tests passed.")


if __name__ == "__main__":
    main()
