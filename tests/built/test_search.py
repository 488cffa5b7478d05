"""What the built site's search finds, served and opened as a file, and what its index weighs."""

import gzip
import re

import pytest
from built import SITE
from playwright.sync_api import sync_playwright

from tools.site.browser import find_chromium
from tools.site.serve import serve

if not find_chromium():
    pytest.skip("no Chromium or Chrome was found: nothing was searched", allow_module_level=True)

DONE = re.compile("finished|did not match")
AUDIT = "book/guide_audit.html"
FIRST = {  # what one types, and what comes first
    "softmax": "book/glossary.html#term-softmax",
    "KV cache": "book/glossary.html#term-KV-cache",
    "top-p": "book/glossary.html#term-top-p",
    "perplexity": "book/glossary.html#term-perplexity",
    "statement by statement": AUDIT,
    "自然语言处理": AUDIT,
    "综论": AUDIT,  # the end of a longer run of characters
    "repetition_penalty": "notebooks/decoding.html",  # a name of code, cut at its underscore
    "个例": "notebooks/hugging_face.html",  # 这是一个例子
}


@pytest.fixture(scope="module")
def chromium():
    """A browser."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium):
    """A page of the browser that may not complain."""
    page, complaints = chromium.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert complaints == []


@pytest.fixture(scope="module", params=["served", "as a file"])
def address(request):
    """Where the site is."""
    if request.param == "as a file":
        yield SITE.as_uri()
    else:
        with serve(SITE) as served:
            yield served


def search(tab, address: str, words: str) -> list[str]:
    """Type words on the page of the search; return where the results lead, in their order."""
    tab.goto(f"{address}/search.html")
    tab.locator("main input[name=q]").first.fill(words)
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html?q=*")
    tab.locator(".search-summary", has_text=DONE).wait_for()
    links = tab.locator("ul.search > li > a").all()
    return [link.get_attribute("href") for link in links]


@pytest.mark.parametrize("words", FIRST)
def test_what_fits_comes_first(tab, address, words):
    found = search(tab, address, words)
    assert found and found[0].startswith(FIRST[words])


def test_nothing_is_found_for_chinese_that_the_book_has_not(tab, address):
    assert search(tab, address, "然自") == []


def test_the_index_is_light():
    weight = len(gzip.compress((SITE / "searchindex.js").read_bytes()))
    assert weight < 60_000, f"{weight} bytes compressed"
