"""What the server does with pictures and bodies that are broken, huge, or meant to harm."""

import asyncio
import base64
import gzip
import json
import socket
import struct
import threading
import warnings
import zlib
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import httpx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from serving import SIDE, Held, asks, file_of, noise, picture, tiny_model, tokenizer, until, url_of

from course_utils import serve
from course_utils.serve import body as bodies
from course_utils.serve import gate, schema
from course_utils.serve.errors import ApiError
from course_utils.serve.pictures import MAX_BYTES, read_picture
from course_utils.serve.schema import read_request
from course_utils.vision.patches import GROUND


@pytest.fixture(scope="module")
def server():
    with serve.running((tiny_model(), tokenizer())) as server:
        yield server


@pytest.fixture
def post(server):
    with httpx.Client(timeout=30) as client:
        headers = {"content-type": "application/json"}

        def post(content, **extra):
            if isinstance(content, dict):
                content = json.dumps(content)
            url = f"{server.url}/chat/completions"
            return client.post(url, content=content, headers={**headers, **extra})

        yield post


def body(url=None, **extra):
    return {"model": "vision-gpt", "messages": asks(url=url), "max_tokens": 1, **extra}


def refused(reply, status=400, code=None):
    """Check that a reply is an error in OpenAI's shape, and return its message."""
    assert reply.status_code == status, reply.text[:300]
    error = reply.json()["error"]
    assert set(reply.json()) == {"error"} and set(error) == {"message", "type", "param", "code"}
    assert isinstance(error["message"], str) and error["message"] and len(error["message"]) < 300
    assert code is None or error["code"] == code
    return error["message"]


def wrong(url):
    """Return the code with which a picture is refused."""
    with pytest.raises(ApiError) as caught:
        read_picture(url, SIDE)
    error = caught.value
    assert error.status == 400 and "\n" not in str(error) and len(str(error)) < 300
    return error.body["error"]["code"]


def seen(image, kind="PNG", **settings):
    """Return what the model sees of a picture, (48, 48, 3)."""
    return read_picture(url_of(file_of(image, kind, **settings), kind.lower()), SIDE).permute(
        1, 2, 0
    )


def pixels(image):
    return torch.tensor(list(image.tobytes()), dtype=torch.uint8).view(image.height, image.width, 3)


# -- pictures as they should be


@pytest.mark.parametrize("kind, extra", [("PNG", {}), ("WEBP", {"lossless": True})])
def test_a_picture_of_the_models_size_keeps_every_pixel(kind, extra):
    assert torch.equal(seen(noise(), kind, **extra), pixels(noise()))


def test_lossy_kinds_are_read():
    smooth = noise(4, 4).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    for kind, extra in (("JPEG", {"quality": 95}), ("WEBP", {"quality": 95})):
        difference = seen(smooth, kind, **extra).float() - pixels(smooth).float()
        assert difference.abs().mean() < 8
    assert torch.equal(seen(smooth.quantize(16), "GIF"), pixels(smooth.quantize(16).convert("RGB")))


@pytest.mark.parametrize("name", ["jpg", "jpeg", "JPEG", "webp", "gif", "PNG"])
def test_the_bytes_say_what_it_is_not_the_name(name):
    assert torch.equal(
        read_picture(url_of(file_of(noise()), name), SIDE), seen(noise()).permute(2, 0, 1)
    )


def test_repeated_pixels_are_scaled_back_exactly():
    large = noise().resize((SIDE * 10, SIDE * 10), Image.Resampling.NEAREST)
    assert torch.equal(seen(large), pixels(noise()))


def test_a_picture_that_is_not_square_gets_bands_of_the_ground():
    wide = seen(Image.new("RGB", (400, 200), "red"))
    ground, red = torch.tensor(GROUND), torch.tensor([255, 0, 0])
    assert wide[:12].eq(ground).all() and wide[36:].eq(ground).all() and wide[12:36].eq(red).all()
    tall = seen(Image.new("RGB", (10, 20), "red"))
    assert tall[:, :12].eq(ground).all() and tall[:, 12:36].eq(red).all()
    line = seen(Image.new("RGB", (9000, 1), "red"))
    assert line.eq(red).all(2).sum() == SIDE, "never less than a pixel"


def test_a_single_pixel():
    assert (
        seen(Image.new("RGB", (1, 1), (1, 2, 3)))
        .eq(torch.tensor([1, 2, 3], dtype=torch.uint8))
        .all()
    )


