"""What real clients send beside a question: nulls, neutral values, replies sent back, gzip."""

import gzip
import json
import re
import zlib
from functools import cache

import pytest
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionContentPartImageParam,
    ChatCompletionContentPartTextParam,
    ChatCompletionMessage,
    ParsedChatCompletion,
    completion_create_params,
)
from serving import asks

from course_utils.serve import body as bodies
from course_utils.serve.errors import ApiError
from course_utils.serve.neutral import NEUTRAL
from course_utils.serve.schema import ChatRequest, ImagePart, TextPart, read_request

BASE = {"model": "a", "messages": asks()}
TYPES = (
    completion_create_params.CompletionCreateParamsStreaming,
    completion_create_params.CompletionCreateParamsNonStreaming,
)
NEEDED = {"model", "messages"}
PARAMETERS = sorted({name for kind in TYPES for name in kind.__annotations__} - NEEDED)


def read(**more):
    """Read a request as the server does."""
    return read_request(json.dumps({**BASE, **more}).encode())


def refused(content, encoding=""):
    """Return the error that a body gets."""
    if not isinstance(content, bytes):
        content = json.dumps(content).encode()
    with pytest.raises(ApiError) as caught:
        read_request(content, encoding)
    return caught.value.body["error"]


# -- parameters


def test_the_list_of_parameters_is_openais():
    assert len(PARAMETERS) > 30
    assert set(PARAMETERS) | NEEDED == NEUTRAL.keys() | ChatRequest.model_fields.keys()


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_that_is_null_changes_nothing(name):
    assert read(**{name: None}) == read()


NOTHING = [  # what clients send when they ask for nothing
    ("frequency_penalty", 0),
    ("frequency_penalty", 0.0),
    ("function_call", "none"),
    ("functions", []),
    ("logit_bias", {}),
    ("logprobs", False),
    ("modalities", ["text"]),
    ("n", 1),
    ("parallel_tool_calls", True),
    ("parallel_tool_calls", False),
    ("presence_penalty", 0),
    ("presence_penalty", 0.0),
    ("reasoning_effort", "none"),
    ("response_format", {"type": "text"}),
    ("tool_choice", "none"),
    ("tool_choice", "auto"),
    ("tools", []),
    ("top_logprobs", 0),
    ("verbosity", "medium"),
]


@pytest.mark.parametrize("name, value", NOTHING)
def test_a_parameter_that_asks_for_nothing_changes_nothing(name, value):
    assert read(**{name: value}) == read()


CHANGE = {  # what OpenAI's own documentation gives as examples, and this server cannot do
    "audio": {"voice": "alloy", "format": "wav"},
    "frequency_penalty": 0.5,
    "function_call": {"name": "weather"},
    "functions": [{"name": "weather"}],
    "logit_bias": {"50256": -100},
    "logprobs": True,
    "modalities": ["text", "audio"],
    "moderation": {"model": "omni-moderation-latest"},
    "n": 2,
    "parallel_tool_calls": "yes",
    "presence_penalty": -2,
    "reasoning_effort": "high",
    "response_format": {"type": "json_object"},
    "tool_choice": "required",
    "tools": [{"type": "function", "function": {"name": "weather"}}],
    "top_logprobs": 3,
    "verbosity": "low",
    "web_search_options": {},
}


@pytest.mark.parametrize("name", sorted(NEUTRAL))
def test_what_would_change_something_is_refused_by_name_and_never_called_unknown(name):
    error = refused({**BASE, name: CHANGE[name]})
    assert error["param"] == name and error["code"].startswith("unsupported_")
    assert name in error["message"] and "unknown" not in error["message"]


WITHOUT_EFFECT = {
    "metadata": {"lesson": "1"},
    "prediction": {"type": "content", "content": "a ring"},
    "prompt_cache_key": "a",
    "prompt_cache_options": {"mode": "implicit"},
    "prompt_cache_retention": "24h",
    "safety_identifier": "a",
    "service_tier": "flex",
    "store": True,
    "user": "Nguyễn",
    "stop": [],
    "stream": False,
    "stream_options": {"include_usage": False},
}


@pytest.mark.parametrize("name", sorted(WITHOUT_EFFECT))
def test_what_has_no_effect_here_is_taken(name):
    request = read(**{name: WITHOUT_EFFECT[name]})
    assert request.messages == read().messages and not request.stop and not request.stream


