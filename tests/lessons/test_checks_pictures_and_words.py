"""Wrong answers to the exercises of "Pictures and words", by what their checks must say.

`test_mutations.py` tries them all.
"""

import re
from collections import Counter
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F
from lesson import Exercise

from course_utils.lessons.checks import pictures_and_words as checks
from course_utils.lessons.scenes import PLACES


def loss(
    images, texts, temperature, axis=-1, ends=lambda a, b: (a + b) / 2, over=F.cross_entropy, **how
):
    if axis is not None:
        images, texts = F.normalize(images, dim=axis), F.normalize(texts, dim=axis)
    scores = images @ texts.T / temperature
    own = torch.arange(len(scores))
    return ends(over(scores, own, **how), over(scores.T, own, **how))


def with_exp(scores, own):
    shares = scores.exp() / scores.exp().sum(1, keepdim=True)
    return -shares[own, own].log().mean()


def to_the_first(scores, own):
    return F.cross_entropy(scores, 0 * own)


def softmax_twice(scores, own):
    return F.cross_entropy(scores.softmax(-1), own)


def pair_by_pair(images, texts, temperature):
    """Add up the loss, one pair after the other."""
    cosines = [[F.cosine_similarity(a, b, dim=0) / temperature for b in texts] for a in images]
    total = 0.0
    for scores in (cosines, zip(*cosines, strict=True)):
        for i, row in enumerate(scores):
            total += torch.stack([*row]).logsumexp(0) - row[i]
    return total / 2 / len(images)


RIGHT_CLIP = {
    "pair by pair": pair_by_pair,
    "double": lambda a, b, t: loss(a.double(), b.double(), t),
    "of a network in training": lambda a, b, t: loss(a.clone().requires_grad_(), b, t),
    "an array of one": lambda a, b, t: loss(a, b, t).reshape(1),
}


def halved(images, texts, temperature):
    """Score half of what it should be."""
    return loss(images, texts, 2 * temperature)


def changes_them(images, texts, temperature):
    images /= images.norm(dim=1, keepdim=True)
    return loss(images, texts, temperature)


def one_length(images, texts, temperature):
    """Divide each table by its length as a whole."""
    return loss(images / images.norm(), texts / texts.norm(), temperature, axis=None)


def one_side(images, texts, temperature):
    return loss(F.normalize(images, dim=1), texts, temperature, axis=None)


def other_side(images, texts, temperature):
    return loss(images, F.normalize(texts, dim=1), temperature, axis=None)


def learns_texts_only(images, texts, temperature):
    return loss(images.detach(), texts, temperature)


WRONG_CLIP = {
    "yours share one length": one_length,
    "the text vectors must have length 1, too": one_side,
    "the image vectors must have length 1, too": other_side,
    "yours is always 0.1": lambda a, b, t: loss(a, b, 0.1),
    "gradients flow through, got float: the number is right": lambda a, b, t: loss(a, b, t).item(),
    "gradients flow through, got ndarray": lambda a, b, t: loss(a, b, t).detach().numpy(),
    "no gradient flows back": lambda a, b, t: loss(a, b, t).detach(),
    "to both the image vectors and the text vectors": learns_texts_only,
    "must have length 1": lambda a, b, t: loss(a, b, t, axis=None),
    "divide the scores by the temperature": lambda a, b, t: loss(a, b, 1 / t),
    "the temperature changes nothing": lambda a, b, t: loss(a, b, 1.0),
    "no text for its picture": lambda a, b, t: loss(a, b, t, ends=lambda a, b: a),
    "no picture for its text": lambda a, b, t: loss(a, b, t, ends=lambda a, b: b),
    "take their mean": lambda a, b, t: loss(a, b, t, ends=torch.add),
    "yours is their sum": lambda a, b, t: loss(a, b, t, reduction="sum"),
    "look at your sign": lambda a, b, t: -loss(a, b, t),
    "taken along the batch": lambda a, b, t: loss(a, b, t, axis=0),
    "yours all look for the first": lambda a, b, t: loss(a, b, t, over=to_the_first),
    "so in yours it is taken twice": lambda a, b, t: loss(a, b, t, over=softmax_twice),
    "is too large for a float": lambda a, b, t: loss(a, b, t, over=with_exp),
    "a wrong loss, ": lambda a, b, t: loss(a, b, t) + 2e-4,
    "work it out by hand": halved,
    "work on copies": changes_them,
    "what makes one number of it": lambda a, b, t: loss(a, b, t, reduction="none"),
    "expected a number, got NoneType": lambda a, b, t: None,
    "(input: a tensor of shape (3, 4), a tensor of shape (3, 4), 0.5)": lambda a, b, t: (
        loss(a, b, t) if a.shape[1] == 2 else loss(a, b.T, t)
    ),
    "stops with TypeError": lambda a, b: 0.0,
}


