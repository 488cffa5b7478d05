"""Show a lesson's stored outputs where its stamp fits, and run the lesson where it does not.

The stamp (`tools/notebooks/stamps.py`) says on which code and versions the outputs stand. It is
compared in every build, also when no page has changed. The environment variable BOOK_OUTPUTS
changes the rule: `run` runs all lessons, `stored` shows all as they are (`make test` has just
compared them).

What a lesson printed when a build ran it is kept in `_build/executed`, by its stamp: a build that
begins from nothing, because the one before failed or after `make clean`, does not run it again.
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
    """Give a lesson whose outputs are not to be shown those of its last run, or have it run."""
    if name not in app.env.lessons_to_run:
        return
    notebook, last = json.loads(content[0]), kept(app, name)
    if last.exists() and os.environ.get("BOOK_OUTPUTS") != "run":
        give(notebook, json.loads(last.read_text(encoding="utf8")))
        LOGGER.info("%s: shows what it printed when a build last ran this code", name)
    else:
        notebook["metadata"].setdefault("mystnb", {})["execution_mode"] = "force"
        app.lessons_run.add(name)
        LOGGER.info("%s: runs, as its outputs are not stored or not of today's code", name)
    content[0] = json.dumps(notebook)


def kept(app, name: str) -> Path:
    """Return where the last run of a lesson on today's code is, if there was one."""
    today = app.env.lessons_on[name].split()[0]
    return Path(app.outdir).parent / "executed" / f"{name.rpartition('/')[2]}-{today}.ipynb"


def give(notebook: dict, last: dict) -> None:
    """Put the outputs of a run, and its widgets, into a notebook that has the same code."""
    pairs = [[c for c in n["cells"] if c["cell_type"] == "code"] for n in (notebook, last)]
    for cell, ran in zip(*pairs, strict=True):
        cell |= {key: ran[key] for key in ("outputs", "execution_count")}
    notebook["metadata"] |= {k: v for k, v in last["metadata"].items() if k == "widgets"}


def keep(app, doctree) -> None:
    """Keep what a lesson has printed, unless a cell of it failed; forget its runs on other code."""
    name = app.env.docname
    if name not in app.lessons_run:
        return
    ran = with_numbers(Path(app.env.mystnb_config.output_folder) / f"{name}.ipynb")
    target = kept(app, name)
    for old in target.parent.glob(f"{name.rpartition('/')[2]}-*.ipynb"):
        old.unlink()
    outputs = [output for cell in ran["cells"] for output in cell.get("outputs", [])]
    if not any(output["output_type"] == "error" for output in outputs):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(ran), encoding="utf8")


def with_numbers(path: Path) -> dict:
    """Return a notebook that MyST-NB has written, with the records that it wrote beside it."""
    notebook, glue = json.loads(path.read_text(encoding="utf8")), path.with_suffix(".glue.json")
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    records = json.loads(glue.read_text(encoding="utf8")).values() if glue.exists() else []
    for record in records:
        prefix = record["metadata"]["scrapbook"]["mime_prefix"]
        data = {prefix + mime: value for mime, value in record["data"].items()}
        code[0]["outputs"].append(record | {"data": data})
    return notebook


def begin(app) -> None:
    """Note which lessons this build runs."""
    app.lessons_run = set()


def setup(app):
    """Connect the functions above to Sphinx's events."""
    app.connect("builder-inited", begin)
    app.connect("env-get-outdated", look)
    app.connect("source-read", mark)
    app.connect("doctree-read", keep)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
