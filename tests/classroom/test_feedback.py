"""Formulas on feedback pages: what becomes MathML, what stays TeX, and what can do no harm."""

import re
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest

from tools.classroom import feedback

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "notebooks" / "assignments" / "source").glob("*/*.ipynb"))
MATH = re.compile(r"<math.*?</math>")


def render(source: str, **cell) -> str:
    """Render a cell's Markdown as the page does."""
    return feedback.markdown2html({"cell": cell}, source)


@pytest.mark.parametrize("tex", ["$x_1$", "$$x_1$$", r"\begin{matrix}x_1\end{matrix}"])
def test_a_formula_becomes_mathml(tex):
    page = render(f"# A heading with $y$\n\nand {tex}.")
    assert page.count("<math") == 2 and "$" not in page and "anchor-link" not in page
    assert "<msub><mi>x</mi><mn>1</mn></msub>" in page
    assert ('display="block"' in page) == (tex != "$x_1$")


def test_code_and_prices_stay():
    assert "<math" not in render("`$x$` costs 5 \\$ or 6 \\$\n\n```\n$y$\n```")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_formula_of_the_assignments_is_read(path):
    cells = [c.source for c in nbformat.read(path, 4).cells if c.cell_type == "markdown"]
    pages = [render(source) for source in cells]
    assert sum(len(MATH.findall(page)) for page in pages) >= 5
    assert not any("$" in page for page in pages)


@pytest.mark.parametrize(
    "tex",
    [
        r"\nosuchcommand",
        r"\left( x",
        "x_a_b",
        r"\text{all $x < y$}",
        r"\text{n\_samples}",
        "x" * (feedback.LONGEST + 1),
        "{" * 300 + "x" + "}" * 300,
        r"\hat" * 700 + " x",
    ],
)
def test_tex_that_cannot_be_read_is_shown_as_it_is(tex):
    assert feedback.mathml(tex) is None
    assert feedback.FeedbackRenderer().inline_math(tex).startswith(f"${tex[:5]}")


@pytest.mark.parametrize(
    "tex",
    [
        r"\def\a{xx}\def\b{\a\a}\b",
        r"\newcommand{\a}{xx}\newcommand{\b}{\a\a}\b",
        r"\sideset{_1}{_2}{\sideset{_1}{_2}{\sum}}",
    ],
)
def test_no_formula_grows_by_doubling(tex):  # 30 such steps would fill the memory
    assert feedback.mathml(tex) is None


def test_what_a_student_wrote_makes_no_elements():
    made = feedback.mathml(r"\text{<script>&lt;b>} < \&")
    assert "<script" not in made and "<b>" not in made
    assert "<script><b>" in "".join(ElementTree.fromstring(made).itertext())


@pytest.mark.parametrize(
    ("tex", "spaces"), [(r"\ln p", 1), (r"a\cos t", 2), (r"\log_2 x", 1), (r"-\ln(p)", 0)]
)
def test_names_of_functions_stand_apart_from_letters(tex, spaces):
    assert feedback.mathml(tex).count("<mspace") == spaces


def test_a_picture_is_shown_and_a_missing_one_breaks_nothing():
    picture = {"a.png": {"image/png": "QUJD"}}
    text = "![my plot](attachment:a.png)"
    assert 'src="data:image/png;base64,QUJD"' in render(text, attachments=picture)
    assert "[my plot: no such picture]" in render(text)


def test_a_page_is_closed_and_styled(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<html><head></head><body><head></body></html>", encoding="utf8")
    feedback.closed(page)
    text = page.read_text(encoding="utf8")
    assert text.index("default-src 'none'") < text.index("<style>") < text.index("<body>")
    assert text.count("Content-Security-Policy") == 1
