"""The weight of every page of the built site at a first visit, compressed."""

import pytest
from built import SITE

from tools.site.serve import serve
from tools.site.weight import chromium, weigh

PROSE, LESSON = 500_000, 1_200_000  # bytes
PAGES = sorted(p.relative_to(SITE).as_posix() for p in SITE.rglob("*.html"))
PAGES = [page for page in PAGES if "_static" not in page and page != "index.html"]


@pytest.fixture(scope="module")
def opened():
    """A browser and the address of the served site."""
    with serve(SITE) as address, chromium() as browser:
        yield browser, address


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_light(opened, page):
    browser, address = opened
    files, _ = weigh(browser, f"{address}/{page}")
    assert f"/{page}" in files
    total, most = sum(files.values()), LESSON if page.startswith("notebooks/") else PROSE
    assert total <= most, sorted(files.items(), key=lambda item: -item[1])[:5]


def test_the_search_index_is_loaded_by_the_search_alone(opened):
    browser, address = opened
    asked = {
        page: weigh(browser, f"{address}/{page}")[0] for page in ("search.html", "book/faq.html")
    }
    assert "/searchindex.js" in asked["search.html"]
    assert not [name for name in asked["book/faq.html"] if "search" in name or "language" in name]
