"""What the Makefile itself does: installing one at a time, cleaning, in a folder of any name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")
# Stands for Python: pip takes a moment and notes when; an environment holds this script again.
STUB = """#!/bin/sh
case "$1 $2" in
  "-m venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python;;
  "-m pip") echo begins >>log; sleep 0.2; echo ends >>log;;
  *urllib*) exit 1;;
  *) exec '{python}' "$@";;
esac
"""


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the Makefile, what it reads, and a Python that installs nothing."""
    made = tmp_path / "Mein Kurs (ü) 课"
    made.mkdir()
    for name in ("Makefile", "requirements.txt", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, made)
    stub = made / "stub"
    stub.write_text(STUB.format(python=sys.executable), encoding="utf8")
    stub.chmod(0o755)
    return made


def start(folder: Path, *words: str) -> subprocess.Popen:
    """Start make in a folder, in the locale of a bare server."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    environment = {**os.environ, "LC_ALL": "C", "MAKEFLAGS": ""}
    command = ["make", *words]
    return subprocess.Popen(command, cwd=folder, env=environment, encoding="utf8", **pipes)


def test_of_two_installs_at_once_the_second_waits_and_has_nothing_to_do(folder):
    with (
        start(folder, "setup", "PYTHON=./stub") as one,
        start(folder, "setup", "PYTHON=./stub") as two,
    ):
        said = [process.communicate(timeout=60)[0] for process in (one, two)]
    assert (one.returncode, two.returncode) == (0, 0), said
    log = (folder / "log").read_text(encoding="utf8").split()
    assert log == ["begins", "ends"] * 2, "the packages, and then the course's own"
    waited = "Another make is installing here: this one waits for its end.\n"
    assert sorted(waited in text for text in said) == [False, True]


def test_an_install_that_fails_leaves_no_mark_that_it_succeeded(folder):
    stub = (folder / "stub").read_text(encoding="utf8").replace("sleep 0.2", "exit 1")
    (folder / "stub").write_text(stub, encoding="utf8")
    with start(folder, "setup", "PYTHON=./stub") as process:
        assert "Installed." not in process.communicate(timeout=60)[0]
    assert process.returncode and not (folder / ".venv/installed").exists()


def test_clean_keeps_what_took_long_or_is_somebodys_and_clean_all_does_not(folder):
    for name in ("html", "executed", "classroom/gradebook", ".doctrees", "slides"):
        (folder / "_build" / name).mkdir(parents=True)
    (folder / ".venv").mkdir()
    with start(folder, "clean") as process:
        process.communicate(timeout=60)
    left = sorted(path.name for path in (folder / "_build").iterdir())
    assert process.returncode == 0 and left == ["classroom", "executed"]
    (folder / "dist").mkdir()
    for _ in range(2):
        with start(folder, "clean-all") as process:
            process.communicate(timeout=60)
        assert process.returncode == 0 and not (folder / "_build").exists()
    assert (folder / ".venv").exists() and not (folder / "dist").exists()


def test_the_address_is_set_in_a_folder_of_any_name(folder):
    for name in ("tools/__init__.py", "tools/site/__init__.py", "tools/site/publish_address.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    shutil.copy(ROOT / "tools/site/repository.py", folder / "tools/site")
    (folder / "tools/notebooks").mkdir()
    for name in ("_config.yml", "README.md", "tools/notebooks/setup_cell.txt"):
        shutil.copy(ROOT / name, folder / name)
    with start(folder, "publish-address", "URL=https://gitlab.com/uni/ki/kurs/-/tree/main") as done:
        said = done.communicate(timeout=60)[0].splitlines()
    assert "https://gitlab.com/uni/ki/kurs: 3 files changed" in said, said
    assert "url: https://gitlab.com/uni/ki/kurs\n" in (folder / "_config.yml").read_text("utf8")
