"""Checks of the lesson "Seeing": patches, who sees whom.

The oracles are loops over single pixels, and the three rules asked of every pair of tokens; never
the answer itself.
"""

from itertools import product

import torch

from course_utils.lessons.checks._answers import (
    as_tensor,
    bools,
    close,
    fresh,
    how_much,
    name_mistake,
    tensor,
)
from course_utils.lessons.checks._report import check, expect
from course_utils.lessons.checks._watch import goes_round

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


TOKENS = ((2, 3), (3, 2), (4, 1), (1, 4), (0, 3), (3, 0), (9, 5))


@check("image tokens see the picture, text tokens the picture and their past: nobody sees more.")
def check_visible(visible) -> None:
    """Check the mask over a picture and the text behind it.

    Args:
        visible: number of image tokens, number of text tokens -> bool (n, n), n of both together.
    """
    for n_image, n_text in TOKENS:
        _expect_visible(visible, n_image, n_text)


_RULES = {  # who a token sees, from its place, another's place and the number of image tokens
    "an image token sees all image tokens, those after it too: yours sees only those before it": (
        lambda i, j, N: j <= i
    ),
    "a text token does not see the text to come: yours sees all of it": (
        lambda i, j, N: j < N or i >= N
    ),
    "no image token sees any text: yours do": lambda i, j, N: j <= i or i < N,
    "nobody is to see everything: which tokens are hidden from an image token, and which from a "
    "word?": lambda i, j, N: True,
    "a text token sees itself, too: yours sees only what is before it": (
        lambda i, j, N: j < N or j < i
    ),
    "a text token sees the picture, too: yours sees only text": (
        lambda i, j, N: (i < N and j < N) or N <= j <= i
    ),
    "row i says what token i sees: yours says which tokens see i": (
        lambda i, j, N: i < N or i <= j
    ),
    "True means that a token sees another one: with yours, it means that it does not": (
        lambda i, j, N: not (j < N or j <= i)
    ),
}


def _expect_visible(visible, n_image, n_text) -> None:
    what, n = f"{n_image} image tokens and {n_text} of text: ", n_image + n_text
    got = bools(visible(n_image, n_text), "True and False")
    expect(
        got.shape == (n, n),
        f"{what}expected a row and a column for each of the {n} tokens, got shape "
        f"{tuple(got.shape)}: the picture's are tokens, too",
    )
    right = _rows(lambda i, j, N: j < N or j <= i, n_image, n)
    if torch.equal(got, right):
        return
    name_mistake(_RULES, lambda rule: torch.equal(got, _rows(rule, n_image, n)), what)
    expect(
        False,
        f"{what}{how_much(got, right)} (counted from 0): draw the square on paper, and go through "
        "the three rules for that row",
    )


def _rows(rule, n_image, n) -> torch.Tensor:
    """Ask a rule of each pair of tokens."""
    rows = [[bool(rule(i, j, n_image)) for j in range(n)] for i in range(n)]
    return torch.tensor(rows, dtype=torch.bool).view(n, n)
