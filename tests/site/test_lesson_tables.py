"""The table of lessons and the minutes in a sentence: made from contents and metadata alone."""

import re
from pathlib import Path

import lesson_tables
import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from small_book import SmallBook

from tools.notebooks import order

ROOT = Path(__file__).parents[2]
CONF = """extensions = ["myst_nb", "sphinx_external_toc", "lesson_tables"]
external_toc_path = "_toc.yml"
nb_execution_mode = "off"
"""
TOC = {
    "format": "jb-book",
    "root": "book/intro",
    "parts": [
        {
            "chapters": [
                {
                    "file": "book/one",
                    "sections": [{"file": "notebooks/a"}, {"file": "notebooks/b"}],
                },
                {"file": "book/two"},
            ]
        }
    ],
}
INTRO = "# Intro\n\n```{lessons}\n```\n\n{minutes}`b`, {minutes}`a + b`, {minutes}`a, b`\n"


def notebook(title: str, needs: list[str], read: int, code: int, exercises: int):
    """Return a lesson of one cell with its metadata."""
    minutes = {"read": read, "code": code, "exercises": exercises}
    course = {"needs": needs, "minutes": minutes}
    made = nbformat.v4.new_notebook(metadata={"course": course})
    made.cells = [nbformat.v4.new_markdown_cell(f"# {title}\n")]
    return made


@pytest.fixture
def book(tmp_path):
    """Return a small book of two chapters and two lessons, and its first page."""
    made = SmallBook(tmp_path, CONF)
    made.write("_toc.yml", yaml.safe_dump(TOC))
    for name, text in {"intro": INTRO, "one": "# The one\n", "two": "# The two\n"}.items():
        made.write(f"book/{name}.md", text)
    made.write("notebooks/a.ipynb", nbformat.writes(notebook("First", [], 10, 20, 30)))
    made.write("notebooks/b.ipynb", nbformat.writes(notebook("Second", ["a"], 15, 40, 5)))
    return made


def test_table_and_minutes_follow_the_notebooks(book):
    book.build()
    soup = BeautifulSoup(book.page("book/intro"), "html.parser")
    rows = [[c.get_text("", True) for c in row("td")] for row in soup.table("tr")][1:]
    rows = [[text.replace("\N{NO-BREAK SPACE}", " ") for text in row] for row in rows]
    assert rows == [
        ["1The one", "First", "10 · 20 · 30", ""],
        ["", "Second", "15 · 40 · 5", "First"],
        ["2The two", "", "", ""],
    ]
    links = [a["href"] for a in soup.table("a")]
    assert links == ["one.html", "../notebooks/a.html", "../notebooks/b.html", "two.html"]
    assert "40 + 5, 60 + 35, 20 + 30" in soup.get_text().replace("\N{NO-BREAK SPACE}", " ")
    book.write("notebooks/b.ipynb", nbformat.writes(notebook("Next", [], 15, 90, 5)))
    assert book.build() == {"book/intro", "notebooks/b"}
    page = book.page("book/intro").replace("\N{NO-BREAK SPACE}", " ")
    assert "90 + 5, 110 + 35, 90 + 5" in page


def test_missing_minutes_and_wrong_names_fail_the_build(book):
    bare = notebook("First", [], 1, 2, 3)
    bare.metadata.course["minutes"] = 30
    book.write("notebooks/a.ipynb", nbformat.writes(bare))
    with pytest.raises(AssertionError, match=r"course.minutes is missing in notebooks/a.ipynb"):
        book.build()
    book.write("book/intro.md", "# Intro\n\n{minutes}`c`\n")
    with pytest.raises(AssertionError, match="there is no lesson 'c'"):
        book.build()


def test_the_weeks_follow_the_order_of_the_book():
    page = (ROOT / "book/teaching.md").read_text(encoding="utf8")
    slugs = [lesson.slug for lesson in order.lessons()]
    for table in re.findall(r"^\| week .*\n(?:\|.*\n)+", page, flags=re.M):
        named = re.findall(r"\]\(\.\./notebooks/(\w+)\.ipynb\)", table)
        assert named == sorted(named, key=slugs.index)
        minutes = re.findall(r"\{minutes\}`([^`]+)`", table)
        assert {slug for text in minutes for slug in re.findall(r"\w+", text)} <= set(named)


def test_what_to_say_follows_the_order_of_the_book():
    page = (ROOT / "book/teaching.md").read_text(encoding="utf8")
    titles = [lesson.title for lesson in order.lessons()]
    part = page.partition("## What to say")[2].partition("\n## ")[0]
    said = [name for name in re.findall(r"^- \*\*(.+?)\*\*:", part, re.M) if name in titles]
    assert len(said) > len(titles) / 2 and said == sorted(said, key=titles.index)


def test_minutes_of_unknown_lessons_are_an_error():
    with pytest.raises(KeyError):
        lesson_tables.planned("nothing", order.lessons())
