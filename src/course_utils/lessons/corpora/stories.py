"""The story grammar: little stories whose facts stay true to the end and whose entropy is exact.

The notation is explained in `grammar`, beside this file. Each story names a hero, a friend (a boy
if the hero is a girl, so that "she" is never in doubt), a thing with its colour, a place and a
mood, then follows one of six plots, and ends by repeating all of it: whoever writes the last
sentence must remember the first. Every fact is said twice or follows from the plot, so a story in
which one mention is changed contradicts itself and does not parse.

Left out: plurals, "an" (no word here begins with a vowel after "a"), and unequal probabilities.
"""

from dataclasses import dataclass, fields

from course_utils import arguments
from course_utils.lessons.corpora.grammar import Grammar, Mention
from course_utils.lessons.corpora.words import FORMS, WORDS

SLOTS = {
    "hero": "names",
    "friend": "hero.friends",
    "thing": "things",
    "colour": "colours",
    "place": "places",
    "mood": "moods",
    "spot": "spots",
    "animal": "animals",
    "stuff": "stuff",
    "treat": "treats",
    "kin": "kin",
    "day": "days",
}

RULES = {
    "story": ["<opening><feeling><plot><ending>"],
    "opening": [
        "One <sky> <time>, {hero} took a {colour} {thing} to the {place}.",
        "On a <sky> <time>, {hero} went to the {place} with a {colour} {thing}.",
        "Once upon a time, {hero} played at the {place} with a {colour} {thing}.",
    ],
    "feeling": [
        " {hero.He} felt {mood}.",
        " {hero.He} was {mood} and <sang>.",
    ],
    "plot": ["<lost>", "<taken>", "<broken>", "<lent>", "<given>", "<traded>"],
    "lost": [
        " But soon the {thing} was lost. {friend} came to help and <looked>."
        ' "It is under that {spot}!" said {friend}.'
        " {hero} looked under that {spot}, and there it was."
        "{plot=lost}{doer=friend}{deed=found}{keeper=hero}"
    ],
    "taken": [
        " Then a {animal} took the {thing} and ran away. {friend} followed the {animal}"
        ' and brought it back. "What a <naughty> {animal}!" said {friend}.'
        "{plot=taken}{doer=friend}{deed=saved}{keeper=hero}"
    ],
    "broken": [
        ' But the {thing} fell and broke. "Do not <worry>," said {friend}.'
        ' "We can mend it with {stuff}." {friend} took some {stuff}, and it was as good as new.'
        "{plot=broken}{doer=friend}{deed=mended}{keeper=hero}"
    ],
    "lent": [
        ' There {friend} asked, "May I borrow the {thing} until {day}?" {hero} said yes.'
        " When {day} came, {friend} gave it back with a <smile>."
        "{plot=lent}{doer=friend}{deed=returned}{keeper=hero}"
    ],
    "given": [
        " There {hero.he} met {friend} and {friend.his} {kin}, who had no <toys>."
        ' "You may keep the {thing}," said {hero}. {friend} and {friend.his} {kin} thanked {hero}.'
        "{plot=given}{doer=hero}{deed=given away}{keeper=friend}"
    ],
    "traded": [
        ' Soon {friend} came with a {treat}. "<trade> for the {thing}?" asked {friend}.'
        " So {hero} got the {treat}, and {friend} got the {thing}."
        "{plot=traded}{doer=hero}{deed=traded}{keeper=friend}"
    ],
    "ending": [
        " At last {hero} left the {place}, as {mood} as before."
        " {doer} had {deed} the {colour} {thing}, and {keeper} took it home.{ending=home}",
        " That night {hero} was still {mood} and dreamed of the {place}."
        " {doer} had {deed} the {thing}, and the {colour} {thing} lay beside {keeper}."
        "{ending=dream}",
        " Now {hero} and {friend} often meet at the {place}. {keeper} brings the"
        " {colour} {thing} that {doer} had {deed}, and {hero} is {mood} again.{ending=friends}",
        " Later everyone at the {place} heard that {doer} had {deed} the {thing}."
        " {keeper} held the {colour} {thing} up high, and {hero} was {mood} again.{ending=news}",
    ],
}

STYLE = {  # said once, and no fact that the rest of the story has to keep
    "sky": ["sunny", "rainy", "windy", "cloudy", "cold", "warm"],
    "time": ["morning", "afternoon", "evening", "day"],
    "sang": ["sang a song", "danced around", "smiled at everyone", "waved to the birds"],
    "looked": ["looked everywhere", "asked everyone", "searched for an hour"],
    "naughty": ["naughty", "silly", "hungry", "clever"],
    "worry": ["worry", "cry", "be sad"],
    "smile": ["smile", "hug", "cake", "flower"],
    "toys": ["toys", "money", "presents"],
    "trade": ["Will you trade it", "Do you want it", "May I swap it"],
}


@dataclass(frozen=True)
class Story:
    """A story and what is true in it; a fact of another plot than its own is None.

    The one who did the deed is `doer`, and the thing is in the end with `keeper`.
    """

    text: str
    hero: str
    friend: str
    thing: str
    colour: str
    place: str
    mood: str
    plot: str
    """lost, taken, broken, lent, given or traded"""
    doer: str
    deed: str
    """found, saved, mended, returned, given away or traded"""
    keeper: str
    ending: str
    """home, dream, friends or news"""
    spot: str | None = None
    animal: str | None = None
    stuff: str | None = None
    day: str | None = None
    kin: str | None = None
    treat: str | None = None
    mentions: tuple[Mention, ...] = ()
    """every place where a fact is said: (fact, start, end)"""
    log_prob: float = 0.0
    """ln of the story's probability, in nats"""

    @property
    def facts(self) -> dict[str, str]:
        """What is true in this story, by name: all but the text and where things stand in it."""
        names = [f.name for f in fields(self) if f.name not in ("text", "mentions", "log_prob")]
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


class StoryGrammar(Grammar):
    """The course's corpus: any number of little stories, and the exact entropy of drawing one.

    Args:
        size: keep only the first `size` words of each list and each matter of style, at least 2
            (half of the names are girls'); for tests and for enumerating all stories. Default
            None, all words.

    >>> grammar = StoryGrammar()
    >>> text = grammar.sample(1, seed=4)[0]
    >>> grammar.parse(text).keeper in text
    True
    """

    def __init__(self, size: int | None = None):
        if size is not None:
            size = arguments.whole("size", size, 2, also=" (a girl and a boy), or None")
        words = {name: listed[:size] for name, listed in WORDS.items()}
        style = {name: listed[:size] for name, listed in STYLE.items()}
        for name in ("girls", "boys"):
            words[name] = WORDS[name][: None if size is None else size // 2]
        words["names"] = words["girls"] + words["boys"]
        super().__init__({**RULES, **style}, SLOTS, words, FORMS)

    def parse(self, text: str) -> Story:
        """Read the facts off a story.

        Args:
            text: a story, without `<eos>` and without spaces around it.

        Returns:
            The story with its facts.

        Raises:
            CourseError: it is no story of this grammar, or it contradicts itself; says where.
        """
        derivation = self.derive(text)
        return Story(
            text=text,
            **derivation.facts,
            mentions=derivation.mentions,
            log_prob=derivation.log_prob,
        )
