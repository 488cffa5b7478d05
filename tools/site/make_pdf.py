"""Print the whole book into one PDF, by Chromium, from the pages of the built site.

The pages become one page in the order of `_toc.yml`, so that links, bookmarks and page numbers are
Chromium's own. It is printed twice: the second time, the table of contents knows the page numbers.
"""

import argparse
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from jinja2 import Environment, FileSystemLoader
from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

from tools.site import articles
from tools.site.browser import find_chromium
from tools.site.serve import serve

ROOT = Path(__file__).parents[2]
OUT = ROOT / "_build" / "inside-gpt-4v.pdf"
FOOTER = """<div style="width: 100%; font-size: 8px; text-align: center; color: #555">
<span class="pageNumber"></span></div>"""
PAPER = {
    "format": "A4",
    "margin": {"top": "18mm", "bottom": "20mm", "left": "20mm", "right": "20mm"},
    "display_header_footer": True,
    "header_template": "<span></span>",
    "footer_template": FOOTER,
    "print_background": True,
    "outline": True,
    "tagged": True,
}


def place(name: str, inner: str = "") -> str:
    """Return the id, in the printed page, of a page or of a place in it.

    >>> place("book/faq"), place("book/faq", "how")
    ('book-faq', 'book-faq--how')
    """
    return name.replace("/", "-") + (f"--{inner}" if inner else "")


def section(site: Path, page: articles.Page, names: set[str]) -> Tag:
    """Return a page as a part of the printed one: its ids are the book's, its folds are open."""
    body = articles.article(site, page.name)
    articles.lead(body, page.name, names, lambda name, inner: f"#{place(name, inner)}")
    articles.pictures(body, page.name, lambda path: f"/{path}")
    for tag in body.select("[id]"):
        tag["id"] = place(page.name, tag["id"])
    for fold in body.select("details"):
        fold["open"] = ""
    if page.depth:
        articles.deepen(body)
    return body


def whole(site: Path, pages: list[articles.Page], numbers: dict[str, int]) -> str:
    """Return the page to print.

    Args:
        site: the built site.
        pages: what is printed, in order.
        numbers: the page number of each page's id, for the table of contents; empty at first.
    """
    names = {page.name for page in pages}
    rows = []
    for page in pages:
        body = section(site, page, names)
        title = articles.words(body.find(["h1", "h2"]))
        rows.append({"id": place(page.name), "depth": page.depth, "title": title, "body": body})
    styles = list(dict.fromkeys(style for page in pages for style in articles.styles(site, page)))
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent / "print"))
    return templates.get_template("book.html.j2").render(rows=rows, styles=styles, numbers=numbers)


def print_page(tab: Tab, address: str, html: str, out: Path) -> None:
    """Print a page as if it lay at the root of the served site."""
    tab.route(address, lambda route: route.fulfill(body=html, content_type="text/html"))
    tab.goto(address, wait_until="load", timeout=600_000)
    tab.pdf(path=out, **PAPER)
    tab.unroute(address)


def page_numbers(pdf: Path) -> dict[str, int]:
    """Return the page number of each place in a PDF that something links to."""
    reader = PdfReader(pdf)
    places = reader.named_destinations.items()
    return {name.lstrip("/"): reader.get_destination_page_number(to) + 1 for name, to in places}


def name_bookmarks(pdf: Path, titles: list[str]) -> None:
    """Give each bookmark its heading's words: Chromium repeats some, and joins lines."""
    writer = PdfWriter(pdf, incremental=True)
    for mark, title in zip(flat(writer.outline), titles, strict=True):
        mark.node[NameObject("/Title")] = TextStringObject(title)
    writer.write(pdf)


def flat(outline: list) -> list:
    """Return bookmarks that lie in each other as one list."""
    parts = (flat(mark) if isinstance(mark, list) else [mark] for mark in outline)
    return [mark for part in parts for mark in part]


def make_pdf(site: Path, out: Path, pages: list[articles.Page]) -> int:
    """Print pages of a site; return how many pages of paper they are.

    Raises:
        SystemExit: there is no browser, or the site lacks a page.
    """
    if not (found := find_chromium()):
        raise SystemExit("No Chromium or Chrome was found: install one to print the book.")
    out.parent.mkdir(parents=True, exist_ok=True)
    numbers: dict[str, int] = {}
    with serve(site) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for _ in range(2):
            html = whole(site, pages, numbers)
            print_page(browser.new_page(), f"{address}/the-whole-book.html", html, out)
            numbers = page_numbers(out)
        browser.close()
    headings = BeautifulSoup(html, "lxml").select("h1, h2, h3, h4, h5, h6")
    name_bookmarks(out, [articles.words(heading) for heading in headings])
    return len(PdfReader(out).pages)


def main() -> None:
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=articles.SITE, help="its folder")
    parser.add_argument("--out", type=Path, default=OUT, help="_build/inside-gpt-4v.pdf")
    parser.add_argument("--pages", nargs="*", help="book/faq, ...; default: all")
    args = parser.parse_args()
    pages = [page for page in articles.in_order() if not args.pages or page.name in args.pages]
    print(f"{args.out}: {make_pdf(args.site, args.out, pages)} pages")


if __name__ == "__main__":
    main()
