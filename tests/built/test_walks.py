"""Walks through the built site as readers take them: by keyboard, on a phone, without scripts."""

import pytest
from built import SITE
from playwright.sync_api import expect

from tools.site.browser import browser, find_chromium
from tools.site.serve import serve

if not find_chromium():
    pytest.skip("no Chromium was found: nobody walked through the site", allow_module_level=True)

LESSON = "notebooks/attention_by_hand.html"
KINDS = [LESSON, "book/intro.html", "book/guide_audit.html", "book/api.html", "search.html"]
PHONE = 390


@pytest.fixture(scope="module")
def sub_path(tmp_path_factory):
    """Serve the site below a path, as a project's site is published; give its address."""
    folder = tmp_path_factory.mktemp("host")
    (folder / "course").mkdir()
    (folder / "course" / "book").symlink_to(SITE, target_is_directory=True)
    with serve(folder) as address:
        yield f"{address}/course/book"


@pytest.fixture(scope="module")
def tab():
    """Give a tab that may read what was copied, and in which nothing moves."""
    with browser(permissions=["clipboard-read"], reduced_motion="reduce") as opened:
        yield opened


# Where the focus is: its part of the page, whether it is in the window, whether it is marked.
FOCUS = """() => {
  const here = document.activeElement;
  if (here === document.body) return null;
  const parts = "#pst-skip-link, #pst-primary-sidebar, .bd-header-article, .bd-article, " +
    ".prev-next-footer, #pst-secondary-sidebar";
  const { bottom, right, top } = here.getBoundingClientRect();
  return {
    part: here.closest(parts)?.className || here.closest(parts)?.id || "elsewhere",
    name: here.tagName + " " + here.textContent.trim().slice(0, 40),
    seen: bottom > 0 && right > 0 && top < innerHeight,
    marked: [here, ...here.children].some((box) => { // a triangle is marked inside its summary
      const { boxShadow, outlineStyle, outlineWidth } = getComputedStyle(box);
      return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
    }),
    solution: here.matches("details > summary") && !here.closest("#pst-primary-sidebar"),
  };
}"""


def walk(page, most: int = 400) -> list[dict]:
    """Press Tab until the focus leaves the page's end, and return where it was.

    Raises:
        AssertionError: the focus does not come to the end.
    """
    stops = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None or (stops and stop["part"] == stops[0]["part"] and len(stops) > 1):
            return stops
        stops.append(stop)
    raise AssertionError(f"after {most} steps the focus is still at {stops[-1]}")


def test_a_lesson_is_walked_through_by_keyboard(tab, sub_path):
    page = tab.open(f"{sub_path}/{LESSON}")
    for piece in page.locator(".live-piece").all():  # what is still to come moves the page
        piece.scroll_into_view_if_needed()
        expect(piece).to_have_attribute("data-live", "yes")
    page.evaluate("scrollTo(0, 0)")
    stops = walk(page)
    parts = " ".join(dict.fromkeys(stop["part"] for stop in stops))
    order = ["skip-link", "bd-sidebar-primary", "bd-header-article", "bd-article", "prev-next"]
    places = [parts.find(part) for part in order]
    assert -1 not in places and places == sorted(places), parts
    assert any(stop["solution"] for stop in stops), "no folded part is reached"
    assert [stop["name"] for stop in stops if not stop["seen"]] == [], "focus out of sight"
    assert [stop["name"] for stop in stops if not stop["marked"]] == [], "focus does not show"


def test_the_first_key_skips_to_the_text(tab, sub_path):
    page = tab.open(f"{sub_path}/{LESSON}")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to main content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_a_folded_part_opens_by_keyboard(tab, sub_path):
    page = tab.open(f"{sub_path}/{LESSON}")
    folded = page.locator(".bd-article details").first
    folded.locator("summary").first.focus()
    before = folded.evaluate("part => part.open")
    page.keyboard.press("Enter")
    assert folded.evaluate("part => part.open") != before


