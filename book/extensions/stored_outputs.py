"""Show a lesson's stored outputs where its stamp fits, and run the lesson where it does not.

The stamp (`tools/notebooks/stamps.py`) says on which code and versions the outputs stand. It is
compared in every build, also when no page has changed. The environment variable BOOK_OUTPUTS
changes the rule: `run` runs all lessons, `stored` shows all as they are (`make test` has just
compared them).
"""

import json
import os
from pathlib import Path

import nbformat
from sphinx.util import logging

from tools.notebooks.stamps import fits, stamp

LOGGER = logging.getLogger(__name__)


def lessons(env) -> dict[str, Path]:
    """Return the notebooks among the pages."""
    paths = {name: Path(env.doc2path(name)) for name in env.found_docs}
    return {name: path for name, path in paths.items() if path.suffix == ".ipynb"}


def look(app, env, added, changed, removed) -> list[str]:
    """Compare each lesson's stamp; return the pages that would show something else than before."""
    rule = os.environ.get("BOOK_OUTPUTS", "")
    before, env.lessons_to_run, env.lessons_on = getattr(env, "lessons_on", {}), set(), {}
    for name, path in lessons(env).items():
        notebook = nbformat.read(path, as_version=4)
        today = "stored" if rule == "stored" else stamp(notebook)
        runs = rule == "run" or not (rule == "stored" or fits(notebook, today))
        env.lessons_to_run |= {name} if runs else set()
        env.lessons_on[name] = f"{today} {'run' if runs else 'shown'}"
    moved = {name for name, on in env.lessons_on.items() if before.get(name) != on}
    moved |= env.lessons_to_run if rule == "run" else set()
    return sorted(moved | pages_that_quote(env, moved))


def pages_that_quote(env, names: set[str]) -> set[str]:
    """Return the pages that show numbers of these lessons."""
    files = {Path(env.doc2path(name)).resolve() for name in names}
    return {
        page
        for page, used in env.dependencies.items()
        if files & {Path(env.srcdir, path).resolve() for path in used}
    }


def mark(app, name: str, content: list[str]) -> None:
    """Tell MyST-NB to run a lesson whose outputs are not to be shown."""
    if name not in app.env.lessons_to_run:
        return
    notebook = json.loads(content[0])
    notebook["metadata"].setdefault("mystnb", {})["execution_mode"] = "force"
    content[0] = json.dumps(notebook)
    LOGGER.info("%s: runs, as its outputs are not stored or not of today's code", name)


def setup(app):
    """Connect the functions above to Sphinx's events."""
    app.connect("env-get-outdated", look)
    app.connect("source-read", mark)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
