"""What a scene holds: one to five things, each with a shape, a colour, a size and a place.

Every shape, colour and place is treated alike, and that is what makes the questions fair: renaming
them turns a scene into another that is just as likely. Six combinations, one of each shape and
each colour, are held out: `scenes` draws them only when asked to.
"""

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from course_utils import arguments
from course_utils.runtime import CourseError

SHAPES = ("circle", "square", "triangle", "star", "cross", "ring")
COLOURS = ("green", "yellow", "purple", "red", "orange", "blue")
SIZES = ("small", "big")
PLACES = ("top left", "top", "top right", "left", "centre", "right")
PLACES += ("bottom left", "bottom", "bottom right")
HELD_OUT = frozenset(zip(COLOURS, SHAPES, strict=True))  # a red star is one of them
MOST = 5
SHIFTS = {"small": 3, "big": 1}  # pixels that a thing may lie from the middle of its place
COUNTS = (0, 1, 2, 3)
SPLITS = ("train", "test")


@dataclass(frozen=True)
class Thing:
    """One thing in a scene.

    Args:
        shape, colour, size: one of SHAPES, COLOURS and SIZES.
        place: index into PLACES.
        dx, dy: how far it lies from the middle of its place, in pixels.
    """

    shape: str
    colour: str
    size: str
    place: int
    dx: int = 0
    dy: int = 0

    @property
    def kind(self) -> tuple[str, str]:
        """Colour and shape."""
        return self.colour, self.shape

    @property
    def row(self) -> int:
        """0 at the top."""
        return self.place // 3

    @property
    def column(self) -> int:
        """0 at the left."""
        return self.place % 3


@dataclass(frozen=True)
class Scene:
    """Some things, in the order of their places; no two in one place.

    Args:
        things: what there is.
        count: a number, 0 to 3, that "how many" is to be asked about. Default None: any.

    Raises:
        CourseError: if two things share a place, or a word, a place or a number is not known.
    """

    things: tuple[Thing, ...]
    count: int | None = None

    def __post_init__(self):
        fix = "write (Thing(shape, colour, size, place), …), with a comma behind a single one"
        arguments.instance("things", self.things, tuple, fix)
        for thing in self.things:
            arguments.instance("thing", thing, Thing, fix)
        if self.count is not None:
            arguments.whole("count", self.count, COUNTS[0], COUNTS[-1], ", or None")
        places = [arguments.whole("place", thing.place, 0, 8) for thing in self.things]
        if places != sorted(set(places)) or not set(places) <= set(range(len(PLACES))):
            raise CourseError(f"expected things in ascending places 0 to 8, got {places}")
        known = {"shape": SHAPES, "colour": COLOURS, "size": SIZES}
        for thing, (name, words) in product(self.things, known.items()):
            arguments.one_of(name, getattr(thing, name), words)

    @property
    def split(self) -> str:
        """Say whether this scene belongs to "train" or "test": a fifth of all is for tests.

        Decided by what is where (not by the pixels' small shifts), so the two cannot meet.
        """
        text = "|".join(f"{t.shape} {t.colour} {t.size} {t.place}" for t in self.things)
        return SPLITS[hashlib.sha256(text.encode()).digest()[0] < 256 / 5]


def scenes(
    seed: int,
    split: str = "train",
    held_out: bool = False,
    things: int | Iterable[int] | None = None,
) -> Iterator[Scene]:
    """Draw scenes without end.

    Each is drawn for a number from 0 to 3, every number equally often, such that some shape occurs
    so many times: so "how many" can be asked fairly of all of them (`Scene.count`).

    Args:
        seed: decides everything.
        split: "train" or "test". Default "train".
        held_out: whether each scene holds one of the combinations in HELD_OUT, exactly one thing
            of that kind. Default False: none.
        things: how many each scene holds: a number from 1 to 5, or several such as range(1, 4).
            They are the scenes that would come anyway, without the others. Default None: any.

    Raises:
        CourseError: if there is no such split, or no scene holds so many.
    """
    arguments.whole("seed", seed, None)
    arguments.one_of("split", split, SPLITS)
    sizes = _sizes(things)
    rng = random.Random(f"{seed} {split} {held_out}")
    drawn = (scene for scene in _endless(rng, held_out) if scene.split == split)
    return (scene for scene in drawn if len(scene.things) in sizes)


def _sizes(things):
    """Return the numbers of things that a scene may hold; an impossible one would never end."""
    if things is None:
        return range(1, MOST + 1)
    several = list(things) if isinstance(things, Iterable) else [things]
    if not several:
        raise CourseError("things must be a number from 1 to 5, or several, got none: name one")
    return {arguments.whole("things", n, 1, MOST, ", several of these, or None") for n in several}


def _endless(rng, held_out):
    kinds = [kind for kind in product(COLOURS, SHAPES) if kind not in HELD_OUT]
    while True:
        count = rng.choice(COUNTS)
        while True:
            drawn = [rng.choice(kinds) for _ in range(rng.randint(1, MOST))]
            if held_out:
                drawn[0] = rng.choice(sorted(HELD_OUT))
            shapes = [shape for _, shape in drawn]
            if any(shapes.count(shape) == count for shape in SHAPES):
                break
        yield _placed(rng, drawn, count)


def _placed(rng, kinds, count):
    places = rng.sample(range(len(PLACES)), len(kinds))
    biggest = rng.randrange(len(kinds)) if rng.random() < 0.5 else None  # else sizes by chance
    things = []
    for i, ((colour, shape), place) in enumerate(zip(kinds, places, strict=True)):
        size = rng.choice(SIZES) if biggest is None else SIZES[i == biggest]
        far = SHIFTS[size]
        dx, dy = rng.randint(-far, far), rng.randint(-far, far)
        things.append(Thing(shape, colour, size, place, dx, dy))
    return Scene(tuple(sorted(things, key=lambda thing: thing.place)), count)
