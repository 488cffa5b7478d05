"""A data URL as pixels of the size that the model sees; nothing is ever fetched.

The order of the checks is the defence: the length of the base64, then its letters, then the sizes
in the file's head, and only then are pixels decoded, of the first frame only.
"""

import base64
import re
from io import BytesIO

import numpy as np
import torch
from PIL import Image, ImageOps

from course_utils.serve.errors import ApiError
from course_utils.vision.patches import GROUND

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES = 20_000_000  # of a file
MAX_SIDE = 10_000  # pixels
THIN = 64  # of sides larger than so many times the model's, only every n-th pixel is looked at
HEAD = re.compile(r"data:image/(?:png|jpe?g|webp|gif);base64,", re.IGNORECASE)
PARAM = "image_url"


def read_picture(url: str, side: int) -> torch.Tensor:
    """Turn a data URL into a square picture.

    A picture that is not square gets bands of the light grey that is the ground of the model's
    world, and so do transparent pixels. One that has the model's size keeps every pixel as it is.

    Args:
        url: data:image/png;base64,… (or jpeg, webp, gif; of several frames the first).
        side: pixels.

    Returns:
        uint8, shape (3, side, side).

    Raises:
        ApiError: if it is another address, not whole, no picture, or too large.
    """
    data = _decode(url)
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            _check_size(image)
            square = _fit(image, side)
    except ApiError:
        raise
    except Image.DecompressionBombError:
        raise _too_large("it has far too many pixels") from None
    except Exception:  # Pillow raises nearly anything at a damaged file
        raise ApiError(
            "the data of the picture are damaged or cut, or not of a PNG, JPEG, WebP or GIF: "
            "send the whole file",
            code="invalid_image",
            param=PARAM,
        ) from None
    return torch.from_numpy(np.array(square)).permute(2, 0, 1).contiguous()


def check_url(url: str) -> None:
    """Raise an ApiError unless this is a data URL with a picture in base64."""
    if HEAD.match(url[:64]):
        return
    if url[:5].lower() == "data:":
        what = "expected data:image/png;base64,… (or jpeg, webp, gif)"
        raise ApiError(f"{what}: another data URL came", code="invalid_image_url", param=PARAM)
    raise ApiError(
        "expected a picture inside the request, got another kind of address, and this server "
        "fetches nothing: send it as data:image/png;base64,…",
        code="invalid_image_url",
        param=PARAM,
    )


def _decode(url):
    check_url(url)
    text = url[url.index(",") + 1 :]
    if len(text) // 4 * 3 - text[-2:].count("=") > MAX_BYTES:
        raise _too_large(f"at most {MAX_BYTES // 1_000_000} MB")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise ApiError(
            "the base64 of the picture is wrong or cut: send all of what base64.b64encode gives",
            code="invalid_base64",
            param=PARAM,
        ) from None


def _check_size(image):
    width, height = image.size
    if max(width, height) > MAX_SIDE:
        raise _too_large(f"at most {MAX_SIDE} pixels a side, got {width} × {height}")
    if width * height > Image.MAX_IMAGE_PIXELS:
        raise _too_large(f"at most {Image.MAX_IMAGE_PIXELS} pixels, got {width} × {height}")


def _too_large(what):
    message = f"the picture is too large, {what}: make it smaller"
    return ApiError(message, code="image_too_large", param=PARAM)


def _fit(image, side):
    """Return the first frame, upright, scaled into the middle of a square."""
    image.draft("RGB", (side, side))  # a large JPEG is decoded at an eighth of its size
    image.load()
    if max(image.size) > THIN * side:
        image = _scaled(image, THIN * side, Image.Resampling.NEAREST)
    if image.mode.startswith("I;16"):  # Pillow would cut off what is above 255
        image = image.point(lambda v: v / 257, "L")
    clear = image.has_transparency_data
    image = ImageOps.exif_transpose(image.convert("RGBA" if clear else "RGB"))
    image = _scaled(image, side, Image.Resampling.BOX)
    square = Image.new("RGB", (side, side), GROUND)
    corner = ((side - image.width) // 2, (side - image.height) // 2)
    square.paste(image, corner, image if clear else None)
    return square


def _scaled(image, side, how):
    """Return a picture whose longer side has so many pixels."""
    sizes = (max(1, round(n * side / max(image.size))) for n in image.size)
    return image.resize(tuple(sizes), how)
