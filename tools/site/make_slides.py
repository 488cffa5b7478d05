"""Turn lessons into reveal.js slides that ask no other host for anything.

    python -m tools.site.make_slides notebooks/decoding.ipynb

Each lesson becomes one page under _build/slides/, with its stored outputs: nothing is executed.
A cell's `slideshow` metadata decides what becomes of it: slide, subslide, fragment, notes, skip, or
"-" for a part of the slide before (JupyterLab's property inspector sets it). A cell without it gets
what `default_type` says. Exercises and solutions are left out. Key S: the speaker's window.
"""

import argparse
import re
import shutil
from copy import deepcopy
from html import escape
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter

from tools.notebooks.exercises import SOLUTION, is_exercise
from tools.site.front_ends import MATHJAX_PARTS, copy, package_folder
from tools.site.live_pages import HOST, place_of, write_pieces
from tools.site.turns import turn

ROOT = Path(__file__).parents[2]
OUT = ROOT / "_build" / "slides"
SLIDES = Path(__file__).parent / "slides"
HEADING = re.compile(r"#{1,4} ")
LEFT_OUT = re.compile(r"#{1,4} (Exercise|Next|References)\b")
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
SHOWN = re.compile(r"\$\$|^```|^\||\*Predict first|^[-*] |^\d+\. |^!\[", re.M)


def parts(source: str) -> list[str]:
    """Cut Markdown before each heading; a `#` in fenced code is no heading.

    >>> parts("So it is one half.\\n\\n## Next question\\n\\nWhy?")
    ['So it is one half.', '## Next question\\n\\nWhy?']
    """
    found, fenced = [[]], False
    for line in source.splitlines():
        fenced ^= line.startswith("```")
        if HEADING.match(line) and not fenced:
            found.append([])
        found[-1].append(line)
    return [text for lines in found if (text := "\n".join(lines).strip())]


def default_type(cell) -> str:
    """Say what an untagged cell becomes: headings begin slides, prose is for the speaker."""
    if cell.cell_type == "code":
        hidden = {"hide-cell", "hide-input"} & set(cell.metadata.get("tags", []))
        plumbing = cell.id in ("setup", "imports") or hidden or is_exercise(cell)
        return "skip" if plumbing else "subslide"
    if HEADING.match(cell.source):
        return "slide"
    return "subslide" if SHOWN.search(cell.source) else "notes"


def chosen_type(cell) -> str:
    """Return the cell's own slide type, or the default."""
    own = cell.metadata.get("slideshow", {}).get("slide_type")
    if is_exercise(cell):
        return "skip"
    return own or default_type(cell)


def with_type(cell, kind: str):
    """Return a copy of a cell that has this slide type and no outputs but those to be seen."""
    copied = deepcopy(cell)
    copied.metadata["slideshow"] = {"slide_type": kind}
    if cell.cell_type == "code":
        copied.outputs = [o for o in copied.outputs if not is_record(o)]
    return copied


def is_record(output) -> bool:
    """Say whether an output is a recorded number, which nobody sees."""
    return any("papermill.record" in mime for mime in output.get("data", {}))


def cut(cell) -> list:
    """Return a Markdown cell in parts, without exercises; what precedes a heading is for notes."""
    texts = [] if SOLUTION.search(cell.source) else parts(cell.source)
    pieces = [{"source": t, "id": f"{cell.id}-{n}" if n else cell.id} for n, t in enumerate(texts)]
    kept = [nbformat.from_dict({**cell, **p}) for p in pieces if not LEFT_OUT.match(p["source"])]
    leads = len(texts) > 1 and not HEADING.match(texts[0])
    kinds = [default_type(c) if leads and c.id == cell.id else chosen_type(c) for c in kept]
    return [with_type(c, kind) for c, kind in zip(kept, kinds, strict=True)]


def with_pieces(notebook):
    """Return a copy of a lesson with the place of a live piece where it shows a widget."""
    copied = deepcopy(notebook)
    states = copied.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    shown = [o.data for cell in copied.cells for o in cell.get("outputs", []) if "data" in o]
    for data in shown:
        if VIEW in data:
            state = states[data.pop(VIEW)["model_id"]]["state"]
            if state.get("_piece"):
                still = data.get("text/html") or f"<p>{escape(data['text/plain'])}</p>"
                data["text/html"] = place_of(state, still)
    return copied


def arrange(notebook):
    """Return a copy of a lesson that holds what is shown or said, each cell with its slide type."""
    cells = []
    for cell in with_pieces(notebook).cells:
        code = cell.cell_type == "code"
        cells += [with_type(cell, chosen_type(cell))] if code else cut(cell)
    shown = [cell for cell in cells if cell.metadata.slideshow.slide_type != "skip"]
    return nbformat.from_dict({**notebook, "cells": shown})


def exporter() -> SlidesExporter:
    """Return nbconvert's exporter with our template and with scripts from beside the page."""
    return SlidesExporter(
        template_name="slides",
        extra_template_basedirs=[str(SLIDES.parent)],
        reveal_url_prefix="vendor/reveal.js",
        reveal_theme="white",
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )


def copy_scripts(out: Path) -> None:
    """Put reveal.js, MathJax and our own files beside the slides."""
    vendor = out / "vendor"
    for part in MATHJAX_PARTS:
        mathjax = package_folder("sphinx-mathjax-offline") / "static" / "mathjax"
        copy(mathjax / part, vendor / "mathjax" / part)
    shutil.copytree(SLIDES / "reveal.js", vendor / "reveal.js", dirs_exist_ok=True)
    for name in ("slides.css", "slides.js"):
        shutil.copyfile(SLIDES / name, vendor / name)
    theme = vendor / "reveal.js" / "dist" / "theme" / "white.css"  # its font is not needed
    theme.write_text(re.sub(r"@import .*;\n", "", theme.read_text("utf8")), "utf8")


def read(lesson: Path):
    """Return a lesson; leave with one line if there is none."""
    try:
        return nbformat.read(lesson, as_version=4)
    except (OSError, ValueError) as error:  # ValueError: no text, no JSON, no notebook
        why = "is not there" if isinstance(error, FileNotFoundError) else "is no notebook"
        raise SystemExit(f"{lesson} {why}: name one such as notebooks/decoding.ipynb.") from None


def make_slides(lesson: Path, out: Path = OUT) -> Path:
    """Write one lesson's slides and return the page."""
    notebook = arrange(read(lesson))
    notebook.metadata["title"] = notebook.cells[0].source.splitlines()[0].lstrip("# ")
    body, _ = exporter().from_notebook_node(notebook)
    out.mkdir(parents=True, exist_ok=True)
    copy_scripts(out)
    if "widgets" in notebook.metadata:
        write_pieces(out / "live")
        copy(HOST, out / "live" / HOST.name)
    page = out / f"{lesson.stem}.html"
    page.write_text(body, encoding="utf8")
    return page


def main() -> None:
    """Read the command line and make the slides."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", type=Path, help="notebooks/x.ipynb; default: all")
    parser.add_argument("--out", type=Path, default=OUT, help="a folder (_build/slides)")
    args = parser.parse_args()
    with turn(args.out):
        for lesson in args.lessons or sorted((ROOT / "notebooks").glob("*.ipynb")):
            print(make_slides(lesson, args.out))


if __name__ == "__main__":
    main()
