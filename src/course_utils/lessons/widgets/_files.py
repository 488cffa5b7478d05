"""The files beside the widgets: each one's script, and its style on top of the shared one."""

from importlib.resources import files


def script(name: str) -> str:
    """Return the text of a widget's script."""
    return _read(f"{name}.js")


def style(name: str) -> str:
    """Return the text of base.css and of a widget's own rules."""
    return _read("base.css") + _read(f"{name}.css")


def _read(name: str) -> str:
    return files("course_utils.lessons.widgets").joinpath(name).read_text(encoding="utf-8")
