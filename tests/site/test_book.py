"""The book's sources: what is listed exists, what exists is listed, what is cited is there."""

import re
from pathlib import Path

import nbformat
import pytest
import yaml
from pybtex.database import parse_file

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "book").glob("*.md"))
FIRST = ("background", "concepts", "algorithm", "applications", "tools")
CHAPTERS = (*FIRST, "outlook", "faq", "further_reading", "glossary")
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def files_in(entry) -> list[str]:
    """Return all files named in a table of contents, in order."""
    if isinstance(entry, list):
        return [name for item in entry for name in files_in(item)]
    if not isinstance(entry, dict):
        return []
    own = [entry[key] for key in ("root", "file") if key in entry]
    return own + [name for value in entry.values() for name in files_in(value)]


TOC = files_in(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8")))


def test_contents_are_exactly_the_pages_and_lessons():
    there = {path.relative_to(ROOT).with_suffix("").as_posix() for path in PAGES + LESSONS}
    assert set(TOC) == there
    assert len(TOC) == len(set(TOC))


def test_intro_lists_the_lessons_and_nobody_typed_them():
    assert "```{lessons}\n```" in (ROOT / "book/intro.md").read_text(encoding="utf8")


def test_slugs_are_words():
    for name in TOC:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name.rpartition("/")[2]), name


def test_no_page_is_a_stub():
    for path in PAGES:
        text = path.read_text(encoding="utf8")
        assert text.startswith("# "), f"{path.name} has no title"
        directive = "automodule" in text or "{bibliography}" in text
        assert directive or len(text.split()) >= 150, f"{path.name} is a stub"
        assert not re.search(r"\b(TODO|TBD|FIXME|coming soon)\b", text, re.I), path.name


def plain_words(path: Path) -> int:
    """Count the words that a reader reads: no code, no options, no targets of links."""
    text = re.sub(
        r"^```\{figure\}.*\n(:.*\n)*", "```{figure}\n", path.read_text("utf8"), flags=re.M
    )
    fences = re.split(r"^```.*\n", text, flags=re.M)  # text and what is fenced, in turns
    opened = re.findall(r"^```(.*)\n", text, flags=re.M)[::2]
    fenced = [body for body, kind in zip(fences[1::2], opened, strict=True) if kind[:1] == "{"]
    text = "\n".join([*fences[::2], *fenced])
    text = re.sub(r"^:{1,4}.*$|\]\([^)]*\)|\{[\w:]+\}", "", text, flags=re.M)
    return len(re.findall(r"\w[\w'’.-]*", text))


@pytest.mark.parametrize("slug", CHAPTERS)
def test_chapters_are_of_a_length_that_one_reads(slug):
    assert 800 <= plain_words(ROOT / "book" / f"{slug}.md") <= 2000


@pytest.mark.parametrize("slug", [*CHAPTERS, "mathematics", "hands_on", "teaching"])
def test_chapters_ask_a_question(slug):
    assert re.search(r"^[:`]{3,}\{quiz\} .+\?$", (ROOT / f"book/{slug}.md").read_text("utf8"), re.M)


def test_drawn_figures_are_shown_with_alt_text():
    text = "\n".join(path.read_text(encoding="utf8") for path in PAGES)
    shown = re.findall(r"\{figure\} /_build/figures/(\w+)\.svg\n(?::name: .*\n)?:alt: \S", text)
    drawn = {path.stem for path in (ROOT / "book/figures").glob("*.py")}
    assert sorted(shown) == sorted(drawn), "each file draws one figure, shown once, with :alt:"
    pages = {slug: (ROOT / f"book/{slug}.md").read_text(encoding="utf8") for slug in CHAPTERS}
    assert {slug for slug in CHAPTERS if "{figure}" not in pages[slug]} == {"glossary"}


def cited() -> set[str]:
    """Return the keys that the pages and the audit's ledger cite."""
    text = "\n".join(path.read_text(encoding="utf8") for path in PAGES)
    groups = re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text)
    ledger = yaml.safe_load((ROOT / "book/guide_audit.yml").read_text(encoding="utf8"))
    keys = {key.strip() for group in groups for key in group.split(",")}
    return keys | {key for statement in ledger["statements"] for key in statement.get("cite", [])}


def test_bibliography_is_what_is_cited():
    data = parse_file(ROOT / "book/references.bib", "bibtex")  # a key that stands twice is an error
    assert cited() == set(data.entries)
    assert len(data.entries) >= 45
    for key, entry in data.entries.items():
        assert re.fullmatch(r"[a-z]+\d{4}[a-z]?", key), f"{key}: write surnameYYYY"
        assert {"doi", "url", "eprint"} & set(entry.fields), f"{key}: where is it?"


def recorded(path: Path) -> set[str]:
    """Return the names of the numbers that a lesson records."""
    outputs = [o for c in nbformat.read(path, as_version=4).cells for o in c.get("outputs", [])]
    glue = [o.get("metadata", {}).get("scrapbook", {}) for o in outputs]
    return {g["name"] for g in glue if g}


def test_quoted_numbers_have_a_cell():
    for path in PAGES:
        text = path.read_text(encoding="utf8")
        assert "{glue:" not in text, f"{path.name}: write {{number}}`lesson::name`"
        for lesson, name in re.findall(r"\{number\}`([^:`]+)::([^`]+)`", text):
            notebook = ROOT / "notebooks" / f"{lesson}.ipynb"
            assert notebook.exists(), f"{path.name} quotes {lesson}, which is no lesson"
            assert name in recorded(notebook), f"no cell of {lesson} records {name}"


def test_api_page_lists_every_module():
    source = ROOT / "src" / "course_utils"
    names = {p.stem if p.is_file() else p.name for p in source.iterdir() if p.name[0] != "."}
    data = {"__init__", "__pycache__", "py"}
    modules = {n for n in names if (source / n).is_dir() or (source / f"{n}.py").exists()} - data
    page = (ROOT / "book" / "api.md").read_text(encoding="utf8")
    assert set(re.findall(r"automodule:: course_utils\.(\w+)", page)) == modules


def test_no_folder_is_called_static():
    skipped = {".venv", "_build", ".git", "node_modules"}
    for path in ROOT.iterdir():
        if path.is_dir() and path.name not in skipped:
            assert path.name != "_static" and not list(path.rglob("_static"))
