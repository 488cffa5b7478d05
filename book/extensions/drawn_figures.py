"""The figures of the chapters, drawn by code when the book is built.

`book/figures/NAME.py` has a function `draw()` that returns a Matplotlib figure. It becomes
`_build/figures/NAME.svg`, which a page shows with

    ```{figure} /_build/figures/NAME.svg
    :alt: what is to be seen
    ```

A figure is drawn again when its file has changed, or the part of the package that it imports, or a
file that it names in `READS`, a tuple of patterns such as "notebooks/*.ipynb". If the book is built
elsewhere (`--out`), the figures are there, too: sources are only read.
"""

import ast
import importlib.util
import os
from pathlib import Path

from tools.notebooks import stamps

STYLE = {"svg.hashsalt": "course", "savefig.facecolor": "white"}  # the same file each time


def folder(app) -> Path:
    """Return where the figures of this build are."""
    return Path(app.outdir).parent / "figures"


def draw_all(app, config) -> None:
    """Draw each figure that is missing or older than what it stands on."""
    for source in sorted((Path(app.srcdir) / "book" / "figures").glob("*.py")):
        target = folder(app) / f"{source.stem}.svg"
        if not target.exists() or target.stat().st_mtime < changed(source):
            draw(source, target)


def find(app, name: str, content: list[str]) -> None:
    """Let a page's `/_build/figures/` be the folder of this build."""
    place = Path(os.path.relpath(folder(app), app.srcdir)).as_posix()
    content[0] = content[0].replace("{figure} /_build/figures/", f"{{figure}} /{place}/")


def changed(source: Path) -> float:
    """Return when a figure's code was changed, or a file that it imports or reads."""
    program = ast.parse(source.read_text(encoding="utf8"))
    paths = [source, *stamps.files(program), *read_by(program, source.parents[2])]
    return max(path.stat().st_mtime for path in paths)


def read_by(program: ast.Module, root: Path) -> list[Path]:
    """Return the files below the book's root that a figure's code names in `READS`."""
    for node in program.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "READS":
            return [path for pattern in ast.literal_eval(node.value) for path in root.glob(pattern)]
    return []


def draw(source: Path, target: Path) -> None:
    """Run one file's `draw` in the course's style and save what it returns."""
    import matplotlib  # which takes a second, and most builds draw nothing

    from course_utils.lessons import plotting

    spec = importlib.util.spec_from_file_location(source.stem, source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with matplotlib.rc_context(STYLE):
        matplotlib.use("Agg")
        plotting.use_course_style()
        figure = module.draw()
        target.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(target, metadata={"Date": None})
        matplotlib.pyplot.close(figure)


def setup(app):
    """Draw before the pages are read."""
    app.connect("config-inited", draw_all)
    app.connect("source-read", find)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
