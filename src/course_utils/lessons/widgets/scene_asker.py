"""A picture of the reader's own, and scene-gpt's answers about it, with where it looks.

The reader composes a scene, draws, opens a file or takes a frame of the camera; all of it happens
in the page (`scene_asker.js`), and so do the answers once the model is loaded. Of a file nothing
but pixels leaves the page: no name, no place, no time. Python gets the picture as the model sees
it, and computes the first answer. Left out: questions that the model was not trained on; of a
picture that is not square, all but the middle.
"""

import html
import json

import torch
import traitlets

from course_utils.lessons import checkpoints, scenes
from course_utils.lessons.widgets import _pictures
from course_utils.lessons.widgets._answer import answer
from course_utils.lessons.widgets._models import ModelWidget
from course_utils.lessons.widgets._scene import things_of, world
from course_utils.vision import load_vision

MODEL = "scene-gpt"
KNOWN = "questions.json"  # what the model was trained to answer, beside its weights
QUESTION = "what is at the right?"
NOTE = (
    "This model knows only its world: flat shapes in six colours, or handwritten digits, on light "
    "grey, and questions that the picture can answer. It was never shown a case where the right "
    "answer is that it cannot tell. So it answers about anything else too, with full confidence, "
    "and such an answer means nothing."
)


class SceneAsker(ModelWidget):
    """Let the reader make a picture and ask about it; hold the picture as the model sees it.

    Args:
        example: what is there first: a Scene or a DigitScene, whose things can be moved; or a
            picture, uint8 (3, H, W) or a Pillow image.
        question: what is asked first, in the words of the training.

    Raises:
        CourseError: if the example is no picture, or the question no text.

    >>> asker = SceneAsker(scenes.Scene((scenes.Thing("ring", "red", "big", 5),)))
    >>> asker.answer, asker.changed, tuple(asker.pixels.shape)
    ('ring', False, (3, 48, 48))
    """

    piece = "scene_asker"
    loads = (MODEL,)
    things = traitlets.List().tag(sync=True)  # of the scene
    ground = traitlets.Unicode("").tag(sync=True)  # what is below them, as PNG; "": light grey
    seen = traitlets.Unicode("").tag(sync=True)  # all of it as the model sees it, as PNG
    world = traitlets.Dict().tag(sync=True)
    asked = traitlets.Dict().tag(sync=True)  # what the model knows, from its questions.json
    first = traitlets.Dict().tag(sync=True)  # the first picture, its question and the answer
    note = traitlets.Unicode(NOTE).tag(sync=True)

    def __init__(self, example, question: str = QUESTION):
        things, pixels, ground = _read(example)
        self._pixels, seen = pixels, _pictures.to_url(pixels)
        super().__init__(
            things=things,
            ground=ground,
            seen=seen,
            world=world(things),
            asked=json.loads((checkpoints.path(MODEL) / KNOWN).read_text("utf-8")),
            first={"seen": seen, **_answered(pixels, question)},
        )

    @traitlets.validate("seen")
    def _check_seen(self, proposal) -> str:
        self._pixels = _pictures.from_url(proposal["value"], scenes.SIDE)
        return proposal["value"]

    @property
    def changed(self) -> bool:
        """Whether the reader has changed the picture; else the example is there."""
        return self.seen != self.first["seen"]

    @property
    def pixels(self) -> torch.Tensor:
        """The picture as the model sees it, uint8, shape (3, 48, 48)."""
        return self._pixels.clone()

    @property
    def answer(self) -> str:
        """The answer about the example."""
        return " ".join(word["word"] for word in self.first["words"])

    def still(self) -> str:
        """The example, the first question, its answer and what the model does not know."""
        question, share = self.first["question"], self.first["words"][0]["share"]
        return (
            f'<img src="{self.first["seen"]}" width="192" height="192" alt="The picture that the '
            f'model is asked about" style="image-rendering: pixelated"><p>{html.escape(question)} '
            f"<strong>{self.answer}</strong> ({share:.1%} for the first word)</p><p>{self.note}</p>"
        )

    def __repr__(self) -> str:  # the default holds an address, which no stored output may
        return f"SceneAsker(changed={self.changed}), alive when run"


def _read(example) -> tuple[list, torch.Tensor, str]:
    """Return an example's things, its pixels and, where it is no scene, what lies below things."""
    if isinstance(example, scenes.Scene):
        return things_of(example), scenes.draw(example), ""
    if isinstance(example, scenes.DigitScene):
        return things_of(example), example.draw(), ""
    pixels = _pictures.as_pixels(example, scenes.SIDE)
    return [], pixels, _pictures.to_url(pixels)


def _answered(pixels, question) -> dict:
    words = answer(*load_vision(checkpoints.path(MODEL)), pixels, question)
    return {"question": question, "words": words}
