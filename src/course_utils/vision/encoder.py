"""The image encoder: patches in, as many vectors out, each of which has looked at all the others.

The blocks are the GPT's own, without its causal mask: in a picture nothing comes before anything.
Left out: a class token and a head that names the picture (ViT has both), since a text follows.

Source: Dosovitskiy et al. 2021 (arXiv:2010.11929), equations 1 to 3.
"""

import torch
import torch.nn as nn

from course_utils import arguments
from course_utils.linear import Linear
from course_utils.model import Block
from course_utils.runtime import CourseError
from course_utils.vision.patches import patchify, to_floats


class ImageEncoder(nn.Module):
    """Turn pictures into vectors, one a patch.

    Args:
        image_size: side of the square pictures in pixels, a multiple of patch_size.
        patch_size: side of a patch in pixels.
        n_layer: number of blocks.
        n_head: heads H per block.
        n_embd: channels C, a multiple of n_head.

    Raises:
        CourseError: if a size is no positive integer or does not fit.

    >>> encoder = ImageEncoder(image_size=8, patch_size=4, n_layer=1, n_head=2, n_embd=6)
    >>> encoder(torch.zeros(1, 3, 8, 8)).shape
    torch.Size([1, 4, 6])
    """

    def __init__(self, image_size: int, patch_size: int, n_layer: int, n_head: int, n_embd: int):
        super().__init__()
        check_picture_sizes(image_size, patch_size)
        arguments.size("n_layer", n_layer)
        self.image_size, self.patch_size = image_size, patch_size
        self.embed = Linear(3 * patch_size**2, n_embd)
        self.positions = nn.Parameter(torch.randn((image_size // patch_size) ** 2, n_embd) * 0.02)
        self.blocks = nn.ModuleList(Block(n_embd, n_head) for _ in range(n_layer))
        self.ln = nn.LayerNorm(n_embd)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Look at pictures.

        Args:
            images: shape (B, 3, image_size, image_size), bytes or floats from -1 to 1.

        Returns:
            shape (B, N, C), N patches.

        Raises:
            CourseError: if the pictures have another form.
        """
        self._check(images)
        x = self.embed(patchify(to_floats(images), self.patch_size)) + self.positions
        everything = x.new_ones(x.shape[1], x.shape[1], dtype=torch.bool)
        for block in self.blocks:
            x = block(x, mask=everything)
        return self.ln(x)

    def _check(self, images):
        side = self.image_size
        arguments.tensor("images", images, f"(B, 3, {side}, {side})")
        shape = tuple(images.shape)
        if len(shape) == 4 and shape[1:] == (3, side, side):
            return
        fix = "scale them to this size"
        if len(shape) == 3:
            fix = "add a batch, images[None]"
        elif shape[-1] == 3:
            fix = "put the colours in front, images.permute(0, 3, 1, 2)"
        raise CourseError(f"expected pictures of shape (B, 3, {side}, {side}), got {shape}: {fix}")


def check_picture_sizes(image_size: int, patch_size: int) -> None:
    """Raise a CourseError unless square pictures of one size can be cut into such patches."""
    arguments.size("image_size", image_size)
    arguments.size("patch_size", patch_size)
    if image_size % patch_size:
        raise CourseError(
            f"image_size must be a multiple of patch_size, got {image_size} and {patch_size}: "
            "change one of them"
        )