def test_transparent_pixels_show_the_ground():
    clear = Image.new("RGBA", (SIDE, SIDE), (255, 0, 0, 0))
    clear.paste((255, 0, 0, 255), (0, 0, SIDE, 24))
    for image in (clear, clear.convert("RGBA").quantize(8)):
        rows = seen(image)
        assert (
            rows[:24].eq(torch.tensor([255, 0, 0])).all()
            and rows[24:].eq(torch.tensor(GROUND)).all()
        )
    grey = seen(Image.new("LA", (SIDE, SIDE), (7, 0)))
    assert grey.eq(torch.tensor(GROUND)).all()


@pytest.mark.parametrize("mode, value", [("L", 128), ("I;16", 128 * 257), ("1", 1)])
def test_greys_of_any_depth(mode, value):
    grey = 255 if mode == "1" else 128
    assert seen(Image.new(mode, (SIDE, SIDE), value)).eq(grey).all()


def test_other_colour_spaces():
    cmyk = seen(Image.new("CMYK", (SIDE, SIDE), (0, 0, 0, 0)), "JPEG")
    assert cmyk.float().mean() > 250, "no ink is white"


def test_photos_stand_upright():
    image = Image.new("RGB", (SIDE, SIDE), "red")
    image.paste("blue", (0, 0, 24, SIDE))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise: the left becomes the top
    assert seen(image, "PNG", exif=exif.tobytes())[:24].eq(torch.tensor([0, 0, 255])).all()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_several_frames_the_first(kind):
    frames = [Image.new("RGB", (SIDE, SIDE), colour) for colour in ("red", "blue", "green")]
    extra = {"lossless": True} if kind == "WEBP" else {}
    shown = seen(frames[0], kind, save_all=True, append_images=frames[1:], **extra)
    assert shown.eq(torch.tensor([255, 0, 0])).all()


# -- base64 and files that are broken

GOOD = base64.b64encode(file_of(noise(12, 12))).decode()


@pytest.mark.parametrize(
    "text, code",
    [
        ("", "invalid_image"),
        ("=", "invalid_base64"),
        ("====", "invalid_base64"),
        (GOOD[:-1], "invalid_base64"),
        (GOOD[:101], "invalid_base64"),
        (GOOD[:100], "invalid_image"),
        (GOOD + "=", "invalid_base64"),
        (GOOD + "AAAA====", "invalid_base64"),
        (GOOD[:40] + "=" + GOOD[41:], "invalid_base64"),
        (GOOD[:40] + "\n" + GOOD[40:], "invalid_base64"),
        (GOOD[:40] + " " + GOOD[40:], "invalid_base64"),
        (GOOD[:40] + "-_-_" + GOOD[44:], "invalid_base64"),
        (GOOD[:40] + "中" + GOOD[41:], "invalid_base64"),
        (GOOD[:40] + "\0" + GOOD[41:], "invalid_base64"),
        ("%20" + GOOD, "invalid_base64"),
        (GOOD[4:], "invalid_image"),
        ("A" * 400, "invalid_image"),
        (base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode(), "invalid_image"),
        (base64.b64encode(b"%PDF-1.7").decode(), "invalid_image"),
        (base64.b64encode(gzip.compress(file_of(noise(12, 12)))).decode(), "invalid_image"),
        (base64.b64encode(file_of(noise(12, 12), "BMP")).decode(), "invalid_image"),
        (base64.b64encode(file_of(noise(12, 12), "TIFF")).decode(), "invalid_image"),
        (base64.b64encode(base64.b64decode(GOOD)[:60]).decode(), "invalid_image"),
    ],
)
def test_broken_base64_and_broken_files(text, code):
    assert wrong(f"data:image/png;base64,{text}") == code


def whole_or_refused(data, expected):
    """A damaged file is refused, or gives some picture; never another exception."""
    try:
        shown = read_picture(url_of(data), SIDE)
    except ApiError as error:
        assert error.status == 400
        return
    assert shown.shape == (3, SIDE, SIDE) and shown.dtype == torch.uint8
    assert expected is None or torch.equal(shown, expected)


@cache
def files():
    small = noise(16, 16)
    kinds = {"PNG": {}, "JPEG": {}, "WEBP": {"lossless": True}, "GIF": {}}
    data = {kind: file_of(small, kind, **extra) for kind, extra in kinds.items()}
    return {kind: (file, read_picture(url_of(file), SIDE)) for kind, file in data.items()}


