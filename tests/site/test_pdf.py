"""The printed book: bookmarks, page numbers, links, and what was folded, on two small pages."""

import pytest
from pypdf import PdfReader
from small_site import PAGES, small_site

from tools.site.browser import find_chromium
from tools.site.make_pdf import make_pdf

if not find_chromium():
    pytest.skip("no Chromium or Chrome was found: nothing was printed", allow_module_level=True)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """The printed pages: the contents, the chapter, the lesson."""
    folder = tmp_path_factory.mktemp("print")
    assert make_pdf(small_site(folder / "site"), folder / "book.pdf", PAGES) == 3
    return PdfReader(folder / "book.pdf")


def titles(outline: list) -> list:
    """Return the titles of bookmarks, as they lie in each other."""
    return [titles(mark) if isinstance(mark, list) else mark.title for mark in outline]


def test_bookmarks_lie_in_each_other_as_chapter_lesson_and_section(printed):
    inner = ["Exercise: one", "What next", "Solutions", ["Exercise: one"]]
    assert titles(printed.outline) == ["The chapter", ["The lesson", inner]]


def test_the_contents_and_the_pages_agree_on_their_numbers(printed):
    said = [page.extract_text().split() for page in printed.pages]
    contents = " ".join(said[0])
    assert "The chapter" in contents and "The lesson" in contents
    assert [word for word in said[0] if word.isdecimal()] == ["2", "3", "1"]
    assert [words[-1] for words in said] == ["1", "2", "3"]


def test_what_was_folded_is_read_and_solutions_come_last(printed):
    chapter, lesson = (page.extract_text() for page in printed.pages[1:])
    assert "No, because." in chapter and "Think." in lesson
    assert lesson.index("The last words.") < lesson.index("return 1")


def test_links_stay_within_the_book(printed):
    places = [note["/A"]["/URI"] for page in printed.pages for note in _links(page) if "/A" in note]
    assert places == ["https://example.org/"]
    inside = [note for page in printed.pages for note in _links(page) if "/Dest" in note]
    assert len(inside) >= 4


def _links(page) -> list:
    return [note.get_object() for note in page.get("/Annots", [])]


def test_screen_readers_are_told_the_structure(printed):
    assert printed.trailer["/Root"]["/MarkInfo"]["/Marked"]
