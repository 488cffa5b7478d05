"""Run the package's tests with other versions than those that requirements.txt pins.

    python -m tools.versions oldest     the lowest versions that pyproject.toml allows
    python -m tools.versions newest     the highest that it allows
    python -m tools.versions nightly    last night's torch, and the main branch of transformers

uv resolves, in an environment of its own under _build/versions. The test programs come as pinned.
"""

import argparse
import subprocess
import sys
import venv
from pathlib import Path

from tools.colab.environment import freeze, index_options, interpreter, read_pins

ROOT = Path(__file__).parents[1]
OUT = ROOT / "_build" / "versions"
PROGRAMS = ("pytest", "pytest-xdist", "hypothesis", "openai", "httpx")
TESTS = ["tests/package", "src/course_utils"]
NIGHTLY_TORCH = "https://download.pytorch.org/whl/nightly/cpu"
NIGHTLY_TRANSFORMERS = "transformers @ git+https://github.com/huggingface/transformers"
SHOWN = ("torch", "numpy", "transformers", "tokenizers", "safetensors", "matplotlib", "fastapi")


def install(python: Path, which: str) -> None:
    """Install the package with its extras in the versions that are asked for, and test programs."""
    pins = read_pins(ROOT / "constraints.txt")
    resolution = "lowest-direct" if which == "oldest" else "highest"
    package = ["--resolution", resolution, "-e", f"{ROOT}[serve,digits]"]
    steps = [package, [f"{name}=={pins[name]}" for name in PROGRAMS]]
    if which == "nightly":
        steps += [["--pre", "--upgrade", "--index-url", NIGHTLY_TORCH, "torch"]]
        steps += [["--upgrade", NIGHTLY_TRANSFORMERS]]
    subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
    uv = [python, "-m", "uv", "pip", "install", "--python", python]
    for step in steps:
        several = [*index_options(), "--index-strategy", "unsafe-best-match"]
        subprocess.run([*uv, *several, *step], check=True)


def describe(python: Path) -> str:
    """Say which versions were found."""
    found = dict(line.split("==") for line in freeze(python) if "==" in line)
    return ", ".join(f"{name} {found[name]}" for name in SHOWN if name in found)


def main() -> None:
    """Read the command line, make the environment, run the tests; leave with their exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("which", choices=["oldest", "newest", "nightly"])
    parser.add_argument("tests", nargs="*", default=TESTS, help="default: those of the package")
    args = parser.parse_args()
    folder = OUT / args.which
    venv.create(folder, clear=True, with_pip=True)
    python = interpreter(folder)
    install(python, args.which)
    print(describe(python), flush=True)
    command = [python, "-m", "pytest", "-q", "-rs", "-n", "2", "--dist", "loadfile", *args.tests]
    sys.exit(subprocess.run(command, cwd=ROOT).returncode)


if __name__ == "__main__":
    main()
