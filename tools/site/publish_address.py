"""Set the repository's address in _config.yml and in every file that repeats it.

For a fork: its badges, launch buttons and setup cells then open and install the fork. Needs
nothing but Python, so that the publishing workflow can run it before any install.
"""

import argparse
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(r"https://[\w.-]+(/[\w-][\w.-]*){2,}", re.ASCII)
IN_CONFIG = re.compile(r"^repository:\n(?:  .*\n)*?  url: *(\S+) *$", re.M)
KINDS = {".cff", ".ipynb", ".md", ".txt", ".yml"}
SKIPPED = {".git", ".venv", "_build", "build", "dist", "node_modules", "shared", "vendor"}


def tidy(address: str) -> str:
    """Return an address as the files spell it; leave with one line if it cannot be one."""
    short = address.strip().removesuffix("/").removesuffix(".git")
    if not ADDRESS.fullmatch(short):
        raise SystemExit(
            f"URL={address!r} is not a repository's address: write https://github.com/owner/name"
        )
    return short


def current(root: Path) -> str:
    """Return the address that stands in _config.yml."""
    found = IN_CONFIG.search((root / "_config.yml").read_text(encoding="utf8"))
    if not found:
        raise SystemExit("_config.yml has no `url` under `repository`: put the address back there.")
    return found[1]


def files(root: Path) -> list[Path]:
    """Return the files that may repeat the address."""
    found = []
    for folder, inside, names in os.walk(root):
        inside[:] = [name for name in inside if name not in SKIPPED]
        found += [Path(folder) / name for name in names if Path(name).suffix in KINDS]
    return sorted(found)


def replaced(text: str, old: str, new: str) -> str:
    """Put a new address into a text: whole, and as owner/name in the addresses of buttons.

    >>> replaced("mybinder.org/v2/gh/a/b/main, https://x.org/a/b", "https://x.org/a/b",
    ...          "https://x.org/c/d")
    'mybinder.org/v2/gh/c/d/main, https://x.org/c/d'
    """
    for before, after in ((old, new), (urlsplit(old).path, urlsplit(new).path)):
        text = re.sub(re.escape(before) + r"(?![\w-]|\.\w)", lambda _, put=after: put, text)
    return text


def publish(root: Path, address: str) -> list[Path]:
    """Set the address everywhere below a folder and return the files that changed."""
    old, new = current(root), tidy(address)
    changed = []
    for path in files(root):
        text = path.read_bytes().decode("utf8")
        if (fresh := replaced(text, old, new)) != text:
            path.write_bytes(fresh.encode("utf8"))
            changed.append(path)
    return changed


def main() -> None:
    """Read the command line, set the address and say where."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", help="for example https://github.com/owner/name")
    changed = publish(ROOT, parser.parse_args().address)
    for path in changed:
        print(path.relative_to(ROOT))
    print(f"{current(ROOT)}: {len(changed)} files changed")


if __name__ == "__main__":
    main()