def share(text, scene, named=None, there=None):
    """Return the share of what is named that is not there."""
    named = Counter(kinds(text) if named is None else named)
    there = Counter([t.kind for t in scene.things] if there is None else there)
    return (named - there).total() / (named.total() or 1)


def kinds(text, pattern=r"a \w+ (\w+) (\w+) at"):
    return re.findall(pattern, text)


def by_shape(text, scene):
    return share(text, scene, [s for _, s in kinds(text)], [t.shape for t in scene.things])


def by_colour(text, scene):
    return share(text, scene, [c for c, _ in kinds(text)], [t.colour for t in scene.things])


def by_size(text, scene):
    sized = kinds(text, r"a (\w+) (\w+) (\w+) at")
    return share(text, scene, sized, [(t.size, *t.kind) for t in scene.things])


def by_place(text, scene):
    placed = kinds(text, r"a \w+ (\w+) (\w+) at the ([a-z ]+)")
    return share(text, scene, placed, [(*t.kind, PLACES[t.place]) for t in scene.things])


def without_striking(text, scene):
    """Ask of each named thing alone whether it is there."""
    there = [t.kind for t in scene.things]
    named = kinds(text)
    return sum(kind not in there for kind in named) / max(1, len(named))


def left_out(text, scene):
    there = Counter(t.kind for t in scene.things)
    return (there - Counter(kinds(text))).total() / max(1, there.total())


def of_those_there(text, scene):
    wrong = Counter(kinds(text)) - Counter(t.kind for t in scene.things)
    return wrong.total() / max(1, len(scene.things))


def divides(text, scene):
    wrong = Counter(kinds(text)) - Counter(t.kind for t in scene.things)
    return wrong.total() / len(kinds(text))


def both_ways(text, scene):
    """Count what is left out as well."""
    return (share(text, scene) + left_out(text, scene)) / 2


def left_out_of_those_named(text, scene):
    named = Counter(kinds(text))
    return (Counter(t.kind for t in scene.things) - named).total() / (named.total() or 1)


def by_sets(text, scene):
    named = {*kinds(text)}
    return len(named - {t.kind for t in scene.things}) / max(1, len(named))


def as_a_fraction(text, scene):
    return Fraction(share(text, scene)).limit_denominator(100)


RIGHT_INVENTED = {
    "a Fraction": as_a_fraction,
    "NumPy's single precision": lambda t, s: np.float32(share(t, s)),
    "an array of one": lambda t, s: np.array([share(t, s)]),
}


def split_at_commas(text, scene):
    """Take an empty caption for one thing."""
    named = [tuple(part.split()[2:4]) for part in text.split(",")]
    return share(text, scene, named)


def shape_first(text, scene):
    return share(text, scene, [(shape, colour) for colour, shape in kinds(text)])


def of_those_there_if_any(text, scene):
    return of_those_there(text, scene) if scene.things else 0.0


def right_ones(text, scene):
    return 1 - share(text, scene) if text else 0.0


WRONG_INVENTED = {
    "look at what your code makes of it": split_at_commas,
    "none of your things is ever found": shape_first,
    "divide by what is named": of_those_there_if_any,
    "of the named that is there": right_ones,
    "what is left out was counted": left_out_of_those_named,
    "a set keeps each kind once": by_sets,
    "you count, and a share was asked for": lambda t, s: share(t, s) * len(kinds(t)),
    "return a share from 0 to 1": lambda t, s: 100 * share(t, s),
    "the share that is there": lambda t, s: 1 - share(t, s),
    "that the caption leaves out": left_out,
    "not of those in the picture": of_those_there,
    "may be named once": without_striking,
    "not the shape alone": by_shape,
    "not the colour alone": by_colour,
    "the size does not count": by_size,
    "the place does not count": by_place,
    "but which share": lambda t, s: float(share(t, s) > 0),
    "strike pairs off": both_ways,
    "you give 1.0001, and a share": lambda t, s: share(t, s) * 1.0001,
    "you give -0.500, and a share": lambda t, s: share(t, s) - 0.5,
    "stops with ZeroDivisionError: division by zero (input: '', ": divides,
    "expected a number, got NoneType": lambda t, s: None,
    "expected a number, got list": lambda t, s: [share(t, s)],
}

SAME = {
    "clip_loss": {
        "images = F.normalize(image_vectors)",  # dim=1 is the default
        "texts = F.normalize(text_vectors)",
        "images = F.normalize(text_vectors, dim=1)",  # with texts as images: the loss is symmetric
    },
}

EXERCISES = {
    "exercise-clip": Exercise(
        "clip_loss", checks.check_clip_loss, WRONG_CLIP, SAME["clip_loss"], RIGHT_CLIP
    ),
    "exercise-invented": Exercise(
        "invented", checks.check_invented, WRONG_INVENTED, right=RIGHT_INVENTED
    ),
}
