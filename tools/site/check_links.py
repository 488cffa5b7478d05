"""Check every link of the book, and tell dead ones from those that could not be reached.

Sphinx's linkcheck builder asks for each address; this script only reads its answers. A link is
dead if the server says so (404, 410), if the page lacks the anchor, or if the file is not there.
Anything else that is not a page (no network, a timeout, a refusal, an overloaded server) is
unreachable: look at it by hand, or try again. Only dead links make the exit code 1.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tools.site.turns import turn

ROOT = Path(__file__).parents[2]
KINDS = ("dead", "unreachable", "moved", "works", "not asked")


def kind(link: dict) -> str:
    """Return which of `KINDS` an entry of linkcheck's output.json is."""
    status, info = link["status"], link["info"]
    if status == "redirected":
        return "moved"
    if status == "working":
        return "unreachable" if info == "unauthorized" else "works"
    if status == "unchecked":
        return "not asked"
    external = re.match(r"https?:", link["uri"])
    gone = re.match(r"(404|410) Client Error", info) or re.match(r"Anchor '.*' not found", info)
    return "dead" if status == "broken" and (gone or not external) else "unreachable"


def read(path: Path) -> list[dict]:
    """Return linkcheck's entries, each address once, with its kind."""
    lines = path.read_text(encoding="utf8").splitlines()
    links = {link["uri"]: link for link in map(json.loads, lines)}
    return [link | {"kind": kind(link)} for link in links.values()]


def table(links: list[dict]) -> str:
    """Return a table of all links that do not simply work, the dead ones first, and the counts."""
    told = [link for link in links if link["kind"] in ("dead", "unreachable", "moved")]
    told.sort(key=lambda link: (KINDS.index(link["kind"]), link["filename"], link["lineno"]))
    rows = []
    for link in told:
        place = f"{link['filename']}:{link['lineno']}"
        why = f"to {link['info']}" if link["kind"] == "moved" else reason(link["info"])
        rows.append(f"{link['kind']:<12} {link['uri']}\n{'':<12} {place}  {why}".rstrip())
    counts = Counter(link["kind"] for link in links)
    return "\n".join([*rows, ", ".join(f"{counts[name]} {name}" for name in KINDS)])


def reason(info: str) -> str:
    """Shorten what the library says, which may be a chain of nested exceptions."""
    if re.search(r"NameResolutionError|Failed to resolve|getaddrinfo", info):
        return "the name of the host was not found: is there a network?"
    return info if len(info) <= 90 else f"{info[:87]}..."


def check(book: Path, out: Path) -> list[dict]:
    """Run linkcheck on a book into a folder of its own and return its answers."""
    answers = out / "_build" / "html" / "output.json"  # Jupyter Book names it so
    program = shutil.which("jupyter-book", path=str(Path(sys.executable).parent))
    command = [program, "build", str(book), "--builder", "linkcheck", "--path-output", str(out)]
    environment = {**os.environ, "BOOK_OUTPUTS": "stored"}
    with turn(out):
        answers.unlink(missing_ok=True)
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if not answers.exists() or not answers.stat().st_size:
            said = f"{done.stdout}\n{done.stderr}"
            raise SystemExit(f"{said}\nlinkcheck wrote no answers: see above.")
        return read(answers)


def main() -> None:
    """Read the command line, check the links, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--book", type=Path, default=ROOT, help="folder of the book")
    parser.add_argument("--out", type=Path, help="where to work (default: _build/links in it)")
    parser.add_argument("--read", type=Path, help="an output.json to read; nothing is asked then")
    args = parser.parse_args()
    out = args.out or args.book / "_build" / "links"
    links = read(args.read) if args.read else check(args.book, out)
    print(table(links))
    if any(link["kind"] == "dead" for link in links):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
