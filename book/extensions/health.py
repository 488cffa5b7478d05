"""How the lessons and the site are, in tables: what `make test` measured, and on what.

    ```{health} lessons
    ```

is a row for each lesson: seconds, the memory of its kernel, the cells whose outputs are compared.
`versions` is what they were run with, and `site` is what was measured in a browser. The figures
stand in `book/measures.json`, which `python -m tools.site.measure` writes; the cells are counted
here.
"""

import json
from pathlib import Path

import nbformat
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from tools.notebooks import order

FILE = "book/measures.json"


def lesson_rows(root: Path, measured: dict) -> list[str]:
    """Return the table of lessons in MyST."""
    lines = ["| lesson | seconds | memory, MB | cells compared |", "|:--|--:|--:|--:|"]
    for lesson in order.lessons(root):
        path = root / "notebooks" / f"{lesson.slug}.ipynb"
        found = measured["lessons"].get(lesson.slug, {"seconds": "–", "memory": "–"})
        link = f"[{lesson.title}](../notebooks/{path.name})"
        lines.append(f"| {link} | {found['seconds']} | {found['memory']} | {compared(path)} |")
    return lines


def compared(path: Path) -> str:
    """Return how many of a lesson's code cells are compared with what is stored."""
    notebook = nbformat.read(path, as_version=4)
    tags = [cell.metadata.get("tags", []) for cell in notebook.cells if cell.cell_type == "code"]
    return f"{sum('nbval-ignore-output' not in tag for tag in tags)} of {len(tags)}"


def version_rows(root: Path, measured: dict) -> list[str]:
    """Return the table of versions in MyST."""
    rows = [f"| {name} | {version} |" for name, version in measured["versions"].items()]
    return ["| package | version |", "|:--|:--|", *rows]


def site_rows(root: Path, measured: dict) -> list[str]:
    """Return the table of what was measured in a browser in MyST."""
    rows = [f"| {what} | {figure} |" for what, figure in measured["site"].items()]
    return ["| what | figure |", "|:--|--:|", *rows]


TABLES = {"lessons": lesson_rows, "versions": version_rows, "site": site_rows}


class Health(SphinxDirective):
    """One of the tables, with the date of its figures."""

    required_arguments = 1

    def run(self):
        root = Path(self.env.srcdir)
        self.env.note_dependency(FILE)
        measured = json.loads((root / FILE).read_text(encoding="utf8"))
        if (table := TABLES.get(self.arguments[0])) is None:
            raise self.error(f"{self.arguments[0]} is no table: write one of {', '.join(TABLES)}")
        for lesson in order.lessons(root):
            self.env.note_dependency(f"notebooks/{lesson.slug}.ipynb")
        lines = [f"Measured on {measured['date']}.", "", *table(root, measured)]
        inside = nodes.container()
        self.state.nested_parse(StringList(lines, source=FILE), self.content_offset, inside)
        return inside.children


def setup(app):
    """Register the directive."""
    app.add_directive("health", Health)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
