"""The zip of the site: what is in it, and that it opens from a folder without a server."""

import zipfile

import pytest
from playwright.sync_api import sync_playwright

from tools.site.browser import find_chromium
from tools.site.make_offline import make_offline

LEADS_ON = '<meta http-equiv="refresh" content="0; url=book/first.html">'
FILES = {
    "index.html": LEADS_ON,
    "404.html": "for a server",
    ".nojekyll": "",
    "book/first.html": '<link rel="stylesheet" href="../_static/a.css"><h1>First</h1>',
    "_static/a.css": "h1 {color: rgb(1, 2, 3)}",
}


@pytest.fixture
def packed(tmp_path):
    """A zip of a small site, beside the site."""
    for name, text in FILES.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")
    assert make_offline(tmp_path / "site", tmp_path / "out" / "site.zip") == len(FILES) - 1
    return zipfile.ZipFile(tmp_path / "out" / "site.zip")


def test_the_zip_holds_the_site_and_says_how_to_open_it(packed):
    assert set(packed.namelist()) == {*FILES, "README.txt"} - {"404.html", ".nojekyll"}
    said = packed.read("README.txt").decode()
    assert "open index.html" in said and said.count("\n") == 2


@pytest.mark.skipif(not find_chromium(), reason="no Chromium or Chrome was found")
def test_the_unpacked_zip_opens_at_its_first_page(packed, tmp_path):
    packed.extractall(tmp_path / "stick")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto((tmp_path / "stick" / "index.html").as_uri())
        page.wait_for_url("**/book/first.html")
        colour = page.locator("h1").evaluate("(h1) => getComputedStyle(h1).color")
        browser.close()
    assert colour == "rgb(1, 2, 3)"


def test_without_a_site_one_line_says_what_to_do(tmp_path):
    with pytest.raises(SystemExit, match="run 'make book' first"):
        make_offline(tmp_path, tmp_path / "site.zip")
