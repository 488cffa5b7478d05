"""A tiny model that sees, pictures as data URLs, and a hook that holds or slows the model."""

import base64
import io
import threading
import time
from functools import cache

import numpy as np
import torch
from PIL import Image

from course_utils.lessons.scenes import make_tokenizer
from course_utils.vision import VisionConfig, VisionGPT

SIDE, TEXT_SIZE, N_PATCHES = 48, 64, 9


@cache
def tokenizer():
    """Return the tokenizer of scene-gpt."""
    return make_tokenizer()


def tiny_model(seed: int = 0) -> VisionGPT:
    """Return a random model whose greedy answers differ by picture and by text."""
    torch.manual_seed(seed)
    sizes = {"image_size": SIDE, "patch_size": 16, "n_layer_image": 1, "n_layer": 1}
    config = VisionConfig(tokenizer().vocab_size, TEXT_SIZE, n_head=2, n_embd=32, **sizes)
    model = VisionGPT(config).eval()
    for p in model.parameters():
        p.data.add_(torch.randn_like(p) * 0.3)
    return model


def noise(width: int = SIDE, height: int = SIDE, seed: int = 0) -> Image.Image:
    """Return a picture in which no two pixels agree."""
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))


def file_of(image: Image.Image, kind: str = "PNG", **settings) -> bytes:
    """Return a picture as the bytes of a file."""
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def url_of(data: bytes, kind: str = "png") -> str:
    """Return a data URL."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def picture(seed: int = 0) -> str:
    """Return the data URL of a picture that has the model's size."""
    return url_of(file_of(noise(seed=seed)))


def asks(text: str | None = "what is at the centre?", url: str | None = None, seed: int = 0):
    """Return messages with one question about one picture."""
    parts = [] if text is None else [{"type": "text", "text": text}]
    parts.append({"type": "image_url", "image_url": {"url": picture(seed) if url is None else url}})
    return [{"role": "user", "content": parts}]


class Held:
    """Holds each look of a model at a text until it is let go, and counts the looks.

    Args:
        model: a `VisionGPT`.
        seconds: how long each look is held at most. Default 5.
    """

    def __init__(self, model: VisionGPT, seconds: float = 5):
        self.go, self.entered = threading.Event(), threading.Event()
        self.looks, self.seconds = 0, seconds
        model.text.register_forward_pre_hook(self._wait)

    def _wait(self, *_):
        self.looks += 1
        self.entered.set()
        self.go.wait(self.seconds)


def until(holds, seconds: float = 10) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.01)
