"""The built site: it asks nobody else for anything, every link leads somewhere, and it works.

`make test` builds the site and names its folder in SITE; without it these tests are skipped.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup

from course_utils.lessons.widgets.chat_box import NOTE
from tools.site.browser import browser, find_chromium, serve
from tools.site.repository import binder, colab

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("SITE") or ROOT / "no-site")
if "SITE" not in os.environ:
    pytest.skip("SITE is not set: `make test` builds a site and sets it", allow_module_level=True)

PAGES = sorted(p for p in SITE.rglob("*.html") if "_static" not in p.parts)
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
def test_mathematics_is_drawn_by_our_own_mathjax(path):
    scripts = [tag["src"] for tag in soup(path).select("script[src]")]
    mathjax = [src for src in scripts if "mathjax" in src.lower()]
    assert mathjax or not soup(path).select(".math")
    for src in mathjax:
        assert (path.parent / src.partition("?")[0]).resolve().exists()


@lesson
def test_cell_ids_are_anchors(path):
    ids = target_ids(built(path))
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get("tags", []):
            assert cell.id in ids


@lesson
def test_solutions_are_collapsed(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if "### BEGIN SOLUTION" in cell.source and cell.cell_type == "code":
            node = soup(built(path)).find(id=cell.id)
            assert node.select_one("details:not([open])"), cell.id
            assert "solution" in node.select_one("summary").text


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


def visit(tab, path: Path):
    """Open a page and fail on complaints or on requests that leave the site."""
    opened, address = tab
    opened.open(f"{address}/{path.relative_to(SITE).as_posix()}")
    opened.wait_for("!document.querySelector('.math') || document.querySelector('mjx-container')")
    outside = [u for u in opened.requests if not u.startswith((address, "data:", "blob:"))]
    assert (outside, opened.failed, opened.complaints) == ([], [], [])
    return opened


@needs_browser
@drawn_page
def test_pages_open_without_complaint_and_fit_a_phone(tab, path):
    opened = visit(tab, path)
    drawn = opened.evaluate("document.querySelectorAll('mjx-container').length")
    assert bool(drawn) == bool(soup(path).select(".math"))
    assert opened.evaluate("document.querySelectorAll('mjx-merror').length") == 0
    opened.resize(390)
    outside = [u for u in opened.requests if not u.startswith((tab[1], "data:", "blob:"))]
    assert (outside, opened.failed, opened.complaints) == ([], [], [])
    width = opened.evaluate("document.documentElement.scrollWidth")
    assert width <= 391, f"the page is {width} pixels wide on a phone of 390"


def press(opened, key: str, code: int, text: str) -> None:
    """Press one key and let it go."""
    for kind in ("keyDown", "keyUp"):
        told = {
            "key": key,
            "windowsVirtualKeyCode": code,
            "text": text if kind == "keyDown" else "",
        }
        opened.call("Input.dispatchKeyEvent", type=kind, **told)


@needs_browser
def test_questions_are_answered_by_keyboard(tab):
    opened = visit(tab, SITE / "book" / "background.html")
    first = "document.querySelector('.quiz-choice')"
    assert opened.evaluate(f"{first}.open") is False
    opened.evaluate(f"{first}.querySelector('summary').focus()")
    press(opened, "Enter", 13, "\r")
    assert opened.wait_for(f"{first}.open"), "Enter does not open a choice"
    assert opened.evaluate(f"{first}.querySelector('.quiz-verdict').checkVisibility()")
    press(opened, " ", 32, " ")
    assert opened.wait_for(f"!{first}.open"), "Space does not close it"


WIDGET = "application/vnd.jupyter.widget-view+json"
WITH_WIDGETS = [p for p in LESSONS if WIDGET in p.read_text(encoding="utf8")]


@needs_browser
@pytest.mark.parametrize("path", WITH_WIDGETS, ids=lambda p: p.stem)
def test_widgets_live_without_a_kernel(tab, path):
    opened = visit(tab, built(path))
    views = json.loads(path.read_text(encoding="utf8"))["cells"]
    expected = sum(WIDGET in o.get("data", {}) for c in views for o in c.get("outputs", []))
    script = "document.querySelectorAll('.bd-article .cell_output .jupyter-widgets, .widget-subarea"
    count = f"{script}').length"
    assert opened.wait_for(f"{count} >= {expected}")
    area = "document.querySelector('.bd-article .attention-explorer, .widget-subarea')"
    assert opened.wait_for(f"{area}.innerText.length > 20"), "the widget is empty"
    before = opened.evaluate(f"{area}.innerText")
    if NOTE in before:  # a chat needs Python: its page shows what was said, and says why no more
        assert opened.evaluate(f"{area}.querySelectorAll('button').length") == 2
        return
    box = f"({area}.querySelector('input[type=checkbox]') || {area}.querySelector('button'))"
    assert opened.wait_for(box), "a widget without anything to press"
    opened.evaluate(f"{box}.click()")
    assert opened.wait_for(f"{area}.innerText !== {json.dumps(before)}"), "pressing changes nothing"
    assert opened.complaints == []
