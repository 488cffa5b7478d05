"""Wrong answers to the exercises of "The API of models that see", by what their checks must say.

`test_mutations.py` tries them all.
"""

import base64
import math
from collections import OrderedDict
from fractions import Fraction
from io import BytesIO

import numpy as np
import torch
from lesson import Exercise, judge
from PIL import Image, ImageOps, PngImagePlugin

from course_utils.lessons.checks import vision_api as checks

HEAD = "data:image/png;base64,"


def letters(data):
    return base64.b64encode(data).decode()


def text_part(text):
    return {"type": "text", "text": text}


def image_part(url):
    return {"type": "image_url", "image_url": {"url": url}}


def with_url(url):
    """Make an answer whose address is computed from the picture."""
    return lambda text, data: [text_part(text), image_part(url(data))]


RIGHT_PARTS = {
    "a tuple, the picture first": lambda text, data: (
        image_part(HEAD + letters(data)),
        text_part(text),
    ),
    "with detail": lambda text, data: [
        text_part(text),
        {"type": "image_url", "image_url": {"url": HEAD + letters(data), "detail": "high"}},
    ],
    "ordered": lambda text, data: [
        OrderedDict(text_part(text)),
        OrderedDict(image_part(HEAD + letters(data))),
    ],
}
WRONG_PARTS = {
    "expected a list of parts, got str: return a list": lambda text, data: text,
    "that is one part": lambda text, data: image_part(HEAD + letters(data)),
    "expected a list of parts, got NoneType: does your function return?": lambda text, data: None,
    "even the text": lambda text, data: [text, image_part(HEAD + letters(data))],
    "Responses": lambda text, data: [text_part(text), {"type": "input_image", "image_url": ""}],
    "is one missing": lambda text, data: [image_part(HEAD + letters(data))],
    "spelt in another way": lambda text, data: [
        text_part(text),
        {"type": "image", "image": HEAD + letters(data)},
    ],
    "its key is called as its type": lambda text, data: [
        {"type": "text", "content": text},
        image_part(HEAD + letters(data)),
    ],
    "lacks image_url": lambda text, data: [
        text_part(text),
        {"type": "image_url", "url": HEAD + letters(data)},
    ],
    "not the one that was given": lambda text, data: [
        text_part(text.title()),
        image_part(HEAD + letters(data)),
    ],
    "holds more than its type": lambda text, data: [
        {**text_part(text), "role": "user"},
        image_part(HEAD + letters(data)),
    ],
    "so that detail can stand beside": lambda text, data: [
        text_part(text),
        {"type": "image_url", "image_url": HEAD + letters(data)},
    ],
    "has no url": lambda text, data: [
        text_part(text),
        {"type": "image_url", "image_url": {"data": letters(data)}},
    ],
    "more than it should": lambda text, data: [
        text_part(text),
        {**image_part(HEAD + letters(data)), "text": text},
    ],
    "JSON needs a text": with_url(lambda data: HEAD.encode() + base64.b64encode(data)),
    "not by str": with_url(lambda data: f"{HEAD}{base64.b64encode(data)}"),
    "does not say what it holds": with_url(letters),
    "does not say that the data are in base64": with_url(
        lambda data: "data:image/png," + letters(data)
    ),
    "another type than that of a PNG": with_url(
        lambda data: "data:image/jpeg;base64," + letters(data)
    ),
    "a semicolon stands before": with_url(lambda data: "data:image/png base64," + letters(data)),
    "line breaks or blanks": with_url(lambda data: HEAD + base64.encodebytes(data).decode()),
    "base64 for addresses": with_url(lambda data: HEAD + base64.urlsafe_b64encode(data).decode()),
    "is not base64": with_url(lambda data: HEAD + letters(data)[:-5]),
    "the picture is cut": with_url(lambda data: HEAD + letters(data[:90])),
    "not the picture's bytes": with_url(lambda data: HEAD + letters(data[::-1])),
    "stops with TypeError": lambda text: [],
}


def tokens(width, height, detail, limits=(2048, 768), base=85, tile=170, count=math.ceil):
    if detail == "low":
        return base
    shrink = min(1, limits[0] / max(width, height), limits[1] / min(width, height))
    across, down = (count(round(n * shrink) / 512) for n in (width, height))
    return base + tile * across * down


def longest(width, height, detail):
    if detail == "low":
        return 85
    shrink = min(1, 768 / max(width, height))
    across, down = (math.ceil(round(n * shrink) / 512) for n in (width, height))
    return 85 + 170 * across * down


def enlarged(width, height, detail):
    if detail == "low":
        return 85
    shrink = min(2048 / max(width, height), 768 / min(width, height))
    across, down = (math.ceil(round(n * shrink) / 512) for n in (width, height))
    return 85 + 170 * across * down


def by_area(width, height, detail):
    if detail == "low":
        return 85
    shrink = min(1, 2048 / max(width, height), 768 / min(width, height))
    return 85 + 170 * math.ceil(width * height * shrink**2 / 512**2)


def added(width, height, detail):
    if detail == "low":
        return 85
    shrink = min(1, 2048 / max(width, height), 768 / min(width, height))
    return 85 + 170 * sum(math.ceil(round(n * shrink) / 512) for n in (width, height))


def low_is_low(wrong):
    """Make an answer that is right for low detail."""
    return lambda w, h, detail: 85 if detail == "low" else wrong(w, h, detail)


def n_tiles(w, h):
    return (tokens(w, h, "high") - 85) // 170


