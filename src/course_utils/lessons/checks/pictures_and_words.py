"""Checks of the lesson "Pictures and words": the contrastive loss, what a caption invents.

The oracles are sums over single pairs, and things struck off a list one by one; never the answer
itself.
"""

import math

import torch

from course_utils.lessons.checks._answers import (
    apart,
    fresh,
    name_mistake,
    near,
    number,
    unlike,
)
from course_utils.lessons.checks._clip import loss, wrong_losses
from course_utils.lessons.checks._report import check, expect
from course_utils.lessons.scenes import PLACES, Scene, Thing, caption


@check("unit vectors, a score for every pair, pictures find texts and texts find pictures.")
def check_clip_loss(clip_loss) -> None:
    """Check the contrastive loss of CLIP.

    Args:
        clip_loss: image vectors (N, D), text vectors (N, D), temperature -> nats, a tensor through
            which gradients flow.
    """
    draw = fresh()
    for N, D, temperature in ((3, 2, 1.0), (3, 4, 0.5), (5, 3, 0.2), (2, 6, 2.0)):
        for _ in range(3):
            images, texts = (torch.randn(N, D, generator=draw) * 2 for _ in range(2))
            _expect_loss(clip_loss, images, texts, temperature)
    same = torch.eye(4)
    _expect_loss(clip_loss, same, same, 0.005, "scores of 200: ")
    _expect_loss(clip_loss, same, same.roll(1, 0), 0.005, "scores of 200: ")
    _expect_loss(clip_loss, same[:1], same[:1], 0.5, "a single pair: ")
    _expect_gradients(
        clip_loss, torch.randn(3, 2, generator=draw), torch.randn(3, 2, generator=draw)
    )


def _expect_gradients(clip_loss, images, texts) -> None:
    got = clip_loss(images, texts, 0.5)
    if not isinstance(got, torch.Tensor):
        tip = "the number is right, but no net can learn from it: work with tensors to the end"
        raise unlike("a tensor that gradients flow through", got, tip)
    given = images.requires_grad_(), texts.requires_grad_()
    got = clip_loss(*given, 0.5)
    flows = got.requires_grad and torch.autograd.grad(got.sum(), given, allow_unused=True)
    expect(
        flows and None not in flows,
        "the number is right, but no gradient flows back to both the image vectors and the text "
        "vectors, so that no net could learn: neither detach, nor make a new tensor of old numbers",
    )


def _expect_loss(clip_loss, images, texts, temperature, what="") -> None:
    given = images.clone(), texts.clone()
    got = number(clip_loss(images, texts, temperature))
    expect(
        torch.equal(given[0], images) and torch.equal(given[1], texts),
        "the vectors that were given are changed: work on copies",
    )
    pairs = images.tolist(), texts.tolist()
    right = loss(*pairs, temperature)
    if near(got, right):
        return
    expect(
        math.isfinite(got),
        f"{what}you get {got}: e to the power of a large score is too large for a float: which "
        "function takes the logarithm of the softmax in one go?",
    )
    name_mistake(
        wrong_losses(pairs, temperature, right),
        lambda wrong: near(got, wrong),
        what,
    )
    expect(
        False,
        f"{what}a wrong loss, {apart(got, right)}: take two pairs, write down their four scores "
        "and work it out by hand",
    )


_STAR = Thing("star", "blue", "big", 0)
_RING = Thing("ring", "red", "small", 4)
_CROSS = Thing("cross", "blue", "small", 8)
_TWO = Scene((_STAR, _RING))
CAPTIONS = (
    (caption(_TWO), _TWO, "a caption that names what is there"),
    ("", _TWO, "an empty caption"),
    ("", Scene(()), "an empty caption of an empty picture"),
    (caption(_TWO), Scene(()), "two things named, of which there is none"),
    (caption(Scene((_STAR,))), _TWO, "one of two things is left out, and that invents nothing"),
    (caption(Scene((_STAR, _RING, _CROSS))), _TWO, "three things named, of which two are there"),
    (caption(Scene((_STAR, _RING, _CROSS))), Scene((_STAR,)), "three named, of which one is there"),
    (
        "a big blue star at the top left, a big blue star at the left",
        Scene((_STAR,)),
        "the same named twice and there once",
    ),
    ("a small blue star at the top left", Scene((_STAR,)), "a wrong size: it does not count"),
    ("a big blue star at the bottom right", Scene((_STAR,)), "a wrong place: it does not count"),
    ("a big red star at the top left", Scene((_STAR,)), "a wrong colour: not the same thing"),
    ("a big blue ring at the top left", Scene((_STAR,)), "a wrong shape: not the same thing"),
)


