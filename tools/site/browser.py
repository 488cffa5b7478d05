"""Look at a built page in headless Chromium: what it draws, prints, asks for and complains of.

    python -m tools.site.browser _build/html/book/intro.html --width 390 --picture intro.png

Playwright drives the Chromium of this machine. The page is served on the loopback, and no other
host can be reached from it.
"""

import argparse
import contextlib
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tools.site.serve import serve

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
OURS = ("http://127.0.0.1:", "file:", "data:", "blob:")
MATHEMATICS = "window.MathJax?.startup?.promise?.then(() => 1)"


def find_chromium() -> str | None:
    """Return the path of a Chromium on this machine, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Tab:
    """One page of Playwright's, and a record of what it asked for and complained of."""

    def __init__(self, page: Page):
        self.page = page
        self.requests: list[str] = []
        self.failed: list[str] = []
        self.complaints: list[str] = []
        page.context.on("request", lambda request: self.requests.append(request.url))
        page.context.on("requestfailed", self._note_failure)
        page.context.on("response", self._note_response)
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note_failure(self, request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was left before it came
            self.failed.append(request.url)

    def _note_response(self, response) -> None:
        if response.status >= 400:
            self.failed.append(response.url)

    def _note_message(self, message) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")

    def open(self, url: str, width: int = 1280, height: int = 900) -> Page:
        """Load a page in a window of this size, wait until it is complete, and return it."""
        for record in (self.requests, self.failed, self.complaints):
            record.clear()
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.goto(url)
        self.page.evaluate(MATHEMATICS)
        return self.page

    def outside(self) -> list[str]:
        """Return what was asked of other hosts."""
        return [url for url in self.requests if not url.startswith(OURS)]


@contextlib.contextmanager
def browser(**settings):
    """Start Chromium, give a tab, and end it afterwards.

    Args:
        settings: of Playwright's context, such as ``java_script_enabled=False``.

    Raises:
        SystemExit: there is no Chromium on this machine.
    """
    if not (found := find_chromium()):
        raise SystemExit("No Chromium or Chrome was found: install one to look at pages.")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=found, args=FLAGS)
        try:
            yield Tab(chromium.new_context(**settings).new_page())
        finally:
            chromium.close()


def main() -> None:
    """Read the command line, open the page, and print what it asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path, help="an .html file in a built site")
    parser.add_argument("--site", type=Path, default=Path("_build/html"))
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--dark", action="store_true", help="use the dark theme")
    parser.add_argument("--script", help="JavaScript to run before the picture; printed")
    parser.add_argument("--full", action="store_true", help="the whole page, not one screen")
    parser.add_argument("--picture", type=Path, default=Path("page.png"))
    args = parser.parse_args()
    theme = "dark" if args.dark else "light"
    with serve(args.site) as address, browser(color_scheme=theme) as tab:
        name = args.page.resolve().relative_to(args.site.resolve()).as_posix()
        page = tab.open(f"{address}/{name}", args.width, args.height)
        if args.script:
            print(page.evaluate(args.script))
        page.screenshot(path=args.picture, full_page=args.full)
        print(f"{len(tab.requests)} requests, failed {tab.failed}")
        print("\n".join(tab.complaints) or "no complaints")


if __name__ == "__main__":
    main()
