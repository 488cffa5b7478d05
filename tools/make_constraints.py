"""Resolve requirements.txt for Python 3.11 and later, on all systems, into constraints.txt.

Uses uv, which is installed into a throwaway environment because nothing else needs it.
"""

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEADER = "# Made by `make constraints` from requirements.txt; do not edit.\n"


def resolve(pins: str, folder: Path) -> str:
    """Return the resolved set for the text of a requirements file."""
    venv.create(folder / "env", with_pip=True)
    uv = folder / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([uv, "-m", "pip", "install", "--quiet", "uv"], check=True)
    (folder / "requirements.in").write_text(pins, encoding="utf8")
    options = ["--universal", "--python-version", "3.11", "--no-annotate", "--no-header", "--quiet"]
    command = [uv, "-m", "uv", "pip", "compile", *options, "requirements.in", "-o", "out.txt"]
    subprocess.run(command, cwd=folder, check=True)
    return (folder / "out.txt").read_text(encoding="utf8")


def main() -> None:
    """Read the command line and write constraints.txt."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    lines = (ROOT / "requirements.txt").read_text(encoding="utf8").splitlines()
    pins = "\n".join(line for line in lines if not line.startswith("-c"))
    with tempfile.TemporaryDirectory() as folder:
        resolved = resolve(pins, Path(folder))
    (ROOT / "constraints.txt").write_text(HEADER + resolved, encoding="utf8")
    print(f"constraints.txt: {len(resolved.splitlines())} packages")


if __name__ == "__main__":
    main()
