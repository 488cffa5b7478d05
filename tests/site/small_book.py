"""A small book in a folder of its own, built by Sphinx in this process, as tests need it."""

import io
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils


class SmallBook:
    """Sources in a folder, its `conf.py` first; `build` gives the names of what was read."""

    def __init__(self, folder: Path, conf: str):
        self.folder, self.html = folder, folder / "out" / "html"
        # its own: extensions write theirs into Sphinx's default, which all builds share
        suffixes = 'source_suffix = {".rst": "restructuredtext"}\n'
        self.write("conf.py", f'{conf}{suffixes}exclude_patterns = ["out"]\n')

    def write(self, name: str, text: str) -> None:
        """Write one source."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf8")

    def page(self, name: str) -> str:
        """Return a built page's HTML."""
        return (self.html / f"{name}.html").read_text(encoding="utf8")

    def build(self, **settings) -> set[str]:
        """Build what is not up to date; a warning fails the test."""
        read, said = [], io.StringIO()
        places = (self.folder, self.folder, self.html, self.folder / "out" / "trees")
        with patch_docutils(self.folder), docutils_namespace():  # as Sphinx's own command does
            app = Sphinx(*places, "html", settings, None, said)
            app.connect("source-read", lambda app, name, content: read.append(name))
            app.build()
        assert said.getvalue() == "", said.getvalue()
        return set(read)
