"""What each kind of page weighs at a first visit, and how soon it is drawn and can be used.

Compressed bytes by file, the largest contentful paint and the total blocking time in headless
Chromium, served on the loopback: medians of three visits.
"""

import argparse
import statistics
from pathlib import Path

from tools.site.serve import serve
from tools.site.weight import chromium, weigh

SITE = Path("_build/html")
VISITS = 3
KINDS = {
    "front page": "book/intro.html",
    "prose with mathematics": "book/mathematics.html",
    "lesson": "notebooks/attention_by_hand.html",
    "audit": "book/guide_audit.html",
    "api": "book/api.html",
}
WATCH = """
window.seen = {paint: 0, blocked: 0};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.seen.paint = entry.startTime;
}).observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.seen.blocked += Math.max(0, task.duration - 50);
}).observe({type: "longtask", buffered: true});
"""


def measure(browser, url: str) -> tuple[dict[str, int], float, float]:
    """Return a page's files in bytes, and its paint and blocking time in ms (medians)."""
    visits = [weigh(browser, url, WATCH, "window.seen") for _ in range(VISITS)]
    times = [[seen[key] for _, seen in visits] for key in ("paint", "blocked")]
    return visits[0][0], *map(statistics.median, times)


def report(kind: str, files: dict[str, int], paint: float, blocked: float, most: int) -> None:
    """Print one page: its sum, its times, and its largest files."""
    total = f"{kind}: {sum(files.values()) / 1000:,.0f} kB in {len(files)} files"
    print(f"{total}; largest paint {paint:,.0f} ms, blocked {blocked:,.0f} ms")
    for name, size in sorted(files.items(), key=lambda item: -item[1])[:most]:
        print(f"  {size / 1000:8.1f} kB  {name}")


def main(arguments: list[str] | None = None) -> None:
    """Read the command line; measure the pages and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=SITE, help="the built site (_build/html)")
    parser.add_argument("--files", type=int, default=8, help="print so many files a page (8)")
    parser.add_argument("pages", nargs="*", help="book/faq.html …; default: one of each kind")
    args = parser.parse_args(arguments)
    if not (args.site / "index.html").is_file():
        raise SystemExit(f"{args.site} holds no site: run 'make book' first, or name one.")
    kinds = {page: page for page in args.pages} or KINDS
    with serve(args.site) as address, chromium() as browser:
        for kind, page in kinds.items():
            report(kind, *measure(browser, f"{address}/{page}"), args.files)


if __name__ == "__main__":
    main()
