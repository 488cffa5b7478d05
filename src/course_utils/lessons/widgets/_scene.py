"""What a page needs to draw scenes by itself, and the things of a scene as it names them."""

import numpy as np

from course_utils.lessons.scenes import (
    COLOURS,
    HELD_OUT,
    PLACES,
    SHAPES,
    SIDE,
    SIZES,
    DigitScene,
    Scene,
    handwriting,
    stencil,
    writings,
)
from course_utils.lessons.scenes.digits import MOST as MOST_DIGITS
from course_utils.lessons.scenes.picture import CELL, RGB
from course_utils.lessons.scenes.things import MOST as MOST_SHAPES
from course_utils.lessons.scenes.things import SHIFTS
from course_utils.vision.patches import GROUND

WRITINGS = 3  # of each digit, in writing that the model was not trained on
LETTERS = "0123456789abcdefg"  # of how much ink a pixel of a digit has


def world(things: list[dict]) -> dict:
    """Return sizes, colours, shapes and digits, as engine/scene.js takes them.

    Args:
        things: of a scene; digits among them are told beside those that a reader may choose.
    """
    chosen = [index for digit in range(10) for index in writings(digit, WRITINGS)]
    there = [thing["index"] for thing in things if "index" in thing]
    return {
        "side": SIDE,
        "cell": CELL,
        "ground": GROUND,
        "places": PLACES,
        "sizes": SIZES,
        "rgb": {colour: RGB[colour] for colour in COLOURS},
        "stencils": {shape: {size: _hex(shape, size) for size in SIZES} for shape in SHAPES},
        "digits": [_digit(index) for index in dict.fromkeys([*chosen, *there])],
        "heldOut": sorted(" ".join(kind) for kind in HELD_OUT),
        "shifts": SHIFTS,
        "most": [MOST_SHAPES, MOST_DIGITS],
    }


def things_of(scene: Scene | DigitScene) -> list[dict]:
    """Return what is in a scene, as the page names it."""
    if isinstance(scene, Scene):
        return [dict(vars(thing)) for thing in scene.things]
    return [
        {"digit": handwriting(index)[0], "index": index, "place": place, "dx": 0, "dy": 0}
        for place, index in sorted(scene.digits.items())
    ]


def _digit(index) -> dict:
    digit, ink = handwriting(index)
    return {"digit": digit, "index": index, "ink": "".join(LETTERS[level] for level in ink.flat)}


def _hex(shape, size) -> str:
    return (stencil(shape, size) * 255).round().astype(np.uint8).tobytes().hex()
