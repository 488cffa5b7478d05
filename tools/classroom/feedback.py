r"""Pages of feedback: no script, no other host, and formulas that can be read all the same.

nbconvert leaves TeX to MathJax, a script. Here latex2mathml makes MathML of it, which a browser
draws by itself. TeX that it cannot read is shown as it is. Left out: `\newcommand` and the like,
with which a short formula can grow without end, and formulas in the outputs of code cells.
"""

import html
import re
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

from jinja2 import pass_context
from latex2mathml.converter import convert_to_element
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """
math { font-size: 108%; }
math[display="block"] { margin: 0.7em 0; }
mtd[columnalign="left"] { text-align: left; }
mtd[columnalign="right"] { text-align: right; }
.rendered_html td, .rendered_html th { padding: 0.2em 0.7em 0.2em 0; }
div.nbgrader_cell .panel-heading a { color: inherit; }
"""
LONGEST, DEEPEST = 3000, 60  # characters of a formula; elements in elements
GROWS = re.compile(r"\\(newcommand|newenvironment|def|DeclareMathOperator|sideset)")
UNREAD = re.compile(r"\\.|\$")  # what was passed through: a command, or math within text
ROWS = {"mrow", "mtd", "mstyle", "msqrt"}
SCRIPTS = {"msub", "msup", "msubsup"}


def closed(page: Path, student: str = "", note: str = "") -> None:
    """Let a feedback page run no script and ask no other host: it holds what a student wrote.

    Args:
        page: made by nbgrader; written again.
        student: whose it is, as they write their name; shown at its head.
        note: what was out of order; shown below it.
    """
    text = page.read_text(encoding="utf8")
    text = text.replace("<h4>", f"<h4>{html.escape(student)} ", 1) if student else text
    text = text.replace("</h4>", f"</h4>\n<p>{html.escape(note)}</p>", 1) if note else text
    policy = f'<head>\n<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    text = text.replace("<head>", policy, 1)
    text = text.replace("</head>", f"<style>{STYLE}</style>\n</head>", 1)
    page.write_text(text, encoding="utf8")


def mathml(tex: str, display: str = "inline") -> str | None:
    r"""Return a formula as MathML, or None if it cannot be read.

    >>> mathml("x < 2")
    '<math display="inline"><mrow><mi>x</mi><mo>&lt;</mo><mn>2</mn></mrow></math>'
    >>> mathml(r"\nosuchthing") is None
    True
    """
    if len(tex) > LONGEST or GROWS.search(tex):
        return None
    try:
        tree = convert_to_element(tex, display=display)
    except Exception:  # students write anything, and the library has many errors for it
        return None
    if _deeper(tree, DEEPEST):
        return None
    del tree.attrib["xmlns"]  # HTML needs none, and in a heading it would become a prefix
    for element in tree.iter():  # texts hold entities, and what a student wrote
        element.text = html.unescape(element.text or "")
        if UNREAD.search(element.text):
            return None
    _space_names(tree)
    return tostring(tree, encoding="unicode")


def _deeper(element: Element, limit: int) -> bool:
    """Say whether elements lie deeper in each other than this."""
    return limit == 0 or any(_deeper(inner, limit - 1) for inner in element)


def _space_names(tree: Element) -> None:
    """Set ln, cos and the like off from letters and numbers beside them, as TeX does."""
    for row in [element for element in tree.iter() if element.tag in ROWS]:
        cells = list(row)
        for i in range(len(cells) - 1, 0, -1):
            pair = cells[i - 1 : i + 1]
            if any(map(_is_name, pair)) and not {cell.tag for cell in pair} & {"mo", "mspace"}:
                row.insert(i, Element("mspace", width="0.17em"))


def _is_name(element: Element) -> bool:
    base = element[0] if element.tag in SCRIPTS else element
    return base.tag == "mi" and len(base.text) > 1


class FeedbackRenderer(IPythonRenderer):
    """nbconvert's renderer of Markdown, with MathML in the places of TeX."""

    def inline_math(self, body: str) -> str:
        """Return a formula within a line."""
        return mathml(body) or super().inline_math(body)

    def block_math(self, body: str) -> str:
        """Return a formula on its own line."""
        return mathml(body, "block") or super().block_math(body)

    def latex_environment(self, name: str, body: str) -> str:
        r"""Return a formula between \begin and \end."""
        tex = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return mathml(tex, "block") or super().latex_environment(name, body)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Return a picture, or its text if it was not handed in: nbconvert gives the page up."""
        name = url.removeprefix("attachment:")
        if name != url and not self.attachments.get(name):
            return f"[{text}: no such picture]"
        return super().image(text, url, title)


@pass_context
def markdown2html(context, source: str) -> str:
    """Render a cell's Markdown: the filter of nbconvert's templates that has this name."""
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = FeedbackRenderer(escape=False, attachments=attachments, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(source)
