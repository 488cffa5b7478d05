"""What goes back: a whole reply, or the same as server-sent events, in OpenAI's shape."""

import json
import secrets
from collections.abc import AsyncIterator

from course_utils.serve.engine import Engine, Job
from course_utils.serve.errors import ApiError


async def whole(engine: Engine, job: Job) -> dict:
    """Wait for the reply and return it."""
    text = "".join([piece async for piece in engine.pieces(job)])
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"message": message, "finish_reason": job.finish_reason}
    return {**_head(engine, job, "chat.completion"), **_choice(choice), "usage": _usage(job)}


async def events(engine: Engine, job: Job, with_usage: bool) -> AsyncIterator[str]:
    """Yield the reply as events: who speaks, each piece, why it ended, the usage if asked for."""
    head = _head(engine, job, "chat.completion.chunk")
    if with_usage:
        head["usage"] = None

    def chunk(reason=None, **delta):
        return _event({**head, **_choice({"delta": delta, "finish_reason": reason})})

    yield chunk(role="assistant", content="", refusal=None)
    try:
        async for piece in engine.pieces(job):
            yield chunk(content=piece)
    except ApiError as error:
        yield _event(error.body)
        return
    yield chunk(job.finish_reason)
    if with_usage:
        yield _event({**head, "choices": [], "usage": _usage(job)})
    yield "data: [DONE]\n\n"


def _head(engine, job, kind):
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": kind,
        "created": job.created,
        "model": engine.name,
        "system_fingerprint": None,
    }


def _choice(choice):
    return {"choices": [{"index": 0, "logprobs": None, **choice}]}


def _usage(job):
    return {
        "prompt_tokens": job.prompt_tokens,
        "completion_tokens": job.completion_tokens,
        "total_tokens": job.prompt_tokens + job.completion_tokens,
    }


def _event(data):
    return f"data: {json.dumps(data)}\n\n"
