"""What Debian's epubcheck says of an e-book."""

import shutil
import subprocess
from pathlib import Path

import pytest

checked = pytest.mark.skipif(
    not (shutil.which("epubcheck") and shutil.which("java")),
    reason="epubcheck or java was not found: the e-book was not checked",
)


def complaints(book: Path) -> str:
    """Return what epubcheck says of errors and warnings."""
    command = ["java", "-jar", shutil.which("epubcheck"), "--failonwarnings", str(book)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf8")
    return "" if done.returncode == 0 else done.stderr + done.stdout
