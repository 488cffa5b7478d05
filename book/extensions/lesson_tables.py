"""A table of the lessons and minutes in a sentence, from `_toc.yml` and the notebooks' metadata.

    ```{lessons}
    ```

is the table of all chapters and lessons. ``{minutes}`decoding` `` is "80 + 25": minutes with the
code, and minutes for the exercises. ``{minutes}`decoding + seeing` `` adds two lessons up, and
``{minutes}`decoding, seeing` `` is the longest of those from which one is chosen.
"""

from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from tools.notebooks import order

LOGGER = logging.getLogger(__name__)
KINDS = ("read", "code", "exercises")
SPACE = "\N{NO-BREAK SPACE}"  # so that a lesson's minutes stand in one line
UNKNOWN = "course.minutes is missing in {}: run `python -m tools.notebooks.minutes`"


def read(env) -> list[order.Chapter]:
    """Return the chapters, and have the page read again when one of their files changes."""
    env.note_dependency("_toc.yml")
    chapters = order.chapters(Path(env.srcdir))
    for chapter in chapters:
        env.note_dependency(f"book/{chapter.slug}.md")
        for lesson in chapter.lessons:
            env.note_dependency(f"notebooks/{lesson.slug}.ipynb")
    return chapters


def rows(chapters: list[order.Chapter], here: str) -> list[str]:
    """Return the table in MyST, as seen from a page; a chapter is named in its first row only."""
    titles = {lesson.slug: lesson.title for chapter in chapters for lesson in chapter.lessons}
    up = "../" * here.count("/")
    lines = ["| chapter | lesson | minutes | needs |", "|:--|:--|:--|:--|"]
    for number, chapter in enumerate(chapters, 1):
        name = f"{number} [{chapter.title}]({up}book/{chapter.slug}.md)"
        for lesson in chapter.lessons or [None]:
            lines.append(f"| {name} | {about(lesson, up, titles) if lesson else ' | | '} |")
            name = ""
    return lines


def about(lesson: order.Lesson, up: str, titles: dict[str, str]) -> str:
    """Return a lesson's cells in MyST: a link to it, its minutes, and the titles that it needs."""
    minutes = f"{SPACE}·{SPACE}".join(map(str, numbers(lesson)))
    needs = ", ".join(titles[need] for need in lesson.needs)
    return f"[{lesson.title}]({up}notebooks/{lesson.slug}.ipynb) | {minutes} | {needs}"


def numbers(lesson: order.Lesson) -> list[int]:
    """Return a lesson's minutes: to read, with the code, for the exercises; zeros if unknown."""
    if lesson.minutes is None:
        LOGGER.warning(UNKNOWN.format(f"notebooks/{lesson.slug}.ipynb"))
    return [(lesson.minutes or {}).get(kind, 0) for kind in KINDS]


def planned(text: str, lessons: list[order.Lesson]) -> str:
    """Return the minutes of lessons that are all read ("a + b"), or one of them ("a, b").

    Raises:
        KeyError: there is no lesson of that name.
    """
    by_slug = {lesson.slug: lesson for lesson in lessons}
    times = [numbers(by_slug[slug.strip()])[1:] for slug in text.replace("+", ",").split(",")]
    code, exercises = map(sum, zip(*times, strict=True)) if "+" in text else max(times, key=sum)
    return f"{code} + {exercises}".replace(" ", SPACE)


class Lessons(SphinxDirective):
    """The table of chapters and lessons."""

    def run(self):
        inside = nodes.container(classes=["lessons"])
        lines = rows(read(self.env), self.env.docname)
        self.state.nested_parse(StringList(lines, source="lessons"), self.content_offset, inside)
        return [inside]


class Minutes(SphinxRole):
    """The minutes of one lesson, of several together, or of the longest."""

    def run(self):
        lessons = [lesson for chapter in read(self.env) for lesson in chapter.lessons]
        try:
            text = planned(self.text, lessons)
        except KeyError as problem:
            text = "?"
            LOGGER.warning(f"there is no lesson {problem}", location=self.get_location())
        return [nodes.Text(text)], []


def setup(app):
    """Register the directive and the role."""
    app.add_directive("lessons", Lessons)
    app.add_role("minutes", Minutes())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
