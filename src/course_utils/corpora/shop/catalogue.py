"""What a shop sells: drawn anew for each dialogue, and written out in its system message.

A catalogue belongs to training or to the tests by a hash of its own text, so that no test
dialogue can begin with a list that was trained on, whatever the seeds.
"""

import hashlib
import random
import re
from dataclasses import dataclass
from functools import cached_property

from course_utils.runtime import CourseError

GOODS = [
    "lamps",
    "cups",
    "kites",
    "books",
    "pens",
    "hats",
    "boots",
    "gloves",
    "scarves",
    "candles",
    "mirrors",
    "clocks",
    "baskets",
    "bowls",
    "spoons",
    "forks",
    "knives",
    "plates",
    "pots",
    "pans",
    "jars",
    "brushes",
    "combs",
    "ribbons",
    "buttons",
    "needles",
    "balls",
    "dolls",
    "drums",
    "flutes",
    "whistles",
    "bells",
    "maps",
    "stamps",
    "envelopes",
    "pencils",
    "erasers",
    "rulers",
    "notebooks",
    "umbrellas",
    "wallets",
    "belts",
    "socks",
    "shirts",
    "towels",
    "blankets",
    "pillows",
    "carpets",
]
PRICES = range(2, 21)  # euros
STOCK = range(2, 10)  # pieces, where a good is not sold out
SIZE = 5  # goods a shop
PREAMBLE = "You sell only these:"
_ENTRY = re.compile(r" (\w+) (\d+) euros, (?:(\d+) left|sold out)")
_PARTS = ("train", "test")


@dataclass(frozen=True)
class Good:
    """A good with its price in euros and the number of pieces left (0: sold out)."""

    name: str
    price: int
    left: int


@dataclass(frozen=True)
class Catalogue:
    """The goods of one shop.

    Args:
        goods: one `Good` or more, each name once.

    >>> shop = Catalogue((Good("lamps", 7, 3), Good("cups", 12, 0)))
    >>> shop.text
    'You sell only these: lamps 7 euros, 3 left; cups 12 euros, sold out.'
    >>> Catalogue.parse(shop.text) == shop
    True
    """

    goods: tuple[Good, ...]

    def __post_init__(self):
        names = [good.name for good in self.goods]
        if not names or len(set(names)) < len(names):
            raise CourseError(f"expected goods with different names, got {names}: change them")

    @cached_property
    def text(self) -> str:
        """The system message."""
        entries = (
            f" {g.name} {g.price} euros, " + (f"{g.left} left" if g.left else "sold out")
            for g in self.goods
        )
        return PREAMBLE + ";".join(entries) + "."

    @classmethod
    def parse(cls, text: str) -> "Catalogue":
        """Read a system message back.

        Raises:
            CourseError: if it is not written as `text` writes it.
        """
        found = _ENTRY.findall(text)
        goods = tuple(Good(name, int(price), int(left or 0)) for name, price, left in found)
        if not goods or cls(goods).text != text:
            raise CourseError(
                f"expected a list of goods such as {PREAMBLE!r} lamps 7 euros, 3 left., got "
                f"{text[:60]!r}: take Catalogue.text"
            )
        return cls(goods)

    def find(self, name: str) -> Good | None:
        """Return the good of that name, or None when it is not sold."""
        return next((good for good in self.goods if good.name == name), None)

    @property
    def part(self) -> str:
        """Say which part it belongs to, "train" or "test": one in eight is a test."""
        return _PARTS[hashlib.sha256(self.text.encode()).digest()[0] < 32]


def draw_catalogue(rng: random.Random, part: str = "train", size: int = SIZE) -> Catalogue:
    """Draw goods, prices and stock until they belong to the part that is asked for.

    Args:
        rng: where chance comes from.
        part: "train" or "test".
        size: goods in the shop, 1 to 48. Default 5.

    Raises:
        CourseError: if the part or the size is none of these.

    >>> draw_catalogue(random.Random(0), "test").part
    'test'
    """
    if part not in _PARTS:
        raise CourseError(f"expected a part, 'train' or 'test', got {part!r}: name one")
    if not isinstance(size, int) or not 1 <= size <= len(GOODS):
        raise CourseError(f"size must be from 1 to {len(GOODS)}, got {size!r}: change it")
    while True:
        goods = tuple(_draw_good(rng, name) for name in rng.sample(GOODS, size))
        if (catalogue := Catalogue(goods)).part == part:
            return catalogue


def _draw_good(rng, name):
    left = 0 if rng.random() < 0.2 else rng.choice(STOCK)
    return Good(name, rng.choice(PRICES), left)
