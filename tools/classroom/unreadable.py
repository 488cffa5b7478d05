"""Why a file is no notebook, in words that its student can act on."""

import json
import re

AGAIN = "Open it in Jupyter or Colab, save it, and hand in that file"
DOWNLOAD = "In Colab: File, Download, Download .ipynb. On GitHub: Download raw file"
STARTS = {  # how a file begins: what it is
    rb"PK\x03\x04": "a zip or Office file under another name. Hand in the .ipynb itself",
    rb"%PDF": "a PDF. Hand in the .ipynb itself",
    rb"(\x89PNG|\xff\xd8\xff|GIF8)": "a picture. Hand in the .ipynb itself",
    rb"(\x1f\x8b|Rar!|7z\xbc\xaf)": "a packed file under another name. Hand in the .ipynb itself",
    rb"(<\?xml|<!doctype plist|bplist)": f"a link or another file in XML. {DOWNLOAD}",
    rb"(<!doctype html|<html|<head|<!--|<body|<script)": f"a web page. {DOWNLOAD}",
    rb"(https?://|\[InternetShortcut\])": f"a link. {DOWNLOAD}",
    rb"version https://git-lfs": f"Git's note of a large file. {DOWNLOAD}",
    rb"(import |from \w+ import|def |#!|# %%|#)": f"a Python or Markdown text. {AGAIN}",
}


class Unusable(Exception):
    """A submission that cannot be graded, and why, said to its student."""


def reason(raw: bytes, text: str, error: Exception | None) -> str:
    """Say why a file is no notebook.

    Args:
        raw: the file.
        text: the same, decoded.
        error: how JSON failed; None if it did not.
    """
    return f"not a notebook: {_what(raw, text, error)}"


def _what(raw: bytes, text: str, error: Exception | None) -> str:
    bare = text.strip("\ufeff\0 \r\n\t")
    if not bare:
        return f"the file is empty. {AGAIN}"
    for start in (raw[:200], bare[:200].encode("utf8")):
        for pattern, said in STARTS.items():
            if re.match(pattern, start, re.IGNORECASE):
                return f"it is {said}"
    if error is None:
        return _other_json(bare)
    return _broken(bare, error)


def _other_json(text: str) -> str:
    """Say what a file is that can be read and holds no cells."""
    if re.search(r'"(doc_id|resource_id|url)"\s*:', text[:2000]):  # Google Drive's note of a file
        return f"it is a link. {DOWNLOAD}"
    if re.match(r'{\s*"payload"', text):
        return f"it is a web page of GitHub. {DOWNLOAD}"
    return f"it holds no cells. {AGAIN}"


def _broken(text: str, error: Exception) -> str:
    """Say where a file breaks off, or what stands where it should not."""
    if not isinstance(error, json.JSONDecodeError):
        return f"it is nested too deeply. {AGAIN}"
    if not text.startswith(("{", "[")):
        return f"it is a text of another kind. {AGAIN}"
    place = f"line {error.lineno}, column {error.colno}"
    if mark := re.search(r"^(<{7}|={7}|>{7})( |$)", text, re.MULTILINE):
        return f"it holds a Git conflict ({mark[0].strip()}). Solve it, then save it in Jupyter"
    before = text[max(error.pos - 40, 0) : error.pos + 1].rstrip(" \n\r\t]}")
    if before.endswith(",") and re.match(r"\s*,?\s*[\]}]", text[error.pos :]):
        return f"a comma too many at {place}, as after changes by hand. {AGAIN}"
    if error.pos >= len(text) - 8 or "Unterminated" in error.msg:
        return f"it breaks off at {place}: the upload or the disk was cut short. {AGAIN}"
    return f"{place}: {error.msg}, as after changes by hand. {AGAIN}"
