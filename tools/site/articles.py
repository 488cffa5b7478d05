"""The pages of the built site as a book has them: in their order, without what needs a screen.

`make pdf` and `make epub` read what `make book` has made. Solutions stand at the end of their
lesson, links between pages lead within the book, and links to what is no page of it are words.
"""

import copy
import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
SCREEN_ONLY = "script, noscript, button, form, dialog, .headerlink, .toctree-wrapper, .live-note"
SHIFTED = re.compile("h[1-5]")


class Page(NamedTuple):
    """A page of the book: its name in `_toc.yml`, and 1 if it lies below another, else 0."""

    name: str
    depth: int


def in_order(root: Path = ROOT) -> list[Page]:
    """Return the pages in the order of `_toc.yml`."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf8"))
    found = [Page(toc["root"], 0)]
    for chapter in (chapter for part in toc["parts"] for chapter in part["chapters"]):
        found.append(Page(chapter["file"], 0))
        found += [Page(section["file"], 1) for section in chapter.get("sections", [])]
    return found


def article(site: Path, name: str) -> Tag:
    """Return what a page says, without what needs a screen, and with its solutions at its end.

    Raises:
        SystemExit: the site has no such page.
    """
    path = site / f"{name}.html"
    if not path.is_file():
        raise SystemExit(f"{path} is not there: run 'make book' first.")
    soup = BeautifulSoup(path.read_text(encoding="utf8"), "lxml")
    body = soup.select_one("article.bd-article")
    for tag in body.select(SCREEN_ONLY):
        tag.decompose()
    put_solutions_last(soup, body)
    return body


def styles(site: Path, page: Page) -> list[str]:
    """Return the style sheets of a page, as paths from the root of the site."""
    soup = BeautifulSoup((site / f"{page.name}.html").read_text(encoding="utf8"), "lxml")
    links = [link["href"] for link in soup.select("link[rel=stylesheet]")]
    return [
        "/" + posixpath.normpath(posixpath.join(posixpath.dirname(page.name), x)) for x in links
    ]


def put_solutions_last(soup: BeautifulSoup, body: Tag) -> None:
    """Move folded solutions to the end, each under its exercise's heading and linked with it."""
    folds = [fold for fold in body.select("details") if fold.summary.text.strip() == "Solution"]
    if not folds:
        return
    end = soup.new_tag("section", id="solutions")
    end.append(soup.new_tag("h2", string="Solutions"))
    body.append(end)
    for number, fold in enumerate(folds, 1):
        heading = fold.find_previous(["h2", "h3", "h4"])
        there, here = f"solution-{number}", f"exercise-{number}"
        fold.insert_before(pointer(soup, here, there, "The solution is at the end of this lesson."))
        end.append(soup.new_tag("h3", id=there, string=words(heading)))
        end.extend([child for child in fold.extract().contents if child.name != "summary"])
        end.append(pointer(soup, f"{there}-end", here, "Back to the exercise."))


def words(heading: Tag) -> str:
    """Return what a heading says, a formula in it as its TeX."""
    said = copy.copy(heading)
    for formula in said.select(".math:has(annotation)"):
        formula.string = formula.find("annotation").text
    return " ".join(said.text.split())


def pointer(soup: BeautifulSoup, name: str, target: str, words: str) -> Tag:
    """Return a paragraph, itself a place to point to, that is a link to another in its page."""
    paragraph = soup.new_tag("p", id=name)
    paragraph.append(soup.new_tag("a", href=f"#{target}", string=words))
    return paragraph


def lead(body: Tag, name: str, names: set[str], target: Callable[[str, str], str]) -> None:
    """Make the links of a page lead within the book, and take those away that lead nowhere.

    Args:
        body: the page's article, changed in place.
        name: the page's name.
        names: the names of all pages of the book.
        target: says how the book links to a page's name and an id in it (which may be "").
    """
    for link in body.select("a[href]"):
        parts = urlsplit(link["href"])
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
        to = path.removesuffix(".html") if parts.path else name
        if parts.scheme or parts.netloc:
            continue
        if to in names:
            link["href"] = target(to, unquote(parts.fragment))
        else:
            link.unwrap()


def pictures(body: Tag, name: str, moved: Callable[[str], str]) -> None:
    """Give each picture the address that it has in the book, by that which it has in the site."""
    for picture in body.select("img[src]"):
        if not picture["src"].startswith("data:"):
            place = posixpath.join(posixpath.dirname(name), unquote(picture["src"]))
            picture["src"] = moved(posixpath.normpath(place))


def deepen(body: Tag) -> None:
    """Put each heading one level deeper, as in a page that lies below another."""
    for heading in body.find_all(SHIFTED):
        heading.name = f"h{int(heading.name[1]) + 1}"
