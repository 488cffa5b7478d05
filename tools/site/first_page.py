"""Print the address of the first page of a built site."""

import argparse
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Read the command line and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path, help="folder of the built site")
    site = parser.parse_args().site
    root = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))["root"]
    print(f"The book is ready: {(site / f'{root}.html').resolve().as_uri()}")


if __name__ == "__main__":
    main()