@check("colour and shape count, each thing is matched once, and what is left out invents nothing.")
def check_invented(invented) -> None:
    """Check the share of the things named in a caption that are not there.

    Args:
        invented: caption, scene -> share from 0 to 1.
    """
    cases, draw = list(CAPTIONS), fresh()
    for _ in range(60):
        here, named = (_some(draw) for _ in range(2))
        what = f"{len(named.things)} named, {len(here.things)} there"
        cases.append((caption(named), here, what))
    got = [number(invented(text, scene)) for text, scene, _ in cases]
    right, explained = zip(*(_mistakes(text, scene) for text, scene, _ in cases), strict=True)
    wrong = [i for i in range(len(cases)) if not near(got[i], right[i])]
    if not wrong:
        return
    name_mistake(
        {reason: [values[reason] for values in explained] for reason in explained[0]},
        lambda values: all(map(near, got, values)),
    )
    value, what = got[wrong[0]], cases[wrong[0]][2]
    share = min(max(value, 0.0), 1.0)
    expect(
        value == share,
        f"{what}: you give {apart(value, share)}, and a share lies between 0 and 1",
    )
    expect(
        False,
        f"{what}: a wrong share, about {value:.1f}: write down both lists of colour and shape, and "
        "strike pairs off",
    )


def _some(draw) -> Scene:
    """Draw a scene from few kinds, so that kinds recur."""
    places = torch.randperm(len(PLACES), generator=draw)[
        : int(torch.randint(5, (), generator=draw))
    ]
    pick = torch.randint(2, (len(places), 3), generator=draw).tolist()
    return Scene(
        tuple(
            Thing(("star", "ring")[a], ("blue", "red")[b], ("small", "big")[c], place)
            for place, (a, b, c) in zip(sorted(places.tolist()), pick, strict=True)
        )
    )


def _mistakes(text, scene):
    """Return the right share, and what each mistake gives."""
    named = [part.split() for part in text.split(", ") if part]
    kinds, there = [tuple(words[2:4]) for words in named], [thing.kind for thing in scene.things]
    right = _share(kinds, there)
    return right, _other_shares(right, kinds, there) | _other_things(named, scene)


def _other_shares(right, kinds, there) -> dict:
    """Return what other quotients of the same things give."""
    return {
        "you count, and a share was asked for": right * len(kinds),
        "you give a percentage: return a share from 0 to 1": 100 * right,
        "this is the share that is there": 1 - right,
        "this is the share of the named that is there": 1 - right if kinds else 0.0,
        "an empty caption names nothing: look at what your code makes of it": (
            right if kinds else 1.0
        ),
        "none of your things is ever found: compare how yours look with those of `thing.kind`": (
            float(bool(kinds))
        ),
        "this is the share of what is there that the caption leaves out": _share(there, kinds),
        "what is left out was counted, not what is invented": (
            _share(there, kinds) * len(there) / max(1, len(kinds))
        ),
        "a set keeps each kind once, and a caption may name one twice": _share(
            [*dict.fromkeys(kinds)], [*dict.fromkeys(there)]
        ),
        "a share of the things that are named, not of those in the picture": (
            right * len(kinds) / max(1, len(there))
        ),
        "in an empty picture everything named is invented: divide by what is named": (
            right * len(kinds) / len(there) if there else 0.0
        ),
        "a thing that is there once may be named once": (
            sum(kind not in there for kind in kinds) / max(1, len(kinds))
        ),
        "not whether anything is invented, but which share": float(right > 0),
    }


def _other_things(named, scene) -> dict:
    """Return what comes of comparing something else than colour and shape."""
    kinds, there = [tuple(words[2:4]) for words in named], [thing.kind for thing in scene.things]
    placed = [(*words[2:4], " ".join(words[6:])) for words in named]
    return {
        "colour counts too, not the shape alone": _share(
            [shape for _, shape in kinds], [shape for _, shape in there]
        ),
        "shape counts too, not the colour alone": _share(
            [colour for colour, _ in kinds], [colour for colour, _ in there]
        ),
        "the size does not count here": _share(
            [tuple(words[1:4]) for words in named], [(t.size, *t.kind) for t in scene.things]
        ),
        "the place does not count here": _share(
            placed, [(*t.kind, PLACES[t.place]) for t in scene.things]
        ),
    }


def _share(named, there) -> float:
    """Strike each named thing off the list of what is there; return the share that is not on it."""
    left, wrong = list(there), 0
    for thing in named:
        if thing in left:
            left.remove(thing)
        else:
            wrong += 1
    return wrong / len(named) if named else 0.0
