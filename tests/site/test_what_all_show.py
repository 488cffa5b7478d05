"""A build leaves no page that shows what is no longer so, and writes none without a reason."""

import re

import pytest
import what_all_show
from small_book import SmallBook

CONF = """
extensions = ["myst_nb", "sphinx_external_toc", "sphinx.ext.autodoc"]
extensions += ["sphinxcontrib.bibtex", "course_site", "what_all_show"]
bibtex_bibfiles = ["our.bib"]
bibtex_reference_style = "author_year"
external_toc_path = "_toc.yml"
html_theme = "alabaster"
html_static_path = ["styles"]
html_css_files = ["course.css"]
source_suffix = {".md": "myst-nb"}
myst_heading_anchors = 3
"""
TOC = "root: pages/start\nsubtrees:\n- caption: Part\n  entries:\n"
# sphinx_external_toc looks at every object of the process, and torch is one of them here
pytestmark = pytest.mark.filterwarnings("ignore:.*reduce_op:FutureWarning")
BIB = "@article{{ash2017, author={{Mia Ash}}, title={{A}}, journal={{J}}, year={{{}}}}}\n"
NAMES = ("first", "second", "third")


def toc(*names: str) -> str:
    """Return a table of contents."""
    return TOC + "".join(f"  - file: pages/{name}\n" for name in names)


@pytest.fixture
def book(tmp_path):
    """Return a small book of four pages that has been built once."""
    made = SmallBook(tmp_path, CONF)
    made.write("_toc.yml", toc(*NAMES))
    made.write("styles/course.css", "p { color: black }")
    for name in NAMES:
        made.write(f"pages/{name}.md", f"# The {name}\n\n## A part of it\n\nText.\n")
    made.write("pages/third.md", "# The third\n\n[](first.md#a-part-of-it) {cite:t}`ash2017`\n")
    made.write("pages/start.md", "# Start\n\n```{bibliography}\n```\n")
    made.write("our.bib", BIB.format(2017))
    made.build()
    return made


def ages(book) -> dict[str, int]:
    """Return when each page was written."""
    return {path.stem: path.stat().st_mtime_ns for path in (book.html / "pages").glob("*.html")}


def sidebar(book, page: str) -> list[str]:
    """Return the titles in a page's navigation, in order."""
    part = book.page(f"pages/{page}").partition('class="sphinxsidebar"')[2]
    return re.findall(r'<li class="toctree-l1[^>]*><a [^>]*>([^<]+)</a>', part)


def test_nothing_changed_writes_nothing(book):
    before = ages(book)
    assert book.build() == set() and ages(book) == before


def test_two_entries_swapped_are_swapped_on_every_page(book):
    book.write("_toc.yml", toc("second", "first", "third"))
    book.build()
    titles = ["The second", "The first", "The third"]
    for page in NAMES:
        assert [title for title in sidebar(book, page) if title in titles] == titles, page


def test_a_new_title_stands_on_every_page_and_only_its_own_is_read(book):
    book.write("pages/second.md", "# Another name\n\n## A part of it\n")
    assert book.build() == {"pages/second"}
    assert all("Another name" in book.page(f"pages/{page}") for page in ("start", *NAMES))
    assert not any("The second" in book.page(f"pages/{page}") for page in ("start", *NAMES))


def test_a_change_of_the_text_writes_that_page_and_the_one_that_lists_it(book):
    before = ages(book)
    book.write("pages/second.md", "# The second\n\n## A part of it\n\nOther text.\n")
    book.build()
    assert {name for name, age in ages(book).items() if age != before[name]} == {"second", "start"}


def test_a_heading_that_is_gone_is_missed_by_the_page_that_links_to_it(book):
    book.write("pages/first.md", "# The first\n\n## Something else\n")
    with pytest.raises(AssertionError, match=r"third\.md.*a-part-of-it"):
        book.build()


def test_new_styles_are_asked_for_by_every_page(book):
    book.write("styles/course.css", "p { color: red }")
    book.build()
    asked = {re.search(r"course\.css\?v=\w+", book.page(f"pages/{name}"))[0] for name in NAMES}
    assert len(asked) == 1
    before = asked
    book.write("styles/course.css", "p { color: green }")
    book.build()
    assert before != {re.search(r"course\.css\?v=\w+", book.page("pages/first"))[0]}


def test_a_citation_shows_the_bibliographys_year_of_today(book):
    book.write("our.bib", BIB.format(2019))
    book.build()
    assert "2019" in book.page("pages/third") and "2017" not in book.page("pages/third")


def test_another_extension_code_reads_all_again(book, monkeypatch):
    monkeypatch.setattr(what_all_show, "code", lambda: "changed")
    assert book.build() == {"pages/start", *(f"pages/{name}" for name in NAMES)}


def test_a_page_that_is_taken_out_is_gone_from_the_site(book):
    book.write("_toc.yml", toc("first", "third"))
    (book.folder / "pages/second.md").unlink()
    book.build()
    assert sorted(ages(book)) == ["first", "start", "third"]
