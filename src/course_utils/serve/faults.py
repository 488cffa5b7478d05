"""What is said of a request that holds something else than it may: one sentence for each kind.

pydantic's own messages name classes and functions of ours, and kinds of Python's. None of it
reaches a client: what is said is made here, from the kind of the fault, its place and its value.
"""

import json
import math

from course_utils.serve.errors import ApiError

CODES = {
    "missing": "missing_required_parameter",
    "literal_error": "unsupported_value",
    "too_long": "array_above_max_length",
    "union_tag_invalid": "unsupported_value",
    "extra_forbidden": "unknown_parameter",
}
SENTENCES = {
    "missing": "{param} is missing: add it",
    "extra_forbidden": "the parameter {param} is unknown: leave it out",
}
EXPECTED = {  # pydantic's name for a fault -> what was expected
    "string_type": "a text",
    "string_too_short": "a text that is not empty",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "literal_error": "{expected}",
    "greater_than_equal": "at least {ge:.20g}",
    "less_than_equal": "at most {le:.20g}",
    "less_than": "less than {lt:.20g}",
    "too_short": "at least {min_length} in it",
    "too_long": "at most {max_length} in it",
    "union_tag_invalid": "'text' or 'image_url'",
    "part_type": 'an object such as {{"type": "text", "text": …}}',
}
BY_NAME = {  # where more than one kind may stand
    ("content", "list_type"): "a text or an array of parts",
    ("stop", "list_type"): "a text or an array of texts",
    ("include_obfuscation", "literal_error"): "false",
}
STEPS = ("<text>", "<image_url>")  # of pydantic, between a part and what stands in it
LETTERS = 40  # of a text that is repeated in a message


def told(fault: dict) -> ApiError:
    """Turn one of pydantic's faults into an error for a client.

    Args:
        fault: as `ValidationError.errors()` lists it.
    """
    kind, param, value = fault["type"], place(fault["loc"]), fault["input"]
    if kind == "union_tag_not_found":  # a part that has no type, or is no object at all
        kind = "missing" if isinstance(value, dict) else "part_type"
        param += ".type" * (kind == "missing")
    elif kind == "union_tag_invalid":
        param, value = param + ".type", value["type"]
    elif kind in ("too_short", "too_long"):
        value = len(value)
    sentence = SENTENCES.get(kind, "{param}: expected {what}, got {value}: change it")
    what = BY_NAME.get((fault["loc"][-1], kind)) or EXPECTED.get(kind, "something else")
    what = what.format(**fault.get("ctx", {}))
    code = CODES.get(kind) or ("invalid_type" if kind.endswith("_type") else "invalid_value")
    text = sentence.format(param=param, what=what, value=shown(value))
    return ApiError(text, code=code, param=param)


def place(loc: tuple) -> str:
    """Write a place as OpenAI does.

    >>> place(("messages", 0, "content", 1, "<text>", "text"))
    'messages[0].content[1].text'
    """
    names = [name for name in loc if name not in STEPS]
    text = "".join(f"[{n}]" if isinstance(n, int) else f".{n}" for n in names)
    return _printable(text.removeprefix(".")[:100])


def shown(value) -> str:
    """Write a value of JSON in a few letters.

    >>> shown(None), shown("tool"), shown(2.5), shown([1, 2])
    ('null', '"tool"', '2.5', 'an array')
    """
    if isinstance(value, list | dict):
        return "an array" if isinstance(value, list) else "an object"
    if isinstance(value, str):
        cut = value if len(value) <= LETTERS else value[:LETTERS] + "…"
        return _printable(json.dumps(cut, ensure_ascii=False))
    if isinstance(value, float) and not math.isfinite(value):
        return "a number that is not finite"
    return json.dumps(value) if abs(value or 0) < 1e20 else "a number of many digits"


def _printable(text):
    """Keep a message on one line, whatever stands in what it repeats."""
    return "".join(c if c.isprintable() else "?" for c in text)
