"""The environment of `make colab`: Colab's versions in a virtual environment, and our wheel."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

ROOT = Path(__file__).parents[2]
TODAY = "https://raw.githubusercontent.com/googlecolab/backend-info/main/pip-freeze.txt"
PINS = Path(__file__).with_name("requirements.txt")
COLAB_PYTHON = "3.13.15"
QUICK = {"torch", "pandas"}  # large, or met by no lesson
NOT_THERE = re.compile(r"No matching distribution found for ([\w.-]+)==")
VERSIONS = (
    "import json, platform; from importlib.metadata import distributions as d;"
    "print(json.dumps({'python': platform.python_version(),"
    " **{str(x.name).lower(): x.version for x in d()}}))"
)


def read_pins(path: Path) -> dict[str, str]:
    """Return name -> version of a requirements file; an empty version where none is asked for."""
    lines = path.read_text(encoding="utf8").splitlines()
    wanted = [line.split("#")[0].strip() for line in lines]
    pairs = [line.partition("==") for line in wanted if line and not line.startswith("-")]
    return {name: version for name, _, version in pairs}


def colab_pins(quick: bool) -> dict[str, str]:
    """Return what to install; the quick variant takes the project's own PyTorch, as it is here."""
    pins = read_pins(PINS)
    if quick:
        pins = {name: version for name, version in pins.items() if name not in QUICK}
        pins["torch"] = read_pins(ROOT / "requirements.txt")["torch"]
    return pins


def current(pins: dict[str, str], address: str = TODAY) -> dict[str, str]:
    """Return the pins with the versions in the list that Colab publishes today.

    Args:
        pins: name -> version; a name that the list lacks keeps its version.
        address: of the list, in the format of `pip freeze`.
    """
    with urllib.request.urlopen(address, timeout=30) as answer:
        lines = answer.read().decode("utf8").splitlines()
    asked = (Requirement(line) for line in lines if line.strip() and not line.startswith("#"))
    listed = {canonicalize_name(one.name): listed_version(one) for one in asked}
    return {name: listed.get(canonicalize_name(name), pin) for name, pin in pins.items()}


def listed_version(one: Requirement) -> str:
    """Return the version in a line of `pip freeze`, without its build: `a==1` or `a @ address`.

    >>> listed_version(Requirement("torch @ https://x.org/torch-2.1.0%2Bcu118-cp310-cp310-any.whl"))
    '2.1.0'
    """
    if one.url:
        file = urllib.parse.unquote(one.url.partition("#")[0].rpartition("/")[2])
        return parse_wheel_filename(file)[1].public
    return next((Version(part.version).public for part in one.specifier), "")


def build_wheel(folder: Path) -> Path:
    """Build the package's wheel from a copy of the sources, so that nothing stale gets into it."""
    with tempfile.TemporaryDirectory() as copy:
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copy)
        skip = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / "src", Path(copy) / "src", ignore=skip)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, copy]
        subprocess.run(command, check=True)
    return max(folder.glob("course_utils-*.whl"), key=lambda path: path.stat().st_mtime)


def index_options() -> list[str]:
    """Name PyTorch's index of CPU builds to pip, as the Makefile does, if it answers."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf8")
    index = re.search(r"^TORCH_INDEX := (\S+)$", makefile, flags=re.M)[1]
    try:
        urllib.request.urlopen(index, timeout=3).close()
    except OSError:
        return []
    return ["--extra-index-url", index]


def install(python: Path, pins: dict[str, str], options: list[str]) -> None:
    """Install the pins; a version that the index does not have here gives way to another."""
    pins = dict(pins)
    while True:
        names = [f"{name}=={version}" if version else name for name, version in pins.items()]
        command = [python, "-m", "pip", "install", "--quiet", *options, *names]
        done = subprocess.run(command, capture_output=True, text=True)
        if not done.returncode:
            return
        absent = NOT_THERE.search(done.stderr)
        if not absent or not pins.get(absent[1]):
            raise SystemExit(f"The environment could not be made:\n{done.stderr.strip()}")
        pins[absent[1]] = ""


def make(base: str, folder: Path, pins: dict[str, str], options: list[str]) -> Path:
    """Make a fresh environment with the Python named and return its interpreter."""
    subprocess.run([base, "-m", "venv", "--clear", folder], check=True)
    python = interpreter(folder)
    install(python, pins, options)
    return python


def interpreter(folder: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    windows = sys.platform == "win32"
    return folder / ("Scripts/python.exe" if windows else "bin/python")


def versions(python: Path) -> dict[str, str]:
    """Return name -> version of everything installed, and of Python itself."""
    done = subprocess.run([python, "-c", VERSIONS], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def freeze(python: Path) -> set[str]:
    """Return pip's list of what is installed, with the address of what came from one."""
    command = [python, "-m", "pip", "freeze", "--all"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def restore(python: Path, before: set[str], after: set[str]) -> None:
    """Take out what has come and put back what has gone, so that lessons do not meet."""
    came = [re.split("[ =]", line)[0] for line in after - before]
    if came:
        command = [python, "-m", "pip", "uninstall", "--quiet", "-y", *came]
        subprocess.run(command, check=True)
    if gone := before - after:
        command = [python, "-m", "pip", "install", "--quiet", "--no-deps", *gone]
        subprocess.run(command, check=True)


def differences(have: dict[str, str], colab: dict[str, str]) -> list[str]:
    """Name each package whose version is not Colab's (a build tag such as +cpu does not count)."""
    return [
        f"{name} {have.get(name, 'is missing')} instead of {version}"
        for name, version in {"python": COLAB_PYTHON, **colab}.items()
        if version and have.get(name, "").split("+")[0] != version
    ]
