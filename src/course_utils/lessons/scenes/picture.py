"""A scene as pixels: shapes drawn once with Pillow, four times too large, and scaled down."""

import math
from functools import cache

import numpy as np
import torch
from PIL import Image, ImageDraw

from course_utils import arguments
from course_utils.lessons.scenes.things import PLACES, Scene, Thing
from course_utils.runtime import CourseError
from course_utils.vision.patches import GROUND

SIDE, CELL = 48, 16  # pixels
RADIUS = {"small": 4.5, "big": 7.0}  # pixels
BOX = {"small": 10, "big": 14}  # pixels, with room for the radius
RGB = {
    "red": (214, 39, 40),
    "orange": (255, 140, 20),
    "yellow": (235, 200, 0),
    "green": (44, 140, 60),
    "blue": (40, 90, 200),
    "purple": (140, 60, 170),
}
FINE = 8  # drawn so many times too large


def draw(scene: Scene) -> torch.Tensor:
    """Draw a scene.

    Args:
        scene: what is where.

    Returns:
        uint8, shape (3, 48, 48): red, green and blue, row by row from the top.

    Raises:
        CourseError: if it is no scene, or a thing lies partly outside.

    >>> draw(Scene((Thing("square", "blue", "big", 4),)))[:, 24, 24].tolist()
    [40, 90, 200]
    """
    arguments.instance("scene", scene, Scene, "take one of scenes(seed), or make Scene(things)")
    pixels = np.empty((SIDE, SIDE, 3), np.float32)
    pixels[:] = GROUND
    for thing in scene.things:
        ink = stencil(thing.shape, thing.size)
        top, left = (v - len(ink) // 2 for v in middle(thing))
        if not (_fits(top, len(ink)) and _fits(left, len(ink))):
            raise CourseError(
                f"the {thing.shape} at the {PLACES[thing.place]} lies partly outside with dx "
                f"{thing.dx} and dy {thing.dy}: choose whole numbers closer to 0"
            )
        part = pixels[top : top + len(ink), left : left + len(ink)]
        part += ink * (np.array(RGB[thing.colour], np.float32) - part)
    return torch.from_numpy(pixels.round().astype(np.uint8)).permute(2, 0, 1).contiguous()


def _fits(start, size):
    return isinstance(start, int) and 0 <= start <= SIDE - size


def middle(thing: Thing) -> tuple[int, int]:
    """Return the row and the column of pixels at a thing's middle."""
    return (
        thing.row * CELL + CELL // 2 + thing.dy,
        thing.column * CELL + CELL // 2 + thing.dx,
    )


@cache
def stencil(shape: str, size: str) -> np.ndarray:
    """Return how much of each pixel a shape covers, from 0 to 1; shape (n, n, 1)."""
    n = BOX[size]
    image = Image.new("L", (n * FINE, n * FINE))
    c, r = n * FINE / 2, RADIUS[size] * FINE
    _DRAW[shape](ImageDraw.Draw(image), c, r)
    small = image.resize((n, n), Image.Resampling.BOX)
    return np.asarray(small, np.float32)[..., None] / 255


def _square(pen, c, r):
    pen.rectangle([c - 0.85 * r, c - 0.85 * r, c + 0.85 * r, c + 0.85 * r], fill=255)


def _circle(pen, c, r):
    pen.ellipse([c - r, c - r, c + r, c + r], fill=255)


def _ring(pen, c, r):
    _circle(pen, c, r)
    pen.ellipse([c - 0.5 * r, c - 0.5 * r, c + 0.5 * r, c + 0.5 * r], fill=0)


def _cross(pen, c, r):
    pen.rectangle([c - r, c - 0.32 * r, c + r, c + 0.32 * r], fill=255)
    pen.rectangle([c - 0.32 * r, c - r, c + 0.32 * r, c + r], fill=255)


def _polygon(pen, c, corners):
    pen.polygon([(c + r * math.sin(a), c - r * math.cos(a)) for r, a in corners], fill=255)


def _triangle(pen, c, r):
    _polygon(pen, c, [(r, 2 * math.pi * i / 3) for i in range(3)])


def _star(pen, c, r):
    _polygon(pen, c, [(r if i % 2 == 0 else 0.42 * r, math.pi * i / 5) for i in range(10)])


_DRAW = {
    "square": _square,
    "circle": _circle,
    "ring": _ring,
    "cross": _cross,
    "triangle": _triangle,
    "star": _star,
}
