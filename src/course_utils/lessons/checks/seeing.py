"""Checks of the lesson "Seeing": patches, the contrastive loss, what a caption invents.

The oracles are loops over single pixels, sums over single pairs, and things struck off a list one
by one; never the answer itself.
"""

import math
from itertools import product

import torch

from course_utils.lessons.checks._answers import (
    apart,
    as_tensor,
    close,
    fresh,
    how_much,
    name_mistake,
    near,
    number,
    tensor,
)
from course_utils.lessons.checks._clip import loss, wrong_losses
from course_utils.lessons.checks._report import check, expect
from course_utils.lessons.checks._watch import goes_round
from course_utils.lessons.scenes import PLACES, Scene, Thing, caption

SIZES = ((1, 1, 4, 4, 2), (1, 3, 4, 6, 2), (2, 3, 6, 4, 2), (3, 2, 3, 9, 3), (2, 3, 6, 6, 1))
LARGER = (  # the first is larger in no direction, each other one in one
    (2, 2, 4, 4, 2),
    (20, 2, 4, 4, 2),
    (2, 20, 4, 4, 2),
    (2, 2, 40, 40, 2),
    (2, 2, 40, 40, 20),
)


@check("patches row by row, in each a channel after the other: what the package does.")
def check_patches(patches) -> None:
    """Check the cutting of pictures into patches.

    Args:
        patches: pictures (B, C, H, W), side of a patch -> (B, N, C · side · side).
    """
    for B, C, H, W, size in SIZES:
        pictures = torch.arange(B * C * H * W).view(B, C, H, W).float()
        pictures += torch.rand(pictures.shape, generator=fresh()) / 4
        _expect_patches(patches, pictures, size)
    small, *larger = [(torch.zeros(shape), size) for *shape, size in LARGER]
    expect(
        not any(goes_round(patches, small, large) for large in larger),
        "the patches are right, but a loop cuts them, and the exercise asks for none: which axes "
        "have to be split and moved, so that all patches are cut at once?",
    )


_ORDERS = {
    "patches come row by row, yours go down the columns": "down",
    "a patch's numbers come channel by channel, with yours the channels change fastest": (
        "channels last"
    ),
    "inside a patch the pixels go row by row, yours go down the columns": "turned",
    "you cut the row of numbers as it lies in memory, so a patch holds parts of one line: "
    "give both directions an axis inside the patch, then move the axes": "uncut",
}


def _expect_patches(patches, pictures, size) -> None:
    B, C, H, W = pictures.shape
    what = f"{B} picture{'s' * (B > 1)} of {C} × {H} × {W}, patches of {size}: "
    before = pictures.clone()
    got = as_tensor(patches(pictures, size), "patches")
    N, right = H * W // size**2, _cut(pictures, size)
    expect(
        got.shape[:1] == (B,) and got.dim() == 3,
        f"{what}expected one row of patches for each picture, (B, N, numbers), got shape "
        f"{tuple(got.shape)}: which axes stay by themselves?",
    )
    got = tensor(got, (B, N, C * size * size), f"{what}patches")
    expect(torch.equal(before, pictures), "the pictures are changed: work on a copy")
    name_mistake(
        _ORDERS,
        lambda order: (
            close(got, _cut(pictures, size, order))
            and not close(_cut(pictures, size, order), right)
        ),
        what,
    )
    expect(
        close(*(x.sort(-1).values.sort(1).values for x in (got, right))),
        f"{what}a patch of yours holds pixels that do not lie together, or other numbers than the "
        "picture: look at its first patch with paper and pencil",
    )
    expect(
        close(got, right),
        f"{what}each patch has its pixels, in another order; {how_much(got, right)}: number the "
        "pixels of a 4 × 4 picture on paper and compare",
    )


def _cut(pictures, size, order="") -> torch.Tensor:
    """Take the pixels one by one, in an order."""
    B, C, H, W = pictures.shape
    if order == "uncut":
        return pictures.reshape(B, -1, C * size * size)
    corners = list(product(range(0, H, size), range(0, W, size)))
    inside = list(product(range(C), range(size), range(size)))
    if order == "down":
        corners.sort(key=lambda corner: corner[1])
    if order == "channels last":
        inside.sort(key=lambda place: place[1:])
    if order == "turned":
        inside.sort(key=lambda place: (place[0], place[2]))
    rows = [
        [float(pictures[b, c, top + y, left + x]) for c, y, x in inside]
        for b in range(B)
        for top, left in corners
    ]
    return torch.tensor(rows).view(B, len(corners), -1)


@check("unit vectors, a score for every pair, pictures find texts and texts find pictures.")
def check_clip_loss(clip_loss) -> None:
    """Check the contrastive loss of CLIP.

    Args:
        clip_loss: image vectors (N, D), text vectors (N, D), temperature -> nats.
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
    places = [" ".join(words[6:]) for words in named]
    placed = [(*kind, place) for kind, place in zip(kinds, places, strict=True)]
    return right, {
        "you count, and a share was asked for": right * len(named),
        "you give a percentage: return a share from 0 to 1": 100 * right,
        "this is the share that is there": 1 - right,
        "this is the share of what is there that the caption leaves out": _share(there, kinds),
        "what is left out was counted, not what is invented": (
            _share(there, kinds) * len(there) / max(1, len(named))
        ),
        "a set keeps each kind once, and a caption may name one twice": _share(
            [*dict.fromkeys(kinds)], [*dict.fromkeys(there)]
        ),
        "a share of the things that are named, not of those in the picture": (
            right * len(named) / max(1, len(there))
        ),
        "a thing that is there once may be named once": (
            sum(kind not in there for kind in kinds) / max(1, len(kinds))
        ),
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
        "not whether anything is invented, but which share": float(right > 0),
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
