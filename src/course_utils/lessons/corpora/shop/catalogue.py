"""What a shop sells: a form with a row for each good, filled in anew for each dialogue.

A filled form belongs to training or to the tests by a hash of its own text, so that no test
dialogue can begin with a list that was trained on, whatever the seeds.
"""

import hashlib
import random
import re
from dataclasses import dataclass
from functools import cached_property

from course_utils import arguments
from course_utils.runtime import CourseError

GOODS = ("lamps", "cups", "kites", "books", "pens", "hats")  # the form's rows
PRICES = range(2, 16)  # euros
STOCK = range(2, 10)  # pieces, where a good is not sold out
PREAMBLE = "Stock, goods, price:"
_ROW = re.compile(r" (?:(\d+) (\w+) (\d+) euros|no (\w+) for sale)")
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
        goods: one `Good` or more, each name once; what the form names besides is not sold.
        order: the rows of the form, in order. Default `GOODS`, as in all training text.

    >>> shop = Catalogue((Good("lamps", 7, 3), Good("cups", 12, 0)), ("lamps", "kites", "cups"))
    >>> shop.text
    'Stock, goods, price: 3 lamps 7 euros; no kites for sale; 0 cups 12 euros.'
    >>> Catalogue.parse(shop.text) == shop
    True
    """

    goods: tuple[Good, ...]
    order: tuple[str, ...] = GOODS

    def __post_init__(self):
        for good in self.goods:
            arguments.instance("good", good, Good, "make one with Good(name, price, left)")
        names = [good.name for good in self.goods]
        if not names or len(set(names)) < len(names) or not set(names) <= set(self.order):
            raise CourseError(
                f"expected goods with different names out of {', '.join(self.order)}, "
                f"got {names}: change them"
            )

    @cached_property
    def text(self) -> str:
        """The system message."""
        return PREAMBLE + ";".join(map(self._row, self.order)) + "."

    def _row(self, name):
        good = self.find(name)
        return f" {good.left} {name} {good.price} euros" if good else f" no {name} for sale"

    @classmethod
    def parse(cls, text: str) -> "Catalogue":
        """Read a system message back.

        Raises:
            CourseError: if it is not written as `text` writes it.
        """
        arguments.text("list", text)
        rows = _ROW.findall(text)
        goods = tuple(Good(name, int(price), int(left)) for left, name, price, _ in rows if name)
        order = tuple(name or absent for _, name, _, absent in rows)
        if not goods or cls(goods, order).text != text:
            raise CourseError(
                f"expected a list such as '{PREAMBLE} 3 lamps 7 euros; no kites for sale.', "
                f"got {text[:60]!r}: take Catalogue.text"
            )
        return cls(goods, order)

    def find(self, name: str) -> Good | None:
        """Return the good of that name, or None when it is not sold."""
        return next((good for good in self.goods if good.name == name), None)

    @property
    def part(self) -> str:
        """Say which part it belongs to, "train" or "test": one in eight is a test."""
        return _PARTS[hashlib.sha256(self.text.encode()).digest()[0] < 32]


def draw_catalogue(rng: random.Random, part: str = "train", shuffled: bool = False) -> Catalogue:
    """Draw goods, prices and stock until they belong to the part that is asked for.

    Args:
        rng: where chance comes from.
        part: "train" or "test".
        shuffled: draw the order of the rows too. Default False: as in `GOODS`.

    Raises:
        CourseError: if there is no such part, or rng is no source of chance.

    >>> draw_catalogue(random.Random(0), "test").part
    'test'
    """
    arguments.chance("rng", rng)
    arguments.one_of("part", part, _PARTS)
    while True:
        sold = [name for name in GOODS if rng.random() < 0.7] or [rng.choice(GOODS)]
        order = tuple(rng.sample(GOODS, len(GOODS))) if shuffled else GOODS
        goods = tuple(_draw_good(rng, name) for name in order if name in sold)
        if (catalogue := Catalogue(goods, order)).part == part:
            return catalogue


def _draw_good(rng, name):
    left = 0 if rng.random() < 0.2 else rng.choice(STOCK)
    return Good(name, rng.choice(PRICES), left)
