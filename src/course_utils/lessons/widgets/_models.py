"""Widgets that load a model in the page, when the reader asks and not before."""

import json
from pathlib import Path

import traitlets
from anywidget.experimental import command

from course_utils.lessons import checkpoints
from course_utils.lessons.widgets._told import Widget
from course_utils.runtime import CourseError

WEIGHTS = "model.safetensors"
TEXTS = ("config", "tokenizer")  # .json files that a page needs beside the weights


class ModelWidget(Widget):
    """A widget whose page may ask for the models that its class names in `loads`."""

    loads: tuple[str, ...] = ()
    models = traitlets.Dict().tag(sync=True)  # name -> bytes of its weights

    def __init__(self, **values):
        models = {name: weights(name).stat().st_size for name in self.loads}
        super().__init__(models=models, **values)

    @command
    def files(self, message: dict, buffers: list) -> tuple[dict, list[bytes]]:
        """Answer the page that asks for a model: its .json files, and its weights as bytes."""
        name = message["name"]
        if name not in self.loads:
            raise CourseError(f"this piece loads {self.loads}, the page asked for {name!r}: reload")
        return files_of(name), [weights(name).read_bytes()]


def weights(name: str) -> Path:
    """Return the path of a model's weights."""
    return checkpoints.path(name) / WEIGHTS


def files_of(name: str) -> dict:
    """Return what a page needs beside the weights: what stands in the .json files of TEXTS."""
    folder = checkpoints.path(name)
    return {text: json.loads((folder / f"{text}.json").read_text("utf-8")) for text in TEXTS}
