"""Hand in a notebook, as a student does, or a zip, as a learning platform makes it."""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import nbformat


def hand_in(folder: Path, student: str, notebook, name: str = "tiny", file: str = "tiny.ipynb"):
    """Write one submission."""
    path = folder / student / name / file
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def zip_of(path: Path, files: dict[str, bytes]) -> Path:
    """Write files into a zip."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
