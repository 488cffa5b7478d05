"""MathJax and anywidget's front end, copied from the installed packages: no page asks another host.

A small Sphinx extension for the book (`_config.yml` names it); the slides use its functions.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

MATHJAX_PARTS = (
    "tex-chtml.js",
    "a11y",
    "input/tex/extensions",
    "output/chtml/fonts",
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
)


def copy_front_ends(app, error) -> None:
    """Copy MathJax and anywidget's front end from the installed packages into the site."""
    if error is not None or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    mathjax = package_folder("sphinx-mathjax-offline") / "static" / "mathjax"
    for part in MATHJAX_PARTS:
        copy(mathjax / part, static / "mathjax" / part)
    anywidget = package_folder("anywidget") / "nbextension" / "index.js"
    copy(anywidget, static / "vendor" / "anywidget.js")


def package_folder(name: str) -> Path:
    """Return where a package is installed, without importing it."""
    return Path(find_spec(name).origin).parent


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder unless it is there already with the same size."""
    if source.is_dir():
        for inner in source.iterdir():
            copy(inner, target / inner.name)
    elif not target.exists() or target.stat().st_size != source.stat().st_size:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def setup(app):
    """Copy when the book is built."""
    app.connect("build-finished", copy_front_ends)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
