"""Checks of "The API of models that see": the parts of a message, image tokens, a clean photo.

The oracles are Python's base64 read backwards, exact fractions, and pixels compared one by one;
never the answer itself.
"""

import base64
import math
from fractions import Fraction
from io import BytesIO

import torch
from PIL import ExifTags, Image, ImageOps

from course_utils.lessons.checks._answers import fresh, name_mistake, number, unlike
from course_utils.lessons.checks._report import check, expect

HEAD = "data:image/png;base64,"


@check("a text and a picture, each with its type, and the picture is whole.")
def check_content_parts(content_parts) -> None:
    """Check the content of a message with a text and a picture.

    Args:
        content_parts: a text, the bytes of a PNG -> list of two parts.
    """
    for text, size in (("what is at the centre?", 48), ("how many?", 31), ("describe", 16)):
        data = _picture(size)
        parts = content_parts(text, data)
        expect(not isinstance(parts, dict), "expected a list of parts, got dict: that is one part")
        if not isinstance(parts, list | tuple):  # JSON makes an array of both
            raise unlike("a list of parts", parts, "return a list")
        kinds = [part.get("type") if isinstance(part, dict) else None for part in parts]
        expect(
            None not in kinds, "each part is a dictionary with a type, even the text: look at them"
        )
        expect(
            "input_image" not in kinds and "input_text" not in kinds,
            "these are the names of another API of OpenAI, Responses: here it is text, image_url",
        )
        expect(
            sorted(map(str, kinds)) == ["image_url", "text"],
            f"expected one part of the type text and one of the type image_url, got {len(kinds)} "
            "with other types: is one missing, or spelt in another way?",
        )
        first, second = sorted(parts, key=lambda part: part["type"], reverse=True)
        _expect_text(first, text)
        _expect_url(second, data)


def _expect_text(part, text) -> None:
    expect("text" in part, "the text part has no text: its key is called as its type")
    expect(part["text"] == text, "the text is not the one that was given: pass it on unchanged")
    expect(set(part) == {"type", "text"}, "the text part holds more than its type and its text")


def _expect_url(part, data) -> None:
    expect("image_url" in part, "the picture's part lacks image_url: its key is called as its type")
    expect(
        isinstance(part["image_url"], dict),
        "image_url holds a dictionary, so that detail can stand beside the address: one with url",
    )
    expect(set(part) == {"type", "image_url"}, "the picture's part holds more than it should")
    expect("url" in part["image_url"], "the dictionary of the picture has no url")
    url = part["image_url"]["url"]
    expect(isinstance(url, str), f"the url is {type(url).__name__}, and JSON needs a text: decode")
    letters = _letters(url)
    expect(
        not letters.startswith(("b'", 'b"')),
        "Python's b'…' is in the address: bytes become text by decode, not by str",
    )
    expect(
        not any(sign.isspace() for sign in letters),
        "there are line breaks or blanks in the base64: take the function that makes none",
    )
    expect(
        not set("-_") & set(letters),
        "these are the letters of base64 for addresses of pages: take the standard ones, + and /",
    )
    try:
        got = base64.b64decode(letters, validate=True)
    except ValueError:
        got = None
    expect(got is not None, "what stands behind the comma is not base64: encode the bytes")
    expect(got != data[: len(got)] or got == data, "the picture is cut: encode all of it")
    expect(got == data, "decoded, the base64 is not the picture's bytes: encode what was given")


def _letters(url) -> str:
    head, comma, letters = url.partition(",")
    expect(
        comma and head.startswith("data:"),
        "the address does not say what it holds: it begins with data:, type and encoding, a comma",
    )
    expect("base64" in head, "the head does not say that the data are in base64")
    expect("image/png" in head, "the head names another type than that of a PNG: image/…")
    expect(head == HEAD[:-1], "the head is not right: a semicolon stands before base64, no blanks")
    return letters


SIZES = {
    (1024, 1024): "a square",
    (513, 513): "a pixel more than a tile",
    (1920, 1080): "a screen",
    (2048, 4096): "a tall picture",
    (4000, 3000): "a photo",
    (4003, 3000): "a photo, a little wider",
    (1600, 1200): "a small photo",
    (4096, 512): "a wide strip",
    (6144, 1538): "a panorama",
    (500, 3000): "a receipt",
    (48, 48): "one of our pictures",
    (300, 300): "a small picture",
    (512, 512): "one tile exactly",
    (700, 200): "a banner",
}


@check("low is flat; high fits two limits, counts tiles and adds the base.")
def check_image_tokens(image_tokens) -> None:
    """Check the number of tokens of a picture by the tile rule.

    Args:
        image_tokens: width, height, detail ("low" or "high") -> tokens.
    """
    for (width, height), what in SIZES.items():
        _expect_tokens(image_tokens, width, height, f"{what}, {width} × {height}: ")
    draw = torch.randint(20, 5000, (200, 2), generator=fresh()).tolist()
    for width, height in draw:
        if _tiles(width, height) == _rounded_twice(width, height):  # the rule leaves this open
            _expect_tokens(image_tokens, width, height, f"{width} × {height}: ")


