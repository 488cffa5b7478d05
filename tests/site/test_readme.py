"""What the README says about commands, files and lessons is so."""

import re
from pathlib import Path

import nbformat
import yaml

from tools.site.publish_address import setting
from tools.site.repository import colab

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf8")
INTRO = (ROOT / "book/intro.md").read_text(encoding="utf8")
CHECKED = (ROOT / "book/how_it_is_checked.md").read_text(encoding="utf8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf8")
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, flags=re.M))
SKIPPED = {".git", ".venv", "_build", "build", "dist", "__pycache__", "shared"}


def tree() -> list[str]:
    """Return the names in the README's file tree, folders with a slash."""
    block = re.search(r"```text\n(.*?)```", README, flags=re.S)[1]
    names, folder = [], ""
    for line in block.splitlines():
        name = line.split()[0] if line.strip() else ""
        if line.startswith("  ") and name:
            names.append(folder + name)
        elif name:
            folder = name if name.endswith("/") else ""
            names.append(name)
    return names


def test_make_targets_exist():
    named = set(re.findall(r"make ([a-z-]+)", README)) - {"it", "sure"}
    assert named <= TARGETS
    assert named >= {"book", "test", "help"}


def test_help_lists_the_agreed_targets():
    agreed = "help setup book test lab view execute links slides offline epub pdf release grade"
    agreed += " colab publish-address bench checkpoints versions lens preview constraints clean"
    agreed += " clean-all"
    assert set(agreed.split(" ")) == TARGETS


def test_file_tree_exists():
    for name in tree():
        path = ROOT / name
        assert path.is_dir() if name.endswith("/") else path.exists(), f"{name} does not exist"


def test_file_tree_leaves_nothing_out():
    top = {name.split("/")[0] for name in tree()}
    there = {p.name for p in ROOT.iterdir() if p.name not in SKIPPED and p.suffix != ".egg-info"}
    hidden = {name for name in there if name.startswith(".") and name not in {".ci", ".github"}}
    assert there - hidden <= top
    for folder in ("src/course_utils/", "src/course_utils/lessons/", "tools/"):
        within = {p.name.removesuffix(".py") for p in (ROOT / folder).iterdir()}
        listed = {Path(name).stem for name in tree() if Path(name).parent == Path(folder)}
        assert within - {"__init__", "__pycache__", "py.typed"} == listed, folder


def test_lessons_are_listed():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        title = nbformat.read(path, as_version=4).cells[0].source.splitlines()[0].lstrip("# ")
        assert f"[{title}](notebooks/{path.name})" in README, f"{path.stem}: title or link"
        button = f"/blob/main/notebooks/{path.name})" in README
        assert button == bool(colab(setting(ROOT, "url"))), f"{path.stem}: Colab button"


def test_the_cells_whose_outputs_are_not_compared_are_named():
    exempt = {
        f"../notebooks/{path.name}#{cell.id}"
        for path in (ROOT / "notebooks").glob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
        if "nbval-ignore-output" in cell.metadata.get("tags", [])
    }
    promise = re.search(r"^- \*\*Outputs are compared\.\*\*.*?\n- ", CHECKED, flags=re.S | re.M)[0]
    assert set(re.findall(r"\]\(([^)]+)\)", promise)) == exempt
    number = ("no", "one", "two", "three", "four", "five", "six")[len(exempt)]
    assert f"except for {number} cells" in " ".join(README.split())
    assert f"{number.capitalize()} cells are exempt" in " ".join(promise.split())


def test_readme_and_front_page_tell_the_course_from_the_guide():
    ledger = yaml.safe_load((ROOT / "book/guide_audit.yml").read_text(encoding="utf8"))
    first = next(statement for statement in ledger["statements"] if statement["id"] == "0-1")
    title = re.search(r"\*(.+)\*", first["says"])[1]
    for page in (README, INTRO):
        assert f'"{title}"' in " ".join(page.split())
        assert "《大语言模型应用指南：GPT-4V简介》" in page


def test_speed_says_in_which_number_type_the_peer_runs():
    speed = README[README.index("## Speed") : README.index("<!-- bench -->")]
    assert "in fp32" in speed and "bf16" in speed


def test_links_to_files_resolve():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target


def test_pictures_are_there_in_both_themes_and_small():
    named = re.findall(r'(?:srcset|src)="([^"]+)"', README)
    themes = [re.search(r"-(light|dark)\.png$", name)[1] for name in named]
    assert themes == ["dark", "light"] * 2
    assert all((ROOT / name).stat().st_size <= 150_000 for name in named)
    assert len(re.findall(r'<img [^>]*alt="[^"]{40,}"', README)) == 2


def test_ci_runs_the_readmes_test_command():
    assert "make test" in README
    assert re.search(r"^exec make test\b", (ROOT / ".ci/run").read_text("utf8"), flags=re.M)


def test_steps_without_make_are_those_of_the_makefile():
    for step in ("-r requirements.txt", "--no-deps -e .", "-m tools.test_all"):
        assert step in README and step in MAKEFILE
    assert "jupyter-book build . -W -n --keep-going" in README
    assert "-m tools.site.build" in MAKEFILE
    assert '"-W", "-n", "--keep-going"' in (ROOT / "tools/site/build.py").read_text("utf8")


def test_contributing_is_short():
    assert len((ROOT / "CONTRIBUTING.md").read_text(encoding="utf8").splitlines()) <= 60
