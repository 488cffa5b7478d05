"""In the order of the book no lesson needs a later one; titles and metadata agree on needs."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest
import yaml

from tools.notebooks import minutes, order

NOTEBOOKS = order.ROOT / "notebooks"
LESSONS = order.lessons()
ORDER = [lesson.slug for lesson in LESSONS]

lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)


def test_every_lesson_has_one_place_in_the_book():
    assert sorted(ORDER) == sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))


@lesson
def test_what_a_lesson_needs_comes_before_it(lesson):
    before = ORDER[: ORDER.index(lesson.slug)]
    late = [need for need in lesson.needs if need not in before]
    assert not late, f"{lesson.slug} needs {late}, which come later in _toc.yml or not at all"


@lesson
def test_the_title_cell_names_what_the_metadata_say(lesson):
    assert lesson.named == set(lesson.needs)
    assert len(set(lesson.needs)) == len(lesson.needs)
    text = (NOTEBOOKS / f"{lesson.slug}.ipynb").read_text(encoding="utf8")
    assert "needs" in json.loads(text)["metadata"]["course"], "write [] if it needs none"


def small_book(folder: Path, needs: dict[str, list[str]]) -> Path:
    """Write a book of one chapter, whose lessons need each other as told."""
    (folder / "book").mkdir()
    (folder / "notebooks").mkdir()
    (folder / "book/first.md").write_text("# The first\n", encoding="utf8")
    for slug, wanted in needs.items():
        links = ", ".join(f"[it]({need}.ipynb#a-cell)" for need in wanted)
        opening = f"# Title of {slug}\n\n**Prerequisites**: {links}; [x](x.ipynb), or an idea.\n\n"
        notebook = nbformat.v4.new_notebook(metadata={"course": {"needs": wanted}})
        notebook.cells = [nbformat.v4.new_markdown_cell(f"{opening}[later](y.ipynb)")]
        nbformat.write(notebook, folder / f"notebooks/{slug}.ipynb")
    sections = [{"file": f"notebooks/{slug}"} for slug in needs]
    toc = {"parts": [{"chapters": [{"file": "book/first", "sections": sections}]}]}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf8")
    return folder


def test_order_and_needs_are_read_from_contents_and_metadata(tmp_path):
    needs = {"a": [], "b": ["a"], "c": ["a", "b"], "d": ["c", "a"]}
    [chapter] = order.chapters(small_book(tmp_path, needs))
    assert (chapter.slug, chapter.title) == ("first", "The first")
    assert [lesson.slug for lesson in chapter.lessons] == ["a", "b", "c", "d"]
    assert all(lesson.named == set(lesson.needs) for lesson in chapter.lessons)
    assert order.all_needs("d", chapter.lessons) == {"a", "b", "c"}
    drawn = [order.nearest(lesson, chapter.lessons) for lesson in chapter.lessons]
    assert drawn == [[], ["a"], ["b"], ["c"]]


def test_minutes_are_written_once_and_for_all(tmp_path):
    path = tmp_path / "decoding.ipynb"
    shutil.copy(NOTEBOOKS / path.name, path)
    notebook = nbformat.read(path, as_version=4)
    times = minutes.write(notebook)
    assert times == minutes.minutes(notebook) == notebook.metadata.course["minutes"]
    assert times["read"] < times["code"] and all(n % 5 == 0 for n in times.values())
    assert minutes.sentence(times) in notebook.cells[0].source
    assert "**Prerequisites**" in notebook.cells[0].source
    before = nbformat.writes(notebook)
    assert minutes.write(notebook) == times and nbformat.writes(notebook) == before


def test_minutes_by_the_rule():
    notebook = nbformat.v4.new_notebook()
    words = "word " * 991 + "*Predict first*: \n\nDifficulty ●●○, 20 minutes."  # 997 in all
    code = [f"x = {n}\n\n" for n in range(84)]
    cells = ["setup", "import math", "".join(code), "def f(x): ...\n\nchecks.check_f(f)"]
    notebook.cells = [nbformat.v4.new_markdown_cell(words)]
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in cells]
    notebook.cells[-1].metadata.tags = ["exercise"]
    assert minutes.count_lines(notebook) == 84
    assert minutes.minutes(notebook) == {"read": 10, "code": 25, "exercises": 20}
