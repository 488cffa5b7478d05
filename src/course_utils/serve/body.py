"""The bytes of a body as JSON: unpacked if they came compressed, in whichever Unicode they came.

The bounds are the defence: of what a small body unpacks to, and of how many values it holds. Of a
name that comes twice in an object the last counts, as in most readers of JSON.
"""

import json
import zlib

from pydantic_core import from_json

from course_utils.serve.errors import ApiError
from course_utils.serve.faults import shown
from course_utils.serve.gate import MAX_BODY, body_too_large

MAX_COMMAS = 50_000  # a body of millions of small values would take seconds and gigabytes to read
GZIP = b"\x1f\x8b"  # begins every such file, and no JSON
PACKED = {"gzip": (47,), "x-gzip": (47,), "deflate": (47, -15)}  # zlib's wbits: any head, or none
FAULTS = {  # a part of what the reader says -> what we say
    "EOF": "it ends too early",
    "recursion": "it is nested too deep",
    "out of range": "a number in it has too many digits",
    "trailing comma": "a comma stands before a closing bracket",
    "key must be": "a name does not stand in double quotes",
    "control character": "a text holds a line break or another control character as it is",
    "escape": "a text holds a wrong escape",
    "unicode": "it is not in UTF-8",
}


def read_json(body: bytes, encoding: str = "") -> dict:
    """Read a body as the object that it holds.

    Args:
        body: as it came.
        encoding: the header content-encoding: gzip, deflate, or nothing. Default "".

    Raises:
        ApiError: if it does not unpack, is too large, is not JSON, or not an object.
    """
    data = _as_utf8(_unpacked(body, encoding.strip().lower()))
    if data.count(b",") > MAX_COMMAS:
        raise ApiError("the body holds far too many values: send fewer", code="invalid_value")
    try:
        return _object(from_json(data))
    except ApiError:
        raise
    except ValueError as error:
        raise _not_json(_fault(str(error), data)) from None


def _object(value):
    if not isinstance(value, dict):
        text = 'expected an object such as {"model": …, "messages": […]}'
        text = f"the body: {text}, got {shown(value)}: change it"
        raise ApiError(text, code="invalid_type")
    return value


def _unpacked(body, encoding):
    if encoding in ("", "identity") and not body.startswith(GZIP):
        return body
    kind = "gzip" if encoding in ("", "identity") else encoding
    if kind not in PACKED:
        raise ApiError(
            f"expected a body in gzip, deflate or plain, got {kind[:60]!r}: pack it otherwise",
            415,
            code="unsupported_content_encoding",
        )
    for bits in PACKED[kind]:
        unpacker = zlib.decompressobj(bits)
        try:
            data = unpacker.decompress(body, MAX_BODY + 1)
        except zlib.error:
            continue
        if len(data) > MAX_BODY:
            raise body_too_large()
        if unpacker.eof and not unpacker.unused_data:
            return data
    raise ApiError(f"the body is damaged or cut, or not {kind}: send it again", code="invalid_body")


def _as_utf8(data):
    """Take a byte-order mark off, and turn UTF-16 and UTF-32 into UTF-8."""
    unicode = json.detect_encoding(data)
    if unicode == "utf-8":
        return data
    try:
        return data.decode(unicode).encode()
    except UnicodeError:
        raise _not_json(f"it begins as {unicode.upper()} and is not") from None


def _fault(said, data):
    if not data.strip():
        return "it is empty"
    told = next((text for part, text in FAULTS.items() if part in said), "it makes no sense")
    _, at, place = said.rpartition(" at line ")
    return f"{told} at line {place}" if at and "ends too early" not in told else told


def _not_json(why):
    return ApiError(f"the body is not JSON that can be read: {why}", code="invalid_json")
