"""Open every lesson as Colab does: alone, in an environment with Colab's versions.

Builds the package's wheel, makes a fresh environment, and runs each lesson in an empty folder with
COURSE_UTILS_SOURCE set to the wheel: first up to its imports, then, with the network cut, from top
to bottom. Fails if a lesson fails, if its setup cell did not install the wheel, or if any package
changed that the lesson does not name.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools.colab import environment
from tools.colab.lesson import (
    Place,
    Row,
    network_cutter,
    network_is_cut,
    try_imports,
    try_lesson,
)

ROOT = Path(__file__).parents[2]
WHOLE = {"attention_by_hand", "hugging_face", "vision_api"}  # in the quick variant
SHOWN = ("python", "torch", "transformers", "tokenizers", "numpy", "matplotlib")
SHOWN += ("ipywidgets", "ipython", "ipykernel", "anywidget")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", type=Path, help="default: all")
    parser.add_argument("--python", default=sys.executable, help="the Python to use (Colab: 3.13)")
    parser.add_argument("--folder", type=Path, default=ROOT / "_build" / "colab")
    parser.add_argument("--reuse", action="store_true", help="take the environment that is there")
    text = "with the versions that Colab lists today, not those of requirements.txt"
    parser.add_argument("--today", action="store_true", help=text)
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"PyTorch as at hand; only {', '.join(sorted(WHOLE))} whole, the rest to the imports",
    )
    return parser.parse_args()


def prepare(options: argparse.Namespace, scratch: Path) -> Place:
    """Return wheel and environment, made here or found."""
    folder = options.folder.resolve()  # lessons run elsewhere
    folder.mkdir(parents=True, exist_ok=True)
    wheel = environment.build_wheel(folder)
    home = folder / ("quick" if options.quick else "environment")
    python = environment.interpreter(home)
    if not (options.reuse and python.exists()):
        pins = environment.colab_pins(options.quick)
        pins = environment.current(pins) if options.today else pins
        index = environment.index_options()
        python = environment.make(options.python, home, pins, index)
    return Place(python, wheel, scratch, network_cutter())


def describe(place: Place) -> list[str]:
    """Say which versions are there, which differ from Colab's, and how the network is cut."""
    have = environment.versions(place.python)
    shown = ", ".join(f"{name} {have.get(name, 'missing')}" for name in SHOWN)
    differ = environment.differences(have, environment.read_pins(environment.PINS))
    how = "unshare: the loopback alone" if place.cut else "proxy variables that lead nowhere"
    if not network_is_cut(place):
        raise SystemExit(f"The network could not be cut ({how}).")
    return [
        f"Versions: {shown}",
        f"Other than Colab's: {'; '.join(differ) or 'none'}",
        f"Network after the imports: cut ({how})",
    ]


def line(row: Row) -> str:
    """Return a row of the table."""
    verdict = "; ".join(row.faults) or ("ok" if row.same else "ok, to the imports")
    added = ", ".join(row.added) or "nothing"
    return (
        f"| {row.lesson} | {row.setup:.1f} | {row.seconds:.1f} | {verdict} | {row.same} | {added} |"
    )


def rows(lessons: list[Path], place: Place, quick: bool) -> Iterator[Row]:
    """Try the lessons one after the other; if it is to be quick, of most only the imports."""
    whole = [path for path in lessons if not quick or path.stem in WHOLE]
    yield from (try_lesson(path, place) for path in whole)
    if others := [path for path in lessons if path not in whole]:
        yield try_imports(others, place)


def main() -> None:
    """Run the lessons and print the table."""
    options = arguments()
    lessons = options.lessons or sorted((ROOT / "notebooks").glob("*.ipynb"))
    with tempfile.TemporaryDirectory() as scratch:
        place = prepare(options, Path(scratch))
        print("\n\n".join(describe(place)), end="\n\n")
        print("| lesson | setup, s | offline, s | result | prints as stored | added besides |")
        print("|---|---|---|---|---|---|", flush=True)
        faults = 0
        for row in rows(lessons, place, options.quick):
            faults += bool(row.faults)
            print(line(row), flush=True)
    if faults:
        raise SystemExit(f"{faults} rows with a fault: see above.")


if __name__ == "__main__":
    main()
