"""Every page of the built site keeps to WCAG 2.1 A and AA, as axe-core finds it, in both themes."""

import pytest
from built import SITE

from tools.site.axe import in_both_themes
from tools.site.browser import browser, find_chromium
from tools.site.serve import serve

if not find_chromium():
    pytest.skip("no Chromium was found: accessibility was not tested", allow_module_level=True)

PAGES = [
    path
    for path in sorted(SITE.rglob("*.html"))
    if "_static" not in path.parts and path != SITE / "index.html"  # that one leads on at once
]


@pytest.fixture(scope="module")
def tab():
    """Give a tab in which nothing moves, and the address of the served site."""
    with serve(SITE) as address, browser(reduced_motion="reduce") as opened:
        yield opened, address


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(SITE).as_posix())
def test_axe_finds_nothing_in_either_theme(tab, path):
    page = tab[0].open(f"{tab[1]}/{path.relative_to(SITE).as_posix()}")
    assert in_both_themes(page) == []
