"""Scenes made of real handwriting: the 1,797 digits that come with scikit-learn.

Each is an 8 × 8 picture of a digit that some person wrote. They are set into the nine places of a
scene, twice as large. Which digits are for tests is decided by the picture itself, so a picture
that the model was trained on never comes up in a test.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI (1998).
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from course_utils import arguments
from course_utils.lessons.scenes.picture import CELL, SIDE
from course_utils.lessons.scenes.questions import Question
from course_utils.lessons.scenes.things import PLACES, SPLITS
from course_utils.runtime import CourseError
from course_utils.vision.patches import GROUND

MOST = 4
PICTURES = 1797  # of digits in scikit-learn


@dataclass(frozen=True)
class DigitScene:
    """Handwritten digits in some of nine places.

    Args:
        digits: place (index into PLACES) -> index of the picture among scikit-learn's.

    Raises:
        CourseError: if it is no such dictionary, or empty.
    """

    digits: dict[int, int]

    def __post_init__(self):
        arguments.instance("digits", self.digits, dict, "write {place: index}")
        if not self.digits:
            raise CourseError("expected at least one digit, got none: write {place: index}")
        for place, index in self.digits.items():
            arguments.whole("place", place, 0, len(PLACES) - 1)
            arguments.whole("index", index, 0, PICTURES - 1)

    def draw(self) -> torch.Tensor:
        """Return the picture: uint8, shape (3, 48, 48)."""
        pixels = np.empty((SIDE, SIDE, 3), np.float32)
        pixels[:] = GROUND
        for place, index in self.digits.items():
            top, left = (v * CELL for v in divmod(place, 3))
            ink = np.kron(_digits()[0][index] / 16, np.ones((2, 2)))[..., None]
            pixels[top : top + CELL, left : left + CELL] *= 1 - ink
        return torch.from_numpy(pixels.round().astype(np.uint8)).permute(2, 0, 1).contiguous()

    def caption(self) -> str:
        """Name every digit, in reading order.

        >>> DigitScene({4: 0, 8: 1}).caption()
        'a 0 at the centre, a 1 at the bottom right'
        """
        named = sorted(self.digits.items())
        return ", ".join(f"a {_digits()[1][i]} at the {PLACES[place]}" for place, i in named)

    def ask(self, rng: random.Random) -> Question:
        """Ask which digit stands at a place, or, of two digits, for their sum.

        The answer to the latter names the two before it adds: a model that writes down what it
        sees learns sums that it does not learn in one step.

        Raises:
            CourseError: if rng is no source of chance.
        """
        arguments.chance("rng", rng)
        if len(self.digits) == 2 and rng.random() < 0.5:
            a, b = (int(_digits()[1][index]) for _, index in sorted(self.digits.items()))
            return Question("sum", "what is the sum?", f"{a} and {b} make {' '.join(str(a + b))}")
        place = rng.choice(sorted(self.digits))
        text = f"which digit is at the {PLACES[place]}?"
        return Question("digit at", text, str(_digits()[1][self.digits[place]]))


def digit_scenes(seed: int, split: str = "train") -> Iterator[DigitScene]:
    """Draw scenes of one to four digits without end; half of them hold two.

    Args:
        seed: decides everything.
        split: "train" or "test": whose pictures. Default "train".

    Raises:
        CourseError: if there is no such split, or scikit-learn is not installed.
    """
    arguments.whole("seed", seed, None)
    arguments.one_of("split", split, SPLITS)
    rng, pictures = random.Random(f"{seed} {split} digits"), _split()[split]
    return (_scene(rng, pictures) for _ in iter(int, 1))


def _scene(rng, pictures):
    n = rng.choice((1, 2, 2, 2, 3, MOST))
    return DigitScene({place: rng.choice(pictures) for place in rng.sample(range(len(PLACES)), n)})


def handwriting(index: int) -> tuple[int, np.ndarray]:
    """Return a digit and how somebody wrote it: shape (8, 8), 0 for paper to 16 for ink.

    Args:
        index: of the picture among scikit-learn's.

    Raises:
        CourseError: if there is none of this index, or scikit-learn is not installed.
    """
    arguments.whole("index", index, 0, PICTURES - 1)
    images, digits = _digits()
    return int(digits[index]), images[index].astype(np.uint8)


def writings(digit: int, n: int, split: str = "test") -> list[int]:
    """Return the indices of the first pictures of a digit.

    Args:
        digit: 0 to 9.
        n: how many.
        split: "train" or "test": whose pictures. Default "test".

    Raises:
        CourseError: if there is no such digit or split, or scikit-learn is not installed.

    >>> [handwriting(index)[0] for index in writings(7, n=3)]
    [7, 7, 7]
    """
    arguments.whole("digit", digit, 0, 9)
    arguments.one_of("split", split, SPLITS)
    same = [index for index in _split()[split] if _digits()[1][index] == digit]
    return same[: arguments.size("n", n)]


@cache
def _digits():
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise CourseError("digit scenes need scikit-learn: pip install scikit-learn") from None
    bundled = load_digits()
    return bundled.images, bundled.target


@cache
def _split():
    found = {split: [] for split in SPLITS}
    for index, image in enumerate(_digits()[0]):
        first = hashlib.sha256(image.astype(np.uint8).tobytes()).digest()[0]
        found[SPLITS[first < 256 / 5]].append(index)
    return found
