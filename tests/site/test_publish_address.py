"""The repository's address stands in _config.yml, and whatever repeats it agrees."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.site import publish_address
from tools.site.repository import binder, colab, tidy

ROOT = Path(__file__).parents[2]
OURS = publish_address.setting(ROOT, "url")
FORK = "https://github.com/somebody/my-fork"
GITLAB = "https://gitlab.com/uni/ki/kurs"
BINDER = re.compile(r"mybinder\.org/v2/(\S+?)/main")
COLAB = re.compile(r"research\.google\.com/(github/[\w.-]+/[\w.-]+)/")


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
    return said


def buttons(root: Path) -> list[str]:
    """Return what the links to Binder and Colab open."""
    text = "\n".join(p.read_text("utf8") for p in (root / "README.md", *root.glob("book/*.md")))
    return BINDER.findall(text) + COLAB.findall(text)


@pytest.fixture
def tree(tmp_path):
    """Return a copy of everything that may repeat the address."""
    for path in [*publish_address.files(ROOT), *(ROOT / "tools").rglob("*.py")]:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    assert len(repeated(tmp_path)) == len(repeated(ROOT)), "a place that is never looked at"
    return tmp_path


def run(tree: Path, url: str) -> subprocess.CompletedProcess:
    """Run the command as `make publish-address` does, in another process."""
    command = [sys.executable, "-m", "tools.site.publish_address", "--", url]
    return subprocess.run(command, capture_output=True, text=True, cwd=tree)


def contents(tree: Path) -> dict[Path, bytes]:
    """Return all files of a tree."""
    skipped = {"__pycache__", ".hypothesis"}
    return {p: p.read_bytes() for p in tree.rglob("*") if p.is_file() and not skipped & {*p.parts}}


def test_all_agree():
    said = repeated(ROOT)
    assert len(said) >= len(list(ROOT.glob("notebooks/*.ipynb"))) + 3
    assert {place for place, url in said.items() if url != address(ROOT)} == set()
    assert set(buttons(ROOT)) == {binder(OURS), colab(OURS)} - {""}


def test_one_command_reaches_every_place(tree):
    (tree / "book" / "more.md").write_text(f"git clone {OURS}-2\n", "utf8")
    done = run(tree, FORK + ".git")
    assert done.returncode == 0, done.stderr
    assert address(tree) == FORK and set(repeated(tree).values()) == {FORK}
    assert set(buttons(tree)) == {binder(FORK), colab(FORK)}
    left = re.compile(re.escape(OURS.split("/", 3)[3]) + r"(?!-2)")
    texts = {path: path.read_text("utf8") for path in publish_address.files(tree)}
    assert not [path for path, text in texts.items() if left.search(text)]
    assert f"{OURS}-2" in texts[tree / "book/more.md"], "another repository is not ours"
    assert done.stdout.splitlines()[-1] == f"{FORK}: {done.stdout.count(chr(10)) - 1} files changed"


def test_what_only_speaks_of_the_repository_stays(tree):
    thanks = f"A fork of {OURS}; their issues are {OURS}/issues.\n"
    (tree / "book" / "thanks.md").write_text(thanks, "utf8")
    publish_address.publish(tree, FORK)
    assert (tree / "book" / "thanks.md").read_text("utf8") == thanks


def test_an_address_changed_by_hand_in_the_configuration_only_is_carried_through(tree):
    config = (tree / "_config.yml").read_text("utf8").replace(OURS, FORK)
    (tree / "_config.yml").write_text(config, "utf8")
    assert publish_address.publish(tree, FORK)
    assert set(repeated(tree).values()) == {FORK}
    assert set(buttons(tree)) == {binder(FORK), colab(FORK)}


def test_only_the_address_changes_and_the_way_back_restores_all(tree):
    odd = f"git clone {OURS}.git\r\n\xffno newline at the end".encode("latin-1")
    (tree / "book" / "odd.md").write_bytes(odd)
    before = contents(tree)
    publish_address.publish(tree, FORK)
    assert contents(tree) != before
    after = contents(tree)
    assert publish_address.publish(tree, FORK) == [] and contents(tree) == after
    publish_address.publish(tree, GITLAB)
    changed = publish_address.publish(tree, OURS)
    assert contents(tree) == before
    assert changed[-1].name == "_config.yml", "by which a run that was stopped begins again"


NAMES = st.from_regex(r"[a-z0-9](-?[A-Za-z0-9]){0,8}", fullmatch=True)
OLD_NAMES = st.sampled_from(OURS.split("/")[3:])  # an address that contains the old one, or a part
DEEP = st.lists(NAMES | OLD_NAMES, min_size=2, max_size=4)
ADDRESSES = st.builds("https://github.com/{}/{}".format, NAMES | OLD_NAMES, NAMES | OLD_NAMES)
ADDRESSES |= st.builds(
    lambda host, path: f"https://{host}/{'/'.join(path)}",
    st.sampled_from(["gitlab.com", "git.uni.example", "gitlab.uni.example:8443"]),
    DEEP,
)
ADDRESSES |= st.sampled_from(["", "/x", "-2", ".io"]).map(
    lambda end: f"https://git.uni.example/mirror/{OURS.split('/', 3)[3]}{end}"
)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Return a copy of one file of each kind that names the address, the README as on Windows."""
    folder = tmp_path_factory.mktemp("small")
    for name in ("README.md", "CITATION.cff", "_config.yml", "book/faq.md"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name in ("tools/notebooks/setup_cell.txt", "notebooks/translate.ipynb"):
        (folder / name).parent.mkdir(parents=True)
        shutil.copy(ROOT / name, folder / name)
    readme = (folder / "README.md").read_bytes()
    (folder / "README.md").write_bytes(readme.replace(b"\n", b"\r\n"))
    return folder


@settings(max_examples=25, deadline=None)
@given(st.lists(ADDRESSES, min_size=1, max_size=3))
def test_any_way_through_addresses_and_back_restores_every_byte(small, way):
    before = contents(small)
    for there in way:
        publish_address.publish(small, there)
        assert address(small) == there and set(repeated(small).values()) == {there}
        assert set(buttons(small)) == {binder(there), colab(there)} - {""}
    publish_address.publish(small, OURS)
    assert contents(small) == before


SAME = {
    "https://github.com/Anna/kurs-llm": [
        "https://github.com/Anna/kurs-llm/",
        "https://github.com/Anna/kurs-llm.git",
        " http://www.GitHub.com/Anna/kurs-llm \n",
        "github.com/Anna/kurs-llm",
        "<https://github.com/Anna/kurs-llm>",
        "git@github.com:Anna/kurs-llm.git",
        "ssh://git@github.com/Anna/kurs-llm.git",
        "git+https://github.com/Anna/kurs-llm.git",
        "https://github.com/Anna/kurs-llm/tree/main",
        "https://github.com/Anna/kurs-llm/blob/main/notebooks/decoding.ipynb#L3",
        "https://github.com/Anna/kurs-llm?tab=readme-ov-file#two-commands",
        "https://github.com/Anna/kurs-llm/pull/3/files",
        "https://x-access-token:secret@github.com/Anna/kurs-llm",
    ],
    "https://gitlab.com/uni/ki/kurs": [
        "https://gitlab.com/uni/ki/kurs/-/blob/main/README.md?ref_type=heads",
        "git@gitlab.com:uni/ki/kurs.git",
        "https://gitlab.com/uni/ki/kurs/tree/main",
    ],
    "https://git.uni.example:8443/ki/kurs": ["https://git.uni.example:8443/ki/kurs.git/"],
    "https://git.uni.example/ki/kurs": ["ssh://git@git.uni.example:2222/ki/kurs.git"],
    "https://codeberg.org/anna/kurs": ["https://codeberg.org/anna/kurs/src/branch/main/book"],
}


@pytest.mark.parametrize(("right", "pasted"), [(r, p) for r, many in SAME.items() for p in many])
def test_what_a_browser_or_git_shows_is_understood(right, pasted):
    assert tidy(pasted) == right == tidy(right)


BAD = ["", "my-fork", "-h", "https://github.com/somebody", "https://github.com/a/b c", "$(id)", "'"]
BAD += ["https://mybinder.org/v2/gh/a/b/main", "https://github.com/orgs/uni/repositories"]
BAD += ["https://localhost/a/b", "https://github.com/a/..", "https://[::1/a/b", "git.example/a/ü"]


@pytest.mark.parametrize("url", BAD)
def test_a_bad_address_is_refused_with_an_example(url):
    with pytest.raises(SystemExit) as said:
        tidy(url)
    assert "\n" not in str(said.value) and "https://github.com/owner/name" in str(said.value)


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("https://anna.github.io/kurs-llm/intro", "https://github.com/anna/kurs-llm"),
        ("http://uni.gitlab.io/kurs/", "https://gitlab.com/uni/kurs"),
        ("https://anna.github.io", "https://github.com/anna/anna.github.io"),
        ("http://git.uni.example/ki/kurs", "https://git.uni.example/ki/kurs"),
    ],
)
def test_an_address_that_may_mean_another_is_refused_with_that_other(url, meant):
    with pytest.raises(SystemExit, match=f"{meant}\\b.*give that$"):
        tidy(url)


