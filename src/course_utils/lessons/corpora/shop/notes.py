"""Plain text about shops, to pretrain on: a list of goods, and true sentences about it."""

import random

from course_utils import arguments
from course_utils.lessons.corpora.shop.catalogue import GOODS, Catalogue, draw_catalogue
from course_utils.lessons.corpora.shop.intents import Intent, right_move
from course_utils.lessons.corpora.shop.wordings import CLERK

SENTENCES = 8
KINDS = ("price", "stock", "order")


def draw_notes(n: int, seed: int, part: str = "train", kinds: tuple[str, ...] = KINDS) -> list[str]:
    """Draw texts without roles or questions: a list, then sentences about its goods, one a line.

    Args:
        n: how many.
        seed: decides everything.
        part: "train" or "test".
        kinds: what the sentences are about. Default KINDS: price, stock and order.

    Raises:
        CourseError: if there is no such part or kind, or n is no such number.

    >>> draw_notes(1, seed=1)[0].splitlines()[1]
    'You pay for the hats 3 euros each.'
    """
    n = arguments.whole("n", n)
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    for kind in kinds or [None]:
        arguments.one_of("kind", kind, KINDS)
    arguments.whole("seed", seed, None)
    rng = random.Random(f"notes {part} {seed}")
    return [_note(draw_catalogue(rng, part), rng, kinds) for _ in range(n)]


def _note(catalogue: Catalogue, rng: random.Random, kinds) -> str:
    sentences = [_sentence(catalogue, rng, kinds) for _ in range(SENTENCES)]
    return "\n".join([catalogue.text, *sentences, ""])


def _sentence(catalogue, rng, kinds):
    kind = rng.choice(kinds)
    name = rng.choice(GOODS)
    move, facts = right_move(Intent(kind, name, rng.randint(2, 5) * (kind == "order")), catalogue)
    return rng.choice(CLERK[move]).format(**facts)
