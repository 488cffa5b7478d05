"""Fetch the third-party files of the site and the slides again, by name and version, with npm.

They are committed, so that neither building nor reading the book needs them from elsewhere.
The slides' MathJax is not here: it comes with a pinned Python package.
"""

import argparse
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "book" / "site_assets" / "vendor"
SLIDES = ROOT / "tools" / "site" / "slides" / "reveal.js"
ENGINE = ROOT / "src" / "course_utils" / "lessons" / "engine" / "vendor"
FACES = "@fontsource-variable"  # one file holds all weights of a face, for Latin letters
REVEAL = ("dist/reveal.css", "dist/reveal.js", "dist/theme/white.css", "plugin/notes/notes.js")
KATEX = ROOT / "book" / "extensions" / "katex"  # runs when the book is built, never in a page
KATEX_VERSION = "katex@0.19.1"
BOLD_TOO = ("Caligraphic", "Fraktur", "Main", "SansSerif")
KATEX_FONTS = (
    *(f"{name}-{weight}" for name in BOLD_TOO for weight in ("Regular", "Bold")),
    *(f"{name}-Regular" for name in ("AMS", "Script", "Typewriter")),
    *("Main-Italic", "Main-BoldItalic", "Math-Italic", "Math-BoldItalic", "SansSerif-Italic"),
    *(f"Size{n}-Regular" for n in (1, 2, 3, 4)),
)
SITE_PACKAGES = {
    KATEX_VERSION: {
        "package/dist/katex.min.css": "katex/katex.min.css",
        "package/dist/contrib/copy-tex.min.js": "katex/copy-tex.min.js",
        **{
            f"package/dist/fonts/KaTeX_{x}.woff2": f"katex/fonts/KaTeX_{x}.woff2"
            for x in KATEX_FONTS
        },
    },
    f"{FACES}/source-sans-3@5.3.1": {
        "package/files/source-sans-3-latin-wght-normal.woff2": "fonts/source-sans.woff2",
        "package/files/source-sans-3-latin-wght-italic.woff2": "fonts/source-sans-italic.woff2",
        "package/LICENSE": "fonts/LICENSE-source-sans",
    },
    f"{FACES}/source-code-pro@5.3.1": {
        "package/files/source-code-pro-latin-wght-normal.woff2": "fonts/source-code.woff2",
        "package/LICENSE": "fonts/LICENSE-source-code",
    },
}
SLIDE_PACKAGES = {
    "reveal.js@4.6.1": {f"package/{name}": name for name in (*REVEAL, "LICENSE")},
}

KATEX_PACKAGES = {
    KATEX_VERSION: {"package/dist/katex.min.js": "katex.min.js", "package/LICENSE": "LICENSE"},
}

TOKENIZERS = "tokenizers.min.mjs"
ENGINE_PACKAGES = {
    "@huggingface/tokenizers@0.2.0": {
        f"package/dist/{TOKENIZERS}": TOKENIZERS,
        "package/LICENSE": "LICENSE",
    },
}


def fetch(package: str, members: dict[str, str], target: Path) -> None:
    """Download one npm package and keep the named files in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True
        )
        archive = Path(folder) / done.stdout.decode().split()[-1]
        with tarfile.open(archive) as tar:
            for member, name in members.items():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                (target / name).write_bytes(tar.extractfile(member).read())
                print(f"{name}  from {package}")


def keep_woff2(sheet: Path) -> None:
    """Take the older formats, which are not served here, out of a style sheet's fonts."""
    older = re.compile(r',url\([^)]*\.(woff|ttf)\) format\("\w+"\)')
    sheet.write_text(older.sub("", sheet.read_text(encoding="utf8")), encoding="utf8")


def main() -> None:
    """Read the command line and fetch everything."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    kinds = ((VENDOR, SITE_PACKAGES), (KATEX, KATEX_PACKAGES))
    kinds += ((SLIDES, SLIDE_PACKAGES), (ENGINE, ENGINE_PACKAGES))
    for target, packages in kinds:
        for package, members in packages.items():
            fetch(package, members, target)
    keep_woff2(VENDOR / "katex" / "katex.min.css")


if __name__ == "__main__":
    main()
