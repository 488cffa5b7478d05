"""The e-book of the whole book: epubcheck finds nothing."""

from built import SITE
from epubcheck import checked, complaints

from tools.site import articles
from tools.site.make_epub import make_epub


@checked
def test_epubcheck_finds_nothing_in_the_whole_book(tmp_path):
    pages = articles.in_order()
    assert make_epub(SITE, tmp_path / "whole.epub", pages) == len(pages)
    assert complaints(tmp_path / "whole.epub") == ""
