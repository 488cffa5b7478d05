"""Set the repository's address in _config.yml and in every file that repeats it.

For a fork: its badges, launch buttons and setup cells then open and install the fork. What only
speaks of the repository ("a fork of ...") stays. The way back restores every byte. Needs nothing
but Python, so that the publishing workflow can run it before any install.
"""

import argparse
import os
import re
from pathlib import Path

from tools.site.repository import binder, colab, tidy

ROOT = Path(__file__).parents[2]
SETTING = r"^repository:\n(?:  .*\n)*?  %s: *[\"']?([^\s\"'#]+)"
KINDS = {".cff", ".ipynb", ".md", ".txt", ".yml"}
SKIPPED = {".git", ".venv", "_build", "build", "dist", "node_modules", "shared", "vendor"}
INSTALLED = r"(?:git\+|git clone |^repository-code: *[\"']?|^  url: *[\"']?)"
END = r"(?=\.git\b|(?![\w/-]|\.\w))"  # behind an address that does not go on
COLAB = "https://colab.research.google.com/"


def setting(root: Path, name: str) -> str:
    """Return what stands in _config.yml under `repository`."""
    text = (root / "_config.yml").read_text(encoding="utf8")
    if not (found := re.search(SETTING % name, text, re.M)):
        raise SystemExit(f"_config.yml has no `{name}` under `repository`: put it back there.")
    return found[1]


def known(root: Path) -> list[str]:
    """Return the addresses that the files name: one, or two if _config.yml was changed by hand."""
    cell = (root / "tools/notebooks/setup_cell.txt").read_text(encoding="utf8")
    installed = re.findall(r'"git\+([^\s"]+)"', cell)
    return list(dict.fromkeys([setting(root, "url"), *installed]))


def files(root: Path) -> list[Path]:
    """Return the files that may repeat the address; _config.yml, by which it is known, is last."""
    found = []
    for folder, inside, names in os.walk(root):
        inside[:] = [name for name in inside if name not in SKIPPED]
        found += [Path(folder) / name for name in names if Path(name).suffix in KINDS]
    found = [path for path in found if path.is_file() and not path.is_symlink()]
    return sorted(found, key=lambda path: (path == root / "_config.yml", path))


def replaced(text: str, old: str, new: str) -> str:
    """Put a new address where an old one is installed, cloned or opened from.

    >>> replaced("mybinder.org/v2/gh/a/b/main, git+https://github.com/a/b, https://github.com/a/b",
    ...          "https://github.com/a/b", "https://github.com/c/a/b")
    'mybinder.org/v2/gh/c/a/b/main, git+https://github.com/c/a/b, https://github.com/a/b'
    """
    forms = {
        "installed": (INSTALLED, re.escape(old) + END, new),
        "binder": (r"mybinder\.org/v2/", re.escape(binder(old)) + "(?=/)", binder(new)),
    }
    if colab(old) and colab(new):
        forms["colab"] = (re.escape(COLAB), re.escape(colab(old)) + "(?=/)", colab(new))
    either = "|".join(f"(?P<{name}>{front}){rest}" for name, (front, rest, _) in forms.items())

    def put(found: re.Match) -> str:
        return found[found.lastgroup] + forms[found.lastgroup][2]

    return re.sub(either, put, text, flags=re.M | re.ASCII)


def with_colab(text: str, old: str, new: str, branch: str) -> str:
    """Take the Colab links of a list of lessons away, or bring them back, as the host allows."""
    if colab(old) and not colab(new):
        place = re.escape(f"{COLAB}{colab(old)}/blob/{branch}/")
        return re.sub(rf" · \[Colab\]\({place}[^)]+\)", "", text)
    if colab(new) and not colab(old):
        row = re.compile(r"^(- \[.+?\]\((notebooks/\w+\.ipynb)\))(?=\r?$)", re.M)
        return row.sub(rf"\1 · [Colab]({COLAB}{colab(new)}/blob/{branch}/\2)", text)
    return text


def changes(root: Path, new: str) -> dict[Path, bytes]:
    """Return the files that a new address would change, with what they would hold."""
    olds, branch, found = known(root), setting(root, "branch"), {}
    for path in files(root):
        text = fresh = path.read_bytes().decode("utf8", "surrogateescape")
        for old in olds:
            fresh = replaced(fresh, old, new)
            if path == root / "README.md":
                fresh = with_colab(fresh, old, new, branch)
        if fresh != text:
            found[path] = fresh.encode("utf8", "surrogateescape")
    return found


def publish(root: Path, address: str) -> list[Path]:
    """Set the address everywhere below a folder and return the files that changed: all, or none."""
    changed = changes(root, tidy(address))
    if locked := [path for path in changed if not os.access(path, os.W_OK)]:
        name = locked[0].relative_to(root)
        raise SystemExit(f"{name} cannot be written, so nothing was changed: make it writable.")
    for path, data in changed.items():
        path.write_bytes(data)
    return list(changed)


def main() -> None:
    """Read the command line, set the address and say where."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", help="for example https://github.com/owner/name")
    changed = publish(ROOT, parser.parse_args().address)
    for path in changed:
        print(path.relative_to(ROOT))
    print(f"{setting(ROOT, 'url')}: {len(changed)} files changed")
    if not colab(setting(ROOT, "url")):
        print("Colab opens repositories on GitHub only: its links and buttons are left out.")


if __name__ == "__main__":
    main()