def _expect_tokens(image_tokens, width, height, where) -> None:
    got = number(image_tokens(width, height, "low"))
    expect(
        got == 85 or got != _tiles(width, height),
        where + "low detail is charged as high here: does your function look at detail?",
    )
    expect(got == 85, where + "with low detail every picture costs the same, the base alone")
    got, right = number(image_tokens(width, height, "high")), _tiles(width, height)
    if got == right:
        return
    expect(math.isfinite(got), where + "the result is no number")
    expect(got != 85, where + "high detail is charged as low here: when does your function return?")
    name_mistake(
        {
            "the base is missing: it is added once": right - 85,
            "the base is added once, not for each tile": (right - 85) // 170 * 255,
            "base and tile have changed places": (right - 85) // 170 * 85 + 170,
            "the first limit is missing: the longer side fits into 2048": _tiles(
                width, height, first=None
            ),
            "the second limit is missing: the shorter side is at most 768": _tiles(
                width, height, second=None
            ),
            "the second limit is for the shorter side, not for the longer": _tiles(
                width, height, longer=True
            ),
            "small pictures are not enlarged": _tiles(width, height, enlarge=True),
            "round up, not to the nearest": _tiles(width, height, count=round),
            "a tile that is used in part counts whole: round up": _tiles(
                width, height, count=math.floor
            ),
            "tiles are counted in each direction, then multiplied: an area is no number of tiles": (
                _by_area(width, height)
            ),
            "tiles lie in two directions: multiply, do not add": _tiles(width, height, added=True),
        },
        lambda wrong: got == wrong,
        where,
    )
    expect(False, where + "a wrong number: write both sides down after each of the two limits")


def _scale(width, height, first, second, longer, enlarge) -> Fraction:
    """Return by what both sides are multiplied."""
    limits = [Fraction(first, max(width, height))] if first else []
    limits += [Fraction(second, (max if longer else min)(width, height))] if second else []
    return min(limits if enlarge else [Fraction(1), *limits])


def _tiles(width, height, *, first=2048, second=768, count=math.ceil, added=False, **other) -> int:
    """Count tiles in exact fractions, sides rounded to whole pixels."""
    scale = _scale(
        width, height, first, second, other.get("longer", False), other.get("enlarge", False)
    )
    across, down = (count(Fraction(round(side * scale), 512)) for side in (width, height))
    return 85 + 170 * (across + down if added else across * down)


def _rounded_twice(width, height) -> int:
    """Count tiles of sides that are rounded after each of the two limits."""
    scale = _scale(width, height, 2048, None, False, False)
    return _tiles(*(round(side * scale) for side in (width, height)), first=None)


def _by_area(width, height) -> int:
    scale = _scale(width, height, 2048, 768, False, False)
    return 85 + 170 * math.ceil(width * height * scale**2 / 512**2)


SECRETS = b"Secret phone", b"Ada L."


@check("upright, every pixel kept, and nothing else in the file.")
def check_clean(clean) -> None:
    """Check that a photo is freed of all but its pixels.

    Args:
        clean: the bytes of a photo -> the bytes of a PNG.
    """
    for turned, mode in ((1, "RGB"), (6, "RGB"), (3, "RGB"), (1, "L")):
        photo = _photo(turned, mode)
        _expect_clean(clean(photo), photo, turned)


def _expect_clean(got, photo, turned) -> None:
    if not isinstance(got, bytes | bytearray | memoryview):
        raise unlike("the bytes of a file", got, "save into BytesIO, and return its value")
    got = bytes(got)
    expect(
        got != photo,
        "the file came back as it was, with place and time: make a new picture from the pixels",
    )
    expect(got, "the file is empty: is the picture saved into it?")
    try:
        image = Image.open(BytesIO(got))
        image.load()
    except Exception:
        image = None
    expect(image is not None, "these bytes are no picture that can be opened: return the file")
    expect(
        not any(secret in got for secret in SECRETS) and not image.getexif(),
        "words of the camera are still in the file: start from a new picture, which has no past",
    )
    expect(
        image.format == "PNG",
        f"expected a PNG, got a {image.format}, which loses a little once more: name the format",
    )
    expect(
        got.find(b"IEND") + 8 == len(got),
        "the file goes on behind the picture's end: return what was saved, once",
    )
    expect(not image.info, f"the file holds more than pixels: {', '.join(map(str, image.info))}")
    _expect_pixels(image, Image.open(BytesIO(photo)), turned)


def _expect_pixels(image, photo, turned) -> None:
    right = ImageOps.exif_transpose(photo).convert("RGB")
    expect(
        image.mode == "RGB",
        f"the picture has the mode {image.mode}: whatever came, make it RGB",
    )
    expect(
        turned == 1 or image.tobytes() != photo.convert("RGB").tobytes(),
        "the photo lies on its side: EXIF says how it was held, so turn it before that is lost",
    )
    expect(image.size == right.size, "the picture has another size: keep all pixels, and no more")
    expect(any(high for _, high in image.getextrema()), "all is black: put the pixels in")
    expect(
        image.tobytes() == right.tobytes(),
        "the pixels are not the photo's: turned the wrong way, or drawn with other colours?",
    )


def _photo(turned, mode) -> bytes:
    """Return a JPEG with a place, a camera and an author."""
    exif = Image.Exif()
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (48.0, 51.0, 30.0)
    exif[ExifTags.Base.Model], exif[ExifTags.Base.Artist] = (s.decode() for s in SECRETS)
    exif[ExifTags.Base.Orientation] = turned
    pixels = torch.randint(256, (6, 9, 3), generator=fresh(), dtype=torch.uint8).numpy()
    image = Image.fromarray(pixels).resize((72, 48)).convert(mode)
    file = BytesIO()
    image.save(file, "JPEG", exif=exif, comment=SECRETS[1])
    return file.getvalue()


def _picture(side) -> bytes:
    """Return a PNG whose base64 holds + and /."""
    while True:
        pixels = torch.randint(256, (side, side, 3), generator=fresh(), dtype=torch.uint8).numpy()
        file = BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        if {"+", "/"} <= set(base64.b64encode(file.getvalue()).decode()):
            return file.getvalue()
