"""Formulas drawn at build time: what is drawn, numbered and loaded, and what a mistake says."""

import io
from pathlib import Path

import mathematics
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from tools.site.weight import chromium

VENDOR = Path(__file__).parents[2] / "book" / "site_assets" / "vendor" / "katex"
CONF = """extensions = ["myst_parser", "mathematics"]
html_math_renderer = "katex"
math_numfig = False
myst_enable_extensions = ["amsmath", "dollarmath"]
source_suffix = {".md": "markdown"}
"""
PAGE = r"""# Page

$x < y$ and $\text{für}$.

$$ a = \begin{cases} 1 & x > 0 \\ \mathbb{R} & \text{else} \end{cases} $$ (first)

\begin{align*} a &= b \\ c &= d \end{align*}

See {eq}`first` and [prose](prose.md).

```{toctree}
prose
```
"""


@pytest.fixture
def build(tmp_path):
    """Return a function that builds a page; it gives the page's soup and the warnings."""

    def run(page: str, builder: str = "html"):
        texts = {"conf.py": CONF, "index.md": page, "prose.md": "# Prose\n\nNo formula.\n"}
        for name, text in texts.items():
            (tmp_path / name).write_text(text, encoding="utf8")
        out, said = tmp_path / builder, io.StringIO()
        with patch_docutils(tmp_path), docutils_namespace():
            Sphinx(tmp_path, tmp_path, out, out / "trees", builder, {}, None, said).build()
        kind = ".xhtml" if builder == "epub" else ".html"
        return [
            BeautifulSoup((out / f"{name}{kind}").read_text(encoding="utf8"), "html.parser")
            for name in ("index", "prose")
        ], said.getvalue()

    return run


def test_a_formula_is_html_for_the_eye_and_mathml_for_the_ear(build):
    (page, _), said = build(PAGE)
    assert said == ""
    inline, words, display, several = page.select(".math")
    assert inline.name == words.name == "span" and display.name == several.name == "div"
    assert inline.annotation.text == "x < y" and inline.math.mo.text == "<"
    assert words.annotation.text == r"\text{für}"
    assert display.math["display"] == "block" and len(display.select("mtr")) == 2
    assert all(
        formula.select_one(".katex-html[aria-hidden=true]") for formula in page.select(".math")
    )


def test_a_short_formula_keeps_the_dot_after_it(build):
    (page, _), _ = build(PAGE + "\n$" + "x + " * 20 + "x$. No.\n")
    (kept,) = page.select(".kept-together")
    assert kept.annotation.text == r"\text{für}" and kept.contents[-1] == "."
    assert "No." in page.text


def test_a_formula_with_a_label_has_a_number_that_is_a_link(build):
    (page, _), _ = build(PAGE)
    label = page.select_one(".eqno")
    assert label.text.startswith("(1)") and label.a["href"] == "#equation-first"
    assert page.select_one("a[href='#equation-first']:not(.headerlink)").text == "(1)"


def test_only_pages_with_formulas_load_the_style(build):
    (page, prose), _ = build(PAGE)
    assert page.select("link[href*='katex.min.css']") and page.select("script[src*='copy-tex']")
    assert not prose.select("link[href*='katex'], script[src*='copy-tex']")


def test_an_epub_gets_mathml_alone(build):
    (page, _), _ = build(PAGE, "epub")
    assert len(page.select("math")) == 4
    assert not page.select(".katex-html, link[href*='katex'], script[src*='copy-tex']")


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        (r"\fraction{1}{2}", r"Undefined control sequence: \fraction"),
        (r"\frac{1}{2", "expected '}' at end of input"),
        (r"\begin{cases} 1", r"Expected & or \\ or \cr or \end"),
    ],
)
def test_a_mistake_is_a_warning_that_names_the_formula(build, tex, message):
    (page, _), said = build(f"# Page\n\n$${tex}$$\n\n[p](prose.md)\n```{{toctree}}\nprose\n```\n")
    assert message in said and f"(in the formula {tex})" in said and "index.md:3" in said
    assert page.select_one(".math code").text == tex


def test_a_copied_formula_is_tex():
    drawn = mathematics.draw(r"\frac{a}{b}", display=True)
    text = f"<p>Before</p>{drawn}<p>after</p>"
    script = (VENDOR / "copy-tex.min.js").read_text(encoding="utf8")
    with chromium() as browser:
        page = browser.new_page()
        page.set_content(f"<body>{text}</body>")
        page.add_script_tag(content=script)
        copied = page.evaluate("""() => {
          getSelection().selectAllChildren(document.body);
          const event = new ClipboardEvent("copy", {clipboardData: new DataTransfer()});
          document.dispatchEvent(event);
          return event.clipboardData.getData("text/plain");
        }""")
    assert r"$$\frac{a}{b}$$" in copied and "Before" in copied and "after" in copied