def test_each_parameter_is_in_one_of_these_lists():
    used = {"max_tokens", "max_completion_tokens", "temperature", "top_p", "seed"}
    assert set(PARAMETERS) == NEUTRAL.keys() | WITHOUT_EFFECT.keys() | used


def test_true_is_not_taken_for_one():
    for name, value in (("n", True), ("frequency_penalty", False), ("logprobs", 0)):
        assert refused({**BASE, name: value})["param"] == name


@pytest.mark.parametrize("stop", ["a", ["a"], ["a", "b", "c", "d"]])
def test_stops_come_as_a_text_or_a_list(stop):
    assert read(stop=stop).stop == ([stop] if stop == "a" else stop)


def test_no_limit_is_said_by_leaving_it_out():
    error = refused({**BASE, "max_tokens": -1})
    assert error["message"] == "max_tokens: expected at least 1, got -1: change it"


# -- messages


@pytest.mark.parametrize("detail", ["auto", "low", "high", "original", None])
def test_parts_as_openais_types_have_them(detail):
    parts = asks()[0]["content"]
    parts[1]["image_url"]["detail"] = detail
    for part in parts:
        part["prompt_cache_breakpoint"] = {"mode": "explicit"}
    said = read(messages=[{"role": "user", "content": parts}]).messages[0]
    assert (said.text, len(said.pictures)) == ("what is at the centre?", 1)


def test_all_fields_of_openais_parts_are_known():
    for ours, openais in (
        (ImagePart, ChatCompletionContentPartImageParam),
        (TextPart, ChatCompletionContentPartTextParam),
    ):
        assert ours.model_fields.keys() == openais.__annotations__.keys()


def whole(kind, **message):
    """Return a reply as the client makes it of what a server sent."""
    message = {"role": "assistant", "content": "centre", **message}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    reply = {"id": "a", "object": "chat.completion", "created": 1, "model": "a"}
    return kind.model_validate({**reply, "choices": [choice]}).choices[0].message