def test_a_refused_address_gives_one_line_and_changes_nothing(tree):
    before = contents(tree)
    done = run(tree, "https://anna.github.io/kurs-llm/intro")
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1
    assert contents(tree) == before


def test_elsewhere_than_on_github_colab_is_left_out_and_said_so(tree):
    done = run(tree, GITLAB)
    assert "left out" in done.stdout.splitlines()[-1]
    assert buttons(tree) == ["gl/uni%2Fki%2Fkurs"]
    assert "](notebooks/decoding.ipynb)\n" in (tree / "README.md").read_text("utf8")


def test_a_file_that_cannot_be_written_stops_all_before_anything_is(tree, monkeypatch):
    before = contents(tree)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "CITATION.cff")
    with pytest.raises(SystemExit, match=r"^CITATION\.cff cannot be written, so nothing was"):
        publish_address.publish(tree, FORK)
    assert contents(tree) == before


def test_make_hands_the_address_on_as_it_is():
    said = subprocess.run(
        [
            "make",
            "-n",
            "--no-print-directory",
            "publish-address",
            "URL=https://github.com/a/b'c d;e",
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert said.stdout.endswith('-m tools.site.publish_address -- "$URL"\n')


def test_the_workflow_publishes_under_its_own_address():
    workflow = (ROOT / ".github/workflows/publish.yml").read_text(encoding="utf8")
    steps = yaml.safe_load(workflow)["jobs"]["publish"]["steps"]
    runs = [step.get("run", "") for step in steps]
    ours = next(i for i, run in enumerate(runs) if "-m tools.site.publish_address" in run)
    assert ours < runs.index("make book")
    assert steps[ours]["env"]["ADDRESS"] == "${{ github.server_url }}/${{ github.repository }}"
