"""What the site says of itself to those outside: addresses, descriptions, a sitemap, a 404 page."""

import re

import pytest
from bs4 import BeautifulSoup
from small_book import SmallBook

CONF = """
extensions = ["sphinx.ext.githubpages", "sphinxext.opengraph", "notfound.extension"]
extensions += ["launch", "public_address"]
root_doc = "first"
html_title = "The book"
html_theme = "sphinx_book_theme"
html_theme_options = {"repository_url": ADDRESS, "launch_buttons": {}}
ogp_social_cards = {"enable": False}
"""
OUR_PAGE = """The page
========

It has a "first" paragraph.

- Then a list;
- of two.
"""
OPENS = "It has a “first” paragraph. Then a list; of two."


def book(folder, address: str = "https://github.com/Anna/kurs", more: str = "") -> SmallBook:
    """Return a built book of two pages whose repository is at an address."""
    made = SmallBook(folder, CONF.replace("ADDRESS", repr(address)) + more)
    made.write("first.rst", "First\n=====\n\n.. toctree::\n\n   deep/page\n")
    made.write("deep/page.rst", OUR_PAGE)
    made.build()
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The book at an address of GitHub's."""
    return book(tmp_path_factory.mktemp("book"))


def told(page: str) -> dict[str, str]:
    """Return what a page's head says: its meta tags, and its canonical link."""
    head = BeautifulSoup(page, "html.parser").head
    tags = {t.get("name") or t.get("property"): t.get("content") for t in head.select("meta")}
    links = {"".join(link["rel"]): link.get("href") for link in head.select("link")}
    return tags | links


def test_a_page_says_where_it_is_and_what_it_is_about(made):
    head = told(made.page("deep/page"))
    here = "https://anna.github.io/kurs/deep/page.html"
    assert (head["canonical"], head["og:url"], head["og:site_name"]) == (here, here, "The book")
    assert (head["description"], head["og:description"], head["og:title"]) == (
        OPENS,
        OPENS,
        "The page",
    )


def test_a_long_opening_is_cut_between_words(tmp_path):
    made = book(tmp_path)
    made.write("deep/page.rst", OUR_PAGE.replace("first", "very " * 100))
    made.build()
    said = told(made.page("deep/page"))["description"]
    assert 180 < len(said) <= 200 and said.endswith("very …")


def test_pages_without_a_text_of_ours_are_described_too(made):
    for name in ("404", "search", "genindex"):
        assert told(made.page(name))["description"].endswith(". The book.")


def test_the_sitemap_lists_the_pages_and_github_serves_all_files(made):
    listed = re.findall("<loc>(.+?)</loc>", (made.html / "sitemap.xml").read_text("utf8"))
    site = "https://anna.github.io/kurs"
    assert sorted(listed) == [f"{site}/deep/page.html", f"{site}/first.html"]
    assert (made.html / ".nojekyll").exists()


@pytest.mark.parametrize(
    ("address", "below"),
    [("https://github.com/Anna/kurs", "/kurs/"), ("https://code.example/a/b", "/")],
)
def test_the_404_page_finds_its_files_from_any_depth(tmp_path, address, below):
    made = book(tmp_path, address)
    page = BeautifulSoup(made.page("404"), "html.parser")
    urls = [tag.get("href") or tag.get("src") for tag in page.select("[href], [src]")]
    ours = [re.sub("[?#].*", "", url) for url in urls if not re.match("https?:|#", url)]
    assert len(ours) > 10 and f"{below}deep/page.html" in ours
    lost = [url for url in ours if not url.startswith(below)]
    lost += [url for url in ours if not (made.html / url.removeprefix(below)).is_file()]
    assert lost == []


def test_where_nobody_knows_the_address_nothing_is_claimed(tmp_path):
    made = book(tmp_path, "https://code.example/a/b")
    assert "canonical" not in told(made.page("first"))
    assert not (made.html / "sitemap.xml").exists()


def test_a_domain_of_its_own_goes_before_the_repositorys(tmp_path):
    made = book(tmp_path, more='html_baseurl = "https://kurs.example/llm"\n')
    assert told(made.page("first"))["canonical"] == "https://kurs.example/llm/first.html"
    assert "/llm/_static/" in made.page("404")
    assert (made.html / "CNAME").read_text("utf8") == "kurs.example"
