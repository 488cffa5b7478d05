"""Solutions of the exercises of "Seeing", which the lesson shows folded."""

import torch

from course_utils.lessons.answers import or_ours as or_ours


def patches(pictures, size):
    B, C, H, W = pictures.shape
    grid = pictures.reshape(B, C, H // size, size, W // size, size)
    grid = grid.permute(0, 2, 4, 1, 3, 5)
    return grid.reshape(B, -1, C * size * size)


def visible(n_image, n_text):
    place = torch.arange(n_image + n_text)
    return (place <= place[:, None]) | (place < n_image)
