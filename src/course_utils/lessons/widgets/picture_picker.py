"""A picture of your own for a model that sees: a file, or a frame of the camera.

Choosing, the camera and the cut are in `picture_picker.js`. The page cuts the square in the middle
out, scales it down and draws it anew as PNG, so that nothing but pixels leaves it: no name of the
file, no place, no time. Python scales it to the model's size. Left out: moving the cut, several
pictures.
"""

import base64
from io import BytesIO

import numpy as np
import torch
import traitlets
from PIL import Image

from course_utils import arguments
from course_utils.lessons.widgets._files import script, style
from course_utils.lessons.widgets._told import Widget
from course_utils.runtime import CourseError

HEAD = "data:image/png;base64,"
MOST = 4_000_000  # letters of a data URL: the page sends far fewer
NOTE = (
    "This model knows only its world: flat shapes in six colours, and handwritten digits, on light "
    "grey. It answers about any other picture too, and such an answer means nothing."
)


class PicturePicker(Widget):
    """Let the reader choose a picture, and hold it as the model sees it.

    Args:
        example: what is there until one is chosen: uint8, shape (3, H, W), or a Pillow image.
        side: pixels of a side of what the model sees. Default 48.
        note: what the reader is told about the model. Default: that it knows only its world.

    Raises:
        CourseError: if the example is no picture, or the side no size.

    >>> picker = PicturePicker(torch.zeros(3, 90, 60, dtype=torch.uint8))
    >>> picker.picked, tuple(picker.pixels.shape), picker.image.size
    (False, (3, 48, 48), (48, 48))
    """

    _esm = script("picture_picker")
    _css = style("picture_picker")
    url = traitlets.Unicode("").tag(sync=True)  # what the page chose: a square, as PNG
    seen = traitlets.Unicode("").tag(sync=True)  # the same as the model sees it
    note = traitlets.Unicode(NOTE).tag(sync=True)

    def __init__(self, example, side: int = 48, note: str = NOTE):
        self.side = arguments.size("side", side)
        self._image = _square(_as_image(example), side)
        super().__init__(seen=_data_url(self._image), note=note)

    @traitlets.validate("url")
    def _check_url(self, proposal) -> str:
        if proposal["value"]:
            self._image = _square(_read(proposal["value"]), self.side)
            self.seen = _data_url(self._image)
        return proposal["value"]

    @property
    def picked(self) -> bool:
        """Whether the reader has chosen; else the example is there."""
        return bool(self.url)

    @property
    def image(self):
        """The picture as the model sees it, as a Pillow image in RGB."""
        return self._image.copy()

    @property
    def pixels(self) -> torch.Tensor:
        """The picture as the model sees it, uint8, shape (3, side, side)."""
        return torch.from_numpy(np.array(self._image)).permute(2, 0, 1).contiguous()

    @property
    def data_url(self) -> str:
        """The picture as the model sees it, as a data URL with a PNG."""
        return self.seen

    def __repr__(self) -> str:  # the default holds an address, which no stored output may
        return f"PicturePicker(picked={self.picked}), alive when run"


def _as_image(example):
    if isinstance(example, Image.Image):
        return example
    if isinstance(example, torch.Tensor) and example.dtype == torch.uint8:
        if example.dim() == 3 and example.shape[0] == 3 and example.numel():
            return Image.fromarray(example.permute(1, 2, 0).contiguous().numpy())
        came = f"shape {tuple(example.shape)}"
    else:
        came = type(example).__name__
    raise CourseError(f"expected uint8 pixels of shape (3, H, W), got {came}: pass a picture")


def _read(url):
    """Turn what a page sent into an image."""
    try:
        if not url.startswith(HEAD) or len(url) > MOST:
            raise ValueError
        data = base64.b64decode(url.removeprefix(HEAD), validate=True)
        image = Image.open(BytesIO(data), formats=["PNG"])
        image.load()
    except Exception:  # Pillow raises nearly anything at a damaged file
        raise CourseError(
            f"expected {HEAD}… from the page, got another text: choose again"
        ) from None
    return image


def _square(image, side):
    """Return the square in the middle, scaled to the model's size."""
    cut = min(image.size)
    left, top = ((n - cut) // 2 for n in image.size)
    image = image.convert("RGB").crop((left, top, left + cut, top + cut))
    return image.resize((side, side), Image.Resampling.BOX)


def _data_url(image) -> str:
    file = BytesIO()
    image.save(file, "PNG")
    return HEAD + base64.b64encode(file.getvalue()).decode()