@settings(max_examples=150)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.data())
def test_a_cut_file_is_refused_or_has_all_its_pixels(kind, data):
    file, expected = files()[kind]
    whole_or_refused(file[: data.draw(st.integers(0, len(file)))], expected)


@settings(max_examples=150)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.data())
def test_a_damaged_file_breaks_nothing(kind, data):
    file = bytearray(files()[kind][0])
    for place in data.draw(st.lists(st.integers(0, len(file) - 1), min_size=1, max_size=8)):
        file[place] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        whole_or_refused(bytes(file), None)


@settings(max_examples=100)
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: base64.b64encode(b).decode()))
def test_any_text_in_place_of_base64(text):
    wrong(f"data:image/png;base64,{text}")


# -- pictures that are too large


@contextmanager
def memory(most):
    """Check that this process never takes more than so many MB more; only Linux can tell."""
    status, refs = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not refs.exists():
        yield
        return
    refs.write_text("5", encoding="utf8")  # forget the highest until now
    before = peak(status)
    yield
    assert peak(status) - before < most


def peak(status):
    line = next(x for x in status.read_text(encoding="utf8").splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, data=b"", depth=8, colour=2, extra=b""):
    """Return a PNG that claims a size, with given data in place of its pixels."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    packed = chunk(b"IDAT", zlib.compress(data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + packed + chunk(b"IEND", b"")


def gif(width, height, frame=None):
    """Return a GIF that claims a size of the screen and of its first frame."""
    frame = frame or (width, height)
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return head + b"," + struct.pack("<HHHHB", 0, 0, *frame, 0) + b"\x02\x02\x44\x01\x00;"


def webp(width, height):
    """Return a WebP whose head claims a size."""
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    data = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + sizes
    frame = file_of(noise(4, 4), "WEBP", lossless=True)[12:]
    return b"RIFF" + struct.pack("<I", len(data) + len(frame)) + data + frame


def jpeg(width, height):
    """Return a JPEG whose head claims a size."""
    file = bytearray(file_of(noise(16, 16), "JPEG"))
    place = file.index(b"\xff\xc0") + 5
    file[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(file)


def apng(width, height):
    """Return an animated PNG whose second frame claims a size."""
    control = chunk(b"acTL", struct.pack(">II", 2, 0))
    frame = struct.pack(">IIIIIHHBB", 0, 4, 4, 0, 0, 1, 1, 0, 0)
    after = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 1, width, height, 0, 0, 1, 1, 0, 0))
    after += chunk(b"fdAT", struct.pack(">I", 2) + zlib.compress(bytes(10**6)))
    data = bytes((4 * 3 + 1) * 4)
    return png(4, 4, data, extra=control + chunk(b"fcTL", frame)).replace(
        chunk(b"IEND", b""), after + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "data",
    [
        png(10_001, 1),
        png(1, 10_001),
        png(10_000, 10_000),
        png(30_000, 30_000),
        png(2**31 - 1, 2**31 - 1),
        png(50_000, 50_000, bytes(10**6), depth=1, colour=0),
        gif(20_000, 5),
        gif(65_535, 65_535),
        gif(4, 4, (65_535, 65_535)),
        webp(16_000, 16_000),
        file_of(Image.new("RGB", (10_001, 1)), "WEBP"),
        jpeg(65_500, 65_500),
        jpeg(10_001, 16),
    ],
    ids=lambda data: f"{data[:4]!r} {len(data)}",
)
def test_small_files_that_claim_huge_sizes(data, recwarn):
    with memory(20):
        assert wrong(url_of(data)) == "image_too_large"


@pytest.mark.parametrize(
    "data",
    [
        png(9_000, 9_000, bytes(10**6)),
        webp(9_000, 9_000),
        webp(2**24, 255),
        png(4, 4, extra=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8)))),
        png(4, 4, extra=chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(10**8)))),
    ],
    ids=lambda data: f"{data[:4]!r} {len(data)}",
)
def test_bombs_of_an_allowed_size_are_refused(data, recwarn):
    with memory(500):
        assert wrong(url_of(data)) in ("invalid_image", "image_too_large")


def test_later_frames_are_never_decoded():
    frames = file_of(noise(4, 4), "GIF").removesuffix(b";")
    frames += b"," + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\x02\x02\x44\x01\x00;"
    for data in (apng(10_000, 10_000), frames):
        with memory(20):
            assert read_picture(url_of(data), SIDE).shape == (3, SIDE, SIDE)


@pytest.mark.parametrize(
    "mode, kind, most",  # MB: what the pixels themselves take, and not much more
    [("L", "PNG", 220), ("P", "GIF", 220), ("RGBA", "PNG", 500), ("L", "JPEG", 50)],
)
def test_the_largest_pictures_that_are_allowed(mode, kind, most):
    large = file_of(Image.new(mode, (10_000, 8_900), 128), kind)
    with memory(most):
        assert read_picture(url_of(large), SIDE).sum() > 0


def test_a_file_of_more_than_20_megabytes():
    head = file_of(noise(4, 4))
    fits = head + bytes(MAX_BYTES - len(head))
    assert read_picture(url_of(fits), SIDE).shape == (3, SIDE, SIDE)
    assert wrong(url_of(fits + bytes(3))) == "image_too_large"


def test_over_the_wire(post):
    image = file_of(noise(4, 4))
    large = image + bytes(MAX_BYTES - len(image) + 3)
    assert "20 MB" in refused(post(body(url_of(large))), code="image_too_large")
    assert refused(post(body(url_of(png(10_001, 1)))), code="image_too_large")
    assert refused(post(body(f"data:image/png;base64,{GOOD[:-1]}")), code="invalid_base64")
    assert refused(post(body(url_of(b"no picture"))), code="invalid_image")
    assert post(body()).status_code == 200


# -- nothing is fetched


class Listener:
    """Listens on the loopback and counts who comes."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.came = self.socket.getsockname()[1], 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self):
        while True:
            try:
                self.socket.accept()[0].close()
            except OSError:
                return
            self.came += 1


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    listener.socket.close()


