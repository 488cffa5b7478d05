"""A picture cut into patches: each one's numbers, its place in the picture and in the row.

The page cuts with engine/eyes.js, beside `course_utils.vision.patches.patchify`. Left out:
pictures that are not square.
"""

import torch
import traitlets

from course_utils.lessons.widgets import _pictures
from course_utils.lessons.widgets._told import Widget
from course_utils.runtime import CourseError
from course_utils.vision.patches import patchify, to_floats

SIDE = 48  # pixels
SIZES = (4, 6, 8, 12, 16, 24)  # of a patch: they divide the side


class PatchExplorer(Widget):
    """Cut a picture into patches of a size that the reader chooses, and show one of them.

    Args:
        picture: uint8, shape (3, H, W), or a Pillow image; its middle is scaled to 48 × 48.
        size: side of a patch in pixels, one of 4, 6, 8, 12, 16 and 24. Default 8.
        patch: number of the patch that is shown first, from 0. Default 0.

    Raises:
        CourseError: if it is no picture, or there is no such size or patch.

    >>> explorer = PatchExplorer(torch.zeros(3, 48, 48, dtype=torch.uint8), size=16, patch=8)
    >>> explorer.numbers.shape, explorer.numbers[0].item()
    (torch.Size([768]), -1.0)
    """

    piece = "patch_explorer"
    picture = traitlets.Unicode("").tag(sync=True)  # as PNG
    sizes = traitlets.List(SIZES).tag(sync=True)
    size = traitlets.Int(8).tag(sync=True)
    patch = traitlets.Int(0).tag(sync=True)

    def __init__(self, picture, size: int = 8, patch: int = 0):
        self._pixels = _pictures.as_pixels(picture, SIDE)
        super().__init__(picture=_pictures.to_url(self._pixels), size=size)
        self.patch = patch  # when the size is known

    @traitlets.validate("size")
    def _check_size(self, proposal) -> int:
        if proposal["value"] not in SIZES:
            raise CourseError(f"there is no size {proposal['value']}: choose one of {SIZES}")
        return proposal["value"]

    @traitlets.validate("patch")
    def _check_patch(self, proposal) -> int:
        count = (SIDE // self.size) ** 2
        if not 0 <= proposal["value"] < count:
            raise CourseError(f"there is no patch {proposal['value']}: choose 0 to {count - 1}")
        return proposal["value"]

    @property
    def numbers(self) -> torch.Tensor:
        """The numbers of the patch that is shown, from -1 to 1, shape (3 · size · size)."""
        return patchify(to_floats(self._pixels[None]), self.size)[0, self.patch]

    def still(self) -> str:
        """The picture with the lines of the cut, and what its patches are."""
        count, share = (SIDE // self.size) ** 2, 100 * self.size / SIDE
        lines = (
            f"background: repeating-linear-gradient(#0006 0 1px, #0000 1px {share:.3f}%), "
            f"repeating-linear-gradient(90deg, #0006 0 1px, #0000 1px {share:.3f}%)"
        )
        box = "position: absolute; inset: 0"
        return (
            '<div style="position: relative; width: 288px; height: 288px">'
            f'<img src="{self.picture}" width="288" height="288" alt="The picture that is cut" '
            f'style="image-rendering: pixelated"><div style="{box}; {lines}"></div></div>'
            f"<p>{count} patches of {self.size} × {self.size} pixels, "
            f"{3 * self.size**2} numbers each.</p>"
        )

    def __repr__(self) -> str:  # the default holds an address, which no stored output may
        return f"PatchExplorer(size={self.size}, patch={self.patch}), alive when run"
