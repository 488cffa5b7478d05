"""Which figures turn light on dark in the dark theme, by what they show.

Diagrams and curves are ink on paper: more than half of their points are white. They get the class
`ink`, and the style sheet inverts their lightness, not their hues. Heat maps, pictures and scenes
have colours that mean something; they keep them, on a sheet of light paper.
"""

from pathlib import Path

from docutils import nodes
from PIL import Image

WHITE = 250  # and lighter, of 255
MOSTLY = 0.55  # of a figure's points: our ink has 0.68 or more, our maps have 0.44 or less


def is_ink(path: Path) -> bool:
    """Say whether a stored picture is mostly white paper."""
    with Image.open(path) as picture:
        counts = picture.convert("L").histogram()
    return sum(counts[WHITE:]) / sum(counts) > MOSTLY


def mark(app, doctree) -> None:
    """Give the figures of a page that are ink their class."""
    for image in doctree.findall(nodes.image):
        path = Path(app.srcdir, image["uri"])
        if path.suffix == ".svg" or (path.suffix == ".png" and is_ink(path)):
            image["classes"].append("ink")


def setup(app):
    """Look at the figures when a page has been read, after Sphinx has found their files."""
    app.connect("doctree-read", mark, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
