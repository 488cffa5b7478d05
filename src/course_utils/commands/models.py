"""Which model a word on the command line means."""

from pathlib import Path

from course_utils import checkpoints
from course_utils.runtime import CourseError


def find_model(name: str) -> str | Path:
    """Return what `load_pretrained` takes: a folder wins over the package's model of that name.

    Args:
        name: a folder, one of `checkpoints.names()`, or a name on the hub.

    Raises:
        CourseError: if the name is empty.
    """
    if not name:
        raise CourseError("expected a folder or a name, --model is empty: name a model")
    if not Path(name).exists() and name in checkpoints.names():
        return checkpoints.path(name)
    return name
