"""What a request may hold without effect, taken out before the rest is read.

Null means "not given", wherever it stands. A parameter of OpenAI's that this server cannot honour
may have the value that asks for nothing, and is refused by its name with any other. What an
assistant has said before is not read, so whatever stands beside it changes nothing.

Source: OpenAI, API reference, "Chat completions"; a test compares the names with its client's.
"""

import json

from course_utils.serve.errors import ApiError

NEUTRAL = {  # parameter -> the values that ask for nothing, where there are such
    "audio": (),
    "frequency_penalty": (0,),
    "function_call": ("none", "auto"),
    "functions": ([],),
    "logit_bias": ({},),
    "logprobs": (False,),
    "modalities": (["text"],),
    "moderation": (),
    "n": (1,),
    "parallel_tool_calls": (False, True),
    "presence_penalty": (0,),
    "reasoning_effort": ("none",),
    "response_format": ({"type": "text"},),
    "tool_choice": ("none", "auto"),
    "tools": ([],),
    "top_logprobs": (0,),
    "verbosity": ("medium",),
    "web_search_options": (),
}


def without_neutral(body: dict) -> dict:
    """Return a request without what changes nothing in it.

    Args:
        body: what a client sent.

    Raises:
        ApiError: if a parameter asks for what this server does not do.

    >>> without_neutral({"model": "a", "n": 1, "tools": None, "seed": 3})
    {'model': 'a', 'seed': 3}
    """
    body = _without_nulls(body, keep=("model", "messages"))
    for name in body:
        if name in NEUTRAL:
            _check_neutral(name, body[name])
    asked = {name: value for name, value in body.items() if name not in NEUTRAL}
    if isinstance(messages := asked.get("messages"), list):
        asked["messages"] = [_plain_message(message) for message in messages]
    return asked


def _check_neutral(name, value):
    allowed = NEUTRAL[name]
    if any(_same(value, one) for one in allowed):
        return
    told = " or ".join(json.dumps(one) for one in allowed if one not in ([], {}))
    raise ApiError(
        f"the parameter {name} is not supported by this server{told and f' except as {told}'}: "
        "leave it out",
        code="unsupported_value" if told else "unsupported_parameter",
        param=name,
    )


def _same(value, one):
    """Compare, without taking true for 1."""
    return value == one and isinstance(value, bool) == isinstance(one, bool)


def _plain_message(message):
    """Return a message with its content as a list of parts, as far as it makes sense."""
    if not isinstance(message, dict):
        return message
    if message.get("role") == "assistant":
        content = message.get("content")
        return {"role": "assistant", "content": _said("" if content in (None, []) else content)}
    message = _without_nulls(message, keep=("role", "content"))
    if "content" in message:
        message["content"] = _parts(message["content"])
    return message


def _parts(content):
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if isinstance(content, list):
        return [_without_nulls(part) if isinstance(part, dict) else part for part in content]
    return content


def _said(content):
    """Return what an assistant said; OpenAI's may refuse, in a part of its own."""
    parts = _parts(content)
    if not isinstance(parts, list):
        return parts
    return [
        {"type": "text", "text": part.get("refusal")}
        if isinstance(part, dict) and part.get("type") == "refusal"
        else part
        for part in parts
    ]


def _without_nulls(values, keep=()):
    return {name: v for name, v in values.items() if v is not None or name in keep}
