"""What a list of messages means to a model that sees one picture: see the package's docstring."""

import re
from dataclasses import dataclass
from itertools import takewhile

from course_utils.serve.errors import ApiError
from course_utils.serve.pictures import check_url
from course_utils.serve.schema import Message
from course_utils.vision import VisionConfig
from course_utils.vision.layout import caption_prompt, prompt

DESCRIBE = re.compile(r"describe\b|$")
MAX_LETTERS = 100_000  # no such model reads as much: longer texts are not even encoded


@dataclass(frozen=True)
class Asked:
    """A picture and what is said about it.

    Args:
        picture: a data URL.
        question: the last one; "" asks for a caption.
    """

    picture: str
    question: str


def read_conversation(messages: list[Message], context: int) -> Asked:
    """Find the last picture and the last question about it.

    Args:
        messages: all of them.
        context: tokens that the model reads and writes at most, the picture's among them.

    Raises:
        ApiError: if there is no picture, or two in a message, or no question at the end, or the
            texts are far too long.
    """
    said = [message for message in messages if message.role in ("user", "assistant")]
    places = [i for i, message in enumerate(said) if _picture(message)]
    if not places:
        raise _wrong(
            "this model answers questions about a picture, and there is none: "
            "add an image_url part with a data URL to the user's message",
            "image_required",
        )
    if said[-1].role != "user":
        raise _wrong("the last message must be the user's: add a question", "invalid_value")
    behind = reversed(said[places[-1] :])
    texts = [m.text for m in takewhile(lambda m: m.role == "user", behind)][::-1]
    if (letters := sum(map(len, texts))) > MAX_LETTERS:
        raise _too_long(context, f"hold {letters} characters")
    return Asked(_picture(said[places[-1]]), " ".join(" ".join(texts).split()))


def _picture(message):
    """Return the picture in a message, or None."""
    urls = message.pictures
    if urls and message.role != "user":
        raise _wrong("only the user can show a picture: change the role", "invalid_value")
    for url in urls:
        check_url(url)
    if len(urls) > 1:
        raise _wrong(
            f"this model sees one picture, a message has {len(urls)}: send one", "too_many_images"
        )
    return urls[0] if urls else None


def _wrong(message, code):
    return ApiError(message, code=code, param="messages")


def wants_caption(asked: Asked) -> bool:
    """Say whether a description is asked for, and no question."""
    return bool(DESCRIBE.match(asked.question.lower()))


def prompt_ids(asked: Asked, tokenizer, sizes: VisionConfig) -> list[int]:
    """Return the tokens behind the picture, as they stood in the model's training.

    Args:
        asked: what is asked.
        tokenizer: with the special tokens of `vision.layout`.
        sizes: of the model.

    Raises:
        ApiError: if there is no room left for an answer.
    """
    is_caption, text = wants_caption(asked), asked.question.lower()
    ids = caption_prompt(tokenizer) if is_caption else prompt(tokenizer, text)
    if len(ids) >= sizes.text_size:
        came = f"resulted in {sizes.n_patches + len(ids)} tokens ({sizes.n_patches} of the picture)"
        raise _too_long(sizes.n_patches + sizes.text_size, came)
    return ids


def _too_long(context, came):
    """Return the error in OpenAI's words, by which clients know it."""
    return _wrong(
        f"This model's maximum context length is {context} tokens. However, your messages {came}, "
        "and an answer needs room too: shorten the question",
        "context_length_exceeded",
    )
