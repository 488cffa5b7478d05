"""A scripted clerk who tells the truth: the teacher, and the measure of what is possible."""

import random

from course_utils import arguments
from course_utils.lessons.corpora.shop.catalogue import GOODS, Catalogue
from course_utils.lessons.corpora.shop.intents import Intent, right_move
from course_utils.lessons.corpora.shop.wordings import CLERK

REFUSALS = ("not sold", "sold out")


def answer(intent: Intent, catalogue: Catalogue, rng: random.Random, offers: float = 0.5) -> str:
    """Return a truthful clerk's reply, in one of its wordings.

    Args:
        intent: what the customer means.
        catalogue: what the shop sells.
        rng: picks the wording.
        offers: how often a refusal goes on with a good that is in stock. Default 0.5.

    Raises:
        CourseError: if an argument is none of these.

    >>> from course_utils.lessons.corpora.shop.catalogue import Good
    >>> shop = Catalogue((Good("lamps", 7, 3),))
    >>> answer(Intent("order", "lamps", 2), shop, random.Random(0))
    'Good, 2 lamps 7 euros each, 14 euros in all. Shall I wrap them?'
    """
    arguments.chance("rng", rng)
    check_offers(offers)
    move, facts = right_move(intent, catalogue)
    if move == "not sold" and intent.good not in GOODS:
        move = "unknown"
    reply = rng.choice(CLERK[move]).format(**facts)
    if rng.random() < offers:
        reply += offer(intent, catalogue, rng)
    return reply


def check_offers(offers: float) -> None:
    """Raise a CourseError unless this is how often something can be offered."""
    arguments.number("offers", offers, "a share from 0 to 1", lambda share: 0 <= share <= 1)


def offer(intent: Intent, catalogue: Catalogue, rng: random.Random) -> str:
    """Return a sentence that offers the first good in stock, where a truthful clerk must refuse.

    Returns:
        The sentence with a space before it, or "" where nothing is refused or in stock.
    """
    if not can_offer(intent, catalogue):
        return ""
    first = next(good.name for good in catalogue.goods if good.left)
    return rng.choice(CLERK["offer"]).format(good=first)


def can_offer(intent: Intent, catalogue: Catalogue) -> bool:
    """Say whether a truthful clerk must refuse and has something in stock to offer instead."""
    move, _ = right_move(intent, catalogue)
    return move in REFUSALS and any(good.left for good in catalogue.goods)
