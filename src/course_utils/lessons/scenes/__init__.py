"""Small pictures with captions, questions and answers, drawn by seed.

Reading order: `things` (what is where), `picture` (as pixels), `questions` (what can be asked, and
why a model without eyes gains nothing), `tokenizer` (their words as tokens), `digits` (handwriting
of real people, composed).
"""

from course_utils.lessons.scenes.digits import DigitScene, digit_scenes, handwriting, writings
from course_utils.lessons.scenes.picture import SIDE, draw, stencil
from course_utils.lessons.scenes.questions import (
    KINDS,
    Question,
    answers,
    ask,
    caption,
    vocabulary,
)
from course_utils.lessons.scenes.things import (
    COLOURS,
    HELD_OUT,
    PLACES,
    SHAPES,
    SIZES,
    Scene,
    Thing,
    scenes,
)
from course_utils.lessons.scenes.tokenizer import make_tokenizer

__all__ = [
    "COLOURS",
    "HELD_OUT",
    "KINDS",
    "PLACES",
    "SHAPES",
    "SIDE",
    "SIZES",
    "DigitScene",
    "Question",
    "Scene",
    "Thing",
    "answers",
    "ask",
    "caption",
    "digit_scenes",
    "draw",
    "handwriting",
    "make_tokenizer",
    "scenes",
    "stencil",
    "vocabulary",
    "writings",
]
