"""The question directive: what it builds, and what it says of a question that is not well made."""

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

# its own suffixes: extensions would write theirs into Sphinx's default, which all builds share
CONF = """extensions = ["myst_parser", "quiz"]
myst_enable_extensions = ["colon_fence", "deflist"]
source_suffix = {".md": "markdown"}
"""
PAGE = """# Page

:::{quiz} What is $1 + 1$, *really*?
:answer: 2

One
: You forgot a `1`.

Two
: Count them.

  Again.
:::
"""


@pytest.fixture
def build(tmp_path):
    """Return a function that builds a page; it gives the page's soup and the warnings."""
    log = tmp_path / "warnings"

    def run(page):
        (tmp_path / "conf.py").write_text(CONF, encoding="utf8")
        (tmp_path / "index.md").write_text(page, encoding="utf8")
        out = tmp_path / "out"
        with log.open("w", encoding="utf8") as said, patch_docutils(tmp_path), docutils_namespace():
            Sphinx(tmp_path, tmp_path, out, out / "trees", "html", {}, None, said).build()
        html = (out / "index.html").read_text(encoding="utf8")
        return BeautifulSoup(html, "html.parser"), log.read_text(encoding="utf8")

    return run


def test_every_choice_opens_and_explains_itself(build):
    soup, warnings = build(PAGE)
    assert not warnings
    quiz = soup.find(class_="quiz")
    assert quiz.find(class_="quiz-question").em.text == "really"
    first, second = quiz.find_all("details")
    assert [d.summary.get_text(strip=True) for d in (first, second)] == ["One", "Two"]
    assert [d.find(class_="quiz-verdict").text for d in (first, second)] == ["No. ", "Right. "]
    assert first.p.get_text() == "No. You forgot a 1."
    assert len(second.find_all("p")) == 2
    assert not any(d.has_attr("open") for d in (first, second)), "nothing is given away"
    assert not quiz.find_all("script")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((":answer: 2\n", ":answer: 3\n"), "answer is 3, expected 1 to 2"),
        ((":answer: 2\n", ""), "answer is 0, expected 1 to 2"),
        (("\n: You forgot a `1`.", ""), "a choice, then ': ' and why"),
        (("One\n: You forgot a `1`.\n", ""), "two choices or more"),
    ],
)
def test_a_question_that_is_not_well_made_is_a_warning(build, change, message):
    assert change[0] in PAGE
    assert message in build(PAGE.replace(*change))[1]
