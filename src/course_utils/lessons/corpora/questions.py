"""Questions about stories, with their answers: found in the passage, yes or no, or not to be known.

A question is drawn in three steps: its form, whether the passage answers it, and how it is spoilt
if not: it asks about a person, a thing or a place that does not occur, about what is said of
somebody else, or about what happens in another plot. All words are drawn alike in both cases, so a
question by itself says nothing about its answer: `question_only` gives the best score that is
possible without the passage. Passages belong to one part, "train" or "test", by a hash of their
text, so no seed can bring a passage of one part into the other.

Left out: questions that need arithmetic or more than one sentence of outside knowledge, and other
words for the same thing.
"""

import hashlib
import random
import re
from typing import NamedTuple

from course_utils import arguments
from course_utils.lessons.corpora.grammar import Mention
from course_utils.lessons.corpora.stories import Story, StoryGrammar
from course_utils.lessons.corpora.words import FORMS, WORDS
from course_utils.runtime import CourseError

UNKNOWN = "cannot be known"
SPOILT = 1 / 4  # share of the questions that their passage does not answer
PARTS = ("train", "test")
TEST_SHARE = 1 / 8


class Form(NamedTuple):
    """A way to ask: templates of question and answer, the fact that answers, ways to spoil it.

    In a yes/no form the answer is the fact itself: "no" if another value of it is asked about.
    """

    kind: str
    text: str
    answer: str
    fact: str
    spoil: tuple[str, ...]


_PERSON_THING = ("stranger", "thing")
_OPEN = (
    Form(
        "who",
        "Who came to the {place} with a {colour} {thing}?",
        "{hero}",
        "hero",
        ("place", "thing"),
    ),
    Form(
        "what",
        "What did {hero} bring to the {place}?",
        "a {colour} {thing}",
        "thing",
        ("stranger", "place"),
    ),
    Form(
        "where",
        "Where did {hero} bring a {colour} {thing}?",
        "the {place}",
        "place",
        _PERSON_THING,
    ),
    Form("colour", "What colour was the {thing} of {hero}?", "{colour}", "colour", _PERSON_THING),
    Form(
        "mood",
        "How did {hero} feel at the {place}?",
        "{mood}",
        "mood",
        ("stranger", "friend", "place"),
    ),
    Form("doer", "Who had {deed} the {colour} {thing}?", "{doer}", "doer", ("thing",)),
    Form(
        "keeper",
        "Who had the {colour} {thing} of {hero} in the end?",
        "{keeper}",
        "keeper",
        _PERSON_THING,
    ),
)
_PLOT = ("plot", "plot", "stranger")
_DETAILS = {  # by plot: each is told in one plot only
    "lost": ("Under what was the {thing} of {hero} found?", "the {spot}", "spot"),
    "taken": ("Which animal took the {thing} of {hero}?", "a {animal}", "animal"),
    "broken": ("With what was the {thing} of {hero} mended?", "{stuff}", "stuff"),
    "lent": ("Until which day did {friend} borrow the {thing}?", "{day}", "day"),
    "given": ("Who came with {friend} to the {place}?", "{his} {kin}", "kin"),
    "traded": ("What did {hero} get for the {thing}?", "a {treat}", "treat"),
}
_YES_NO = tuple(
    Form("yes/no", text, "", fact, spoil)
    for text, fact, spoil in [
        ("Was the {thing} of {hero} {colour}?", "colour", _PERSON_THING),
        ("Did {hero} bring a {thing} to the {place}?", "place", ("stranger",)),
        ("Did {hero} feel {mood} at the {place}?", "mood", ("stranger", "friend")),
        ("Had {doer} {deed} the {colour} {thing}?", "doer", ("thing",)),
    ]
)
KINDS = (*(form.kind for form in _OPEN), "detail", "yes/no")
_N_FORMS = len(_OPEN) + 1 + len(_YES_NO)
BEGINNING = ("hero", "thing", "colour", "place", "mood")  # told by the first two sentences
_WORD = re.compile(r"\w+")
_KINDS_OF_WORDS = ("girls", "boys", "things", "places", "colours", "moods")
_LISTS = {"thing": "things", "place": "places", "colour": "colours", "mood": "moods"}


class Question(NamedTuple):
    """A question about a passage and its answer.

    `spoilt` says why the passage does not answer it: "stranger", "friend", "thing", "place",
    "plot", or "" if it does. `fact` names what would answer it.
    """

    kind: str
    text: str
    answer: str
    fact: str
    spoilt: str = ""