def rounded_twice(w, h, detail):
    """Round after each of the two limits: the rule says nothing against it."""
    if detail == "low":
        return 85
    first = min(1, 2048 / max(w, h))
    w, h = round(w * first), round(h * first)
    second = min(1, 768 / min(w, h))
    w, h = round(w * second), round(h * second)
    return 85 + 170 * math.ceil(w / 512) * math.ceil(h / 512)


RIGHT_TOKENS = {
    "rounded twice": rounded_twice,
    "NumPy's numbers": lambda w, h, d: np.int64(tokens(w, h, d)),
    "a float": lambda w, h, d: float(tokens(w, h, d)),
    "a Fraction": lambda w, h, d: Fraction(tokens(w, h, d)),
}


def test_where_to_round_is_never_asked(monkeypatch):
    sizes = torch.tensor([[3732, 4978], [2740, 2054], [4422, 2210]])  # where it matters
    monkeypatch.setattr("torch.randint", lambda *args, **kwargs: sizes)
    for answer in (tokens, rounded_twice):
        assert judge(checks.check_image_tokens, answer).right


WRONG_TOKENS = {
    "got NoneType: does your function return? (input: 1024, 1024, 'high')": lambda w, h, d: (
        85 if d == "low" else None
    ),
    "stops with ZeroDivisionError: division by zero (input: 48, 48, 'high')": lambda w, h, d: (
        tokens(w, h, d) / (w > 48 or d == "low")
    ),
    "does your function look at detail": lambda w, h, detail: tokens(w, h, "high"),
    "the base alone": lambda w, h, detail: tokens(w, h, detail) if detail == "high" else 170,
    "when does your function return": lambda w, h, detail: 85,
    "the base is missing": low_is_low(lambda w, h, d: 170 * n_tiles(w, h)),
    "not for each tile": low_is_low(lambda w, h, d: 255 * n_tiles(w, h)),
    "have changed places": low_is_low(lambda w, h, d: 170 + 85 * n_tiles(w, h)),
    "the first limit is missing": low_is_low(lambda w, h, d: tokens(w, h, d, (10**9, 768))),
    "the second limit is missing": low_is_low(lambda w, h, d: tokens(w, h, d, (2048, 10**9))),
    "not for the longer": longest,
    "are not enlarged": enlarged,
    "counts whole: round up": low_is_low(lambda w, h, d: tokens(w, h, d, count=math.floor)),
    "not to the nearest": low_is_low(lambda w, h, d: tokens(w, h, d, count=round)),
    "an area is no number": by_area,
    "do not add": added,
    "after each of the two limits": low_is_low(lambda w, h, d: tokens(w, h, d) + 1),
    "the result is no number": low_is_low(lambda w, h, d: math.inf),
    "expected a number, got NoneType": lambda w, h, d: None,
    "stops with TypeError": lambda w, h: 85,
}


def saved(image, kind="PNG", **settings):
    file = BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def opened(data):
    return ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB")


def bare(data):
    image = opened(data)
    new = Image.new("RGB", image.size)
    new.paste(image)
    return new


def signed(data):
    note = PngImagePlugin.PngInfo()
    note.add_text("Software", "mine")
    return saved(bare(data), pnginfo=note)


RIGHT_CLEAN = {
    "a bytearray": lambda data: bytearray(saved(bare(data))),
    "the file's buffer": lambda data: memoryview(saved(bare(data))),
    "pixel by pixel": lambda data: saved(
        Image.frombytes("RGB", opened(data).size, opened(data).tobytes()), optimize=True
    ),
}
WRONG_CLEAN = {
    "expected the bytes of a file, got NoneType: does your function return?": lambda data: None,
    "came back as it was": lambda data: data,
    "expected the bytes of a file, got Image": bare,
    "got BytesIO": lambda data: BytesIO(saved(bare(data))),
    "the file is empty": lambda data: b"",
    "no picture that can be opened": lambda data: bare(data).tobytes(),
    "words of the camera": lambda data: saved(bare(data), exif=Image.open(BytesIO(data)).getexif()),
    "got a JPEG": lambda data: saved(bare(data), "JPEG"),
    "behind the picture's end": lambda data: saved(bare(data)) + b"lunch",
    "more than pixels: Software": signed,
    "the mode L": lambda data: saved(bare(data).convert("L")),
    "the mode RGBA": lambda data: saved(bare(data).convert("RGBA")),
    "lies on its side": lambda data: saved(
        Image.frombytes("RGB", (im := Image.open(BytesIO(data)).convert("RGB")).size, im.tobytes())
    ),
    "another size": lambda data: saved(bare(data).resize((40, 40))),
    "all is black": lambda data: saved(Image.new("RGB", opened(data).size)),
    "turned the wrong way": lambda data: saved(ImageOps.mirror(bare(data))),
    "with other colours": lambda data: saved(ImageOps.invert(bare(data))),
    "stops with TypeError": lambda: b"",
}

SAME_TOKENS = {  # the two sides may change places
    "shrink = min(2048 / max(width, height), 1, 768 / min(width, height))",
    "shrink = min(1, 2048 / max(height, width), 768 / min(width, height))",
    "shrink = min(1, 2048 / max(width, height), 768 / min(height, width))",
    "shrink = min(1, 2048 / max(height, width), 768 / min(height, width))",
}

EXERCISES = {
    "exercise-parts": Exercise(
        "content_parts", checks.check_content_parts, WRONG_PARTS, right=RIGHT_PARTS
    ),
    "exercise-tokens": Exercise(
        "image_tokens", checks.check_image_tokens, WRONG_TOKENS, SAME_TOKENS, RIGHT_TOKENS
    ),
    "exercise-clean": Exercise("clean", checks.check_clean, WRONG_CLEAN, right=RIGHT_CLEAN),
}
