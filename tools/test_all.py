"""Run all tests as `make test` does: lint, unit tests, notebooks compared and played, the site.

Each step is an ordinary command, printed before it runs; the first that fails ends the run.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from tools.notebooks.two_at_once import ONE_THREAD

ROOT = Path(__file__).parents[1]
OUT = ROOT / "_build" / "test"
SITE = OUT / "_build" / "html"


def steps() -> list[tuple[str, list[str], dict[str, str]]]:
    """Return each step's name, command and additions to the environment."""
    python = [sys.executable, "-m"]
    pytest = [*python, "pytest", "-q", "-rs", "-n", "2", "-p", "no:nbval"]
    files = ["--dist", "loadfile", "--no-loadscope-reorder"]  # the class first: it takes longest
    return [
        ("lint", [*python, "ruff", "check"], {}),
        ("format", [*python, "ruff", "format", "--check"], {}),
        ("spelling", [*python, "codespell_lib"], {}),
        ("unit tests", [*pytest, *files, "--ignore=tests/built"], ONE_THREAD),
        ("notebooks", [*python, "tools.notebooks.compare"], {}),
        ("playing", [*python, "tools.notebooks.play"], {}),
        ("site", [*python, "tools.site.build", "--stored", "--quiet", "--out", str(OUT)], {}),
        ("site tests", [*pytest, "tests/built"], {"SITE": str(SITE)}),
    ]


def run(name: str, command: list[str], extra: dict[str, str]) -> float:
    """Run one step in the project's folder and return its seconds; leave if it fails."""
    print(f"== {name}: {' '.join(command)}", flush=True)
    start = time.perf_counter()
    code = subprocess.run(command, cwd=ROOT, env={**os.environ, **extra}).returncode
    seconds = time.perf_counter() - start
    print(f"== {name}: {seconds:.0f} s", flush=True)
    if code:
        raise SystemExit(f"FAILED: {name} (exit code {code})")
    return seconds


def main() -> None:
    """Read the command line and run the steps in order."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    seconds = {step[0]: run(*step) for step in steps()}
    print(", ".join(f"{name} {took:.0f} s" for name, took in seconds.items()))
    print(f"All tests passed in {sum(seconds.values()):.0f} s.")


if __name__ == "__main__":
    main()