class Reading(NamedTuple):
    """A story and questions about it."""

    story: Story
    questions: tuple[Question, ...]

    def evidence(self, question: Question) -> list[Mention]:
        """Return the places in the story where the fact is said that the question asks for."""
        return [mention for mention in self.story.mentions if mention.fact == question.fact]

    @property
    def beginning(self) -> str:
        """The first two sentences, which tell the facts named in `BEGINNING`."""
        return ". ".join(self.story.text.split(". ")[:2]) + "."

    @property
    def words(self) -> list[str]:
        """The words of these facts."""
        return [self.story.facts[fact] for fact in BEGINNING]


def part_of(passage: str) -> str:
    """Say whether a passage is for training or for testing; its text alone decides.

    Raises:
        CourseError: it is no text.

    >>> part_of("Mia ran."), part_of("Ben ran.")
    ('train', 'train')
    """
    arguments.text("passage", passage)
    first = int.from_bytes(hashlib.sha256(passage.encode()).digest()[:4], "big") / 2**32
    return "test" if first < TEST_SHARE else "train"


def readings(
    n: int, per_passage: int, seed: int, part: str, grammar=None, spoilt: float = SPOILT
) -> list[Reading]:
    """Draw different passages, each with questions about it.

    Args:
        n: how many passages, 0 or more.
        per_passage: questions on each, all different, from 1 to 12.
        seed: any integer from 0.
        part: "train" or "test".
        grammar: a `StoryGrammar`. Default: all words.
        spoilt: share of questions that the passage does not answer, from 0 to 1. Default 1/4.

    Returns:
        A list of n readings.

    Raises:
        CourseError: if a number is out of range, there is no such part, or the grammar has too
            few stories.

    >>> story, (question,) = readings(1, 1, seed=3, part="test")[0]
    >>> question.text, question.answer
    ('Where did Ben bring a silver pot?', 'the lake')
    """
    _check(n, per_passage, seed, part, spoilt)
    grammar = StoryGrammar() if grammar is None else grammar
    arguments.instance("grammar", grammar, StoryGrammar, "make one, or leave it out")
    rng = random.Random(seed)
    stories = map(grammar.parse, _passages(n, seed, part, grammar))
    return [
        Reading(story, _questions(story, per_passage, spoilt, rng, grammar)) for story in stories
    ]


def word_questions(words: list[str], n: int, rng: random.Random) -> list[tuple[str, str]]:
    """Ask whether a word occurs among some: about half do, the others are of the same kind.

    Args:
        words: names, things, places, colours or moods.
        n: how many questions.
        rng: source of randomness.

    Returns:
        Pairs of question and answer, "yes" or "no".

    Raises:
        CourseError: a word is of no kind, or there is none; n or rng is none.

    >>> word_questions(["red"], 3, random.Random(1))
    [(' red?', 'yes'), (' pink?', 'no'), (' red?', 'yes')]
    """
    lists = {word: WORDS[kind] for kind in _KINDS_OF_WORDS for word in WORDS[kind]}
    arguments.whole("n", n)
    arguments.chance("rng", rng)
    if not words or not all(isinstance(word, str) and word in lists for word in words):
        raise CourseError(
            f"expected names, things, places, colours or moods, got {words}: use some"
        )
    asked = []
    for _ in range(n):
        word = _pick(words, rng)
        if rng.random() < 0.5:
            word = _pick(lists[word], rng)
        asked.append((f" {word}?", "yes" if word in words else "no"))
    return asked


def check_question(text: str, known: set[str] | None = None) -> str:
    """Return a reader's question without the spaces around it.

    Args:
        text: what was typed.
        known: the words that a model has learnt, such as `question_words()`. Default None: any.

    Raises:
        CourseError: there is no question, or it has a word that the model never learnt.

    >>> check_question(" Who came? ", {"Who", "came"})
    'Who came?'
    """
    if not isinstance(text, str) or not text.strip():
        raise CourseError(f"expected a question, got {text!r}: type one")
    new = [] if known is None else [word for word in _WORD.findall(text) if word not in known]
    if new:
        words = ", ".join(dict.fromkeys(word[:20] for word in new[:3]))
        raise CourseError(f"never learnt: {words}: ask with words of the stories")
    return text.strip()


def question_only() -> dict[str, float]:
    """Return the best share of exact answers without the passage, by kind and over "all".

    Open questions are best declined, since no other answer is as likely; "yes" and "no" are
    equally likely.
    """
    best = dict.fromkeys(KINDS, SPOILT) | {"yes/no": (1 - SPOILT) / 2}
    n_open = _N_FORMS - len(_YES_NO)
    return best | {"all": (n_open * best["who"] + len(_YES_NO) * best["yes/no"]) / _N_FORMS}


