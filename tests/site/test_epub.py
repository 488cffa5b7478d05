"""The e-book: what is in it, and that Debian's epubcheck finds nothing."""

import zipfile

import pytest
from epubcheck import checked, complaints
from small_site import PAGES, small_site

from tools.site.make_epub import make_epub


@pytest.fixture
def book(tmp_path):
    """An e-book of a small site."""
    assert make_epub(small_site(tmp_path / "site"), tmp_path / "small.epub", PAGES) == 2
    return tmp_path / "small.epub"


def test_a_formula_is_mathml_once_and_nothing_is_folded(book):
    text = zipfile.ZipFile(book).read("book/book-chapter.xhtml").decode()
    assert text.count("<math") == 1 and "for the eye" not in text
    assert "<details" not in text and "<script" not in text
    assert 'href="notebooks-lesson.xhtml#exercise"' in text


def test_the_contents_put_a_lesson_below_its_chapter(book):
    text = zipfile.ZipFile(book).read("book/nav.xhtml").decode()
    inner = text.partition("The chapter</a>")[2].partition("</li>\n</ol>")[0]
    assert "<ol>" in inner and "notebooks-lesson.xhtml" in inner


def test_the_first_file_says_what_it_is(book):
    first = zipfile.ZipFile(book).infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)


@checked
def test_epubcheck_finds_nothing(book):
    assert complaints(book) == ""
