"""Is a reply true? A judge that reads numbers and goods out of free words, and asks the list.

Wording is free: what counts are the prices, the numbers of pieces, the goods that are named and
whether something is refused. A judge of this kind has blind spots; the lesson shows one.
"""

import re

from course_utils import arguments
from course_utils.lessons.corpora.shop.catalogue import GOODS, Catalogue
from course_utils.lessons.corpora.shop.intents import Intent, right_move

FAULTS = ("invented price", "wrong number", "false offer", "refused", "not refused", "no answer")
_PRICE = re.compile(r"(\d+) ?(?:euros?\b|€)|€ ?(\d+)")
_REFUSES = re.compile(r"\b(?:not sell|no longer|do not have|don't|have no|not have)\b", re.I)
_SOLD_OUT = re.compile(r"\b(?:sold out|out of stock|none left|(?:no|0) (?:\w+ )?left)\b", re.I)


def prices_in(reply: str) -> set[int]:
    """Return the prices that a reply names, in euros.

    >>> sorted(prices_in("2 lamps at 7 euros each make 14 euros."))
    [7, 14]
    """
    return {int(a or b) for a, b in _PRICE.findall(reply)}


def counts_in(reply: str) -> set[int]:
    """Return the other numbers in a reply: how many there are.

    >>> counts_in("2 lamps at 7 euros each")
    {2}
    """
    return {int(n) for n in re.findall(r"\d+", _PRICE.sub(" ", reply))}


def goods_in(reply: str) -> set[str]:
    """Return the known goods that a reply names."""
    return set(re.findall(r"\w+", reply.lower())) & set(GOODS)


def has_offer(reply: str, intent: Intent) -> bool:
    """Say whether a reply names a good that was not asked for."""
    return bool(goods_in(reply) - {intent.good})


def find_fault(reply: str, intent: Intent, catalogue: Catalogue) -> str:
    """Return what is wrong with a reply, one of `FAULTS`, or "" for a right one.

    Args:
        reply: any text.
        intent: what the customer meant by the message before it.
        catalogue: what the shop really sells.

    Raises:
        CourseError: if the reply is no text, or the others are none of these.

    >>> from course_utils.lessons.corpora.shop.catalogue import Good
    >>> shop = Catalogue((Good("lamps", 7, 3),))
    >>> find_fault("They are 8 euros.", Intent("price", "lamps"), shop)
    'invented price'
    """
    arguments.text("reply", reply)
    move, facts = right_move(intent, catalogue)
    prices, counts = prices_in(reply), counts_in(reply)
    if prices - {facts.get("price"), facts.get("total")}:
        return "invented price"
    others = goods_in(reply) - {intent.good}
    if not all((good := catalogue.find(name)) and good.left for name in others):
        return "false offer"
    if move in ("not sold", "sold out"):
        return _fault_of_refusal(move, reply, prices, counts)
    if move != "too many" and (_REFUSES.search(reply) or _SOLD_OUT.search(reply)):
        return "refused"
    return _fault_of_numbers(move, facts, reply, prices, counts)


def _fault_of_refusal(move, reply, prices, counts):
    pattern = _SOLD_OUT if move == "sold out" else _REFUSES
    if not pattern.search(reply):
        return "not refused" if prices or counts else "no answer"
    return "wrong number" if counts - {0} else ""


def _fault_of_numbers(move, facts, reply, prices, counts):
    """Compare with what must be said: {move: (prices, pieces)}; a price beside it does no harm."""
    price, total, n = (facts.get(key) for key in ("price", "total", "n"))
    wanted = {
        "price": ({price}, set()),
        "stock": (set(), {n}),
        "order": ({total}, {n}),
        "too many": (set(), {n}),
        "yes": ({total}, {n}),
    }
    if move not in wanted:  # greetings, noise, a customer who says no
        return "wrong number" if prices or counts else ("" if reply.strip() else "no answer")
    must_prices, must_counts = wanted[move]
    if counts - must_counts:
        return "not refused" if move == "too many" else "wrong number"
    if move == "too many" and prices:
        return "not refused"
    return "" if must_prices <= prices and must_counts <= counts else "no answer"
