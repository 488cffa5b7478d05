"""The built site: it asks nobody else for anything, every link leads somewhere, and it works."""

import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from built import SITE
from playwright.sync_api import expect

from tools.notebooks.exercises import solutions
from tools.site.browser import browser, find_chromium
from tools.site.repository import binder, colab
from tools.site.serve import serve

ROOT = Path(__file__).parents[2]

PAGES = sorted(p for p in SITE.rglob("*.html") if "_static" not in p.parts)
PAGES.remove(SITE / "404.html")  # right at the public address only: see test_public_address.py
DRAWN = [p for p in PAGES if p != SITE / "index.html"]  # that one leads on at once
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
drawn_page = pytest.mark.parametrize("path", DRAWN, ids=lambda p: p.relative_to(SITE).as_posix())
page = pytest.mark.parametrize("path", PAGES, ids=lambda p: p.relative_to(SITE).as_posix())
lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)


@cache
def soup(path: Path) -> BeautifulSoup:
    """Return a parsed page."""
    return BeautifulSoup(path.read_text(encoding="utf8"), "html.parser")


def built(path: Path) -> Path:
    """Return a lesson's page."""
    return SITE / "notebooks" / f"{path.stem}.html"


def test_every_listed_page_is_there():
    toc = (ROOT / "_toc.yml").read_text(encoding="utf8")
    for name in re.findall(r"(?:file|root): (\S+)", toc):
        assert (SITE / f"{name}.html").exists(), name


@page
def test_nothing_is_loaded_from_elsewhere(path):
    loads = [
        (tag, tag.get("src") or tag.get("href") or tag.get("data") or tag.get("srcset"))
        for tag in soup(path).select(
            "script[src], img, iframe, embed, object, video, audio, source, "
            "link[rel~=stylesheet], link[rel~=preload], link[rel~=icon], link[rel~=prefetch], "
            "link[rel~=preconnect], link[rel~=modulepreload]"
        )
    ]
    outside = [url for _, url in loads if url and re.match(r"(https?:)?//", url)]
    assert outside == []


def test_styles_load_nothing_from_elsewhere():
    for path in SITE.rglob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf8"), flags=re.S)
        assert not re.search(r"@import\s+(url\()?['\"]?(https?:)?//", text), path.name
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", text), path.name


@cache
def target_ids(path: Path) -> set[str]:
    """Return everything in a page that a link can point to."""
    return {tag["id"] for tag in soup(path).select("[id]")} | {
        tag["name"] for tag in soup(path).select("a[name]")
    }


@page
def test_internal_links_lead_somewhere(path):
    broken = []
    for tag in soup(path).select("a[href]"):
        parts = urlsplit(tag["href"])
        if parts.scheme or parts.netloc or tag["href"] in ("", "#"):
            continue
        other = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
        if not other.exists():
            broken.append(tag["href"])
        elif parts.fragment and other.suffix == ".html":
            known = target_ids(other)
            if unquote(parts.fragment) not in known:
                broken.append(tag["href"])
    assert broken == []


@page
def test_ids_are_unique(path):
    ids = [tag["id"] for tag in soup(path).select(".bd-article [id]")]
    assert len(ids) == len(set(ids)), {name for name in ids if ids.count(name) > 1}


@page
def test_every_image_has_alt_text(path):
    for tag in soup(path).select("img"):
        assert tag.get("alt", "").strip(), tag.get("src")
        assert not re.search(r"_images/[0-9a-f]{20}", tag["alt"]), "the alt text is a file name"


@page
def test_language_title_and_no_traceback(path):
    assert soup(path).html["lang"] == "en"
    assert soup(path).title.text.strip()
    body = soup(path).select_one(".bd-article")
    text = body.get_text() if body else ""
    assert "Traceback (most recent call last)" not in text
    assert not re.search(r"\{(cite|number|doc|ref|glue)[:\w]*\}`|\[\?\]", text), "an unread role"


@page
def test_formulas_are_drawn_and_can_be_read_aloud_and_copied(path):
    for formula in soup(path).select(".math"):
        assert formula.select_one(".katex-html[aria-hidden=true]"), formula
        assert formula.select_one("math annotation[encoding='application/x-tex']").text.strip()
    loaded = [tag["href"] for tag in soup(path).select("link[href*='katex.min.css']")]
    assert len(loaded) == bool(soup(path).select(".math"))