def press_to(page, target, key: str, most: int = 40) -> None:
    """Press Tab until something has the focus, and then a key."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("it => it === document.activeElement"):
            assert page.evaluate(FOCUS)["marked"], "focus does not show"
            return page.keyboard.press(key)
    raise AssertionError(f"{target} is not reached by Tab")


def test_the_playground_is_played_by_keyboard(tab, sub_path):
    page = tab.open(f"{sub_path}/book/playground.html")
    piece = page.get_by_role("group", name="playground")
    piece.scroll_into_view_if_needed()
    piece.get_by_role("textbox").focus()
    press_to(page, piece.locator(".explorer-load"), "Enter")
    step = piece.get_by_role("button", name="next token", exact=True)
    expect(step).to_be_enabled(timeout=60_000)
    tokens, before = piece.locator(".pg-text span"), piece.locator(".pg-text span").count()
    piece.get_by_role("textbox").focus()
    press_to(page, step, "Enter")
    expect(tokens).to_have_count(before + 1)
    told = piece.get_by_role("status").last
    expect(told).to_contain_text("Likeliest next")
    said = told.inner_text()
    press_to(page, piece.get_by_label("temperature"), "End")
    expect(told).not_to_have_text(said)
    head = piece.get_by_role("button", name="layer 2, head 3")
    press_to(page, head, "Space")
    expect(head).to_have_attribute("aria-pressed", "true")
    expect(piece.locator(".pg-told")).to_contain_text("Layer 2, head 3")


@pytest.mark.parametrize("name", KINDS)
def test_below_a_path_nothing_is_missing(tab, sub_path, name):
    tab.open(f"{sub_path}/{name}")
    stray = [url for url in tab.requests if not url.startswith((sub_path, "data:", "blob:"))]
    assert (stray, tab.failed, tab.complaints) == ([], [], [])


@pytest.mark.parametrize("name", KINDS)
def test_opened_as_a_file_nothing_is_missing(tab, name):
    page = tab.open((SITE / name).resolve().as_uri())
    expect(page.locator("main h1:visible").first).to_be_visible()
    assert (tab.outside(), tab.failed, tab.complaints) == ([], [], [])


def test_the_drawer_of_a_phone_closes_when_an_entry_is_chosen(tab, sub_path):
    page = tab.open(f"{sub_path}/{LESSON}", PHONE)
    page.locator(".secondary-toggle:visible").click()
    drawer = page.locator("#pst-secondary-sidebar-modal")
    expect(drawer).to_be_visible()
    drawer.get_by_role("link").last.click()
    expect(drawer).to_be_hidden()


def test_without_scripts_a_phone_shows_the_contents(tab, sub_path):
    size = {"width": PHONE, "height": 900}
    page = tab.page.context.browser.new_page(java_script_enabled=False, viewport=size)
    page.goto(f"{sub_path}/book/algorithm.html")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Glossary").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Glossary")
    page.close()


def test_nothing_moves_where_less_motion_is_asked_for(tab, sub_path):
    moves = """() => [...document.querySelectorAll("*")].map((box) => getComputedStyle(box)).filter(
      (style) => /[1-9]/.test(style.transitionDuration) || style.scrollBehavior === "smooth" ||
        style.animationName !== "none").length"""
    page = tab.open(f"{sub_path}/{LESSON}")
    assert page.evaluate(moves) == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moves) > 0, "nothing moves for anybody: this test sees nothing"
    page.emulate_media(reduced_motion="reduce")


def test_a_doctest_is_copied_without_prompts_and_results(tab, sub_path):
    page = tab.open(f"{sub_path}/book/api.html")
    example = page.locator(".highlight", has_text=">>> ").first
    example.hover()
    example.locator("button.copybtn").click()
    expect(example.locator("button.copybtn")).to_have_class("copybtn o-tooltip--left success")
    copied = page.evaluate("navigator.clipboard.readText()").splitlines()
    told = example.locator("pre").inner_text().splitlines()
    assert copied == [line[4:] for line in told if line.startswith((">>> ", "... "))]


@pytest.mark.parametrize("width", [1280, PHONE])
def test_captions_of_the_sidebar_are_whole(tab, sub_path, width):
    page = tab.open(f"{sub_path}/book/algorithm.html", width)
    if width == PHONE:
        page.locator(".primary-toggle:visible").click()
    cut = """() => [...document.querySelectorAll(".bd-sidebar-primary .caption-text")].filter(
      (text) => text.getBoundingClientRect().right + 1 >
        text.closest(".caption").getBoundingClientRect().right).map((text) => text.textContent)"""
    assert page.locator(".bd-sidebar-primary .caption-text").count() >= 2
    assert page.evaluate(cut) == []
