"""What a customer means by a message, apart from how it is said."""

import random
from dataclasses import dataclass

from course_utils import arguments
from course_utils.lessons.corpora.shop.catalogue import Catalogue

KINDS = ("price", "stock", "order", "yes", "no", "hello", "bye", "noise")


@dataclass(frozen=True)
class Intent:
    """A customer's move.

    Args:
        kind: "price", "stock", "order", "yes" or "no" (to an offered order), "hello", "bye" or
            "noise".
        good: the good in question, sold here or not. Default "": none.
        n: pieces ordered. Default 0.

    Raises:
        CourseError: if there is no such kind, or n is no whole number.
    """

    kind: str
    good: str = ""
    n: int = 0

    def __post_init__(self):
        arguments.one_of("kind", self.kind, KINDS)
        arguments.whole("n", self.n)


def right_move(intent: Intent, catalogue: Catalogue) -> tuple[str, dict]:
    """Return what a truthful clerk does about an intent, and the facts that go into the words.

    Returns:
        A key of `wordings.CLERK`, and values for its places.

    Raises:
        CourseError: if these are no intent and no catalogue.

    >>> from course_utils.lessons.corpora.shop.catalogue import Good
    >>> right_move(Intent("order", "lamps", 4), Catalogue((Good("lamps", 7, 3),)))[0]
    'too many'
    """
    arguments.instance("intent", intent, Intent, "make one with Intent(kind, good, n)")
    arguments.instance("catalogue", catalogue, Catalogue, "draw one with draw_catalogue(rng)")
    if intent.kind in ("hello", "bye", "noise", "no"):
        return intent.kind, {}
    good = catalogue.find(intent.good)
    if good is None:
        return "not sold", {"good": intent.good}
    facts = {"good": good.name, "price": good.price, "n": intent.n or good.left}
    if intent.n:
        facts["total"] = good.price * intent.n
    if intent.kind in ("price", "yes"):
        return intent.kind, facts
    if good.left == 0:
        return "sold out", facts
    if intent.n > good.left:
        return "too many", facts | {"n": good.left}
    return intent.kind, facts


def made_up_word(rng: random.Random) -> str:
    """Return a word that no shop sells and no vocabulary holds.

    >>> made_up_word(random.Random(0))
    'saluvons'
    """
    pairs = (
        rng.choice("bcdfghjklmnprstvwz") + rng.choice("aeiou") for _ in range(rng.choice((2, 3)))
    )
    return "".join(pairs) + rng.choice("lmnrt") + "s"


def noise(rng: random.Random) -> str:
    """Return a message that means nothing: characters from anywhere, a few words long."""
    ranges = ((33, 126), (0xC0, 0x17F), (0x391, 0x3C9), (0x4E00, 0x9FA5), (0x1F600, 0x1F64F))
    words = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        first, last = rng.choice(ranges)
        words.append("".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 3))))
    return " ".join(words)
