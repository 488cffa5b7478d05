"""Build the book with Jupyter Book, warnings as errors, and say where it begins.

The same as `jupyter-book build . -W -n --keep-going`, which starts two seconds later (see
`tools/__init__.py`), and one line more.
"""

import argparse
import os
import sys
from pathlib import Path

import yaml
from jupyter_book.cli.main import main as jupyter_book

from tools.site import turns

ROOT = Path(__file__).parents[2]


def first_page(out: Path) -> str:
    """Return the address of the first page of a site built below a folder."""
    root = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))["root"]
    return (out / "_build" / "html" / f"{root}.html").resolve().as_uri()


def main() -> None:
    """Read the command line and build; leave with an exit code other than 0 after a warning."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--execute", action="store_true", help="run every lesson first")
    parser.add_argument("--stored", action="store_true", help="show all outputs as stored")
    parser.add_argument("--quiet", action="store_true", help="print warnings only")
    parser.add_argument("--out", type=Path, default=ROOT, help="_build/html is made below it")
    args = parser.parse_args()
    if args.execute or args.stored:
        os.environ["BOOK_OUTPUTS"] = "run" if args.execute else "stored"
    turns.take(args.out / "_build").release()  # what cannot be written is said in one line
    words = ["build", str(ROOT), "--path-output", str(args.out), "-W", "-n", "--keep-going"]
    try:
        jupyter_book(words + ["-q"] * args.quiet, standalone_mode=False)
    except RuntimeError as error:  # how Jupyter Book says that a build has failed
        raise SystemExit(str(error)) from None
    print(f"The book is ready: {first_page(args.out)}")


if __name__ == "__main__":
    sys.exit(main())
