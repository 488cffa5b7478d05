"""Build the book with the newest Sphinx and theme, to see what will change: a preview.

Jupyter Book 1 keeps Sphinx below 8. It can write the configuration that it would use, and with
that a newer Sphinx builds alone. The new versions are installed under _build/preview; all other
packages are those of this environment. Warnings are counted, and do not fail the build.
"""

import argparse
import contextlib
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

from tools.colab.environment import interpreter

ROOT = Path(__file__).parents[2]
OUT = ROOT / "_build" / "preview"
NEW = ["sphinx>=9", "myst-nb", "sphinx-book-theme", "sphinx-design", "sphinx-togglebutton"]
NEW += ["sphinx-copybutton", "sphinx-external-toc", "sphinxcontrib-bibtex"]


@contextlib.contextmanager
def configuration() -> Iterator[None]:
    """Have the conf.py that Jupyter Book would use, beside _config.yml: its paths begin there."""
    program = shutil.which("jupyter-book", path=str(Path(sys.executable).parent))
    subprocess.run([program, "config", "sphinx", str(ROOT)], check=True)
    try:
        yield
    finally:
        (ROOT / "conf.py").unlink()


def environment(folder: Path) -> Path:
    """Return the interpreter of an environment with new versions, which falls back on this one."""
    venv.create(folder, clear=True, with_pip=True)
    python = interpreter(folder)
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *NEW]
    subprocess.run(command, check=True)
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    theirs = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
    paths = [ours, ROOT, ROOT / "src", ROOT / "book" / "extensions"]
    Path(theirs, "fallback.pth").write_text("\n".join(map(str, paths)), encoding="utf8")
    return python


def main() -> None:
    """Build, say where the site is and how many warnings there were."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    python = environment(OUT / "environment")
    warnings = OUT / "warnings.txt"
    command = [python, "-m", "sphinx", "-b", "html", "-E", "-q", "-w", warnings, ROOT, OUT / "html"]
    with configuration():
        done = subprocess.run(command, cwd=ROOT)
    count = len(warnings.read_text(encoding="utf8").splitlines()) if warnings.exists() else 0
    print(f"{OUT / 'html'}: {count} lines of warnings in {warnings}")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
