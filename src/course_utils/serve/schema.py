"""What a request may hold, field by field."""

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    FailFast,
    Field,
    Tag,
    ValidationError,
    field_validator,
)

from course_utils.serve.body import read_json
from course_utils.serve.errors import ApiError
from course_utils.serve.faults import told
from course_utils.serve.neutral import without_neutral

MAX_PARTS, MAX_STOPS = 16, 4


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class TextPart(_Strict):
    """A text in a message; what a hosted model may keep of it changes nothing here."""

    type: Literal["text"]
    text: str
    prompt_cache_breakpoint: dict | None = None


class ImageURL(_Strict):
    """A picture as a data URL; `detail` changes nothing here, where all are scaled to one size."""

    url: str
    detail: Literal["auto", "low", "high", "original"] | None = None


class ImagePart(_Strict):
    """A picture in a message."""

    type: Literal["image_url"]
    image_url: ImageURL
    prompt_cache_breakpoint: dict | None = None


def _kind_of_part(part):
    """Return pydantic's step to a kind of part; a step in <> is left out of what clients read."""
    kind = part.get("type") if isinstance(part, dict) else None
    return None if kind is None else f"<{kind}>"


Part = Annotated[
    Annotated[TextPart, Tag("<text>")] | Annotated[ImagePart, Tag("<image_url>")],
    Discriminator(_kind_of_part),
]


class Message(_Strict):
    """One message, its content as a list of parts."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[list[Part], Field(min_length=1, max_length=MAX_PARTS)]
    name: str | None = None

    @property
    def text(self) -> str:
        """The texts in it, joined by spaces."""
        return " ".join(part.text for part in self.content if isinstance(part, TextPart))

    @property
    def pictures(self) -> list[str]:
        """The data URLs in it."""
        return [part.image_url.url for part in self.content if isinstance(part, ImagePart)]


class StreamOptions(_Strict):
    """What a stream holds beside the reply."""

    include_usage: bool | None = None
    include_obfuscation: Literal[False] | None = None


class ChatRequest(_Strict):
    """The body of POST /v1/chat/completions; the last group changes nothing."""

    model: str
    messages: Annotated[list[Message], FailFast(), Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: (
        Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=MAX_STOPS)] | None
    ) = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    metadata: dict[str, str] | None = None
    prediction: dict | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict | None = None
    prompt_cache_retention: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    user: str | None = None

    @field_validator("stop", mode="before")
    @classmethod
    def _as_list(cls, stop):
        return [stop] if isinstance(stop, str) else stop

    @property
    def most(self) -> int | None:
        """Most tokens of the reply, by either name; None: as many as fit."""
        return self.max_completion_tokens or self.max_tokens


def read_request(body: bytes, encoding: str = "") -> ChatRequest:
    """Read the body of a request.

    Args:
        body: as it came.
        encoding: the header content-encoding. Default "": not compressed.

    Raises:
        ApiError: if it is not JSON or not such a request; the first fault is told.
    """
    asked = without_neutral(read_json(body, encoding))
    try:
        request = ChatRequest.model_validate(asked)
    except ValidationError as error:
        raise told(error.errors(include_url=False)[0]) from None
    if request.max_tokens and request.max_completion_tokens:
        raise _clash("max_tokens", "and max_completion_tokens both came: give one of them")
    options = request.stream_options
    if options and options.include_usage and not request.stream:
        raise _clash("stream_options", "came without stream: set stream to true or leave it out")
    return request


def _clash(param, what):
    return ApiError(f"{param} {what}", code="invalid_parameter_combination", param=param)
