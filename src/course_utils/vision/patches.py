"""A picture as a row of patches, and back again.

Source: Dosovitskiy et al. 2021, "An Image is Worth 16×16 Words" (arXiv:2010.11929), section 3.1.
"""

import torch

from course_utils import arguments
from course_utils.runtime import CourseError

LOUDEST = 16.0  # no picture scaled to -1 … 1 has such a number; bytes made floats do
GROUND = (236, 236, 232)  # red, green, blue where a picture is empty, and around one not square


def patchify(images: torch.Tensor, size: int) -> torch.Tensor:
    """Cut pictures into square patches, row by row from the top left.

    Args:
        images: shape (B, C, H, W), any type; H and W are multiples of size.
        size: side of a patch in pixels.

    Returns:
        shape (B, N, C · size · size), N = (H / size) · (W / size); a patch's numbers come channel
        by channel, each row by row.

    Raises:
        CourseError: if the pictures cannot be cut so.

    >>> patchify(torch.arange(16).view(1, 1, 4, 4), size=2)[0].tolist()
    [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]
    """
    arguments.tensor("images", images, "(B, C, H, W)")
    if images.dim() != 4:
        raise CourseError(
            f"expected pictures of shape (B, C, H, W), got {tuple(images.shape)}: add a batch"
        )
    B, C, H, W = images.shape
    if arguments.whole("size", size) < 1 or H % size or W % size:
        raise CourseError(
            f"pictures of {H} × {W} pixels cannot be cut into patches of {size}: "
            "choose a size that divides both sides"
        )
    grid = images.reshape(B, C, H // size, size, W // size, size)
    return grid.permute(0, 2, 4, 1, 3, 5).reshape(B, -1, C * size * size)


def unpatchify(patches: torch.Tensor, size: int, height: int, width: int) -> torch.Tensor:
    """Put patches together again: the exact inverse of `patchify`.

    Args:
        patches: shape (B, N, C · size · size).
        size: side of a patch in pixels.
        height, width: of the pictures, in pixels.

    Returns:
        shape (B, C, height, width).

    Raises:
        CourseError: if the patches do not make up such pictures.

    >>> picture = torch.rand(1, 3, 4, 6)
    >>> torch.equal(unpatchify(patchify(picture, 2), 2, 4, 6), picture)
    True
    """
    arguments.tensor("patches", patches, "(B, N, C · size · size)")
    for name, value in (("size", size), ("height", height), ("width", width)):
        arguments.whole(name, value, 1)
    rows, columns = height // size, width // size
    if patches.dim() != 3 or patches.shape[1] != rows * columns or patches.shape[2] % size**2:
        raise CourseError(
            f"expected {rows * columns} patches of C · {size * size} numbers, got "
            f"{tuple(patches.shape)}: give the sizes that they were cut with"
        )
    grid = patches.reshape(len(patches), rows, columns, -1, size, size)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(len(patches), -1, rows * size, columns * size)


def to_floats(images: torch.Tensor) -> torch.Tensor:
    """Turn bytes 0 to 255 into numbers from -1 to 1; floats are left as they are.

    Args:
        images: uint8 or floats from -1 to 1, any shape.

    Raises:
        CourseError: if they are floats far outside, bytes that were not scaled.

    >>> to_floats(torch.tensor([0, 255], dtype=torch.uint8)).tolist()
    [-1.0, 1.0]
    """
    arguments.tensor("images", images, "(B, C, H, W)")
    if not images.is_floating_point():
        return images.float() / 127.5 - 1
    if images.numel() and (loudest := images.detach().abs().max().item()) > LOUDEST:
        raise CourseError(
            f"expected floats from -1 to 1, got one of size {loudest:g}: pass bytes, "
            "images.to(torch.uint8), or scale with images / 127.5 - 1"
        )
    return images
