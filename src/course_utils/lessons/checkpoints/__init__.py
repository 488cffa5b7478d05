"""The small trained models that come with the package, each a folder in Hugging Face's format.

Made by `make checkpoints`; each has a README.md that says of what, how long, and how good.
"""

import json
from os import PathLike
from pathlib import Path

from course_utils.runtime import CourseError

_HERE = Path(__file__).parent


def names() -> list[str]:
    """List the models that come with the package."""
    return sorted(folder.parent.name for folder in _HERE.glob("*/config.json"))


def find(name: str | PathLike) -> str | Path:
    """Return the place that a word on the command line means: a folder wins over a model's name.

    Args:
        name: a folder, one of `names()`, or anything else, such as a name on the hub.

    Returns:
        The model's folder if `name` is one of `names()` and no file or folder; else `name` itself.

    Raises:
        CourseError: if the name is empty.

    >>> find("story-gpt") == path("story-gpt"), find("gpt2")
    (True, 'gpt2')
    """
    if not str(name):
        raise CourseError("expected a folder or a model's name (--model), got none: name one")
    known = not Path(name).exists() and str(name) in names()
    return path(str(name)) if known else name


def path(name: str) -> Path:
    """Return the folder of a model, to be given to `load_pretrained` or to transformers.

    Args:
        name: such as "story-gpt".

    Raises:
        CourseError: if there is no such model.
    """
    if name not in names():
        have = ", ".join(names()) or "none"
        raise CourseError(f"no checkpoint {name!r}, there are: {have}")
    return _HERE / name


def results(name: str) -> dict:
    """Return what was measured when a model was made; its README.md is written from the same.

    Args:
        name: such as "story-gpt".

    Raises:
        CourseError: if there is no such model.

    >>> results("story-gpt")["steps"]
    700
    """
    return json.loads((path(name) / "results.json").read_text(encoding="utf8"))
