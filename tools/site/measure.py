"""Write down what was measured, for the page on the book's health: book/measures.json.

What the lessons take comes from the last `make test`, which keeps it in _build/notebook_times.json
and the site in _build/test.
"""

import argparse
import datetime
import gzip
import json
import platform
from pathlib import Path

import nbformat

from tools.notebooks import order, stamps
from tools.site import weight
from tools.site.axe import in_both_themes
from tools.site.browser import browser
from tools.site.serve import serve

ROOT = Path(__file__).parents[2]
TIMES = ROOT / "_build" / "notebook_times.json"
SITE = ROOT / "_build" / "test" / "_build" / "html"
OUT = ROOT / "book" / "measures.json"


def lessons(times: Path = TIMES) -> dict[str, dict[str, float]]:
    """Return each lesson's seconds and its kernel's megabytes, as the last `make test` kept them.

    Raises:
        SystemExit: there was no such run.
    """
    if not times.is_file():
        raise SystemExit(f"{times} is not there: run 'make test' first.")
    rows = json.loads(times.read_text(encoding="utf8"))
    return {name: {"seconds": row[0], "memory": row[3]} for name, row in rows.items()}


def versions() -> dict[str, str]:
    """Return Python's version, and those of the packages that the lessons import."""
    found = set()
    for lesson in order.lessons(ROOT):
        notebook = nbformat.read(ROOT / "notebooks" / f"{lesson.slug}.ipynb", as_version=4)
        program = stamps.parsed(notebook)
        inside = [path for path in stamps.files(program) if path.suffix == ".py"]
        found |= set(stamps.versions(program, inside))
    packages = dict(package.split("==") for package in sorted(found))
    return {"Python": platform.python_version(), **packages}


def site_figures(site: Path = SITE) -> dict[str, int]:
    """Return what the page says of a built site: every page is looked at and weighed."""
    names = sorted(path.relative_to(site).as_posix() for path in pages(site))
    with serve(site) as address:
        with browser(reduced_motion="reduce") as tab:
            found = [
                line for name in names for line in in_both_themes(tab.open(f"{address}/{name}"))
            ]
        with weight.chromium() as chromium:
            sizes = {name: weighed(chromium, f"{address}/{name}") for name in names}
    lessons = {name: size for name, size in sizes.items() if name.startswith("notebooks/")}
    return {
        "pages that axe-core looked at, in both themes": len(names),
        "violations of WCAG 2.1 A and AA that it found": len(found),
        "heaviest page of prose, kB compressed, first visit": heaviest(
            sizes.keys() - lessons, sizes
        ),
        "heaviest lesson, kB compressed, first visit": heaviest(lessons, sizes),
        "search index, kB compressed": kilobytes(site / "searchindex.js"),
    }


def pages(site: Path) -> list[Path]:
    """Return the pages of a site, without the one that leads on at once."""
    found = (path for path in site.rglob("*.html") if "_static" not in path.parts)
    return [path for path in found if path != site / "index.html"]


def weighed(chromium, address: str) -> int:
    """Return the bytes of a first visit."""
    return sum(weight.weigh(chromium, address)[0].values())


def heaviest(names, sizes: dict[str, int]) -> int:
    """Return the largest size of these pages in kB."""
    return round(max(sizes[name] for name in names) / 1000)


def kilobytes(path: Path) -> int:
    """Return a file's size as a server sends it."""
    return round(len(gzip.compress(path.read_bytes())) / 1000)


def main() -> None:
    """Read the command line and write the file."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    today = datetime.date.today().isoformat()
    measured = {"date": today, "lessons": lessons(), "versions": versions()}
    measured["site"] = site_figures()
    OUT.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf8")
    print(f"{OUT.relative_to(ROOT)}: {len(measured['lessons'])} lessons, {today}")


if __name__ == "__main__":
    main()
