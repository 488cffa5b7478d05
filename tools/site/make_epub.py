"""Make an e-book (EPUB 3) of the built site: a file a page, formulas as MathML, no script."""

import argparse
import mimetypes
import posixpath
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

import yaml
from bs4 import Tag
from jinja2 import Environment, FileSystemLoader
from lxml import etree

from tools.site import articles

OUT = articles.ROOT / "_build" / "inside-gpt-4v.epub"
PARTS = Path(__file__).parent / "ebook"


class Chapter(NamedTuple):
    """A page of the site in the e-book.

    Attributes:
        id: its file's name without the ending.
        title: its heading.
        above: the id of the chapter that it lies below, or nothing.
        body: what it says, as XHTML.
        uses: what an e-reader has to know for it, of "mathml" and "svg".
    """

    id: str
    title: str
    above: str
    body: str
    uses: str


def id_of(name: str) -> str:
    """Return a page's id in the e-book.

    >>> id_of("book/faq")
    'book-faq'
    """
    return name.replace("/", "-")


def file_of(name: str, inner: str = "") -> str:
    """Return where an id in a page of the site is in the e-book.

    >>> file_of("book/faq"), file_of("book/faq", "how")
    ('book-faq.xhtml', 'book-faq.xhtml#how')
    """
    return f"{id_of(name)}.xhtml" + (f"#{inner}" if inner else "")


def chapters(site: Path, pages: list[articles.Page]) -> tuple[list[Chapter], dict[str, str]]:
    """Return pages as chapters, and the pictures that they show: names by paths in the site."""
    names, pictures, made, above = {page.name for page in pages}, {}, [], ""
    for page in pages:
        body = articles.article(site, page.name)
        articles.lead(body, page.name, names, file_of)
        articles.pictures(body, page.name, lambda path: pictures.setdefault(path, short(path)))
        simplify(body)
        uses = [kind for kind, tag in (("mathml", "math"), ("svg", "svg")) if body.find(tag)]
        above = above if page.depth else ""
        text = body.decode(formatter="minimal")
        made.append(Chapter(id_of(page.name), articles.words(body.h1), above, text, " ".join(uses)))
        above = above or made[-1].id
    return made, pictures


def short(path: str) -> str:
    """Return a picture's name in the e-book.

    >>> short("_images/timeline.svg")
    'pictures/timeline.svg'
    """
    return f"pictures/{posixpath.basename(path)}"


def simplify(body: Tag) -> None:
    """Leave of each formula its MathML, of what unfolds its title and its text, of SVG its rules.

    HTML knows no capitals in names, and XML does. EPUB allows no role on a picture, and wants a
    title in its links.
    """
    for icon in body.select("svg[aria-hidden]"):
        icon.decompose()
    for link in body.select("svg a"):
        title = Tag(name="title")
        title.string = articles.words(link)
        link.insert(0, title)
    for picture in body.select("svg"):
        picture.attrs.pop("role", None)
        if box := picture.attrs.pop("viewbox", None):
            picture["viewBox"] = box
    for tag in body.select(".math:has(math)"):
        formula = tag.math.extract()
        tag.clear()
        tag.append(formula)
    for fold in body.select("details"):
        title = fold.summary
        fold.name, title.name = "div", "div"
        fold["class"], title["class"] = "folded", "folded-title"
        del fold["open"]


def strict(path: Path) -> bytes:
    """Return a picture as EPUB allows it: an SVG names no DTD, and each of its paths has a "d"."""
    if path.suffix != ".svg":
        return path.read_bytes()
    root = etree.fromstring(path.read_bytes())
    for shape in root.iter("{*}path"):
        shape.set("d", shape.get("d", ""))
    return etree.tostring(root)


def make_epub(site: Path, out: Path, pages: list[articles.Page]) -> int:
    """Write pages of a site as an e-book; return how many chapters it has.

    Raises:
        SystemExit: the site lacks a page.
    """
    found, pictures = chapters(site, pages)
    named = [{"name": n, "kind": mimetypes.guess_type(n)[0]} for n in pictures.values()]
    config = yaml.safe_load((articles.ROOT / "_config.yml").read_text(encoding="utf8"))
    modified = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    said = {"config": config, "modified": modified, "chapters": found, "pictures": named}
    templates = Environment(loader=FileSystemLoader(PARTS), autoescape=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)  # first, by rule
        packed.write(PARTS / "container.xml", "META-INF/container.xml")
        packed.write(PARTS / "ebook.css", "book/ebook.css")
        for name in ("package.opf", "nav.xhtml"):
            packed.writestr(f"book/{name}", templates.get_template(f"{name}.j2").render(said))
        for chapter in found:
            text = templates.get_template("chapter.xhtml.j2").render(chapter=chapter)
            packed.writestr(f"book/{chapter.id}.xhtml", text)
        for path, name in pictures.items():
            packed.writestr(f"book/{name}", strict(site / path))
    return len(found)


def main() -> None:
    """Read the command line and make the e-book."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=articles.SITE, help="its folder")
    parser.add_argument("--out", type=Path, default=OUT, help="_build/inside-gpt-4v.epub")
    args = parser.parse_args()
    count = make_epub(args.site, args.out, articles.in_order())
    print(f"{args.out}: {count} chapters, {args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
