"""What a page weighs at a first visit: the bytes of everything that it asks for until it is idle.

Texts count as a server sends them, compressed with gzip; pictures and fonts are compressed already.
"""

import contextlib
import gzip
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from tools.site.browser import find_chromium

TEXTS = ("text/", "javascript", "json", "svg", "xml")


@contextlib.contextmanager
def chromium():
    """Yield a headless Chromium in which every page is a first visit.

    Raises:
        SystemExit: no Chromium is installed.
    """
    if not (found := find_chromium()):
        raise SystemExit("Chromium is not installed: the pages cannot be weighed.")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def sent(kind: str, body: bytes) -> int:
    """Return how many bytes a server sends for a body of this MIME type.

    >>> sent("text/css", b"a" * 1000) < 40, sent("font/woff2", b"a" * 1000)
    (True, 1000)
    """
    return len(gzip.compress(body, 9)) if any(text in kind for text in TEXTS) else len(body)


def weigh(browser, url: str, before: str = "", after: str = "0") -> tuple[dict[str, int], object]:
    """Return the bytes of each file that a page asks for, and what a script finds at the end.

    Args:
        browser: from `chromium`.
        url: the page's address.
        before: JavaScript that runs before the page's own.
        after: a JavaScript expression, evaluated once nothing is asked for any more.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, answers = context.new_page(), []
    page.on("response", lambda answer: answers.append(answer))
    page.add_init_script(before)
    page.goto(url, wait_until="networkidle")
    files = {
        urlsplit(answer.url).path: sent(answer.headers.get("content-type", ""), answer.body())
        for answer in answers
        if answer.url.startswith("http") and answer.status == 200
    }
    found = page.evaluate(after)
    context.close()
    return files, found
