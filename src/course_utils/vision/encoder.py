"""The image encoder: patches in, as many vectors out, each of which has looked at all the others.

The blocks are the GPT's own, without its causal mask: in a picture nothing comes before anything.
Left out: a class token and a head that names the picture (ViT has both), since a text follows.

Source: Dosovitskiy et al. 2021 (arXiv:2010.11929), equations 1 to 3.
"""

import torch
import torch.nn as nn

from course_utils.linear import Linear
from course_utils.model import Block
from course_utils.vision.patches import patchify, to_floats


class ImageEncoder(nn.Module):
    """Turn pictures into vectors, one a patch.

    Args:
        image_size: side of the square pictures in pixels, a multiple of patch_size.
        patch_size: side of a patch in pixels.
        n_layer: number of blocks.
        n_head: heads H per block.
        n_embd: channels C, a multiple of n_head.

    >>> encoder = ImageEncoder(image_size=8, patch_size=4, n_layer=1, n_head=2, n_embd=6)
    >>> encoder(torch.zeros(1, 3, 8, 8)).shape
    torch.Size([1, 4, 6])
    """

    def __init__(self, image_size: int, patch_size: int, n_layer: int, n_head: int, n_embd: int):
        super().__init__()
        self.patch_size = patch_size
        self.embed = Linear(3 * patch_size**2, n_embd)
        self.positions = nn.Parameter(torch.randn((image_size // patch_size) ** 2, n_embd) * 0.02)
        self.blocks = nn.ModuleList(Block(n_embd, n_head) for _ in range(n_layer))
        self.ln = nn.LayerNorm(n_embd)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Look at pictures.

        Args:
            images: shape (B, 3, H, W), bytes or floats from -1 to 1.

        Returns:
            shape (B, N, C), N patches.
        """
        x = self.embed(patchify(to_floats(images), self.patch_size)) + self.positions
        everything = x.new_ones(x.shape[1], x.shape[1], dtype=torch.bool)
        for block in self.blocks:
            x = block(x, mask=everything)
        return self.ln(x)
