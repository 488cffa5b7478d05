"""Pictures with texts, in batches that `course_utils.training.train` takes."""

from typing import NamedTuple

import torch

from course_utils import arguments
from course_utils.losses import masked_loss
from course_utils.runtime import CourseError
from course_utils.training import Rows


class Shown(NamedTuple):
    """What a VisionGPT is fed: pictures, and the text after each.

    Args:
        images: shape (B, 3, H, W), bytes or floats from -1 to 1.
        ids: int64, shape (B, T).
    """

    images: torch.Tensor
    ids: torch.Tensor

    def to(self, device) -> "Shown":
        """Return the same on another device."""
        return Shown(self.images.to(device), self.ids.to(device))


def check_shown(shown) -> None:
    """Raise a CourseError unless these are pictures and as many texts."""
    arguments.instance("shown", shown, Shown, "write Shown(images, ids)")
    arguments.tensor("images", shown.images, "(B, 3, H, W)")
    arguments.tensor("ids", shown.ids, "(B, T)")
    if len(shown.images) != len(shown.ids):
        raise CourseError(
            f"expected a text for each picture, got {len(shown.ids)} and {len(shown.images)}: "
            "give as many of both"
        )


def shown_loss(logits: torch.Tensor, shown: Shown, mask: torch.Tensor) -> torch.Tensor:
    """Return the masked loss of the texts: `masked_loss` for `train` and `evaluate`.

    Args:
        logits: shape (B, T, V).
        shown: the pictures and the ids that were scored.
        mask: bool, shape (B, T), True at each target token that counts.
    """
    arguments.instance("shown", shown, Shown, "write Shown(images, ids)")
    return masked_loss(logits, shown.ids, mask)


class PictureRows:
    """Pictures, each with one text; each comes once per epoch, in shuffled order.

    Args:
        images: uint8, shape (N, 3, H, W).
        rows: the texts, as `training.Rows` of N rows.

    Raises:
        CourseError: if they are no pictures and rows, or more of the one than of the other.
    """

    def __init__(self, images: torch.Tensor, rows: Rows):
        arguments.tensor("images", images, "(N, 3, H, W)", 4)
        arguments.instance("rows", rows, Rows, "make them with Rows.pad")
        if len(images) != len(rows.ids):
            raise CourseError(
                f"expected a picture for each text, got {len(images)} and {len(rows.ids)}"
            )
        self.images, self.rows = images, rows

    def batch(self, batch_size: int, order):
        """Return the next examples: `Shown` and mask (batch_size, T of the longest)."""
        return self._take(order.shuffled(batch_size, len(self.images)))

    def in_order(self, batch_size: int):
        """Yield batches (shown, mask), first to last."""
        for chosen in torch.arange(len(self.images)).split(batch_size):
            yield self._take(chosen)

    def fingerprint(self) -> int:
        """Return a number that tells these data from others."""
        return self.rows.fingerprint() ^ int(self.images.sum(dtype=torch.int64))

    def _take(self, chosen):
        ids, mask = self.rows.take(chosen)
        return Shown(self.images[chosen], ids), mask
