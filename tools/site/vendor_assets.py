"""Fetch the third-party scripts of the site and the slides again, by name and version, with npm.

They are committed, so that neither building nor reading the book needs them from elsewhere.
MathJax and anywidget's front end are not here: they come with pinned Python packages.
"""

import argparse
import subprocess
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "book" / "site_assets" / "vendor"
SLIDES = ROOT / "tools" / "slides" / "reveal.js"
WIDGETS = "@jupyter-widgets/html-manager"
FONTS = ("1551f4f60c37af51121f", "7a3337626410ca2f4071", "d878b0a6a1144760244f")  # Font Awesome
REVEAL = ("dist/reveal.css", "dist/reveal.js", "dist/theme/white.css", "plugin/notes/notes.js")
SITE_PACKAGES = {
    "requirejs@2.3.6": {"package/require.js": "require.js"},
    f"{WIDGETS}@1.0.15": {
        "package/dist/embed-amd.js": "embed-amd.js",
        **{f"package/dist/{font}.woff2": f"{WIDGETS}/dist/{font}.woff2" for font in FONTS},
    },
}
SLIDE_PACKAGES = {
    "reveal.js@4.6.1": {f"package/{name}": name for name in (*REVEAL, "LICENSE")},
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


def main() -> None:
    """Read the command line and fetch everything."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    for target, packages in ((VENDOR, SITE_PACKAGES), (SLIDES, SLIDE_PACKAGES)):
        for package, members in packages.items():
            fetch(package, members, target)


if __name__ == "__main__":
    main()
