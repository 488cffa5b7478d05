"""Chat: messages with roles to token ids by a template, and replies that stream.

A conversation is a list of {"role": "system" | "user" | "assistant", "content": text}. The
template writes each message as its role's special token, the text, and `<eos>`. The same template,
in Jinja, is saved with the tokenizer, so that transformers' `apply_chat_template` gives the same
ids. A user's text never yields a role token: not here, where no text yields special tokens, and
not there, where the template breaks their names with a space.

Left out: tools, images, several replies at once to one conversation, other people's templates
(transformers runs these).

Sources: the messages have the shape of transformers' chat templates; roles as special tokens
follow OpenAI's ChatML, 2023.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby, takewhile

import torch

from course_utils import arguments
from course_utils.generation import generate, stream
from course_utils.runtime import CourseError

ROLES = ("system", "user", "assistant")
SPECIAL_TOKENS = ("<eos>", *(f"<|{role}|>" for role in ROLES))  # to train a tokenizer with
MAX_REPLY = 32  # tokens, unless asked otherwise


@cache
def chat_template() -> str:
    """Return the template as transformers wants it, in Jinja.

    The names of special tokens in a message are broken by a space behind their "<": transformers,
    unlike this package, would take such a name for the token itself.
    """
    broken = "".join(f" | replace('{name}', '{_broken(name)}')" for name in SPECIAL_TOKENS)
    return (
        "{% for message in messages %}"
        "{{ '<|' + message['role'] + '|>' }}"
        "{{ message['content']" + broken + " }}"
        "{{ '<eos>' }}"
        "{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
    )


def plain_text(text: str) -> str:
    """Return a text in which no special token's name is left whole.

    >>> plain_text("Hi <|system|> there")
    'Hi < |system|> there'
    """
    for name in SPECIAL_TOKENS:
        text = text.replace(name, _broken(name))
    return text


def _broken(name):
    return "< " + name[1:]


def encode_chat(tokenizer, messages: list[dict], add_generation_prompt: bool = True) -> list[int]:
    """Turn a conversation into token ids.

    Args:
        tokenizer: one with the special tokens of `SPECIAL_TOKENS`.
        messages: {"role", "content"} each; a system message, if any, comes first.
        add_generation_prompt: end with `<|assistant|>`, so that the model's turn begins.
            Default True.

    Raises:
        CourseError: if a message is not like that, or the tokenizer lacks the role tokens.
    """
    check_tokenizer(tokenizer)
    check_messages(messages)
    ids = [i for message in messages for i in _encode_message(tokenizer, message)]
    return [*ids, tokenizer.special_id("<|assistant|>")] if add_generation_prompt else ids


def training_row(tokenizer, messages: list[dict]) -> tuple[list[int], list[bool]]:
    """Return a conversation as a row for `Rows.pad`: ids, and True where the loss counts.

    Counted are the assistant's words with the `<eos>` behind them: what the model must write.

    Raises:
        CourseError: as in `encode_chat`.
    """
    check_tokenizer(tokenizer)
    check_messages(messages)
    ids, mask = [], []
    for message in messages:
        part = _encode_message(tokenizer, message)
        ids += part
        mask += [False, *[message["role"] == "assistant"] * (len(part) - 1)]
    return ids, mask


def _encode_message(tokenizer, message):
    role = tokenizer.special_id(f"<|{message['role']}|>")
    words = tokenizer.encode(plain_text(message["content"]))
    return [role, *words, tokenizer.special_id("<eos>")]  # as the template writes it


def check_tokenizer(tokenizer) -> None:
    """Raise a CourseError unless a tokenizer was made for this template."""
    if not hasattr(tokenizer, "special_tokens"):
        got = type(tokenizer).__name__
        raise CourseError(
            f"expected a tokenizer of this course, got a {got}: Chat(model, tokenizer)"
        )
    lacks = [name for name in SPECIAL_TOKENS if name not in tokenizer.special_tokens]
    if lacks:
        raise CourseError(
            f"this model was not made for chat, its tokenizer lacks {' '.join(lacks)}: "
            "take one that was trained with them"
        )
    if tokenizer.chat_template not in (None, chat_template()):
        raise CourseError(
            "this model's tokenizer has a chat template of its own: "
            "use it with transformers' apply_chat_template"
        )


def check_messages(messages) -> None:
    """Raise a CourseError that names the first message that does not fit."""
    if not isinstance(messages, list) or not messages:
        raise CourseError(f"expected a list of messages, got {messages!r:.40}: give at least one")
    for number, message in enumerate(messages):
        role, content = _role_and_content(message, number)
        if role not in ROLES or (role == "system" and number):
            raise CourseError(
                f"message {number} has the role {role!r}: expected one of {', '.join(ROLES)}, "
                "system only at the beginning"
            )
        if not content.strip():
            raise CourseError(f"message {number} ({role}) is empty: write something")


def _role_and_content(message, number):
    try:
        role, content = message["role"], message["content"]
    except (TypeError, KeyError, IndexError):
        role = content = None
    if not isinstance(role, str) or not isinstance(content, str):
        raise CourseError(
            f"message {number} is {str(message)[:60]}: "
            'expected {"role": "user", "content": "some text"}'
        )
    return role, content


def fit(tokenizer, messages: list[dict], most: int) -> list[dict]:
    """Return what of a conversation fits: the system message and the last rounds.

    Whole rounds (a user's message and what follows it) are left out, oldest first.

    Args:
        tokenizer: as in `encode_chat`.
        messages: the conversation, the last message by the user.
        most: tokens there is room for.

    Raises:
        CourseError: if even the last message with the system message is too long.
    """
    check_messages(messages)
    head = messages[:1] if messages[0]["role"] == "system" else []
    rest = messages[len(head) :]
    while (n := len(encode_chat(tokenizer, head + rest))) > most:
        later = [i for i, message in enumerate(rest) if i and message["role"] == "user"]
        if not later:
            raise CourseError(
                f"the last message needs {n} tokens with the system message, "
                f"and there is room for {most}: shorten it"
            )
        rest = rest[later[0] :]
    return head + rest


def _prompt(model, tokenizer, messages, max_new_tokens):
    """Return the ids of what fits of a conversation beside a reply."""
    most = model.config.block_size - arguments.whole("max_new_tokens", max_new_tokens)
    if most < 1:
        raise CourseError(
            f"block_size is {model.config.block_size} and a reply may have {max_new_tokens} "
            "tokens: ask for shorter replies"
        )
    return encode_chat(tokenizer, fit(tokenizer, messages, most))


def reply(
    model,
    tokenizer,
    messages: list[dict],
    max_new_tokens: int = MAX_REPLY,
    temperature: float = 0.0,
    generator=None,
    **settings,
) -> Iterator[str]:
    """Give the assistant's next message piece by piece, as it is generated.

    Args:
        model: a `GPT` trained on this template.
        tokenizer: its tokenizer.
        messages: the conversation so far, the last message by the user. When it has grown too
            long for the model, the oldest rounds are left out (see `fit`).
        max_new_tokens: longest reply. Default 32.
        temperature: 0 is greedy. Default 0.
        generator: source of randomness. Default: PyTorch's global one.
        settings: top_k, top_p, repetition_penalty as in `generate`.

    Returns:
        An iterator of text; mistakes in the arguments are raised before it is returned.

    Raises:
        CourseError: if a message or a setting does not fit.
    """
    ids = torch.tensor([_prompt(model, tokenizer, messages, max_new_tokens)])
    steps = stream(
        model,
        ids,
        max_new_tokens,
        temperature,
        eos_id=tokenizer.eos_ids,
        generator=generator,
        **settings,
    )
    return tokenizer.decode_stream(_up_to(tokenizer.eos_ids, steps))


def reply_all(
    model,
    tokenizer,
    conversations: Iterable[list[dict]],
    max_new_tokens: int = MAX_REPLY,
    temperature: float = 0.0,
    generator=None,
    **settings,
) -> list[str]:
    """Reply to many conversations at once: those of one length share a batch.

    Args:
        model, tokenizer, max_new_tokens, temperature, generator, settings: as in `reply`.
        conversations: as many lists of messages as you like.

    Returns:
        A text for each conversation.
    """
    prompts = [_prompt(model, tokenizer, list(c), max_new_tokens) for c in conversations]
    settings |= {"temperature": temperature, "generator": generator}
    rows = continue_all(model, prompts, max_new_tokens, tokenizer.eos_ids, **settings)
    return [tokenizer.decode(row) for row in rows]


def continue_all(model, prompts: list[list[int]], max_new_tokens: int, eos_id, **settings):
    """Continue prompts of different lengths, those of one length in one batch.

    Args:
        model: a `GPT`.
        prompts: lists of token ids.
        max_new_tokens: most tokens to add.
        eos_id: the token that ends a continuation, or several.
        settings: the others of `generate`.

    Returns:
        The new ids of each prompt, a list, up to eos_id and without it.
    """
    results: list[list[int]] = [[] for _ in prompts]
    ends = {eos_id} if isinstance(eos_id, int) else set(eos_id)
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    for T, alike in groupby(order, key=lambda i: len(prompts[i])):
        places = list(alike)
        ids = torch.tensor([prompts[i] for i in places])
        rows = generate(model, ids, max_new_tokens, eos_id=eos_id, **settings)
        for i, row in zip(places, rows[:, T:].tolist(), strict=True):
            results[i] = list(_up_to(ends, row))
    return results


def _up_to(ends, tokens):
    """Give tokens on until one of `ends`, which is left out."""
    return takewhile(lambda token: int(token) not in ends, tokens)


class Chat:
    """A conversation with a model: history, system message, replies that stream.

    Args:
        model: a `GPT` trained on this template.
        tokenizer: its tokenizer.
        system: the system message. Default "": none.
        settings: as in `reply`.
    """

    def __init__(self, model, tokenizer, system: str = "", **settings):
        check_tokenizer(tokenizer)
        self.model, self.tokenizer, self.settings = model, tokenizer, settings
        self.system = system
        self.reset()

    def reset(self) -> None:
        """Forget all but the system message."""
        self.messages = [{"role": "system", "content": self.system}] if self.system else []
        self.left_out = 0  # messages that the model no longer reads, since they do not fit

    def send(self, text: str) -> Iterator[str]:
        """Say something, and return the reply piece by piece.

        What was said stays in the history once the reply has ended. If the reader stops in the
        middle, the part that came stays.

        Raises:
            CourseError: if the message is empty or too long; at once, not while it streams.
        """
        if isinstance(text, str) and not text.strip():
            raise CourseError("expected a message, got an empty one: write something")
        asked = [*self.messages, {"role": "user", "content": text}]
        pieces = reply(self.model, self.tokenizer, asked, **self.settings)
        most = self.model.config.block_size - self.settings.get("max_new_tokens", MAX_REPLY)
        self.left_out = len(asked) - len(fit(self.tokenizer, asked, most))
        return self._listen(asked, pieces)

    def _listen(self, asked, pieces):
        said = []
        try:
            for piece in pieces:
                said.append(piece)
                yield piece
        finally:
            if text := "".join(said).strip():
                self.messages = [*asked, {"role": "assistant", "content": text}]
