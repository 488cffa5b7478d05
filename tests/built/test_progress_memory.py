"""What the site remembers, in this browser alone, opened in a real browser."""

import json

import pytest
from built import SITE
from playwright.sync_api import sync_playwright

from tools.notebooks import order
from tools.site.browser import find_chromium
from tools.site.serve import serve

if not find_chromium():
    pytest.skip("no Chromium or Chrome was found: nothing was remembered", allow_module_level=True)
REFUSE = """Object.defineProperty(window, "localStorage", { configurable: true,
    get() { throw new DOMException("refused", "SecurityError"); } });"""


@pytest.fixture(scope="module")
def chromium():
    """Return a browser."""
    with sync_playwright() as playwright:
        path = str(find_chromium())
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium):
    """Return a new reader's tab, and the complaints and requests that it has seen."""
    with serve(SITE) as address:
        context = chromium.new_context(base_url=address)
        page = context.new_page()
        page.seen = []
        page.on("pageerror", lambda error: page.seen.append(str(error)))
        page.on("request", lambda asked: asked.method == "GET" or page.seen.append(asked.url))
        yield page
        assert page.seen == [], "scripts failed, or something was sent"
        context.close()


def kept(tab) -> dict:
    """Return what the browser keeps."""
    return json.loads(tab.evaluate("localStorage.getItem('inside-gpt-4v')"))


def read_to_the_end(tab, name: str) -> None:
    """Open a page and scroll to its end."""
    tab.goto(f"/{name}.html")
    tab.wait_for_load_state("load")
    assert name not in kept(tab)["read"]
    tab.keyboard.press("End")
    tab.wait_for_function(f"localStorage.getItem('inside-gpt-4v').includes('\"{name}\"')")


def test_a_lesson_read_to_its_end_has_a_mark_on_the_map_and_in_the_sidebar(tab):
    read_to_the_end(tab, "notebooks/pretraining_loss")
    assert "The pretraining loss, read" in tab.locator(".bd-links a.was-read").all_text_contents()
    tab.goto("/book/intro.html")
    ticked = tab.locator(".lesson-map a.was-read")
    assert ticked.count() == 1 and ticked.locator(".tick").is_visible()
    assert ticked.get_attribute("aria-label") == "The pretraining loss, read"
    line = tab.locator(".progress-line").text_content()
    assert f"Lessons read: 1 of {len(order.lessons())}." in line


def test_answers_stay_and_a_guess_can_be_taken_back(tab):
    tab.goto("/book/background.html")
    tab.locator(".quiz-choice summary").first.click()
    tab.reload()
    assert tab.locator(".quiz.was-answered").count() == 1
    tab.goto("/notebooks/decoding.html")
    guess = tab.locator("button.guess").first
    guess.press("Enter")
    assert guess.get_attribute("aria-pressed") == "true"
    assert len(kept(tab)["answered"]) == 2
    tab.reload()
    assert guess.get_attribute("aria-pressed") == "true"
    guess.press("Enter")
    assert len(kept(tab)["answered"]) == 1


def test_one_button_forgets_everything(tab):
    read_to_the_end(tab, "notebooks/decoding")
    tab.goto("/book/intro.html")
    tab.get_by_role("button", name="Forget it").click()
    assert kept(tab) == {"read": [], "answered": []}
    assert tab.locator(".was-read").count() == 0
    assert tab.locator(".progress-line").is_hidden()


@pytest.mark.parametrize("kept_before", ["null", "[1]", "what is this", '{"read": 3}'])
def test_what_others_keep_under_the_name_does_no_harm(tab, kept_before):
    tab.goto("/book/intro.html")
    tab.evaluate("text => localStorage.setItem('inside-gpt-4v', text)", kept_before)
    read_to_the_end(tab, "notebooks/decoding")


def test_where_nothing_can_be_kept_the_pages_are_as_without_it(tab):
    tab.add_init_script(REFUSE)
    tab.goto("/notebooks/decoding.html")
    tab.wait_for_load_state("load")
    assert tab.locator("p.prediction").count() > 3 and tab.locator("button.guess").count() == 0
    tab.goto("/book/intro.html")
    assert tab.locator(".lesson-map a").count() > 20
    assert tab.locator(".progress-line").count() == 0


def test_a_site_opened_as_files_remembers_too(chromium):
    page = chromium.new_page()
    page.goto((SITE / "notebooks/decoding.html").as_uri())
    page.locator("button.guess").first.click()
    page.reload()
    assert page.locator("button.guess[aria-pressed=true]").count() == 1
