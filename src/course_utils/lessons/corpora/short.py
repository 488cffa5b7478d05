"""Stories of two or three sentences, with the words and the bookkeeping of the long ones.

A model of 100,000 parameters learns them in seconds, which is what a lesson needs that trains.
"""

from course_utils import arguments
from course_utils.lessons.corpora.grammar import Grammar
from course_utils.lessons.corpora.stories import SLOTS
from course_utils.lessons.corpora.words import FORMS, WORDS

RULES = {
    "story": [
        "<opening> {hero.He} felt {mood}.<event> {hero} left the {place}, as {mood} as before."
    ],
    "opening": [
        "{hero} took a {colour} {thing} to the {place}.",
        "Once {hero} played at the {place} with a {colour} {thing}.",
    ],
    "event": [
        " {friend} found the {thing}.",
        " {friend} broke the {colour} {thing}.",
        " A {animal} ran away with the {thing}.",
    ],
}


def short_grammar(size: int = 8) -> Grammar:
    """Return the grammar of the short stories.

    Args:
        size: words of each kind, an even number of at least 2 (half of the names are girls').
            Default 8.

    Raises:
        CourseError: if it is no whole number of at least 2.

    >>> short_grammar().count()
    1048576
    """
    size = arguments.whole("size", size, 2, also=" (a girl and a boy)")
    lists = {name: words[:size] for name, words in WORDS.items()}
    lists |= {name: lists[name][: size // 2] for name in ("girls", "boys")}
    lists["names"] = lists["girls"] + lists["boys"]
    return Grammar(RULES, SLOTS, lists, FORMS)
