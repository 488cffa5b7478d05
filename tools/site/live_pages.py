"""The places of live pieces in a page without Python, and the files that lie beside host.js.

`book/extensions/live.py` puts them into the book, the slides have them, and `write_page` makes a
page with nothing else, for tests and for looking at one piece.
"""

import base64
import json
from pathlib import Path
from shutil import copyfile

HOST = Path(__file__).parents[2] / "book" / "site_assets" / "live" / "host.js"
OFF = "This part of the page needs JavaScript, which is off."
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<script src="live/host.js" defer></script></head>
<body><main><h1>{title}</h1>{places}</main></body></html>
"""


def place_of(state: dict, still: str) -> str:
    """Return the HTML of a piece's place: what it holds, and what is seen until it runs.

    Args:
        state: of a widget, as `get_state()` gives it; what only a notebook's manager wants to know
            is left out.
        still: HTML.
    """
    values = {name: value for name, value in state.items() if not name.startswith("_")}
    held = json.dumps({"piece": state["_piece"], "values": values}, ensure_ascii=False)
    safe = held.replace("<", "\\u003c")  # no text may end the script
    return (
        f'<div class="live-piece"><div class="live-still">{still}'
        f"<noscript><p>{OFF}</p></noscript></div>"
        f'<script type="application/json" class="live-state">{safe}</script></div>'
    )


def write_pieces(folder: Path, widgets=()) -> None:
    """Write the scripts of all pieces into a folder, and the models that they load.

    Args:
        folder: becomes the place of pieces.js and models/.
        widgets: the pieces whose models are wanted. Default: all.
    """
    from course_utils.lessons.widgets import _models, pieces  # which bring PyTorch along

    (folder / "models").mkdir(parents=True, exist_ok=True)
    write(folder / "pieces.js", pieces.script())
    for name in pieces.models(*widgets):
        write_model(folder / "models", name, _models.weights(name), _models.files_of(name))


def write_model(folder: Path, name: str, weights: Path, info: dict) -> None:
    """Write one model twice: for a site, and as a script for a page that is a file."""
    info["bytes"] = weights.stat().st_size
    copyfile(weights, folder / f"{name}.safetensors")
    write(folder / f"{name}.json", json.dumps(info))
    info["weights"] = base64.b64encode(weights.read_bytes()).decode()
    write(folder / f"{name}.js", f"courseLive.models[{name!r}] = {json.dumps(info)};")


def write(path: Path, text: str) -> None:
    """Write a file unless it says so already."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def write_page(folder: Path, *widgets) -> Path:
    """Write a page with these widgets alive in it, and return its path."""
    write_pieces(folder / "live", widgets)
    copyfile(HOST, folder / "live" / "host.js")
    places = "".join(place_of(widget.get_state(), widget.still()) for widget in widgets)
    page = folder / "page.html"
    page.write_text(PAGE.format(title="Live pieces", places=places), encoding="utf-8")
    return page