URLS = [
    "http://127.0.0.1:{0}/a.png", "https://127.0.0.1:{0}/a.png", "HTTP://127.0.0.1:{0}/a.png",
    "//127.0.0.1:{0}/a.png", "ftp://127.0.0.1:{0}/a.png", " http://127.0.0.1:{0}/a.png",
    "http://user:password@127.0.0.1:{0}/", "file:///etc/passwd", "file://127.0.0.1:{0}/a",
    "/etc/passwd", "", "blob:a", "javascript:alert(1)", "attachment://a", "gopher://127.0.0.1:{0}/",
    "data:text/html;base64,AAAA", "data:image/svg+xml;base64,AAAA", "data:image/png,AAAA",
    "data:;base64,AAAA", "data:image/png;charset=utf-8;base64,AAAA", "data:image/bmp;base64,AAAA",
    "http://127.0.0.1:{0}/?data:image/png;base64,AAAA", "data:http://127.0.0.1:{0}/a.png",
]  # fmt: skip


@pytest.mark.parametrize("url", URLS)
def test_no_address_is_ever_fetched(post, listener, url):
    url = url.format(listener.port)
    message = refused(post(body(url)), code="invalid_image_url")
    assert "data:image/png;base64" in message and str(listener.port) not in message
    earlier = [*asks(url=url), *asks()]
    refused(post({**body(), "messages": earlier}), code="invalid_image_url")
    socket.create_connection(("127.0.0.1", listener.port)).close()
    until(lambda: listener.came >= 1)
    assert listener.came == 1, "only this test itself"


# -- bodies

MESSAGE = json.dumps(asks())


