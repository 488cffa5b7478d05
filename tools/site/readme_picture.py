"""Take the pictures of the README from the built site: the playground, and a figure, in two themes.

The first is the front page's live piece after some tokens, or the map where there is none. The
second is the figure of the audit. Each is written twice, for light and for dark readers.
"""

import argparse
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tools.site.browser import find_chromium
from tools.site.serve import serve

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "book" / "site_assets" / "readme"
FIRST, FIGURE = ".live-piece, .lesson-map", "figure img"
TOKENS, COLOURS = 3, 64  # tokens written before the picture; colours that a small PNG keeps
WAIT = 120_000  # milliseconds: a model is loaded


def write_some(page: Page) -> None:
    """Load the front page's model and let it write a few tokens."""
    page.locator(".live-piece[data-live]").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Load the model").click()
    press = page.get_by_role("button", name="next token")
    for _ in range(TOKENS):
        press.click(timeout=WAIT)
        page.wait_for_timeout(300)  # each bar moves to its new length


def take(page: Page, selector: str, path: Path) -> None:
    """Write the picture of the first element that fits, with few colours."""
    place = page.locator(selector).first
    place.scroll_into_view_if_needed()
    place.screenshot(path=path, animations="disabled")
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


def take_both(browser, address: str, theme: str) -> None:
    """Open the front page in a theme and take both pictures."""
    context = browser.new_context(viewport={"width": 1000, "height": 900}, color_scheme=theme)
    page = context.new_page()
    page.goto(f"{address}/book/intro.html", wait_until="load")
    if page.locator(".live-piece").count():
        write_some(page)
    take(page, FIRST, TARGET / f"playground-{theme}.png")
    take(page, FIGURE, TARGET / f"audit-{theme}.png")
    context.close()


def main() -> None:
    """Read the command line, open the site and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html", help="its folder")
    site = parser.parse_args().site
    if not (site / "index.html").is_file():
        raise SystemExit(f"There is no site in {site}: run 'make book' first.")
    TARGET.mkdir(exist_ok=True)
    with serve(site) as address, sync_playwright() as playwright:
        path = str(find_chromium())
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for theme in ("light", "dark"):
            take_both(browser, address, theme)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
