"""Mathematics drawn when the book is built: no reader's browser has to know TeX.

KaTeX, run by the small JavaScript engine of dukpy, makes HTML for the eye and MathML for screen
readers; a copied formula is TeX again (KaTeX's copy-tex). What KaTeX does not know is a warning.
"""

import functools
import html
import re
from pathlib import Path

import dukpy
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

LOGGER = logging.getLogger(__name__)
AFTER = re.compile(r"[.,;:!?)\]’”]+")  # no line begins with these
SHORT = 30  # characters of TeX: a longer formula may have to wrap
KATEX = Path(__file__).parent / "katex" / "katex.min.js"
DRAW = """(function () {
  try {
    var settings = {displayMode: dukpy.display, output: dukpy.output, strict: false}; // "½" too
    return {drawn: katex.renderToString(dukpy.tex, settings)};
  } catch (error) { return {wrong: error.message}; }
})()"""


@functools.cache
def engine() -> dukpy.JSInterpreter:
    """Return a JavaScript engine that has read KaTeX."""
    interpreter = dukpy.JSInterpreter()
    interpreter.evaljs(KATEX.read_text(encoding="utf8") + "; 0")
    return interpreter


@functools.cache
def draw(tex: str, display: bool = False, output: str = "htmlAndMathml") -> str:
    """Return a formula as HTML.

    Args:
        tex: what stands between the dollars.
        display: as a paragraph of its own, not within a line.
        output: "mathml" leaves out the HTML, which needs KaTeX's style sheet.

    Raises:
        ValueError: KaTeX does not know a command, or a brace is missing.
    """
    answer = engine().evaljs(DRAW, tex=tex, display=display, output=output)
    if "wrong" in answer:
        raise ValueError(answer["wrong"])
    return answer["drawn"]


class KeepTogether(SphinxPostTransform):
    """Keep a short formula and the dot after it on one line: browsers would break between them."""

    default_priority = 900

    def run(self, **kwargs) -> None:
        for formula in list(self.document.findall(nodes.math)):
            after = formula.next_node(descend=False, siblings=True)
            found = AFTER.match(after) if isinstance(after, nodes.Text) else None
            if found and len(formula.astext()) <= SHORT:
                after.parent.replace(after, nodes.Text(after[found.end() :]))
                kept = nodes.inline("", "", classes=["kept-together"])
                formula.replace_self(kept)
                kept += [formula, nodes.Text(found[0])]


def has_styles(builder) -> bool:
    """Say whether pages show KaTeX's HTML; readers of EPUB draw the MathML themselves."""
    return builder.name != "epub"


def drawn(writer, node, display: bool) -> str:
    """Return a node's formula as HTML; a wrong one is a warning and stays as TeX."""
    tex = node.astext()
    try:
        return draw(tex, display, "htmlAndMathml" if has_styles(writer.builder) else "mathml")
    except ValueError as error:
        LOGGER.warning("%s (in the formula %s)", error, tex, location=node)
        return f"<code>{html.escape(tex)}</code>"


def visit_inline(writer, node) -> None:
    """Write a formula within a line."""
    writer.body.append(writer.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    writer.body.append(drawn(writer, node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_display(writer, node) -> None:
    """Write a formula that is a paragraph, with its number if it has a label."""
    writer.body.append(writer.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node.get("number"):
        writer.body.append(f'<span class="eqno">({get_node_equation_number(writer, node)})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    writer.body.append(drawn(writer, node, display=True) + "</div>\n")
    raise nodes.SkipNode


def add_style(app, pagename, templatename, context, doctree) -> None:
    """Let the pages that hold formulas ask for KaTeX's style sheet and for copy-tex."""
    if not (doctree and has_styles(app.builder)):
        return
    if any(doctree.findall(lambda x: isinstance(x, nodes.math | nodes.math_block))):
        app.add_css_file("vendor/katex/katex.min.css", priority=400)  # before our own
        app.add_js_file("vendor/katex/copy-tex.min.js", priority=100)  # before require.js


def setup(app):
    """Name the renderer "katex" (`html_math_renderer` chooses it)."""
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_display, None))
    app.add_post_transform(KeepTogether)
    app.connect("html-page-context", add_style)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
