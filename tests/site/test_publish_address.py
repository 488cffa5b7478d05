"""The repository's address stands in _config.yml, and whatever repeats it agrees."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.site import publish_address

ROOT = Path(__file__).parents[2]
FORK = "https://github.com/somebody/my-fork"
BAD = ["", "my-fork", "git@github.com:somebody/fork.git", "https://github.com/somebody"]
BAD += ["http://github.com/a/b", "https://github.com/a/b c", "https://x.org/a/b?c", "$(id)"]
BUTTON = re.compile(r"(?:research\.google\.com/github|mybinder\.org/v2/gh)/([\w.-]+/[\w.-]+)/")


def address(root: Path) -> str:
    """Return the address in a tree's _config.yml."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf8"))
    return config["repository"]["url"]


def repeated(root: Path) -> dict[str, str]:
    """Return every place outside _config.yml that must repeat the address, and what it says."""
    said = {}
    setup = root / "tools/notebooks/setup_cell.txt"
    cells = [(setup, setup.read_text("utf8"))]
    for path in root.glob("notebooks/**/*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf8"))
        cells += [(path, "".join(c["source"])) for c in notebook["cells"] if c["id"] == "setup"]
    for path, source in cells:
        found = re.search(r'"git\+(\S+)"', source)
        said[str(path)] = found[1] if found else ""
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf8"))
    said["CITATION.cff"] = citation["repository-code"]
    said["faq"] = re.search(r"git clone (\S+)", (root / "book/faq.md").read_text("utf8"))[1]
    for path in (root / "README.md", *root.glob("book/*.md")):
        for i, slug in enumerate(BUTTON.findall(path.read_text(encoding="utf8"))):
            said[f"{path}: button {i}"] = f"https://github.com/{slug}"
    return said


@pytest.fixture
def tree(tmp_path):
    """Return a copy of everything that may repeat the address."""
    for path in publish_address.files(ROOT):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    script = tmp_path / "tools/site/publish_address.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(publish_address.__file__, script)
    assert len(repeated(tmp_path)) == len(repeated(ROOT)), "a place that is never looked at"
    return tmp_path


def run(tree: Path, url: str) -> subprocess.CompletedProcess:
    """Run the command as `make publish-address` does."""
    command = [sys.executable, str(tree / "tools/site/publish_address.py"), url]
    return subprocess.run(command, capture_output=True, text=True)


def contents(tree: Path) -> dict[Path, bytes]:
    """Return all files of a tree."""
    return {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def test_all_agree():
    said = repeated(ROOT)
    assert len(said) >= len(list(ROOT.glob("notebooks/*.ipynb"))) + 3
    assert {place for place, url in said.items() if url != address(ROOT)} == set()


def test_one_command_reaches_every_place(tree):
    old = publish_address.urlsplit(address(ROOT)).path
    (tree / "README.md").write_text(
        f"[Binder](https://mybinder.org/v2/gh{old}/main) https://github.com{old}-2", "utf8"
    )
    done = run(tree, FORK + ".git")
    assert done.returncode == 0, done.stderr
    assert address(tree) == FORK and set(repeated(tree).values()) == {FORK}
    left = re.compile(re.escape(old) + r"(?!-2)")
    texts = {path: path.read_text("utf8") for path in publish_address.files(tree)}
    assert not [path for path, text in texts.items() if left.search(text)]
    assert f"{old}-2" in texts[tree / "README.md"], "another repository is not ours"


def test_only_the_address_changes_and_the_way_back_restores_all(tree):
    (tree / "book" / "odd.md").write_bytes(f"{address(ROOT)}\r\nno newline at the end".encode())
    before = contents(tree)
    run(tree, FORK)
    assert contents(tree) != before
    after = contents(tree)
    assert run(tree, FORK).stdout.endswith(": 0 files changed\n")
    assert contents(tree) == after
    run(tree, address(ROOT))
    assert contents(tree) == before


@pytest.mark.parametrize("url", BAD)
def test_a_bad_address_gives_one_line_and_changes_nothing(tree, url):
    before = contents(tree)
    done = run(tree, url)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "https://github.com/owner/name" in done.stderr
    assert contents(tree) == before


def test_the_workflow_publishes_under_its_own_address():
    workflow = (ROOT / ".github/workflows/publish.yml").read_text(encoding="utf8")
    steps = yaml.safe_load(workflow)["jobs"]["publish"]["steps"]
    runs = [step.get("run", "") for step in steps]
    ours = next(i for i, run in enumerate(runs) if "tools/site/publish_address.py" in run)
    assert ours < runs.index("make book")
    assert steps[ours]["env"]["ADDRESS"] == "${{ github.server_url }}/${{ github.repository }}"
