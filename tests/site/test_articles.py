"""The pages of a site as a book has them: their order, their solutions, their links."""

import pytest
import yaml
from small_site import PAGES, small_site

from tools.site import articles

NAMES = {page.name for page in PAGES}


@pytest.fixture
def site(tmp_path):
    """A small site."""
    return small_site(tmp_path)


def test_the_order_is_that_of_the_toc():
    toc = yaml.safe_load((articles.ROOT / "_toc.yml").read_text("utf8"))
    pages = articles.in_order()
    first = toc["parts"][0]["chapters"][0]
    assert [page.name for page in pages[:2]] == [toc["root"], first["file"]]
    assert pages[2] == articles.Page(first["sections"][0]["file"], 1)
    text = (articles.ROOT / "_toc.yml").read_text("utf8")
    assert len(pages) == text.count("file: ") + 1


def test_what_needs_a_screen_is_left_out(site):
    said = articles.article(site, "book/chapter").text
    assert "The chapter" in said and "No, because." in said
    assert not any(left in said for left in ("#", "Press", "alert", "A menu"))


def test_solutions_stand_at_the_end_and_are_linked_with_their_exercise(site):
    body = articles.article(site, "notebooks/lesson")
    said = " ".join(body.text.split())
    order = ["Write it.", "Think.", "at the end of this lesson", "The last words.", "Solutions"]
    order += ["Exercise: one", "return 1", "Back to the exercise."]
    places = [said.rindex(words) for words in order]
    assert places == sorted(places)
    ids = {tag["id"] for tag in body.select("[id]")}
    assert {link["href"].lstrip("#") for link in body.select("a[href^='#']")} <= ids


def test_links_lead_within_the_book_or_are_words(site):
    body = articles.article(site, "book/chapter")
    articles.lead(body, "book/chapter", NAMES, lambda name, inner: f"{name}!{inner}")
    links = {link.text: link["href"] for link in body.select("a")}
    assert links == {
        "the exercise": "notebooks/lesson!exercise",
        "elsewhere": "https://example.org/",
    }
    assert "the index" in body.text


def test_a_lesson_lies_one_level_deeper(site):
    body = articles.article(site, "notebooks/lesson")
    articles.deepen(body)
    assert [tag.name for tag in body.select("h1, h2, h3, h4")] == ["h2", "h3", "h3", "h3", "h4"]


def test_a_page_that_is_not_there_is_told_in_one_line(site):
    with pytest.raises(SystemExit, match="run 'make book' first"):
        articles.article(site, "book/none")
