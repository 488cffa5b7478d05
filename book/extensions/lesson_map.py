"""The map of the course: each lesson a link, and from each a line down to those that need it.

    ```{lesson-map}
    ```

Made from `_toc.yml` and the notebooks' metadata: nothing here names a lesson. The map is SVG in the
page, so that its links work, keys reach them, and the style sheet colours them in both themes.
"""

from xml.etree import ElementTree

import lesson_tables
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from tools.notebooks import order

WIDTH = 208  # of a lesson's box, in pixels, as all lengths here
BOX, STEP, HEAD, GAP = 26, 32, 28, 10  # heights: a box, a row, a chapter's name, between chapters
LANE, TIP, BEND = 13, 6, 5  # from one line to the next, an arrow's length, a corner's radius
SHADES = 8  # colours of lines, in front.css
SVG = "http://www.w3.org/2000/svg"
NAME = "Map of the lessons: lines lead from each to those that need it"


class LessonMap(nodes.General, nodes.Element):
    """The place of the map."""


class LessonMapDirective(SphinxDirective):
    """The map of all chapters and lessons."""

    def run(self):
        return [LessonMap(chapters=lesson_tables.read(self.env))]


def places(chapters) -> tuple[dict[str, float], dict[str, float], float]:
    """Return the middles of each chapter's name and each lesson's box, and the whole height."""
    y, heads, rows = 0.0, {}, {}
    for chapter in chapters:
        heads[chapter.slug] = y + HEAD / 2
        y += HEAD
        for lesson in chapter.lessons:
            rows[lesson.slug] = y + BOX / 2
            y += STEP
        y += GAP
    return heads, rows, y


def lanes_of(wanted: dict[str, list[str]], rows: dict[str, float]) -> dict[str, int]:
    """Give each lesson that is needed a lane: the first that is free as far as its line goes.

    The lessons of the shortest lines come first, so that they are nearest to the boxes.
    """
    ends = {}
    for slug, needs in wanted.items():
        for need in needs:
            ends[need] = max(rows[slug], ends.get(need, 0))
    lanes: dict[str, int] = {}
    for slug in sorted(ends, key=lambda slug: ends[slug] - rows[slug]):
        beside = [o for o in lanes if rows[o] <= ends[slug] and rows[slug] <= ends[o]]
        taken = {lanes[other] for other in beside}
        lanes[slug] = next(n for n in range(len(ends)) if n not in taken)
    return lanes


def drawing(chapters, link) -> ElementTree.Element:
    """Return the map; `link` gives the address of a page by its name."""
    chapters = [chapter for chapter in chapters if chapter.lessons]
    lessons = [lesson for chapter in chapters for lesson in chapter.lessons]
    wanted = {lesson.slug: order.nearest(lesson, lessons) for lesson in lessons}
    heads, rows, height = places(chapters)
    lanes = lanes_of(wanted, rows)
    width = WIDTH + LANE * (max(lanes.values(), default=0) + 2)
    box = f"-1 0 {width:g} {height:g}"
    svg = ElementTree.Element("svg", xmlns=SVG, viewBox=box, width=f"{width:g}", role="group")
    svg.set("aria-label", NAME)
    for chapter in chapters:
        add_chapter(svg, chapter, heads[chapter.slug], link)
    for lesson in lessons:
        group = ElementTree.SubElement(svg, "g")
        if lesson.slug in lanes:
            ends = arrivals(lesson.slug, wanted, rows)
            add_lines(group, rows[lesson.slug] + 4, ends, lanes[lesson.slug])
        add_lesson(group, lesson, rows[lesson.slug], link)
    return svg


def arrivals(slug: str, wanted: dict[str, list[str]], rows: dict[str, float]) -> list[float]:
    """Return the heights at which a lesson's lines arrive, a little apart where several do."""
    return [rows[s] - 6 + 5 * needs.index(slug) for s, needs in wanted.items() if slug in needs]


def add_lines(group, start: float, ends: list[float], lane: int) -> None:
    """Draw from a box to its lane, down, and an arrow back to each lesson that needs it."""
    x, group.attrib["class"] = WIDTH + LANE * (lane + 1.2), f"shade-{lane % SHADES}"
    path = f"M{WIDTH} {start:g}H{x - BEND:g}q{BEND} 0 {BEND} {BEND}V{max(ends) - BEND:g}"
    for end in ends:
        path += f"M{x:g} {end - BEND:g}q0 {BEND} -{BEND} {BEND}H{WIDTH + TIP}"
        tip = f"M{WIDTH} {end:g}l{TIP + 1} -3.5v7z"
        ElementTree.SubElement(group, "path", {"class": "tip", "d": tip})
    ElementTree.SubElement(group, "path", {"class": "line", "d": path})


def add_chapter(svg, chapter, y: float, link) -> None:
    """Write a chapter's name, a link to its page."""
    page = f"book/{chapter.slug}"
    anchor = ElementTree.SubElement(svg, "a", {"href": link(page), "class": "chapter"})
    ElementTree.SubElement(anchor, "text", x="0", y=f"{y + 5:g}").text = chapter.title


def add_lesson(group, lesson, y: float, link) -> None:
    """Draw a lesson's box with its title, a link to its page."""
    page = f"notebooks/{lesson.slug}"
    anchor = ElementTree.SubElement(group, "a", {"href": link(page), "data-page": page})
    corner = {"x": "0", "y": f"{y - BOX / 2:g}", "rx": "5"}
    ElementTree.SubElement(anchor, "rect", corner, width=f"{WIDTH}", height=f"{BOX}")
    ElementTree.SubElement(anchor, "text", x="10", y=f"{y + 5:g}").text = lesson.title
    tick = f"M{WIDTH - 22} {y:g}l4 4l8 -9"  # shown by progress.js once the lesson has been read
    ElementTree.SubElement(anchor, "path", {"class": "tick", "d": tick})


def visit_map(self, node):
    """Write the map, with links as seen from this page."""
    here = self.builder.current_docname
    svg = drawing(node["chapters"], lambda page: self.builder.get_relative_uri(here, page))
    text = ElementTree.tostring(svg, encoding="unicode")
    self.body.append(f'<div class="lesson-map">{text}</div>\n')
    raise nodes.SkipNode


def add_style(app, pagename, templatename, context, doctree) -> None:
    """Load the style of the front page on the pages that have a map."""
    if doctree is not None and next(doctree.findall(LessonMap), None) is not None:
        app.add_css_file("front.css")


def setup(app):
    """Register the directive and its style."""
    app.connect("html-page-context", add_style)
    app.add_node(LessonMap, html=(visit_map, None))
    app.add_directive("lesson-map", LessonMapDirective)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