SPOKEN = {"id": "a", "data": "", "expires_at": 1, "transcript": ""}
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
SENT_BACK = {
    "create": whole(ChatCompletion),
    "parse": whole(ParsedChatCompletion),
    "refusal": whole(ParsedChatCompletion, content=None, refusal="I can't help with that."),
    "call": whole(ChatCompletion, content=None, tool_calls=[CALL]),
    "audio": whole(ChatCompletion, audio=SPOKEN),
    "sources": whole(ChatCompletion, annotations=[]),
    "elsewhere": ChatCompletionMessage(role="assistant", content="a", reasoning_content="b"),
}
FORMS = {
    "model_dump": lambda m: m.model_dump(),
    "without unset": lambda m: m.model_dump(exclude_unset=True),
    "to_dict": lambda m: m.to_dict(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("reply", SENT_BACK)
def test_a_reply_of_openais_client_can_be_sent_back(reply, form):
    said = FORMS[form](SENT_BACK[reply])
    messages = [*asks(), said, {"role": "user", "content": "where is the ring?"}]
    assert read(messages=messages).messages[-1].text == "where is the ring?"


@pytest.mark.parametrize("content", [None, "", [], [{"type": "refusal", "refusal": "no"}]])
def test_an_assistant_may_have_said_nothing(content):
    read(messages=[*asks(), {"role": "assistant", "content": content}, *asks()])
    read(messages=[*asks(), {"role": "assistant"}, *asks()])


def test_nulls_beside_a_users_words_are_not_there():
    """Clients in C# and Java write every field that a message may have."""
    text = {"type": "text", "text": "a", "image_url": None, "file": None}
    said = {"role": "user", "content": [text], "name": None, "tool_calls": None}
    assert read(messages=[said]) == read(messages=[{"role": "user", "content": "a"}])


@pytest.mark.parametrize("name", ["O'Brien", "Nguyễn", "प्रिया", "Muster, Anna", ""])
def test_the_one_who_asks_may_have_any_name(name):
    assert read(messages=[{**asks()[0], "name": name}]).messages[0].name == name


def test_a_dialogue_has_no_last_turn():
    turn = [{"role": "user", "content": "where is the ring?"}, SENT_BACK["parse"].model_dump()]
    request = read(messages=[*asks(), turn[1], *turn * 1_000, turn[0]])
    assert len(request.messages) == 2_003


# -- wrong requests: no word of ours or of Python's in what is said


def part(**fields):
    return {"messages": [{"role": "user", "content": [fields]}]}


def message(**fields):
    return {"messages": [fields]}


VALUES = [None, True, 3, -1, 2.5, 1e300, "text", "", "a\nb\u2028c"]
VALUES += [[], [1], ["x"], [None], [[]], {}, {"a": 1}]
NESTED = [{"role": "user", "content": ["x"]}, {"role": "user", "content": [{}]}, "hello", 3, None]
NESTED += [{"role": role, "content": "a"} for role in ("tool", "function", "User", 3, None, [])]
WRONG = [
    *({name: value} for name in sorted(ChatRequest.model_fields) for value in VALUES),
    *({"messages": [value]} for value in NESTED),
    *(message(role="user", content=value) for value in VALUES),
    *(message(role="assistant", content=value) for value in VALUES),
    *(message(role="user", content="a", name=value) for value in VALUES),
    *(part(type=value) for value in [*VALUES, "file", "input_audio", "refusal", "input_text"]),
    *(part(type="text", text=value) for value in VALUES),
    *(part(type="text", text="a", more=value) for value in VALUES),
    *(part(type="image_url", image_url=value) for value in VALUES),
    *(part(type="image_url", image_url={"url": value}) for value in VALUES),
    *(part(type="image_url", image_url={"url": "a", "detail": value}) for value in VALUES),
    *({"stream_options": {"include_usage": v, "include_obfuscation": v}} for v in VALUES),
    *({"stream_options": {"a": v}} for v in VALUES),
    *({"metadata": {"a": v}} for v in VALUES),
    part(type="file", file={"file_id": "a"}),
    part(text="without a type"),
    part(type="text"),
    part(type="image_url"),
    {"colour": "red"}, {"": 1}, {"a\nb": 1}, {"<text>": 1}, {"{}": 1}, {"{param}": 1},
    {"प्रिया": 1}, {"temperature": float("nan")}, {"temperature": float("inf")}, {"seed": 10**40},
    {"seed": -(10**40)}, {"max_tokens": 1.0}, {"max_tokens": "5"}, {"stop": ["a"] * 5},
    {"stop": [None]}, {"stop": "x" * 999}, {"tools": [{}]}, {"response_format": {"type": "json"}},
]  # fmt: skip
OURS = re.compile(
    r"constrained|_kind|discriminator|union|[tT]ag|[lL]iteral|model_|ChatRequest|Message|Part\b|URL|"
    r"Options|pydantic|Input|\b(str|int|float|bool|list|dict|tuple|None|True|False)\b|class|function-|"
    r"[a-z]\[[a-z]+\]|<\w+>|something else|\{\w*\}"
)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: json.dumps(wrong)[:70])
def test_what_is_said_of_a_wrong_request_is_one_line_of_json_words(wrong):
    try:
        read(**wrong)
    except ApiError as caught:
        error = caught.body["error"]
        told, names = error["message"], {*wrong, error["param"]}
        assert told.isprintable() and 10 < len(told) < 300 and error["code"]
        for name in sorted(names, key=len, reverse=True):
            told = told.replace(name, "") if name else told
        assert not OURS.search(told), told


@cache
def faults():
    """Return all kinds of faults that the wrong requests above have."""
    from course_utils.serve import faults, schema

    kinds, told = set(), faults.told
    schema.told = lambda fault: kinds.add(fault["type"]) or told(fault)
    for wrong in WRONG:
        try:
            read(**wrong)
        except ApiError:
            continue
    schema.told = told
    return kinds


def test_each_kind_of_fault_has_its_sentence():
    from course_utils.serve.faults import EXPECTED, SENTENCES

    assert faults() <= EXPECTED.keys() | SENTENCES.keys() | {"union_tag_not_found"}
    assert len(faults()) >= 14


PART = "messages[0].content[0]"


@pytest.mark.parametrize(
    "wrong, said",
    [
        (part(type="file"), f"{PART}.type: expected 'text' or 'image_url', got "
         '"file": change it'),
        (part(text="a"), f"{PART}.type is missing: add it"),
        (part(type="text", text=3), f"{PART}.text: expected a text, got 3: change it"),
        (part(type="image_url", image_url={"url": 3}), f"{PART}.image_url.url: expected a text, "
         "got 3: change it"),
        (message(role="user", content=["x"]), f"{PART}: expected an object such as "
         '{"type": "text", "text": …}, got "x": change it'),
        (message(role="user", content=3), "messages[0].content: expected a text or an array of "
         "parts, got 3: change it"),
        (message(role="user"), "messages[0].content is missing: add it"),
        (message(role="user", content=[]), "messages[0].content: expected at least 1 in it, got 0: "
         "change it"),
        (message(role="tool", content="a"), "messages[0].role: expected 'system', 'developer', "
         "'user' or 'assistant', got \"tool\": change it"),
        ({"stop": 3}, "stop: expected a text or an array of texts, got 3: change it"),
        ({"stop": ""}, 'stop[0]: expected a text that is not empty, got "": change it'),
        ({"temperature": float("nan")}, "temperature: expected at most 2, got a number that is not "
         "finite: change it"),
        ({"temperature": 3}, "temperature: expected at most 2, got 3: change it"),
        ({"seed": 2**63}, f"seed: expected less than {2**63}, got {2**63}: change it"),
        ({"colour": 1}, "the parameter colour is unknown: leave it out"),
        ({"tools": [{}]}, "the parameter tools is not supported by this server: leave it out"),
        ({"n": 2}, "the parameter n is not supported by this server except as 1: leave it out"),
    ],
)  # fmt: skip
def test_what_is_said(wrong, said):
    assert refused({**BASE, **wrong})["message"] == said


# -- bodies

UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
TEXT = json.dumps({**BASE, "user": "Müller प्रिया"}, ensure_ascii=False)
PLAIN = TEXT.encode()


@pytest.mark.parametrize(
    "unicode", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_a_body_in_any_unicode_is_read(unicode):
    assert read_request(TEXT.encode(unicode)).user == "Müller प्रिया"


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKED = {
    "gzip": gzip.compress(PLAIN),
    "GZip ": gzip.compress(b"\xef\xbb\xbf" + PLAIN),
    "x-gzip": gzip.compress(PLAIN),
    "deflate": zlib.compress(PLAIN),
    "Deflate": raw_deflate(PLAIN),
    "": gzip.compress(PLAIN),
    "identity": PLAIN,
}


@pytest.mark.parametrize("encoding", PACKED)
def test_a_packed_body_is_read(encoding):
    assert read_request(PACKED[encoding], encoding).user == "Müller प्रिया"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize(
    "content", [b"", PLAIN, PACKED["gzip"][:-9], PACKED["gzip"] + b"{}", PACKED["deflate"][:40]]
)
def test_a_damaged_packed_body_is_refused(encoding, content):
    assert refused(content, encoding)["code"] == "invalid_body"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "identity, gzip", "*", "ü"])
