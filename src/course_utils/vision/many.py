"""Several texts about one picture, read at once: the picture is looked at only once."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from course_utils.attention import parts_layout
from course_utils.runtime import CourseError
from course_utils.vision.data import Shown, check_shown
from course_utils.vision.model import VisionGPT


class ManyTexts(nn.Module):
    """A VisionGPT for rows of several texts, each read as if it stood alone behind the picture.

    A row is <eos> text <eos> text … <eos>; it may be longer than the model's text_size.

    Args:
        model: what learns; it is changed when this is trained.
        eos_id: the token that begins each text of a row.

    >>> from course_utils.vision import VisionConfig
    >>> model = VisionGPT(VisionConfig(vocab_size=9, text_size=8, image_size=8, n_layer=1))
    >>> images, ids = torch.zeros(1, 3, 8, 8), torch.tensor([[0, 1, 2, 0, 3]])
    >>> both = ManyTexts(model, eos_id=0)(Shown(images, ids))
    >>> torch.allclose(both[:, 3:], model(Shown(images, ids[:, 3:])), atol=1e-5)
    True
    """

    def __init__(self, model: VisionGPT, eos_id: int):
        super().__init__()
        self.model, self.eos_id = model, eos_id

    def forward(self, shown: Shown) -> torch.Tensor:
        """Return logits, shape (B, T, V), for pictures and ids of shape (B, T).

        Raises:
            CourseError: if the pictures or the ids do not fit, or a text is too long.
        """
        check_shown(shown)
        text, seen = self.model.text, self.model.look(shown.images)  # (B, N, C)
        N = seen.shape[1]
        parts = F.pad((shown.ids == self.eos_id).cumsum(1), (N, 0))  # 0 in the picture
        mask, places = parts_layout(parts)
        mask[:, :N, :N] = True
        both = torch.cat([seen, text.embed(shown.ids)], dim=1)
        try:
            x = both + text.wpe(places)
        except IndexError:
            raise CourseError(
                f"block_size is {text.config.block_size} but a text needs {places.max() + 1} with "
                "its picture: shorten it"
            ) from None
        return text.think(x, mask)[:, N:]
