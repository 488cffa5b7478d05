"""What this book needs from Sphinx beyond Jupyter Book, in one small extension.

- Each code cell's id is an anchor in its page, and MyST links such as
  ``[the cell](../notebooks/decoding.ipynb#top-p-by-hand)`` are checked.
- ``{number}`decoding::beam-gain` `` in a page is what the lesson `decoding` has recorded under that
  name, letter for letter; the page is built again when the notebook changes.
- A build that did not end well leaves a mark, and the next one starts from nothing. A second build
  waits for the first.
"""

import shutil
from pathlib import Path

import nbformat
from docutils import nodes
from myst_nb.ext.glue.crossref import read_glue_cache
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from tools.site import turns

LOGGER = logging.getLogger(__name__)


def begin_build(app, config) -> None:
    """Wait for another build, forget what one that failed has left, mark this one as begun."""
    app.turn = turns.take(Path(app.doctreedir).parent)
    mark = Path(app.doctreedir).parent / ".unfinished"
    if mark.exists():
        shutil.rmtree(app.doctreedir, ignore_errors=True)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def end_build(app, error) -> None:
    """Take the mark away if all went well; warnings count as failures under -W."""
    if error is None and not app._warncount:
        (Path(app.doctreedir).parent / ".unfinished").unlink(missing_ok=True)
    app.turn.release()


def is_cell(node) -> bool:
    """Say whether a node is a notebook's code cell."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def name_prompts(node) -> None:
    """Say on a collapsed cell what is in it."""
    if "prompt_show" in node:
        node["prompt_show"], node["prompt_hide"] = "Show the code", "Hide the code"


def anchor_cells(app, doctree) -> None:
    """Give each code cell its id as an anchor, known to MyST's checked links too."""
    path = app.env.doc2path(app.env.docname)
    if not path.endswith(".ipynb"):
        return
    cells = nbformat.read(path, as_version=4).cells
    slugs = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for node in doctree.findall(is_cell):
        cell = cells[node["cell_index"]]
        name = cell.get("id")
        name_prompts(node)
        if name and name not in doctree.ids:
            node["ids"].append(name)
            doctree.ids[name] = node
        slugs.setdefault(name, (0, name, name))


class RecordedNumber(nodes.inline):
    """The place of a recorded number, until all notebooks have been read."""


class NumberRole(SphinxRole):
    """Quote a number that a lesson has recorded with `runtime.record`."""

    def run(self):
        lesson, _, name = self.text.partition("::")
        self.env.note_dependency(f"notebooks/{lesson}.ipynb")
        node = RecordedNumber(lesson=f"notebooks/{lesson}", name=name, classes=["pasted-text"])
        self.set_source_info(node)
        return [node], []


class FillNumbers(SphinxPostTransform):
    """Put the recorded numbers into their places; a missing one is a warning."""

    default_priority = 4

    def run(self, **kwargs) -> None:
        for node in list(self.document.findall(RecordedNumber)):
            numbers = read_glue_cache(self.env.mystnb_config.output_folder, node["lesson"])
            data = numbers.get(node["name"], {}).get("data", {})
            if "text/plain" not in data:
                place = f"{node['lesson']}.ipynb records nothing named {node['name']!r}"
                LOGGER.warning(place, location=node)
            text = data.get("text/plain", "?")
            node.replace_self(nodes.inline(text, text, classes=node["classes"]))


def forget_numbers(app) -> None:
    """Read the recorded numbers anew in each build of one process."""
    read_glue_cache.cache_clear()


def resolve_shortened(app, env, node, contnode):
    """Find ``course_utils.generation.beam.x`` under ``course_utils.generation.x``."""
    parts = node.get("reftarget", "").split(".")
    room = 3 if parts[1:2] == ["lessons"] else 2  # names in front of what a module shows
    if node.get("refdomain") != "py" or parts[0] != "course_utils" or len(parts) < room + 2:
        return None
    target = ".".join([*parts[:room], parts[-1]])
    found = env.get_domain("py").objects.get(target)
    if found is None:
        return None
    uri = app.builder.get_relative_uri(env.docname, found.docname) + "#" + found.node_id
    return nodes.reference("", "", contnode, internal=True, refuri=uri)


def keep_attribute_prose(app, what, name, obj, options, lines) -> None:
    """Stop napoleon from reading the words before a colon in an attribute's text as its type."""
    if what in ("attribute", "property") and lines and ":" in lines[0]:
        lines[0] = f": {lines[0]}"


def write_index(app, error) -> None:
    """Lead from the site's address to the first page, in a page that says so."""
    if error is not None or app.builder.name != "html":
        return
    first = app.builder.get_target_uri(app.config.root_doc)
    (Path(app.outdir) / "index.html").write_text(
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{app.config.html_title}</title>"
        f'<meta name="description" content="{app.config.html_title}">'
        f'<meta http-equiv="refresh" content="0; url={first}"></head>'
        f'<body><a href="{first}">{app.config.html_title}</a></body></html>\n',
        encoding="utf8",
    )


def setup(app):
    """Connect the functions above to Sphinx's events."""
    app.connect("config-inited", begin_build)
    app.connect("doctree-read", anchor_cells)
    app.connect("builder-inited", forget_numbers)
    app.add_node(RecordedNumber)
    app.add_role("number", NumberRole())
    app.add_post_transform(FillNumbers)
    app.connect("missing-reference", resolve_shortened)
    app.connect("autodoc-process-docstring", keep_attribute_prose, priority=100)
    app.connect("build-finished", write_index, priority=890)
    app.connect("build-finished", end_build, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
