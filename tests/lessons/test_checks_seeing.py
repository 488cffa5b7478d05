"""Wrong answers to the exercises of "Seeing", by what their checks must say.

`test_mutations.py` tries them all.
"""

import torch
import torch.nn.functional as F
from lesson import Exercise

from course_utils.attention import prefix_mask
from course_utils.lessons.checks import seeing as checks


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


def seen(n_image, n_text, rule=lambda i, j, N: (j <= i) | (j < N)):
    """Ask a rule of all tokens i and j at once, with the number of image tokens."""
    place = torch.arange(n_image + n_text)
    return rule(*torch.meshgrid(place, place, indexing="ij"), n_image)


def in_four_blocks(n_image, n_text):
    """Put the mask together from who is a picture and who is text."""
    return torch.cat(
        [
            torch.cat([torch.ones(n_image, n_image), torch.zeros(n_image, n_text)], 1),
            torch.cat([torch.ones(n_text, n_image), torch.ones(n_text, n_text).tril()], 1),
        ]
    ).bool()


def pair_after_pair(n_image, n_text):
    n = n_image + n_text
    rows = [[j < n_image or j <= i for j in range(n)] for i in range(n)]
    return torch.tensor(rows)


def first_word_too(n_image, n_text):
    """Let image tokens see the first word."""
    return seen(n_image, n_text, lambda i, j, N: (j <= i) | (j <= N))


RIGHT_VISIBLE = {
    "four blocks": in_four_blocks,
    "pair after pair": pair_after_pair,
    "the package's": lambda n_image, n_text: prefix_mask(n_image + n_text, n_image),
}
WRONG_VISIBLE = {
    "an image token sees all image tokens": lambda N, T: seen(N, T, lambda i, j, N: j <= i),
    "a text token does not see the text to come": lambda N, T: seen(
        N, T, lambda i, j, N: (j < N) | (i >= N)
    ),
    "no image token sees any text": lambda N, T: seen(N, T, lambda i, j, N: (j <= i) | (i < N)),
    "nobody is to see everything": lambda N, T: torch.ones(N + T, N + T).bool(),
    "a text token sees itself, too": lambda N, T: seen(N, T, lambda i, j, N: (j < N) | (j < i)),
    "a text token sees the picture, too": lambda N, T: seen(
        N, T, lambda i, j, N: (i < N) & (j < N) | (j >= N) & (j <= i)
    ),
    "row i says what token i sees": lambda N, T: seen(N, T).T,
    "True means that a token sees another one": lambda N, T: ~seen(N, T),
    "23 of 25 numbers are right, and the first wrong one stands at [0, 2]": first_word_too,
    "the picture's are tokens, too": lambda N, T: torch.ones(T, T).tril().bool(),
    "expected a bool tensor, got int64": lambda N, T: seen(N, T).long(),
    "expected a bool tensor, got float32": lambda N, T: seen(N, T).float(),
    "expected a tensor of True and False, got list": lambda N, T: seen(N, T).tolist(),
    "expected a tensor of True and False, got NoneType": lambda N, T: None,
    "stops with TypeError": lambda N: seen(N, N),
}

EXERCISES = {
    "exercise-patches": Exercise(
        "patches", checks.check_patches, WRONG_PATCHES, right=RIGHT_PATCHES
    ),
    "exercise-visible": Exercise(
        "visible", checks.check_visible, WRONG_VISIBLE, right=RIGHT_VISIBLE
    ),
}