@lesson
def test_cell_ids_are_anchors(path):
    ids = target_ids(built(path))
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get("tags", []):
            assert cell.id in ids


@lesson
def test_solutions_are_collapsed(path):
    folded = soup(built(path)).select("details:not([open])")
    shown = [block for block in folded if block.select_one("summary").text == "Solution"]
    answers = solutions(nbformat.read(path, as_version=4))
    assert [block.select_one("pre").text.strip() for block in shown] == list(answers.values())


@lesson
def test_launch_buttons_open_this_lesson(path):
    url = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))["repository"]["url"]
    links = [tag["href"] for tag in soup(built(path)).select(".dropdown-launch-buttons a[href]")]
    opened = [link for link in links if "mybinder.org" in link]
    assert (
        len(opened) == 1 and f"/v2/{binder(url)}/" in opened[0] and path.name in unquote(opened[0])
    )
    opened = [link for link in links if "colab.research" in link]
    assert len(opened) == bool(colab(url)) and all(f"/{colab(url)}/blob/" in x for x in opened)


needs_browser = pytest.mark.skipif(
    not find_chromium(), reason="no Chromium or Chrome was found: the pages were not opened in one"
)


@pytest.fixture(scope="module")
def tab():
    """A browser's tab and the address of the served site."""
    with serve(SITE) as address, browser() as opened:
        yield opened, address


def visit(tab, path: Path, width: int = 1280):
    """Open a page and fail on complaints or on requests that leave the site."""
    opened, address = tab
    page = opened.open(f"{address}/{path.relative_to(SITE).as_posix()}", width)
    assert (opened.outside(), opened.failed, opened.complaints) == ([], [], [])
    return page


# The words that end beyond the window, and that no scrolling brings back.
CUT = (Path(__file__).parent / "cut_text.js").read_text(encoding="utf8")


@needs_browser
@drawn_page
def test_pages_open_without_complaint_and_fit_narrow_windows(tab, path):
    page = visit(tab, path)
    drawn = page.evaluate("document.fonts.load('16px KaTeX_Main').then((found) => found.length)")
    assert drawn or not soup(path).select(".math"), "the letters of the formulas did not come"
    for width in (640, 390, 320):  # 200 % and 400 % of a window of 1,280, and a phone
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT) == [], f"text is cut at {width} pixels"
    assert (tab[0].outside(), tab[0].failed, tab[0].complaints) == ([], [], [])


@needs_browser
def test_questions_are_answered_by_keyboard(tab):
    page = visit(tab, SITE / "book" / "background.html")
    choice = page.locator(".quiz-choice").first
    verdict = choice.locator(".quiz-verdict")
    expect(verdict).to_be_hidden()
    choice.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(verdict).to_be_visible()
    page.keyboard.press("Space")
    expect(verdict).to_be_hidden()


WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
WITH_WIDGETS = [p for p in LESSONS if WIDGET in p.read_text(encoding="utf8")]


@needs_browser
@pytest.mark.parametrize("path", WITH_WIDGETS, ids=lambda p: p.stem)
def test_widgets_live_without_a_kernel(tab, path):
    page = visit(tab, built(path))
    states = json.loads(path.read_text(encoding="utf8"))["metadata"]["widgets"][STATE]["state"]
    pieces = sum("_piece" in one["state"] for one in states.values())
    places = page.locator(".bd-article .live-piece")
    expect(places).to_have_count(pieces)
    for place in places.all():
        place.scroll_into_view_if_needed()
        expect(place).to_have_attribute("data-live", "yes")
        expect(place.locator(".course-explorer")).to_contain_text(re.compile(r"\w.{20}", re.S))
        before = place.inner_text()
        boxes, load = place.get_by_role("checkbox"), place.locator(".explorer-load")
        chosen = ':not([aria-label="examples"] *, [aria-pressed="true"])'  # already, at first
        new = place.locator(f"button:enabled{chosen}")
        pressed = next((one for one in (boxes, load) if one.count()), new)
        pressed.first.click()
        expect(place).not_to_have_text(before, use_inner_text=True)
    assert tab[0].complaints == []