def question_forms() -> list[str]:
    """Return every form of a question, with the names of what is filled in in braces.

    >>> question_forms()[3]
    'What colour was the {thing} of {hero}?'
    """
    details = [text for text, *_ in _DETAILS.values()]
    return [*(form.text for form in _OPEN), *details, *(form.text for form in _YES_NO)]


def question_words() -> set[str]:
    """Return all words that stories, questions and answers are made of."""
    texts = [text for form in (*_OPEN, *_YES_NO) for text in (form.text, form.answer)]
    texts += [text for detail in _DETAILS.values() for text in detail[:2]]
    fixed = re.sub(r"\{\w+\}", " ", " ".join([*texts, UNKNOWN, "yes no"]))
    return set(_WORD.findall(fixed)) | StoryGrammar().vocabulary()


def _passages(n, seed, part, grammar) -> list[str]:
    """Return the first n different passages of the part that the seed draws."""
    share = TEST_SHARE if part == "test" else 1 - TEST_SHARE
    size = int(1.2 * n / share) + 50
    while True:
        drawn = dict.fromkeys(grammar.sample(size, seed))
        mine = [text for text in drawn if part_of(text) == part]
        if len(mine) >= n:
            return mine[:n]
        if size > 50 * (n + 50):
            raise CourseError(
                f"expected {n} different passages for {part}, the grammar gave {len(mine)}: "
                "ask for fewer or use a larger grammar"
            )
        size *= 2


def _questions(story, n, spoilt, rng, grammar) -> tuple[Question, ...]:
    """Ask n questions of different forms: two of one form might be the same, if both are true."""
    forms, asked = [*_OPEN, _detail(story.plot), *_YES_NO], []
    for _ in range(n):
        form = forms.pop(int(rng.random() * len(forms)))
        asked.append(_ask(form, story, spoilt, rng, grammar))
    return tuple(asked)


def _ask(form, story, spoilt, rng, grammar) -> Question:
    facts = story.facts | {"his": FORMS["his"][story.friend]}
    if rng.random() < spoilt:
        return _spoilt(form, facts, rng, grammar)
    if form.kind != "yes/no":
        return _question(form, facts, form.answer.format(**facts))
    if rng.random() < 0.5:
        return _question(form, facts, "yes")
    return _question(form, facts | {form.fact: _another(form.fact, facts, rng, grammar)}, "no")


def _spoilt(form, facts, rng, grammar) -> Question:
    """Ask what the passage does not say."""
    how = _pick(form.spoil, rng)
    if how == "plot":
        form = _detail(_pick([plot for plot in _DETAILS if plot != facts["plot"]], rng))
    elif how == "friend":
        facts = facts | {"hero": facts["friend"]}
    elif how == "stranger":
        who = "friend" if "{friend}" in form.text else "hero"
        facts = facts | {who: _stranger(facts[who], facts, rng, grammar)}
    else:
        facts = facts | {how: _another(how, facts, rng, grammar)}
    if form.kind == "yes/no" and rng.random() < 0.5:  # as often as in questions with an answer
        facts = facts | {form.fact: _another(form.fact, facts, rng, grammar)}
    return _question(form, facts, UNKNOWN, how)


def _question(form, facts, answer, spoilt="") -> Question:
    return Question(form.kind, form.text.format(**facts), answer, form.fact, spoilt)


def _detail(plot) -> Form:
    return Form("detail", *_DETAILS[plot], _PLOT)


def _another(fact, facts, rng, grammar) -> str:
    """Return another value of a fact: of the doer, the other person of the story."""
    if fact == "doer":
        return facts["friend"] if facts["doer"] == facts["hero"] else facts["hero"]
    return _pick([word for word in grammar.words[_LISTS[fact]] if word != facts[fact]], rng)


def _stranger(name, facts, rng, grammar) -> str:
    """Return a name that does not occur, a girl's for a girl's."""
    girls = name in WORDS["girls"]
    names = grammar.words["girls" if girls else "boys"]
    return _pick([n for n in names if n not in (facts["hero"], facts["friend"])], rng)


def _pick(options, rng):
    return options[int(rng.random() * len(options))]


def _check(n, per_passage, seed, part, spoilt):
    arguments.one_of("part", part, PARTS)
    arguments.whole("n", n)
    arguments.whole("per_passage", per_passage, 1, _N_FORMS)
    arguments.whole("seed", seed)
    arguments.number("spoilt", spoilt, "a share from 0 to 1", lambda share: 0 <= share <= 1)