@pytest.mark.parametrize(
    "content, status, code",
    [
        (b"", 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe\x00", 400, "invalid_json"),
        (b"\xef\xbb\xbf{}", 400, "missing_required_parameter"),
        (b"\xff\xfe{\x00", 400, "invalid_json"),
        (b"\x1f\x8b\x08", 400, "invalid_body"),
        (b"[" * 100_000, 400, "invalid_json"),
        (b'{"a":' * 100_000, 400, "invalid_json"),
        (b'{"model": "\\ud800"}', 400, "invalid_json"),
        (b'{"model": "vision-gpt", "messages": [], }', 400, "invalid_json"),
        (b"[]", 400, "invalid_type"),
        (b"null", 400, "invalid_type"),
        (b'"text"', 400, "invalid_type"),
        (b"{}", 400, "missing_required_parameter"),
        (b'{"model": null}', 400, "invalid_type"),
        (b'{"messages": {"0": "a"}, "model": "vision-gpt"}', 400, "invalid_type"),
        ('{"model": "vision-gpt", "messages": %s, "temperature": NaN}', 400, None),
        ('{"model": "vision-gpt", "messages": %s, "temperature": 1e999}', 400, None),
        ('{"model": "vision-gpt", "messages": %s, "max_tokens": 1e3}', 400, "invalid_type"),
        ('{"model": "vision-gpt", "messages": %s, "seed": 9223372036854775808}', 400, None),
        ('{"model": "vision-gpt", "messages": %s, "__proto__": {}}', 400, "unknown_parameter"),
        ('{"model": "vision-gpt", "messages": %s, "model_config": 1}', 400, "unknown_parameter"),
        ('{"model": "vision-gpt", "messages": %s, "most": 1}', 400, "unknown_parameter"),
        ('{"model": "../../etc/passwd", "messages": %s}', 404, "model_not_found"),
        ('{"model": "", "messages": %s}', 404, "model_not_found"),
        ('{"model": "vision-gpt", "messages": %s, "max_tokens": 1' + "0" * 99 + "}", 200, None),
        ('{"model": "vision-gpt", "messages": %s, "seed": 1' + "0" * 5000 + "}", 400, None),
    ],
)  # fmt: skip
def test_bodies(post, content, status, code):
    if isinstance(content, str):
        content = (content % MESSAGE if "%s" in content else content).encode()
    reply = post(content)
    if status != 200:
        refused(reply, status, code)
    assert reply.status_code == status


@pytest.mark.parametrize(
    "content",
    [
        b'{"messages":[' + b"{}," * 9_000_000 + b"{}]}",
        b"{" + b",".join(b'"%d":0' % i for i in range(1_000_000)) + b"}",
        b'{"messages":[{"role":"user","content":[' + b"0," * 9_000_000 + b"0]}]}",
    ],
    ids=["messages", "fields", "parts"],
)
def test_millions_of_values_are_not_read(post, content):
    with memory(150):
        refused(post(content), 400, "invalid_value")


def test_as_many_values_as_are_read_cost_little():
    fields = b",".join(b'"%d":0' % i for i in range(bodies.MAX_COMMAS))
    with memory(50), pytest.raises(ApiError):
        read_request(b"{" + fields + b"}")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=200)
@given(st.sampled_from(sorted(schema.ChatRequest.model_fields)), values)
def test_any_value_of_any_field_is_taken_or_refused(name, value):
    try:
        read_request(json.dumps({**body("data:"), name: value}).encode())
    except ApiError as error:
        assert error.status == 400 and error.body["error"]["param"].startswith(name)


