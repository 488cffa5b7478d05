"""Questions about a scene, and its caption.

The words of a question alone say nothing about its answer: of all scenes of which it is asked,
every possible answer is equally frequent. This follows from symmetry, not from counting:
`things.scenes` treats all shapes, colours and places alike, and where an answer is not a name
(yes or no, a number, "nothing") it is chosen first, by a fair draw, and the question then fitted
to it. So a model without eyes is right in 1 of `len(answers(question))` cases, and no better.
"""

import random
from collections import Counter
from dataclasses import dataclass

from course_utils import arguments
from course_utils.lessons.scenes.things import (
    COLOURS,
    COUNTS,
    HELD_OUT,
    PLACES,
    SHAPES,
    SIZES,
    Scene,
    Thing,
)

NUMBERS = ("zero", "one", "two", "three")
YES_NO = ("yes", "no")


@dataclass(frozen=True)
class Question:
    """A question about a scene.

    Args:
        kind: one of KINDS.
        text: the question.
        answer: the only right answer.
    """

    kind: str
    text: str
    answer: str


def ask(scene: Scene, kind: str, rng: random.Random, about: Thing | None = None) -> Question | None:
    """Ask one question of a kind.

    Args:
        scene: what it is about.
        kind: one of KINDS.
        rng: chooses the answer and the words.
        about: a thing that the question or its answer must be about; kinds that are about no
            single thing then give None. Default None: any.

    Returns:
        The question, or None where such a question cannot be asked of this scene.

    Raises:
        CourseError: if there is no such kind, or an argument is none of these.

    >>> scene = Scene((Thing("star", "blue", "big", 0), Thing("ring", "red", "small", 4)))
    >>> ask(scene, "where", random.Random(1))
    Question(kind='where', text='where is the blue star?', answer='top left')
    """
    _check_scene(scene)
    arguments.one_of("kind", kind, KINDS)
    arguments.chance("rng", rng)
    if about is not None:
        arguments.instance("about", about, Thing, "take one of scene.things")
    words = KINDS[kind](scene, rng, about)
    return None if words is None else Question(kind, *words)


def answers(question: Question) -> tuple[str, ...]:
    """Return the answers that the words of a question allow, each equally frequent.

    Raises:
        CourseError: if it is no question about a scene of things.

    >>> answers(Question("colour", "what colour is the star?", "blue"))
    ('green', 'yellow', 'purple', 'orange', 'blue')
    """
    arguments.instance("question", question, Question, "ask one with ask(scene, kind, rng)")
    words = question.text.rstrip("?").split()
    if question.kind == "colour":  # held-out combinations are never drawn
        return tuple(c for c in COLOURS if (c, words[-1]) not in HELD_OUT)
    if question.kind == "same colour":
        return tuple(s for s in SHAPES if s != words[-1])
    arguments.one_of("kind", question.kind, _ANSWERS)
    return _ANSWERS[question.kind]


def caption(scene: Scene) -> str:
    """Name everything in a scene, in reading order.

    Raises:
        CourseError: if it is no scene.

    >>> caption(Scene((Thing("star", "blue", "big", 0), Thing("ring", "red", "small", 4))))
    'a big blue star at the top left, a small red ring at the centre'
    """
    _check_scene(scene)
    named = (f"a {t.size} {t.colour} {t.shape} at the {PLACES[t.place]}" for t in scene.things)
    return ", ".join(named)


def vocabulary() -> list[str]:
    """Return every word that questions, answers and captions use."""
    text = (
        "what colour is the? what is at the? is the left of the? is the above the? how many are "
        "there? is there a? what has the same colour as the? which thing is the biggest? is there "
        "nothing at the? where is the? a at the, which digit is at the? what is the sum? and make "
        "nothing"
    )
    plain = text.replace("?", " ").replace(",", " ").split()
    plurals = [plural(shape) for shape in SHAPES]
    places = [word for place in PLACES for word in place.split()]
    words = [*plain, *SHAPES, *plurals, *COLOURS, *SIZES, *places, *NUMBERS, *YES_NO]
    return list(dict.fromkeys([*words, *"0123456789", "?", ","]))


def plural(shape: str) -> str:
    """Return the plural of a shape."""
    return shape + ("es" if shape.endswith("ss") else "s")


def _check_scene(scene):
    arguments.instance("scene", scene, Scene, "take one of scenes(seed), or make Scene(things)")


