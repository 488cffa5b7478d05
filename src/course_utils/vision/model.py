"""VisionGPT: the vectors of a picture in front of a text, all of it read by one GPT.

Three parts: an encoder that sees, a projector that turns what it sees into something like word
embeddings, and the GPT of `course_utils.model`, unchanged. Image tokens see one another and no
text; a text token sees the picture and the text before it. Left out: several pictures, pictures
of any size, a pretrained encoder.

Source: Liu et al. 2023, "Visual Instruction Tuning" (LLaVA, arXiv:2304.08485), section 4.1; its
encoder is pretrained and its projector one matrix, ours (two layers) is that of LLaVA-1.5
(arXiv:2310.03744).
"""

from dataclasses import dataclass

import torch
import torch.nn as nn

from course_utils import arguments
from course_utils.attention import KVCache, prefix_mask
from course_utils.model import GPT, GPTConfig
from course_utils.vision.data import Shown, check_shown
from course_utils.vision.encoder import ImageEncoder, check_picture_sizes


@dataclass(frozen=True)
class VisionConfig:
    """The sizes of a VisionGPT.

    Args:
        vocab_size: V, number of different text tokens.
        text_size: most text tokens that it can read after a picture.
        image_size: side of the square pictures in pixels. Default 48.
        patch_size: side of a patch in pixels, divides image_size. Default 8.
        n_layer_image: blocks of the encoder. Default 2.
        n_layer: blocks of the GPT. Default 4.
        n_head: heads per block, of both. Default 4.
        n_embd: channels, of both; a multiple of n_head. Default 128.

    Raises:
        CourseError: if a size is not a positive integer or does not fit.
    """

    vocab_size: int
    text_size: int
    image_size: int = 48
    patch_size: int = 8
    n_layer_image: int = 2
    n_layer: int = 4
    n_head: int = 4
    n_embd: int = 128

    def __post_init__(self):
        arguments.size("text_size", self.text_size)
        arguments.size("n_layer_image", self.n_layer_image)
        check_picture_sizes(self.image_size, self.patch_size)
        _ = self.text  # it checks the rest

    @property
    def n_patches(self) -> int:
        """N, number of image tokens."""
        return (self.image_size // self.patch_size) ** 2

    @property
    def text(self) -> GPTConfig:
        """The sizes of the GPT, whose block holds the picture and the text."""
        block_size = self.n_patches + self.text_size
        return GPTConfig(self.vocab_size, block_size, self.n_layer, self.n_head, self.n_embd)


class VisionGPT(nn.Module):
    """A picture and the beginning of a text in, a score for every possible next token out.

    Args:
        config: the sizes.

    >>> model = VisionGPT(VisionConfig(vocab_size=9, text_size=8, image_size=8, n_layer=1))
    >>> model(Shown(torch.zeros(1, 3, 8, 8), torch.tensor([[1, 2]]))).shape
    torch.Size([1, 2, 9])
    """

    def __init__(self, config: VisionConfig):
        super().__init__()
        c = self.config = config
        self.encoder = ImageEncoder(c.image_size, c.patch_size, c.n_layer_image, c.n_head, c.n_embd)
        self.projector = nn.Sequential(
            nn.Linear(c.n_embd, 4 * c.n_embd), nn.GELU(), nn.Linear(4 * c.n_embd, c.n_embd)
        )
        self.text = GPT(c.text)

    def look(self, images: torch.Tensor) -> torch.Tensor:
        """Turn pictures into image tokens.

        Args:
            images: shape (B, 3, image_size, image_size), bytes or floats from -1 to 1.

        Returns:
            shape (B, N, C), embeddings as the GPT reads them.

        Raises:
            CourseError: if the pictures have another form.
        """
        return self.projector(self.encoder(images))

    def forward(self, shown: Shown) -> torch.Tensor:
        """Score every possible next token at every position of the text.

        Args:
            shown: pictures (B, 3, H, W) and ids (B, T), T at most text_size.

        Returns:
            logits: shape (B, T, V); position t scores what comes after token t.

        Raises:
            CourseError: if the pictures or the ids do not fit.
        """
        check_shown(shown)
        seen = self.look(shown.images)  # (B, N, C)
        words = self.text.embed(shown.ids)  # (B, T, C)
        both, N = torch.cat([seen, words], dim=1), seen.shape[1]
        mask = prefix_mask(both.shape[1], N, both.device)
        return self.text(embeddings=both, mask=mask)[:, N:]

    def cache(self, images: torch.Tensor) -> KVCache:
        """Read pictures only, so that `generate(model.text, ids, …, cache=…)` goes on from them.

        Args:
            images: shape (B, 3, image_size, image_size).

        Returns:
            A cache that holds the N image tokens of B pictures.
        """
        seen, cache = self.look(images), self.text.new_cache(len(images))
        N = seen.shape[1]
        self.text(embeddings=seen, mask=prefix_mask(N, N, seen.device), cache=cache)
        return cache
