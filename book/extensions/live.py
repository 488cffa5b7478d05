"""The course's widgets, alive on pages without Python, and what such a page shows before.

In a lesson a widget's stored output becomes a place for the live piece, with the values that it
held and its still picture. A page of prose has one where it says

    ```{live} Playground
    ```

`site_assets/live/host.js` runs them. It loads the scripts of all pieces, written beside it, when
one comes into view, and a model when the reader asks. A page that is opened as a file may load
scripts only, so each model lies there in two forms. A widget that is none of ours needs Python,
and its page shows what else the output holds.
"""

import html
import json
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from tools.site.live_pages import place_of, write_pieces

VIEW = "application/vnd.jupyter.widget-view+json"


# ---- in lessons ----


def is_widget(node) -> bool:
    """Say whether a node is an output that shows a widget."""
    return (
        isinstance(node, nodes.container)
        and node.get("nb_element") == "mime_bundle"
        and any(shown.get("mime_type") == VIEW for shown in node)
    )


def fill_lesson(app, doctree) -> None:
    """Put a place where a lesson has a widget; leave nothing for the notebook's own manager."""
    scripts = app.env.nb_metadata.get(app.env.docname, {}).get("js_files", {})
    states = json.loads(scripts["ipywidgets_state"][1]["body"])["state"] if scripts else {}
    for bundle in list(doctree.findall(is_widget)):
        shown = {one["mime_type"]: one for one in bundle}
        state = states[model_id(shown[VIEW])]["state"]
        if state.get("_piece"):
            bundle.replace_self(raw(state, still(shown)))
        else:
            bundle.remove(shown[VIEW])
    for name in [name for name in scripts if name.startswith("ipywidgets")]:
        del scripts[name]


def raw(state: dict, picture: str) -> nodes.raw:
    """Return the place of a widget as a node."""
    return nodes.raw("", place_of(state, picture), format="html")


def model_id(view: nodes.container) -> str:
    """Return which widget a stored view shows."""
    script = view.astext()
    return json.loads(script[script.index("{") : script.rindex("}") + 1])["model_id"]


def still(shown: dict[str, nodes.container]) -> str:
    """Return the still picture of a widget: its HTML, else its one line of text."""
    if "text/html" in shown:
        return shown["text/html"].astext()
    return f"<p>{html.escape(shown['text/plain'].astext())}</p>"


# ---- in prose ----


class Live(SphinxDirective):
    """A widget by the name of its class."""

    required_arguments = 1

    def run(self):
        from course_utils.lessons.widgets import pieces  # which brings PyTorch along

        widget = getattr(pieces, self.arguments[0])()
        return [raw(widget.get_state(), widget.still())]


def write_files(app, error) -> None:
    """Put the pieces and their models beside host.js."""
    if error is None and app.builder.format == "html":
        write_pieces(Path(app.outdir) / "_static" / "live")


def setup(app):
    """Connect the functions above to Sphinx's events."""
    app.add_directive("live", Live)
    app.connect("doctree-read", fill_lesson)
    app.connect("build-finished", write_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
