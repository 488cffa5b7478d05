"""Wishes for a story: words that must appear in it, and stories that grant them, to learn from.

A wish is a word of one of three kinds. A name must be the hero's or the friend's. A thing must be
what the story is about. An ending is named by a word that one ending alone says: "home", "dreamed",
"meet" or "heard". A list of wishes stands before its story as a line such as " Mia, kite, heard.".

Nothing can leak: a hash of name and thing decides which pairs are held out. No example has a held
out pair, neither among its wishes nor in its story, and the exam asks for nothing else.

Left out: wishes for what must *not* happen, and wishes in sentences.

Source: lists of words that must appear, as in B. Y. Lin et al., "CommonGen" (2020).
"""

import hashlib
import random
from collections.abc import Sequence
from itertools import islice

from course_utils import arguments
from course_utils.lessons.corpora.stories import Story, StoryGrammar
from course_utils.lessons.corpora.words import WORDS
from course_utils.runtime import CourseError

ENDING_WORDS = {"home": "home", "dreamed": "dream", "meet": "friends", "heard": "news"}
KINDS = {
    "name": (*WORDS["girls"], *WORDS["boys"]),
    "thing": tuple(WORDS["things"]),
    "ending": tuple(ENDING_WORDS),
}
_KIND_OF = {word: kind for kind, words in KINDS.items() for word in words}
_HELD_OUT = 8  # one pair of name and thing in so many


def wish_kind(wish: str) -> str:
    """Return the kind of a wish: "name", "thing" or "ending".

    Raises:
        CourseError: no story can grant this word.

    >>> wish_kind("dreamed")
    'ending'
    """
    if not isinstance(wish, str) or wish not in _KIND_OF:
        shown = wish[:40] + "…" if isinstance(wish, str) and len(wish) > 40 else wish
        raise CourseError(
            f"expected a name, a thing or one of {', '.join(ENDING_WORDS)}, got {shown!r}: wish "
            "for a word of wishes.KINDS"
        )
    return _KIND_OF[wish]


def wish_text(wishes: Sequence[str]) -> str:
    """Write wishes as the line that stands before a story.

    Args:
        wishes: at least one word; any words, so that one can see what a model makes of them.

    >>> wish_text(["Mia", "kite", "heard"])
    ' Mia, kite, heard.'
    """
    words = wishes if isinstance(wishes, list | tuple | set) else []
    if not words or not all(isinstance(w, str) and w for w in words):
        raise CourseError(f"expected a list of words, got {str(wishes)[:40]!r}: wish for something")
    return " " + ", ".join(wishes) + "."


def check_wishes(wishes: Sequence[str]) -> None:
    """Raise an error if no story can grant all of these wishes.

    Raises:
        CourseError: a word is unknown, stands twice, or contradicts another; or there is none.
    """
    wish_text(wishes)
    kinds = [wish_kind(wish) for wish in wishes]
    if len(set(wishes)) < len(wishes):
        raise CourseError(f"expected different wishes, got {', '.join(wishes)}: leave one out")
    for kind in ("thing", "ending"):
        if kinds.count(kind) > 1:
            raise CourseError(f"a story has one {kind}, got {kinds.count(kind)}: leave all but one")
    girls = [wish in WORDS["girls"] for wish in wishes if _KIND_OF[wish] == "name"]
    if len(girls) > 2 or (len(girls) == 2 and girls[0] == girls[1]):
        raise CourseError("a story has one girl and one boy: wish for at most one name of each")


def grants(story: Story, wish: str) -> bool:
    """Say whether a story grants a wish.

    Args:
        story: as parsed by `StoryGrammar`.
        wish: a word of `KINDS`.

    Raises:
        CourseError: it is no such story, or no such word.

    >>> story = StoryGrammar().parse(StoryGrammar().sample(1, seed=4)[0])
    >>> grants(story, story.friend), grants(story, story.thing)
    (True, True)
    """
    arguments.instance("story", story, Story, "read one with StoryGrammar().parse(text)")
    kind = wish_kind(wish)
    if kind == "name":
        return wish in (story.hero, story.friend)
    return wish == story.thing if kind == "thing" else ENDING_WORDS[wish] == story.ending


def held_out(name: str, thing: str) -> bool:
    """Say whether a pair of name and thing is kept for the exam: one in eight is.

    >>> held_out("Mia", "kite"), held_out("Mia", "plate")
    (False, True)
    """
    return hashlib.sha256(f"{name} {thing}".encode()).digest()[0] % _HELD_OUT == 0


def wish_examples(n: int, seed: int) -> list[tuple[tuple[str, ...], str]]:
    """Draw stories with wishes that they grant: one to three, of different kinds, in any order.

    Args:
        n: how many, 1 or more.
        seed: any integer from 0.

    Returns:
        A list of n pairs (wishes, story), none of which holds a held-out pair of name and thing.

    Raises:
        CourseError: n or seed is out of range.
    """
    n, seed = arguments.whole("n", n, 1), arguments.whole("seed", seed)
    grammar, rng, examples, more = StoryGrammar(), random.Random(seed), [], n
    while len(examples) < n:
        more *= 2
        stories = map(grammar.parse, grammar.sample(more, seed))  # begins as a shorter draw does
        examples = list(islice(filter(_usable, stories), n))
    return [(_wishes_of(story, rng), story.text) for story in examples]


def _usable(story):
    return not any(held_out(name, story.thing) for name in (story.hero, story.friend))


def _wishes_of(story, rng):
    """Draw one to three wishes from a story's own facts."""
    name = story.hero if rng.random() < 0.5 else story.friend
    ending = next(word for word, fact in ENDING_WORDS.items() if fact == story.ending)
    wishes = _shuffled((name, story.thing, ending), rng)
    return wishes[: 1 + int(3 * rng.random())]


def _shuffled(words, rng):
    # random() is the one method whose sequence Python promises never to change
    return tuple(sorted(words, key=lambda word: rng.random()))


def wish_exam(n: int, seed: int) -> list[tuple[str, str, str]]:
    """Draw lists of three wishes, a held-out pair of name and thing with an ending, in any order.

    Args:
        n: how many, 1 or more; lists may come twice.
        seed: any integer from 0.

    Raises:
        CourseError: n or seed is out of range.
    """
    n, seed = arguments.whole("n", n, 1), arguments.whole("seed", seed)
    rng = random.Random(seed)
    pairs = [(a, b) for a in KINDS["name"] for b in KINDS["thing"] if held_out(a, b)]
    lists = [(*pair, ending) for pair in pairs for ending in ENDING_WORDS]
    return [_shuffled(lists[int(rng.random() * len(lists))], rng) for _ in range(n)]