def test_other_ways_to_pack_are_refused(encoding):
    error = refused(PLAIN, encoding)
    assert error["code"] == "unsupported_content_encoding" and "gzip" in error["message"]


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, raw_deflate])
def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(pack):
    bomb = pack(bytes(bodies.MAX_BODY + 1))
    encoding = "gzip" if pack is gzip.compress else "deflate"
    assert len(bomb) < 50_000 and refused(bomb, encoding)["code"] == "request_too_large"


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "it is empty"),
        (b"  \n", "it is empty"),
        (b"{", "it ends too early"),
        (PLAIN[:-5], "it ends too early"),
        (b"model=a&messages=b", "it makes no sense at line 1 column 1"),
        (b"{'model': 'a'}", "a name does not stand in double quotes at line 1 column 2"),
        (b'{"model": "a",}', "a comma stands before a closing bracket at line 1 column 15"),
        (b'{"model": "a\nb"}', "a text holds a line break"),
        (b'{"model": "\\ud800"}', "a text holds a wrong escape"),
        (b'{"a":' * 1_000, "it is nested too deep"),
        (b'{"seed": 1' + b"0" * 5_000 + b"}", "a number in it has too many digits"),
        ('{"model": "Müller"}'.encode("latin-1"), "it is not in UTF-8"),
        (b"\xff\xfe{\x00\x00", "it begins as UTF-16 and is not"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_body_that_is_no_json(content, said):
    error = refused(content)
    assert error["code"] == "invalid_json" and said in error["message"] and error["param"] is None


@pytest.mark.parametrize("content", [b"[]", b"null", b'"a"', b"3", b"NaN"])
def test_a_body_that_is_no_object_is_refused(content):
    error = refused(content)
    assert error["code"] == "invalid_type" and "expected an object" in error["message"]


def test_of_a_name_that_comes_twice_the_last_counts():
    twice = PLAIN[:-1] + b', "seed": 1, "seed": 2}'
    assert read_request(twice).seed == 2
