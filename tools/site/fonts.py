"""A font with only the letters in use, as WOFF2: what a page downloads is what it shows."""

import io
from pathlib import Path

from fontTools import subset as subsetter


def subset(font: Path, letters: str) -> bytes:
    """Return a font that holds these letters alone, compressed as WOFF2.

    Args:
        font: a TTF, OTF, WOFF or WOFF2 file.
        letters: all that will be written; letters that the font lacks are left out.
    """
    options = subsetter.Options(flavor="woff2", layout_features=["*"])
    with subsetter.load_font(str(font), options) as loaded:
        worker = subsetter.Subsetter(options)
        worker.populate(text=letters)
        worker.subset(loaded)
        stream = io.BytesIO()
        subsetter.save_font(loaded, stream, options)
    return stream.getvalue()
