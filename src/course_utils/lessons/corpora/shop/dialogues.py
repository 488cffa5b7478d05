"""Dialogues between simulated customers and clerks: for training, and to score any clerk.

A row of training text comes from the same customer that later scores the model, with a scripted
clerk in the model's place.
"""

import random
from collections import Counter
from collections.abc import Callable

from course_utils import arguments
from course_utils.lessons.corpora.shop import clerk
from course_utils.lessons.corpora.shop.catalogue import draw_catalogue
from course_utils.lessons.corpora.shop.customer import N_GOALS, Customer
from course_utils.lessons.corpora.shop.wordings import CUSTOMER
from course_utils.runtime import CourseError

MAX_ROUNDS = 12  # more than any customer says


def draw_customers(
    n: int,
    seed: int,
    part: str = "train",
    shuffled: bool = False,
    n_goals: int = N_GOALS,
    wordings: dict | None = None,
) -> list[Customer]:
    """Draw customers, each in a shop of its own.

    Args:
        n: how many.
        seed: decides shops, goals and words.
        part: "train" or "test"; no shop is in both. Default "train".
        shuffled: draw the order of each list. Default False: the one of training.
        n_goals: goals a customer. Default 3.
        wordings: how they speak. Default None: as in training.

    Raises:
        CourseError: if a number or the part is out of range.

    >>> len({customer.catalogue.text for customer in draw_customers(20, seed=1)})
    20
    """
    n, n_goals = arguments.whole("n", n, 1), arguments.whole("n_goals", n_goals, 1)
    arguments.whole("seed", seed, None)
    rng = random.Random(f"{part} {seed}")
    words = CUSTOMER if wordings is None else wordings
    return [
        Customer(draw_catalogue(rng, part, shuffled), random.Random(rng.random()), n_goals, words)
        for _ in range(n)
    ]


def draw_dialogues(
    n: int, seed: int, part: str = "train", offers: float = 0.5, **shops
) -> list[list[dict]]:
    """Draw dialogues with the truthful clerk, each a list of {"role", "content"}.

    Args:
        n: how many.
        seed: decides everything.
        part: "train" or "test".
        offers: how often a refusal offers something else. Default 0.5.
        shops: shuffled, n_goals and wordings as in `draw_customers`.

    Raises:
        CourseError: if a number or the part is out of range.

    >>> dialogue = draw_dialogues(1, seed=1)[0]
    >>> [message["role"] for message in dialogue[:3]]
    ['system', 'user', 'assistant']
    """
    customers = draw_customers(n, seed, part, **shops)
    simulate(scripted_clerk(customers, offers, seed), customers)
    return [customer.messages for customer in customers]


def draw_pairs(n: int, seed: int) -> list[tuple[list[dict], str, str]]:
    """Draw moments at which a clerk must refuse, each with two true replies.

    Args:
        n: how many, all from shops of the training part.
        seed: decides everything.

    Returns:
        (messages up to the customer's, refusal with an offer, the same refusal alone), n times.

    Raises:
        CourseError: if n or seed is no such number.

    >>> messages, longer, shorter = draw_pairs(1, seed=0)[0]
    >>> longer.startswith(shorter) and messages[-1]["role"] == "user"
    True
    """
    n = arguments.whole("n", n)
    rng, pairs = random.Random(f"pairs {seed}"), []
    for customer in draw_customers(2 * n + 20, seed):
        while customer.speak() is not None:
            intent, before = customer.turns[-1].intent, customer.messages
            short = clerk.answer(intent, customer.catalogue, rng, offers=0.0)
            if offer := clerk.offer(intent, customer.catalogue, rng):
                pairs.append((before, short + offer, short))
            customer.hear(rng.choice((short, short + offer)))
    return pairs[:n]


def simulate(reply_all: Callable, customers: list[Customer]) -> list[Customer]:
    """Let customers talk to a clerk, all at once, until none has anything left to say.

    Args:
        reply_all: takes a list of conversations (lists of messages, the last by the user) and
            returns a reply, a text, to each.
        customers: as drawn; they keep what was said.

    Returns:
        The same customers.

    Raises:
        CourseError: if there are not as many replies as conversations, or one is no text.
    """
    _check_customers(customers)
    if not callable(reply_all):
        got = arguments.shortened(reply_all)
        raise CourseError(f"expected a function that replies, got {got}: pass its name")
    for _ in range(MAX_ROUNDS):
        talking = [customer for customer in customers if customer.speak() is not None]
        if not talking:
            break
        replies = list(reply_all([customer.messages for customer in talking]))
        if len(replies) != len(talking):
            raise CourseError(
                f"expected {len(talking)} replies, got {len(replies)}: answer each conversation"
            )
        for customer, reply in zip(talking, replies, strict=True):
            customer.hear(reply)
    return customers


def _check_customers(customers):
    if not isinstance(customers, list) or not customers:
        got = arguments.shortened(customers)
        raise CourseError(f"expected a list of customers, got {got}: draw_customers(n, seed)")
    for customer in customers:
        arguments.instance("customer", customer, Customer, "draw some with draw_customers")


def scripted_clerk(
    customers: list[Customer], offers: float = 0.5, seed: int = 0, reads: bool = True
) -> Callable:
    """Return the truthful clerk for `simulate`: what is possible.

    The clerk is told what each of these customers means, and does not read their words.

    Args:
        customers: those that will be simulated.
        offers: how often a refusal offers something else. Default 0.5.
        seed: decides the wording. Default 0.
        reads: whether the clerk reads the list. Default True; one who does not takes another
            shop's for it each time, which is what can be reached without reading.

    Raises:
        CourseError: if an argument is none of these.
    """
    _check_customers(customers)
    clerk.check_offers(offers)
    rng = random.Random(f"clerk {seed}")

    def answer(customer):
        listed = customer.catalogue if reads else draw_catalogue(rng)
        return clerk.answer(customer.turns[-1].intent, listed, rng, offers)

    def reply_all(conversations):
        return [answer(c) for c in customers if c.turns and not c.turns[-1].reply]

    return reply_all


def scores(customers: list[Customer]) -> dict:
    """Count what was achieved.

    Returns:
        "success" (share of dialogues with every goal met), a share for each kind of goal,
        "invented" (replies with a price that the list does not give), "replies" (all there
        were) and "faults" (how often each).

    Raises:
        CourseError: if there is no customer.
    """
    _check_customers(customers)
    met = [(goal, ok) for c in customers for goal, ok in zip(c.goals, c.met, strict=True)]
    turns = [turn for customer in customers for turn in customer.turns]
    of = {goal: [ok for g, ok in met if g == goal] for goal in sorted({g for g, _ in met})}
    return {
        "success": sum(all(customer.met) for customer in customers) / len(customers),
        "goals": {goal: sum(oks) / len(oks) for goal, oks in of.items()},
        "invented": sum(customer.invented_prices for customer in customers),
        "replies": len(turns),
        "faults": dict(Counter(turn.fault for turn in turns if turn.fault).most_common()),
    }
