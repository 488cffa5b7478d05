"""What a request may hold, field by field, and what is said of one that holds something else."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from course_utils.serve.errors import ApiError

MAX_MESSAGES, MAX_PARTS, MAX_STOPS = 64, 16, 4
MAX_COMMAS = 20_000  # a body of millions of small values would take seconds and gigabytes to read
ELSEWHERE = """audio function_call functions logit_bias modalities moderation parallel_tool_calls
prediction reasoning_effort response_format tool_choice tools top_logprobs verbosity"""
CODES = {
    "missing": "missing_required_parameter",
    "literal_error": "unsupported_value",
    "too_long": "array_above_max_length",
    "union_tag_invalid": "unsupported_value",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class TextPart(_Strict):
    """A text in a message."""

    type: Literal["text"]
    text: str


class ImageURL(_Strict):
    """A picture as a data URL; `detail` changes nothing here, where all are scaled to one size."""

    url: str
    detail: Literal["auto", "low", "high"] = "auto"


class ImagePart(_Strict):
    """A picture in a message."""

    type: Literal["image_url"]
    image_url: ImageURL


# Tags in <> are for pydantic: they choose whose errors are told, and are cut out of `param`.
def _kind_of_part(part):
    return f"<{part.get('type')}>" if isinstance(part, dict) else None


def _kind_of_content(content):
    return "<text>" if isinstance(content, str) else "<parts>"


Part = Annotated[
    Annotated[TextPart, Tag("<text>")] | Annotated[ImagePart, Tag("<image_url>")],
    Discriminator(_kind_of_part),
]
Content = Annotated[
    Annotated[str, Tag("<text>")]
    | Annotated[list[Part], Field(min_length=1, max_length=MAX_PARTS), Tag("<parts>")],
    Discriminator(_kind_of_content),
]


class Message(_Strict):
    """One message; the fields behind `name` are those of a reply that is sent back."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Content
    name: str | None = None
    refusal: None = None
    annotations: list | None = None
    audio: None = None
    function_call: None = None
    tool_calls: None = None

    @property
    def text(self) -> str:
        """The texts in it, joined by spaces."""
        if isinstance(self.content, str):
            return self.content
        return " ".join(part.text for part in self.content if isinstance(part, TextPart))

    @property
    def pictures(self) -> list[str]:
        """The data URLs in it."""
        if isinstance(self.content, str):
            return []
        return [part.image_url.url for part in self.content if isinstance(part, ImagePart)]


class StreamOptions(_Strict):
    """What a stream holds beside the reply."""

    include_usage: bool | None = None
    include_obfuscation: Literal[False] | None = None


class ChatRequest(_Strict):
    """The body of POST /v1/chat/completions; the last two groups change nothing."""

    model: str
    messages: Annotated[list[Message], Field(min_length=1, max_length=MAX_MESSAGES)]
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: Annotated[str, Field(min_length=1)] | list[str] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    n: Literal[1] | None = None
    frequency_penalty: Literal[0] | None = None
    presence_penalty: Literal[0] | None = None
    logprobs: Literal[False] | None = None

    user: str | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    service_tier: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None

    @property
    def most(self) -> int | None:
        """Most tokens of the reply, by either name; None: as many as fit."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def stops(self) -> list[str]:
        """The texts before which a reply ends."""
        return [self.stop] if isinstance(self.stop, str) else self.stop or []


def read_request(body: bytes) -> ChatRequest:
    """Read the body of a request.

    Raises:
        ApiError: if it is not JSON or not such a request; the first fault is told.
    """
    if body.count(b",") > MAX_COMMAS:
        raise ApiError("the body holds far too many values: send fewer", code="invalid_value")
    try:
        request = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        raise _told(error.errors(include_url=False, include_context=False)[0]) from None
    if request.max_tokens and request.max_completion_tokens:
        raise ApiError(
            "max_tokens and max_completion_tokens both came: give one of them",
            code="invalid_parameter_combination",
            param="max_tokens",
        )
    if request.stream_options and not request.stream:
        raise ApiError(
            "stream_options came without stream: set stream to true or leave it out",
            code="invalid_parameter_combination",
            param="stream_options",
        )
    if len(request.stops) > MAX_STOPS or "" in request.stops:
        raise ApiError(
            f"expected at most {MAX_STOPS} texts in stop, none of them empty: change it",
            code="invalid_value",
            param="stop",
        )
    return request


def _told(error):
    """Turn pydantic's error into ours."""
    if error["type"] == "json_invalid":
        return ApiError(
            f"the body is not JSON that can be read: {error['msg']}", code="invalid_json"
        )
    param, kind = _param(error["loc"]), error["type"]
    if kind == "extra_forbidden":
        known = error["loc"][-1] in ELSEWHERE.split()
        code = "unsupported_parameter" if known else "unknown_parameter"
        what = "is not supported by this server" if known else "is unknown"
        return ApiError(f"the parameter {param} {what}: leave it out", code=code, param=param)
    code = CODES.get(kind) or ("invalid_type" if kind.endswith("_type") else "invalid_value")
    message = error["msg"].replace("<", "").replace(">", "")
    return ApiError(f"{param or 'the body'}: {message}", code=code, param=param or None)


def _param(loc):
    """Write a place as OpenAI does.

    >>> _param(("messages", 0, "content", "<parts>", 1, "<text>", "text"))
    'messages[0].content[1].text'
    """
    names = [n for n in loc if not (isinstance(n, str) and n.startswith("<"))]
    text = "".join(f"[{n}]" if isinstance(n, int) else f".{n}" for n in names)
    return text.removeprefix(".")[:100]
