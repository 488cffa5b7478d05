"""MathJax for the slides, copied from the installed package: no page asks another host."""

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
