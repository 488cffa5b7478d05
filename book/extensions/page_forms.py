"""One form each for what recurs in the lessons, whose sources stay plain Markdown.

- A section "Exercise: …" ends behind its last hint or solution and has the class `exercise`; the
  text after it belongs to the section around it.
- "*Predict first*: …" is a paragraph of its own, of the class `prediction`.
- The setup cell and the import cell are folded into one line.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform

CARD, ASKED, PREPARING = "Exercise: ", "Predict first", {"setup", "imports"}


class Preparation(nodes.General, nodes.Element):
    """The cells before the first idea, folded into one line."""


class FormExercises(SphinxTransform):
    """End each exercise's section where the exercise ends, and mark it."""

    default_priority = 400

    def apply(self, **kwargs) -> None:
        for section in list(self.document.findall(nodes.section)):
            end = end_of_exercise(section)
            if end:
                section["classes"].append("exercise")
                rest, section.children = section.children[end:], section.children[:end]
                place = section.parent.index(section) + 1
                section.parent.children[place:place] = rest
                for node in rest:
                    node.parent = section.parent


def end_of_exercise(section) -> int:
    """Return how many children of a section belong to its exercise; 0 if it has none."""
    if not section[0].astext().startswith(CARD):
        return 0
    tagged = [n for n, node in enumerate(section) if "tag_exercise" in node.get("classes", ())]
    end, depth = (tagged or [-1])[-1] + 1, 0
    for number, node in enumerate(section.children[end:], end):
        html = node.astext() if isinstance(node, nodes.raw) else ""
        depth += html.count("<details") - html.count("</details")
        if not depth and not html:
            return number
    return len(section)


class FormPredictions(SphinxTransform):
    """Give each question that asks for a guess a paragraph of its own, and mark it."""

    default_priority = 400

    def apply(self, **kwargs) -> None:
        for marker in list(self.document.findall(nodes.emphasis)):
            paragraph = marker.parent
            if marker.astext() != ASKED or not isinstance(paragraph, nodes.paragraph):
                continue
            start = paragraph.index(marker)
            asked = nodes.paragraph("", "", *paragraph.children[start:], classes=["prediction"])
            asked.source, asked.line = paragraph.source, paragraph.line
            paragraph.children = paragraph.children[:start]
            where = paragraph.parent.index(paragraph)
            paragraph.parent[where : where + 1] = [paragraph, asked] if start else [asked]


def fold_preparation(app, doctree) -> None:
    """Put the setup cell and the import cell into one folded line, once they have their ids."""
    cells = [c for c in doctree.findall(nodes.container) if PREPARING & set(c.get("ids", ()))]
    for cell in cells:
        cell.attributes.pop("hide_mode", None)  # one fold is enough
    if cells:
        folded = Preparation()
        cells[0].replace_self(folded)
        for cell in cells[1:]:
            cell.parent.remove(cell)
        folded += cells


def visit_preparation(self, node):
    """Open the fold."""
    self.body.append('<details class="preparation"><summary>Setup and imports</summary>\n')


def depart_preparation(self, node):
    """Close it."""
    self.body.append("</details>\n")


def setup(app):
    """Register the forms; cells have their ids after `course_site` has read them."""
    app.add_node(Preparation, html=(visit_preparation, depart_preparation))
    app.add_transform(FormExercises)
    app.add_transform(FormPredictions)
    app.connect("doctree-read", fold_preparation, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
