"""The chapters and lessons in their order, and what each lesson needs.

The order is that of `_toc.yml`; needs and minutes stand in each notebook's metadata, as
`"course": {"needs": ["pretraining_loss"], "minutes": {"read": 35, "code": 75, "exercises": 45}}`.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\((\w+)\.ipynb(?:#[\w-]+)?\)(?!, or )")  # "[Seeing](…), or an idea of …"


@dataclass(frozen=True)
class Lesson:
    """A lesson: its slug, its title, the slugs of those that it needs, its minutes if they stand
    in the metadata, and the text of its first cell.
    """

    slug: str
    title: str
    needs: tuple[str, ...]
    minutes: dict[str, int] | None
    opening: str

    @property
    def named(self) -> set[str]:
        """Return the slugs of the lessons that the title cell names as needed."""
        paragraph = self.opening.partition("**Prerequisites**")[2].partition("\n\n")[0]
        return set(LINK.findall(paragraph))


@dataclass(frozen=True)
class Chapter:
    """A chapter of the book: its slug, its title and its lessons, which may be none."""

    slug: str
    title: str
    lessons: tuple[Lesson, ...]


def chapters(root: Path = ROOT) -> list[Chapter]:
    """Return the chapters that follow the guide: the first part of `_toc.yml`, in its order."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf8"))
    return [_chapter(root, entry) for entry in toc["parts"][0]["chapters"]]


def lessons(root: Path = ROOT) -> list[Lesson]:
    """Return all lessons in the order of the book."""
    return [lesson for chapter in chapters(root) for lesson in chapter.lessons]


def nearest(lesson: Lesson, among: list[Lesson]) -> list[str]:
    """Return what a lesson needs, without what these needs need themselves.

    Args:
        lesson: one of `among`.
        among: all lessons, in any order in which no two need each other.
    """
    beyond = {far for need in lesson.needs for far in all_needs(need, among)}
    return [need for need in lesson.needs if need not in beyond]


def all_needs(slug: str, among: list[Lesson]) -> set[str]:
    """Return the slugs of all lessons that one needs, directly or through others."""
    direct = {lesson.slug: lesson.needs for lesson in among}
    found, todo = set(), [slug]
    while todo:
        new = set(direct[todo.pop()]) - found
        found |= new
        todo += new
    return found


def _chapter(root: Path, entry: dict) -> Chapter:
    files = [section["file"] for section in entry.get("sections", [])]
    text = (root / f"{entry['file']}.md").read_text(encoding="utf8")
    inside = [_lesson(root / f"{file}.ipynb") for file in files if file.startswith("notebooks/")]
    return Chapter(Path(entry["file"]).name, _title(text), tuple(inside))


def _lesson(path: Path) -> Lesson:
    notebook = json.loads(path.read_text(encoding="utf8"))
    opening = "".join(notebook["cells"][0]["source"])
    course = notebook["metadata"].get("course", {})
    minutes = course.get("minutes")
    minutes = minutes if isinstance(minutes, dict) else None
    return Lesson(path.stem, _title(opening), tuple(course.get("needs", ())), minutes, opening)


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ").strip()
