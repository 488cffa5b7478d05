"""Wrong answers to the exercises of "Seeing", by what their checks must say.

`test_mutations.py` tries them all.
"""

import math
import re
from collections import Counter
from fractions import Fraction

import numpy as np
import torch
import torch.nn.functional as F
from lesson import Exercise

from course_utils.lessons.checks import seeing as checks
from course_utils.lessons.scenes import PLACES


def cut(pictures, size, order=(0, 2, 4, 1, 3, 5)):
    B, C, H, W = pictures.shape
    grid = pictures.reshape(B, C, H // size, size, W // size, size)
    return grid.permute(order).reshape(B, -1, C * size * size)


def in_place(pictures, size):
    """Scale the reader's own pictures."""
    pictures /= 255
    return cut(pictures, size)


def cut_by_a_loop(pictures, size):
    rows = []
    for top in range(0, pictures.shape[2], size):
        for left in range(0, pictures.shape[3], size):
            rows.append(pictures[:, :, top : top + size, left : left + size].flatten(1))
    return torch.stack(rows, 1)


def cut_in_a_list(pictures, size):
    strips = [strip.split(size, 3) for strip in pictures.split(size, 2)]
    return torch.stack([patch.flatten(1) for strip in strips for patch in strip], 1)


def cut_by_map(pictures, size):
    def row_of_patches(strip):
        return cut(strip, size)

    return torch.cat([*map(row_of_patches, pictures.split(size, 2))], 1)


def cut_by_lines(pictures, size):
    """Go through the lines of a patch."""
    lines = [by_unfold(pictures[:, :, y::size], 1) for y in range(size)]
    B, C, H, W = pictures.shape
    grid = torch.stack(lines, 1).reshape(B, size, H // size, W // size, size, C)
    return grid.permute(0, 2, 3, 5, 1, 4).reshape(B, -1, C * size * size)


def by_two_numbers(pictures, size):
    """Compute rows and columns in a comprehension, which is no loop over patches."""
    rows, columns = (n // size for n in pictures.shape[2:])
    grid = pictures.reshape(*pictures.shape[:2], rows, size, columns, size)
    return grid.permute(0, 2, 4, 1, 3, 5).reshape(len(pictures), rows * columns, -1)


def cut_while(pictures, size):
    rest, rows = pictures, []
    while rest.shape[2]:
        rows, rest = [*rows, cut(rest[:, :, :size], size)], rest[:, :, size:]
    return torch.cat(rows, 1)


def by_unfold(pictures, size):
    grid = pictures.unfold(2, size, size).unfold(3, size, size)  # (B, C, rows, columns, size, size)
    return grid.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


def only_squares(pictures, size):
    """Take as many rows of patches as columns."""
    B, C, H, _ = pictures.shape
    n = H // size
    grid = pictures.reshape(B, C, n, size, n, size).permute(0, 2, 4, 1, 3, 5)
    return grid.reshape(B, n * n, -1)


RIGHT_PATCHES = {
    "unfold": by_unfold,
    "a comprehension for two numbers": by_two_numbers,
    "the package's unfold": lambda p, size: F.unfold(p, size, stride=size).transpose(1, 2),
    "double": lambda p, size: cut(p.double(), size),
}
WRONG_PATCHES = {
    "a loop cuts them, and the exercise asks for none": cut_by_a_loop,
    "the patches are right, but a loop": cut_in_a_list,
    "which axes have to be split and moved": cut_while,
    "are right, but a loop cuts them": cut_by_map,
    "right, but a loop cuts them": cut_by_lines,
    "is invalid for input of size 72 (input: a tensor of shape (1, 3, 4, 6), 2)": only_squares,
    "yours go down the columns": lambda p, size: cut(p, size, (0, 4, 2, 1, 3, 5)),
    "with yours the channels change fastest": lambda p, size: cut(p, size, (0, 2, 4, 3, 5, 1)),
    "inside a patch the pixels go row by row": lambda p, size: cut(p, size, (0, 2, 4, 1, 5, 3)),
    "you cut the row of numbers": lambda p, size: p.reshape(len(p), -1, p.shape[1] * size**2),
    "holds pixels that do not lie together": lambda p, size: cut(p.flip(-1).roll(1, -1), size),
    "or other numbers than the picture": lambda p, size: cut(p, size) / 255,
    "none of 16 numbers is right, and the first wrong one stands at [0, 0, 0]": lambda p, size: cut(
        p, size
    ).flip(1),
    "the pictures are changed": in_place,
    "which axes stay by themselves": lambda p, size: cut(p, size)[0],
    "print the shape after each line": lambda p, size: F.unfold(p, size, stride=size)[:, 1:],
    "expected a tensor of patches, got list: torch.tensor": lambda p, size: [*cut(p, size)],
    "expected a tensor of patches, got ndarray": lambda p, size: cut(p, size).numpy(),
    "expected a tensor of patches, got NoneType": lambda p, size: None,
    "stops with RuntimeError": lambda p, size: p.view(len(p), -1, 7),
}


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
    """Add up the loss in plain Python, one pair after the other."""
    cosines = [
        [float(F.cosine_similarity(a, b, dim=0)) / temperature for b in texts] for a in images
    ]
    total = 0.0
    for scores in (cosines, zip(*cosines, strict=True)):
        for i, row in enumerate(scores):
            total += max(row) + math.log(sum(math.exp(s - max(row)) for s in row)) - row[i]
    return total / 2 / len(images)


RIGHT_CLIP = {
    "pair by pair": pair_by_pair,
    "double": lambda a, b, t: loss(a.double(), b.double(), t),
    "of a network in training": lambda a, b, t: loss(a.clone().requires_grad_(), b, t),
    "NumPy's number": lambda a, b, t: loss(a, b, t).numpy(),
}


def halved(images, texts, temperature):
    """Score half of what it should be."""
    return loss(images, texts, 2 * temperature)


def changes_them(images, texts, temperature):
    images /= images.norm(dim=1, keepdim=True)
    return loss(images, texts, temperature)


WRONG_CLIP = {
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
WRONG_INVENTED = {
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
    "exercise-patches": Exercise(
        "patches", checks.check_patches, WRONG_PATCHES, right=RIGHT_PATCHES
    ),
    "exercise-clip": Exercise(
        "clip_loss", checks.check_clip_loss, WRONG_CLIP, SAME["clip_loss"], RIGHT_CLIP
    ),
    "exercise-invented": Exercise(
        "invented", checks.check_invented, WRONG_INVENTED, right=RIGHT_INVENTED
    ),
}
