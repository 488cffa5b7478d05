"""Every word of the shop, so that a tokenizer can make each one token."""

from collections.abc import Iterator

from course_utils.lessons.corpora.shop.catalogue import GOODS, PRICES, STOCK, Catalogue, Good
from course_utils.lessons.corpora.shop.wordings import CLERK, CUSTOMER


def all_texts() -> Iterator[str]:
    """Yield texts that hold every word of the shop in each form that occurs."""
    shop = Catalogue((Good(GOODS[0], 2, 0), *(Good(name, 2, 2) for name in GOODS[1:-1])))
    yield shop.text
    for table in (CUSTOMER, CLERK):
        for wording in (words for group in table.values() for words in group):
            yield wording.format(good=GOODS[0], n=2, price=2, total=2)
    numbers = {*PRICES, *STOCK} | {p * n for p in PRICES for n in range(2, 6)}
    yield from (f"x {number}" for number in sorted(numbers))
