"""Pictures between Python and a page: a PNG in a data URL, so that only pixels are handed over."""

import base64
from io import BytesIO

import numpy as np
import torch
from PIL import Image

from course_utils.runtime import CourseError

HEAD = "data:image/png;base64,"
MOST = 100_000  # letters of a data URL with so small a picture: the page sends far fewer


def as_pixels(picture, side: int) -> torch.Tensor:
    """Return the square in the middle of a picture, scaled: uint8, shape (3, side, side).

    Args:
        picture: uint8, shape (3, H, W), or a Pillow image.
        side: pixels.

    Raises:
        CourseError: if it is neither.
    """
    image = _as_image(picture).convert("RGB")
    cut = min(image.size)
    left, top = ((n - cut) // 2 for n in image.size)
    image = image.crop((left, top, left + cut, top + cut))
    return _pixels(image.resize((side, side), Image.Resampling.BOX))


def to_url(pixels: torch.Tensor) -> str:
    """Return pixels, uint8 (3, H, W), as a data URL with a PNG."""
    file = BytesIO()
    as_image(pixels).save(file, "PNG")
    return HEAD + base64.b64encode(file.getvalue()).decode()


def from_url(url: str, side: int) -> torch.Tensor:
    """Return the pixels, uint8 (3, side, side), of what a page sent.

    Raises:
        CourseError: if it is no PNG of this size.
    """
    try:
        if not url.startswith(HEAD) or len(url) > MOST:
            raise ValueError
        data = base64.b64decode(url.removeprefix(HEAD), validate=True)
        image = Image.open(BytesIO(data), formats=["PNG"])
        if image.size != (side, side):
            raise ValueError
        return _pixels(image.convert("RGB"))
    except Exception:  # Pillow raises nearly anything at a damaged file
        raise CourseError(
            f"expected {HEAD}… of {side} × {side} pixels from the page, got another text: "
            "choose again"
        ) from None


def as_image(pixels: torch.Tensor) -> Image.Image:
    """Return pixels, uint8 (3, H, W), as a Pillow image."""
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())


def _pixels(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()


def _as_image(picture):
    if isinstance(picture, Image.Image):
        return picture
    if isinstance(picture, torch.Tensor) and picture.dtype == torch.uint8:
        if picture.dim() == 3 and picture.shape[0] == 3 and picture.numel():
            return as_image(picture)
        came = f"shape {tuple(picture.shape)}"
    else:
        came = type(picture).__name__
    raise CourseError(f"expected uint8 pixels of shape (3, H, W), got {came}: pass a picture")
