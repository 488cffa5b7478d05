"""How pages look, measured in a browser: faces, lines, figures in the dark, sheets of paper."""

import pytest
from built import SITE
from playwright.sync_api import sync_playwright

from tools.site.browser import find_chromium
from tools.site.serve import serve

if not find_chromium():
    pytest.skip("no Chromium or Chrome was found: no page was looked at", allow_module_level=True)
PAGES = sorted(p for folder in ("book", "notebooks") for p in (SITE / folder).glob("*.html"))
PAPER = 665  # pixels of A4 between the margins of print.css
CUT = """[...document.querySelectorAll('.bd-article :is(pre, table, .cell_output, img, svg)')]
    .filter(e => e.checkVisibility() && (e.getBoundingClientRect().right > innerWidth + 1
        || getComputedStyle(e).overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1))
    .map(e => e.outerHTML.slice(0, 90))"""
CLOSED = """[...document.querySelectorAll('.bd-article details:not(.preparation) > :not(summary)')]
    .filter(e => e.getBoundingClientRect().height === 0).length"""


@pytest.fixture(scope="module")
def look():
    """Return a function that opens a page, with what a browser's context can be told."""
    with serve(SITE) as address, sync_playwright() as playwright:
        path = str(find_chromium())
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])

        def opened(name, width=1280, **settings):
            size = {"width": width, "height": 900}
            page = browser.new_page(base_url=address, viewport=size, **settings)
            page.goto(f"/{name}.html", wait_until="load")
            return page

        yield opened
        browser.close()


def test_faces_are_ours_and_light(look):
    page = look("notebooks/decoding")
    names = page.evaluate(
        "[...document.fonts].filter(f => f.family.includes('Source') && f.status == 'loaded')"
        ".map(f => f.family + ' ' + f.style)"
    )
    assert len(set(names)) == 3, names
    files = [*(SITE / "_static/vendor/fonts").glob("*.woff2")]
    assert 0 < sum(path.stat().st_size for path in files) <= 120_000


def test_lines_of_prose_have_about_seventy_letters(look):
    page = look("book/background", width=1920)
    counts = page.evaluate("""[...document.querySelectorAll('.bd-article > section > p')].map(p => {
        const range = document.createRange(); range.selectNodeContents(p);
        const lines = new Set([...range.getClientRects()].map(r => Math.round(r.bottom / 12)));
        return p.textContent.length / lines.size; })""")
    assert 55 <= max(counts) <= 85


def test_titles_fit_their_boxes_on_the_map(look):
    page = look("book/intro", width=390)
    spare = page.evaluate("""[...document.querySelectorAll('.lesson-map [data-page]')].map(a =>
        a.querySelector('.tick').getBBox().x || a.querySelector('rect').getBBox().width - 22)
        .map((end, n) => end - (b => b.x + b.width)(
            document.querySelectorAll('.lesson-map [data-page] text')[n].getBBox()))""")
    assert len(spare) > 20 and min(spare) > 0


def test_ink_turns_light_in_the_dark_and_scenes_do_not(look):
    page = look("notebooks/seeing", color_scheme="dark")
    shown = "(id) => getComputedStyle(document.querySelector(`#${id} img`)).filter"
    assert "invert" in page.evaluate(shown, "parts")
    assert "invert" not in page.evaluate(shown, "first-picture")
    assert "invert" not in page.evaluate(shown, "gaze-figure")


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_on_paper_nothing_is_cut_or_folded(look, path):
    page = look(path.relative_to(SITE).with_suffix("").as_posix(), width=PAPER)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(CUT) == []
    assert page.evaluate(CLOSED) == 0
    page.close()