@settings(max_examples=100)
@given(st.binary(max_size=50) | values.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_in_place_of_a_body(content):
    with pytest.raises(ApiError):
        read_request(content)


KINDS = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"]
KINDS += [None, "application/jsonp", "", "\xff"]
PAGE = [{"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("page", PAGE, ids=str)
def test_pages_of_other_sites_cannot_post(server, kind, page):
    """A form or a script without CORS can send these kinds only, and the browser says it is one."""
    headers = page if kind is None else {**page, "content-type": kind.encode("latin-1")}
    url = f"{server.url}/chat/completions"
    refused(httpx.post(url, content=json.dumps(body()).encode(), headers=headers), 415)


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_is_no_page_may_call_json_as_they_like(server, kind):
    """`curl -d` says that it sends a form."""
    headers = {} if kind is None else {"content-type": kind.encode("latin-1")}
    url = f"{server.url}/chat/completions"
    reply = httpx.post(url, content=json.dumps(body()).encode(), headers=headers)
    assert reply.status_code == 200
    refused(httpx.post(url, content=b"model=a&messages=b", headers=headers), 400, "invalid_json")


def test_no_page_may_read_a_reply(server):
    asks = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    url = f"{server.url}/chat/completions"
    for reply in (httpx.options(url, headers=asks), httpx.post(url, json=body(), headers=asks)):
        assert not any("access-control" in name for name in reply.headers)
    refused(httpx.options(url, headers=asks), 405)


PATHS = "/ /docs /redoc /openapi.json /v1 /chat/completions /v1/v1/models /v1/embeddings"
PATHS += " /v1/responses /v1/completions /v1/chat/completions/chatcmpl-1"


@pytest.mark.parametrize("path", PATHS.split())
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_paths_say_what_there_is(server, path, method):
    told = refused(httpx.request(method, server.url.removesuffix("/v1") + path), 404, "unknown_url")
    assert told.startswith(f"nothing is at {path}: there are POST /v1/chat/completions, GET /v1/mo")


def test_other_methods_say_what_there_is(server):
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        told = refused(httpx.request(method, f"{server.url}/chat/completions"), 405)
        assert told.startswith(f"/v1/chat/completions takes no {method}: there are POST /v1/chat/")
    refused(httpx.post(f"{server.url}/models"), 405)


@pytest.mark.parametrize(
    "path", ["/v1/models", "/v1/models/", "//v1//models/vision-gpt", "/health/"]
)
def test_slashes_too_many_and_head_change_nothing(server, path):
    url = server.url.removesuffix("/v1") + path
    reply, head = httpx.get(url), httpx.head(url)
    assert (reply.status_code, head.status_code, head.content) == (200, 200, b"")
    assert head.headers["content-length"] == reply.headers["content-length"]


@pytest.mark.parametrize("path", ["/v1//chat/completions", "/v1/chat/completions/"])
def test_questions_come_with_slashes_too_many(server, path):
    url = server.url.removesuffix("/v1") + path
    assert httpx.post(url, json=body()).status_code == 200
    assert httpx.head(url).status_code == 405, "and need a place as any other"
    assert server._gate.places == 33


def test_a_bomb_of_gzip_is_not_unpacked_to_its_end(post):
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(10**6)) for _ in range(300)) + packer.flush()
    assert len(bomb) < 400_000
    with memory(120):
        refused(post(bomb, **{"content-encoding": "gzip"}), 413, "request_too_large")
    packed = gzip.compress(json.dumps(body()).encode())
    assert post(packed, **{"content-encoding": "gzip"}).status_code == 200


def test_a_body_that_says_it_is_too_large_is_refused_at_once(server):
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
        f"content-length: {gate.MAX_BODY + 1}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(head.encode())  # and not a byte of the body
        assert client.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_does_not_say_is_refused_when_it_has_grown_too_large(post):
    def parts():
        for _ in range(600):
            yield b" " * 1_000_000

    with memory(120):
        refused(post(parts()), 413, "request_too_large")
    assert post(body()).status_code == 200


def test_a_body_that_never_comes(server, monkeypatch):
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.3)
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(f"{head}content-length: 100\r\n\r\n{{".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 408 ")
    assert httpx.post(f"{server.url}/chat/completions", json=body()).status_code == 200


def test_who_leaves_in_the_middle_of_a_body_leaves_nothing(server):
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(f"{head}content-length: 100\r\n\r\n{{".encode())
        until(lambda: server._gate.places == 32)
    until(lambda: server._gate.places == 33)


def test_a_body_that_was_cut_is_not_taken_for_a_whole_one():
    came = iter(
        [{"type": "http.request", "body": b"{}", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive():
        return next(came)

    assert asyncio.run(gate._read_body(receive)) is None


def test_a_full_house_costs_no_body(server):
    """429 comes before a byte of the body is read."""
    model = tiny_model()
    held = Held(model)
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
        "content-length: 20000000\r\n\r\n"
    )
    with serve.running((model, tokenizer()), queue=0) as full:
        thread = threading.Thread(
            target=httpx.post,
            args=(f"{full.url}/chat/completions",),
            kwargs={"json": body(), "timeout": 30},
        )
        thread.start()
        assert held.entered.wait(10)
        with socket.create_connection(("127.0.0.1", full.port), timeout=10) as client:
            client.sendall(head.encode())
            assert client.recv(1000).startswith(b"HTTP/1.1 429 ")
        held.go.set()
        thread.join()


def test_many_pictures_that_count_for_nothing_are_not_decoded(post):
    broken = url_of(b"no picture")
    reply = post({**body(), "messages": [*asks(url=broken), *asks()]})
    assert reply.status_code == 200, "only the last picture is looked at"


def test_nothing_is_printed_or_logged(server, post, capfd, caplog):
    caplog.set_level(0)
    for url in (None, "data:image/png;base64,secretbase64"):
        post(body(url, user="secretuser"))
    post({**body(), "messages": asks("secrettext")})
    post(b'{"secretjson')
    out = caplog.text + "".join(capfd.readouterr())
    assert "secret" not in out and picture()[30:60] not in out
