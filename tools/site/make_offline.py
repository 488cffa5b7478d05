"""Pack the built site into one zip that opens from a stick, without a network or a server."""

import argparse
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
OUT = ROOT / "_build" / "inside-gpt-4v.zip"
FOR_SERVERS = {"404.html", "sitemap.xml", ".nojekyll", ".buildinfo", "CNAME"}
README = """Unpack this zip, then open index.html in a browser.
Nothing has to be installed, and no network is needed.
"""


def make_offline(site: Path, out: Path) -> int:
    """Write a site and a README.txt into a zip; return how many files they are.

    Raises:
        SystemExit: there is no site.
    """
    if not (site / "index.html").is_file():
        raise SystemExit(f"There is no site in {site}: run 'make book' first.")
    files = [path for path in sorted(site.rglob("*")) if path.is_file()]
    names = {path.relative_to(site).as_posix(): path for path in files}
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("README.txt", README)
        for name in sorted(names.keys() - FOR_SERVERS):
            packed.write(names[name], name)
        return len(packed.namelist())


def main() -> None:
    """Read the command line and pack."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html", help="its folder")
    parser.add_argument("--out", type=Path, default=OUT, help="_build/inside-gpt-4v.zip")
    args = parser.parse_args()
    count = make_offline(args.site, args.out)
    print(f"{args.out}: {count} files, {args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
