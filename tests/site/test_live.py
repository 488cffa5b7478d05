"""Live pieces on a page without Python: over the network, from a file, with scripts off."""

import json
from contextlib import contextmanager

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect, sync_playwright

from course_utils.lessons.widgets.pieces import AttentionExplorer
from tools.site.browser import find_chromium
from tools.site.live_pages import place_of, write_page
from tools.site.serve import serve


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A page with one piece that holds its own numbers."""
    where = tmp_path_factory.mktemp("live")
    write_page(where, AttentionExplorer(causal=True))
    return where


@contextmanager
def opened(address, **settings):
    """Open a page and note what it complains of."""
    if not (found := find_chromium()):
        pytest.skip("Chromium is not installed, so the page was not opened")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_context(**settings).new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda m: m.type == "error" and page.complaints.append(m.text))
        page.goto(address)
        yield page
        browser.close()


def works(page):
    """See that the piece holds what Python gave it, and moves."""
    piece = page.get_by_role("group", name="attention explorer")
    expect(piece.get_by_label("causal mask")).to_be_checked()
    before = piece.get_by_role("status").inner_text()
    piece.get_by_role("button", name="all keys equal").click()
    expect(piece.get_by_role("status")).not_to_have_text(before)
    assert page.complaints == []


def test_a_piece_lives_on_a_site(folder):
    with serve(folder) as address, opened(f"{address}/page.html") as page:
        works(page)


def test_a_piece_lives_in_a_file(folder):
    with opened((folder / "page.html").as_uri()) as page:
        works(page)


def test_without_scripts_the_page_says_what_is_missing(folder):
    with opened((folder / "page.html").as_uri(), java_script_enabled=False) as page:
        expect(page.locator("noscript p")).to_be_visible()


def test_nothing_is_fetched_before_it_is_looked_at(folder):
    tall = folder / "tall.html"
    text = (folder / "page.html").read_text("utf-8")
    tall.write_text(text.replace("<h1>", '<h1 style="margin-bottom: 9000px">'), "utf-8")
    with opened(tall.as_uri()) as page:
        page.wait_for_timeout(300)
        assert page.locator("script[src$='pieces.js']").count() == 0
        page.locator(".live-piece").scroll_into_view_if_needed()
        works(page)


def test_no_text_ends_the_script_that_holds_it():
    text = 'a "quoted" </script><b>word'
    page = BeautifulSoup(place_of({"_piece": "x", "text": text}, "<p>still</p>"), "html.parser")
    held = json.loads(page.select_one(".live-state").string)
    assert held == {"piece": "x", "values": {"text": text}} and not page.select("b")
