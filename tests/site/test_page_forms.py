"""What recurs in a lesson has one form, and the text after it stays outside of it."""

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat import v4
from small_book import SmallBook

CONF = """extensions = ["myst_nb", "sphinx.ext.autodoc", "course_site", "page_forms"]
nb_execution_mode = "off"
master_doc = "lesson"
"""
CARD = "## Section\n\n### Exercise: halves\n\nDifficulty ●○○, 3 minutes.\n"
FOLDED = "<details><summary>Hint</summary>\n\nThink.\n\n</details>\n"
SOLUTION = "<details><summary>Solution</summary>\n\n```python\nx / 2\n```\n\n</details>\n"
AFTER = "The text goes on. *Predict first*: how many?\n\nAn *other* emphasis.\n"


def cell(name: str, tags: list[str]):
    """Return a code cell."""
    return v4.new_code_cell(f"# {name}", id=name, metadata={"tags": tags})


@pytest.fixture
def page(tmp_path):
    """Return a page with one lesson in it."""
    book = SmallBook(tmp_path, CONF)
    cells = [
        v4.new_markdown_cell("# Lesson\n", id="title"),
        cell("setup", ["hide-cell"]),
        cell("imports", []),
        v4.new_markdown_cell(CARD, id="card"),
        cell("halves", ["exercise"]),
        v4.new_markdown_cell(FOLDED + "\n" + SOLUTION, id="folded"),
        v4.new_markdown_cell(AFTER, id="after"),
        cell("last", []),
    ]
    language = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    book.write("lesson.ipynb", nbformat.writes(v4.new_notebook(cells=cells, metadata=language)))
    book.build()
    return BeautifulSoup(book.page("lesson"), "html.parser")


def test_an_exercise_ends_behind_its_solution(page):
    (card,) = page.select("section.exercise")
    assert card.h3.text.startswith("Exercise: halves") and card.select_one("#halves")
    assert [s.text for s in card.select("summary")] == ["Hint", "Solution"]
    assert "The text goes on." not in card.text and not card.select_one("#last")
    assert "The text goes on." in card.parent.text and card.parent.select_one("#last")


def test_a_prediction_is_a_paragraph_of_its_own(page):
    (asked,) = page.select("p.prediction")
    assert asked.text == "Predict first: how many?"
    assert asked.find_previous_sibling("p").text.strip() == "The text goes on."


def test_setup_and_imports_are_one_folded_line_and_keep_their_anchors(page):
    (fold,) = page.select("details.preparation:not([open])")
    assert [c["id"] for c in fold.select(".cell")] == ["setup", "imports"]
    assert len(fold.select("details")) == 0