def _only(scene, name):
    """Return the things whose `name` (an attribute) nothing else in the scene shares."""
    count = Counter(getattr(thing, name) for thing in scene.things)
    return [thing for thing in scene.things if count[getattr(thing, name)] == 1]


def _pick(rng, things, about):
    """Choose one of some things: the one that must be asked about, if it is there."""
    if about is not None:
        return about if about in things else None
    return rng.choice(things) if things else None


def _name(thing):
    return f"{thing.colour} {thing.shape}"


def _colour(scene, rng, about):
    thing = _pick(rng, _only(scene, "shape"), about)
    return thing and (f"what colour is the {thing.shape}?", thing.colour)


def _shape_at(scene, rng, about):
    if about is None and rng.randrange(len(SHAPES) + 1) == 0:
        place = _empty(scene, rng)
        return place and (f"what is at the {place}?", "nothing")
    thing = _pick(rng, scene.things, about)
    return thing and (f"what is at the {PLACES[thing.place]}?", thing.shape)


def _left_of(scene, rng, about):
    return _compare(scene, rng, about, "left of", lambda thing: thing.column)


def _above(scene, rng, about):
    return _compare(scene, rng, about, "above", lambda thing: thing.row)


def _compare(scene, rng, about, words, key):
    named = _only(scene, "kind")
    pairs = [(a, b) for a in named for b in named if key(a) != key(b)]
    if about is not None:
        pairs = [pair for pair in pairs if about in pair]
    if not pairs:
        return None
    a, b = rng.choice(pairs)  # as often the one way as the other
    return f"is the {_name(a)} {words} the {_name(b)}?", YES_NO[key(a) > key(b)]


def _how_many(scene, rng, about):
    count = Counter(thing.shape for thing in scene.things)
    there = [n for n in COUNTS if any(count[shape] == n for shape in SHAPES)]
    if about is not None or not there or scene.count not in (None, *there):
        return None
    n = rng.choice(there) if scene.count is None else scene.count
    shape = rng.choice([shape for shape in SHAPES if count[shape] == n])
    return f"how many {plural(shape)} are there?", NUMBERS[n]


def _is_there(scene, rng, about):
    there = {thing.kind for thing in scene.things}
    if about is not None or not there:
        return None
    if rng.random() < 0.5:
        colour, shape = rng.choice(sorted(there))
        return f"is there a {colour} {shape}?", "yes"
    absent = [(c, s) for c in COLOURS for s in SHAPES if (c, s) not in there | HELD_OUT]
    colour, shape = rng.choice(absent)
    return f"is there a {colour} {shape}?", "no"


def _same_colour(scene, rng, about):
    unique = _only(scene, "shape")
    pairs = [
        (a, others[0])
        for a in unique
        if len(others := [b for b in scene.things if b.colour == a.colour and b != a]) == 1
    ]
    if about is not None:
        pairs = [pair for pair in pairs if about in pair]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    return f"what has the same colour as the {a.shape}?", b.shape


def _biggest(scene, rng, about):
    big = [thing for thing in scene.things if thing.size == "big"]
    thing = _pick(rng, big if len(big) == 1 else [], about)
    return thing and ("which thing is the biggest?", thing.shape)


def _nothing(scene, rng, about):
    if about is not None or not scene.things:
        return None
    if rng.random() < 0.5:
        place = _empty(scene, rng)
        return place and (f"is there nothing at the {place}?", "yes")
    return f"is there nothing at the {PLACES[rng.choice(scene.things).place]}?", "no"


def _where(scene, rng, about):
    thing = _pick(rng, _only(scene, "kind"), about)
    return thing and (f"where is the {_name(thing)}?", PLACES[thing.place])


def _empty(scene, rng):
    """Return the name of a place where nothing is, or None where all are taken."""
    taken = {thing.place for thing in scene.things}
    free = [name for place, name in enumerate(PLACES) if place not in taken]
    return rng.choice(free) if free else None


KINDS = {
    "colour": _colour,
    "shape at": _shape_at,
    "left of": _left_of,
    "above": _above,
    "how many": _how_many,
    "is there": _is_there,
    "same colour": _same_colour,
    "biggest": _biggest,
    "nothing": _nothing,
    "where": _where,
}
_ANSWERS = {
    "shape at": (*SHAPES, "nothing"),
    "left of": YES_NO,
    "above": YES_NO,
    "how many": NUMBERS,
    "is there": YES_NO,
    "biggest": SHAPES,
    "nothing": YES_NO,
    "where": PLACES,
}
