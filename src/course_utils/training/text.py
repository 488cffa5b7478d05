"""A text file as one string: any UTF-8 text can be learnt from.

Left out: other encodings, folders of files, and streaming (a text is read into memory whole).
"""

from os import PathLike
from pathlib import Path

from course_utils.runtime import CourseError


def read_text(path: str | PathLike) -> str:
    """Read a UTF-8 text file whole.

    Args:
        path: the file. A byte order mark is dropped and line ends become ``\\n``.

    Returns:
        The text, which holds more than white space.

    Raises:
        CourseError: the file is missing, a folder, unreadable, empty or not UTF-8 text.
    """
    path = Path(path)
    if not path.exists():
        raise CourseError(f"expected a text file, got {path}, which does not exist: check the name")
    if path.is_dir():
        raise CourseError(f"expected a text file, got the folder {path}: name a file in it")
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise CourseError(
            f"expected a readable file, got {error.strerror!r} for {path}: check its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise CourseError(
            f"expected UTF-8 text, got byte 0x{data[error.start]:02x} at position {error.start} "
            f"of {path}: save the file as UTF-8, or choose a text file"
        ) from error
    if "\0" in text:
        raise CourseError(f"expected text, got NUL bytes in {path}: choose a text file")
    if not text.strip():
        raise CourseError(f"expected some text, got an empty file {path}: choose another")
    return text.replace("\r\n", "\n").replace("\r", "\n")
