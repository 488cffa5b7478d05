"""The server, asked by the real `openai` client over a real port."""

import inspect
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress

import httpx
import openai
import pytest
import torch
from openai import OpenAI
from serving import N_PATCHES, TEXT_SIZE, Held, asks, noise, tiny_model, tokenizer, until

from course_utils import serve
from course_utils.__main__ import main
from course_utils.generation import generate
from course_utils.hf import save_pretrained
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import CourseError
from course_utils.serve import conversation, engine, gate, schema
from course_utils.vision import load_vision, save_vision
from course_utils.vision.layout import caption_prompt, prompt

GREEDY = {"model": "tiny", "temperature": 0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_vision(tiny_model(), tokenizer(), folder)
    return folder


@pytest.fixture(scope="module")
def server(folder):
    with serve.running(folder) as server:
        yield server


@pytest.fixture
def client(server):
    with client_of(server) as client:
        yield client


def client_of(server, **settings):
    return OpenAI(**{"base_url": server.url, "api_key": "none", "max_retries": 0, **settings})


def pixels(seed=0):
    return torch.tensor(list(noise(seed=seed).tobytes()), dtype=torch.uint8).view(48, 48, 3)


def by_hand(folder, ids, seed=0, most=TEXT_SIZE):
    """Answer greedily without the server: text, number of tokens, why it ended."""
    model, tokenizer = load_vision(folder)
    room = min(most, TEXT_SIZE - len(ids))
    cache = model.cache(pixels(seed).permute(2, 0, 1)[None])
    row = generate(model.text, torch.tensor([ids]), room, temperature=0, cache=cache,
                   eos_id=tokenizer.eos_id)[0, len(ids) :].tolist()  # fmt: skip
    ended = row[-1] == tokenizer.eos_id
    said = row[:-1] if ended else row
    return tokenizer.decode(said).lstrip(), len(said), "stop" if ended else "length"


def content(client, messages, **settings):
    reply = client.chat.completions.create(messages=messages, **{**GREEDY, **settings})
    return reply.choices[0].message.content


# -- answers


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_reply_is_the_models_own(client, folder, seed):
    ids = prompt(tokenizer(), "what is at the centre?")
    text, n, reason = by_hand(folder, ids, seed)
    reply = client.chat.completions.create(messages=asks(seed=seed), **GREEDY)
    assert len(text) > 8 and reply.choices[0].message.content == text
    assert (reply.model, reply.object) == ("tiny", "chat.completion")
    assert (reply.choices[0].finish_reason, reply.choices[0].message.role) == (reason, "assistant")
    usage = reply.usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (N_PATCHES + len(ids), n)
    assert usage.total_tokens == usage.prompt_tokens + n
    assert abs(reply.created - time.time()) < 60 and reply.id.startswith("chatcmpl-")


def test_the_picture_and_the_text_are_read(client):
    first = content(client, asks(seed=0))
    assert first != content(client, asks(seed=1))
    assert first != content(client, asks("where is the ring?"))


def test_a_stream_is_the_same_text(client, folder):
    text = content(client, asks())
    with client.chat.completions.create(messages=asks(), stream=True, **GREEDY) as stream:
        chunks = list(stream)
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == text
    assert [c.choices[0].finish_reason for c in chunks] == [None] * (len(chunks) - 1) + ["length"]
    assert len(chunks) > 5 and all(chunk.usage is None for chunk in chunks)


def test_a_stream_as_bytes(server):
    body = {**GREEDY, "messages": asks(), "max_tokens": 3, "stream": True}
    body["stream_options"] = {"include_usage": True}
    reply = httpx.post(f"{server.url}/chat/completions", json=body)
    assert reply.headers["content-type"].startswith("text/event-stream")
    *events, last = reply.text.split("\n\n")
    assert last == "" and events[-1] == "data: [DONE]"
    chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-1]]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks[:-1]]
    assert deltas[0] == {"role": "assistant", "content": "", "refusal": None}
    assert deltas[-1] == {} and all(set(delta) == {"content"} for delta in deltas[1:-1])
    assert [c["choices"][0]["finish_reason"] for c in chunks[:-1]][-1] == "length"
    assert all(chunk["usage"] is None for chunk in chunks[:-1])
    assert chunks[-1]["choices"] == [] and chunks[-1]["usage"]["completion_tokens"] == 3


def test_the_clients_own_helper_for_streams(client):
    stop = content(client, asks())[6:10]
    with client.chat.completions.stream(messages=asks(), stop=stop, **GREEDY) as stream:
        last = stream.get_final_completion()
    assert last.choices[0].message.content == content(client, asks(), stop=stop)


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_length_of_a_reply(client, name):
    reply = client.chat.completions.create(messages=asks(), **GREEDY, **{name: 5})
    assert (reply.usage.completion_tokens, reply.choices[0].finish_reason) == (5, "length")
    whole = client.chat.completions.create(messages=asks(), **GREEDY, **{name: 10_000})
    assert whole.usage.total_tokens == N_PATCHES + TEXT_SIZE


def test_a_reply_that_ends_by_itself(folder):
    model, _ = load_vision(folder)
    eos = tokenizer().eos_id
    model.text.register_forward_hook(
        lambda m, a, logits: logits.index_fill(2, torch.tensor([eos]), 99.0)
    )
    with serve.running((model, tokenizer())) as server, client_of(server) as client:
        reply = client.chat.completions.create(model="vision-gpt", messages=asks())
    choice = reply.choices[0]
    assert (choice.finish_reason, choice.message.content) == ("stop", "")
    assert reply.usage.completion_tokens == 0


def list_of(stop):
    return [stop] if isinstance(stop, str) else stop


def test_stops_end_a_reply_before_themselves(client):
    text = content(client, asks())
    stop = text[4:9]
    for given in (stop, ["never there", stop], [text[6:9], stop]):
        expected = text[: min(text.find(s) for s in list_of(given) if s in text)]
        reply = client.chat.completions.create(messages=asks(), stop=given, **GREEDY)
        assert (reply.choices[0].message.content, reply.choices[0].finish_reason) == (
            expected,
            "stop",
        )
        stream = client.chat.completions.create(messages=asks(), stop=given, stream=True, **GREEDY)
        assert "".join(c.choices[0].delta.content or "" for c in stream) == expected
    almost = text[-4:] + "!"
    assert content(client, asks(), stop=almost) == text, "the end that looked like a stop comes too"


def test_temperature_seed_and_top_p(client):
    greedy = content(client, asks())
    hot = {"temperature": 2, "max_tokens": 20}
    one, two = (content(client, asks(), seed=seed, **hot) for seed in (1, 2))
    assert one != two and one == content(client, asks(), seed=1, **hot)
    assert len({content(client, asks(), **hot) for _ in range(3)}) > 1
    assert content(client, asks(), temperature=1e-300) == greedy
    assert content(client, asks(), temperature=2, top_p=0) == greedy
    assert content(client, asks(), temperature=2, top_p=1e-6) == greedy
    default = {"model": "tiny", "messages": asks(), "seed": 1, "max_tokens": 20}
    reply = client.chat.completions.create(**default)
    assert reply.choices[0].message.content == content(
        client, asks(), temperature=1, seed=1, max_tokens=20
    )


# -- what a conversation means


def test_a_question_is_read_alone_as_in_training(client, folder):
    said = [*asks("where is the ring?"), {"role": "assistant", "content": LONG}]
    said.append({"role": "user", "content": "how many stars are there?"})
    ids = prompt(tokenizer(), "how many stars are there?")
    text, _, _ = by_hand(folder, ids)
    reply = client.chat.completions.create(messages=said, **GREEDY)
    assert reply.choices[0].message.content == text
    assert reply.usage.prompt_tokens == N_PATCHES + len(ids)


def test_a_reply_can_be_sent_back_as_it_came(client):
    reply = client.chat.completions.create(messages=asks(), max_tokens=3, **GREEDY)
    said = [*asks(), reply.choices[0].message, {"role": "user", "content": "where is the star?"}]
    assert content(client, said)
    dumped = [*asks(), reply.choices[0].message.model_dump(), said[-1]]
    assert content(client, dumped) == content(client, said)


@pytest.mark.parametrize(
    "before",
    [
        [{"role": "system", "content": "You are a pirate."}],
        [{"role": "developer", "content": [{"type": "text", "text": "Be brief."}]}],
        [*asks("where is the star?", seed=5), {"role": "assistant", "content": "centre"}],
        [*asks("where is the star?", seed=5)],
        [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hello"}],
    ],
)
def test_what_stands_before_the_last_picture_is_not_read(client, before):
    assert content(client, [*before, *asks()]) == content(client, asks())


def test_texts_of_one_side_are_joined_and_read_in_lower_case(client):
    text = content(client, asks("what is at the centre?"))
    assert content(client, asks("  What is\nAT the Centre? ")) == text
    parts = [{"type": "text", "text": "what is"}, *asks("at the centre?")[0]["content"]]
    assert content(client, [{"role": "user", "content": parts}]) == text
    apart = [*asks(None), {"role": "user", "content": "what is at the centre?"}]
    assert content(client, apart) == text
    half = [*asks("what is"), {"role": "user", "content": "at the centre?"}]
    assert content(client, half) == text
    half.insert(1, {"role": "system", "content": "You are a pirate."})
    assert content(client, half) == text, "not read, wherever it stands"
    named = [{**asks()[0], "name": "ann"}]
    assert content(client, named) == text


@pytest.mark.parametrize("text", [None, "", " \n", "Describe this picture.", "describe"])
def test_a_picture_alone_gets_a_caption(client, folder, text):
    expected = by_hand(folder, caption_prompt(tokenizer()))[0]
    assert content(client, asks(text)) == expected
    assert content(client, asks("describes")) != expected


def test_no_text_plays_a_role_token(client):
    reply = client.chat.completions.create(messages=asks("<answer> <eos>"), max_tokens=1, **GREEDY)
    ids = prompt(tokenizer(), "<answer> <eos>")
    assert reply.usage.prompt_tokens == N_PATCHES + len(ids) and len(ids) > 8


# -- errors

LONG = "what is at the centre? " * 20
GROWN = [*asks(), {"role": "assistant", "content": LONG}, {"role": "user", "content": "a"}]
TEXT, IMAGE = {"type": "text", "text": "a"}, asks()[0]["content"][1]
AUDIO = {"type": "input_audio", "input_audio": {}}
BOTH = {"max_tokens": 3, "max_completion_tokens": 3}


def user(*parts):
    return {"messages": [{"role": "user", "content": list(parts)}]}


@pytest.mark.parametrize(
    "wrong, code, param",
    [
        ({"model": "gpt-4o"}, "model_not_found", "model"),
        ({"messages": asks(LONG)}, "context_length_exceeded", "messages"),
        ({"messages": asks("a" * 10**7)}, "context_length_exceeded", "messages"),
        ({"messages": [{"role": "user", "content": "hello"}]}, "image_required", "messages"),
        ({"messages": []}, "invalid_value", "messages"),
        ({"messages": GROWN[:2]}, "invalid_value", "messages"),
        ({"messages": [{**asks()[0], "role": "assistant"}, *asks()]}, "invalid_value", "messages"),
        (user(IMAGE, IMAGE), "too_many_images", "messages"),
        (user(*[TEXT] * 16, IMAGE), "array_above_max_length", "messages[0].content"),
        ({"messages": asks() * 65}, "array_above_max_length", "messages"),
        ({"messages": [{"role": "tool", "content": "a"}]}, "unsupported_value", "messages[0].role"),
        (user(AUDIO), "unsupported_value", "messages[0].content[0]"),
        (user({**TEXT, "text": 3}), "invalid_type", "messages[0].content[0].text"),
        (user({"type": "image_url", "image_url": "data:"}), "invalid_type",
         "messages[0].content[0].image_url"),
        ({"messages": [{"role": "user"}]}, "missing_required_parameter", "messages[0].content"),
        ({"messages": [{"role": "user", "content": None}]}, "invalid_type", "messages[0].content"),
        ({"n": 2}, "unsupported_value", "n"),
        ({"temperature": 2.5}, "invalid_value", "temperature"),
        ({"temperature": "1"}, "invalid_type", "temperature"),
        ({"top_p": -0.1}, "invalid_value", "top_p"),
        ({"max_tokens": 0}, "invalid_value", "max_tokens"),
        ({"max_tokens": True}, "invalid_type", "max_tokens"),
        (BOTH, "invalid_parameter_combination", "max_tokens"),
        ({"stream_options": {"include_usage": True}, "stream": False},
         "invalid_parameter_combination", "stream_options"),
        ({"stop": ["a"] * 5}, "invalid_value", "stop"),
        ({"stop": [""]}, "invalid_value", "stop"),
        ({"logprobs": True}, "unsupported_value", "logprobs"),
        ({"tools": []}, "unsupported_parameter", "tools"),
        ({"extra_body": {"top_k": 5}}, "unknown_parameter", "top_k"),
        ({"messages": asks(url="https://example.com/a.png")}, "invalid_image_url", "image_url"),
        ({"messages": asks(url="data:image/png;base64,AAAA")}, "invalid_image", "image_url"),
    ],
)  # fmt: skip
def test_errors_raise_the_clients_own_exceptions(client, wrong, code, param):
    error = openai.NotFoundError if code == "model_not_found" else openai.BadRequestError
    for stream in (False, True):
        with pytest.raises(error) as caught:
            client.chat.completions.create(
                **{**GREEDY, "messages": asks(), "stream": stream, **wrong}
            )
        told = caught.value
        assert (told.code, told.param, told.type) == (code, param, "invalid_request_error")
        assert 10 < len(told.body["message"]) < 300 and "\n" not in told.body["message"]


def test_every_allowed_parameter_without_effect(client):
    extra = {"user": "me", "metadata": {"a": "b"}, "store": False, "service_tier": "auto", "n": 1,
             "frequency_penalty": 0, "presence_penalty": 0, "logprobs": False}  # fmt: skip
    assert content(client, asks(), **extra) == content(client, asks())


def test_a_failure_of_the_model_is_told_without_what_was_sent(folder, caplog, capfd):
    model, _ = load_vision(folder)

    words = "secret words"

    def fail(*_):
        raise RuntimeError(words)

    model.text.register_forward_pre_hook(fail)
    with serve.running((model, tokenizer())) as server, client_of(server) as client:
        ask = {"model": "vision-gpt", "messages": asks(words)}
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(**ask)
        assert caught.value.body["code"] == "server_error"
        with pytest.raises(openai.APIError, match="the server failed"):
            list(client.chat.completions.create(**ask, stream=True))
        assert client.models.list().data, "it goes on"
    out = caplog.text + "".join(capfd.readouterr())
    assert "RuntimeError" in out and "in fail" in out and "secret" not in out


# -- models, key


def test_models_and_health(client, server):
    assert [model.id for model in client.models.list()] == ["tiny"]
    assert client.models.retrieve("tiny").owned_by == "course_utils"
    with pytest.raises(openai.NotFoundError, match="tiny"):
        client.models.retrieve("gpt-4o/mini")
    health = httpx.get(server.url.replace("/v1", "/health"))
    assert (health.status_code, health.json()) == (200, {"status": "ok"})


def test_the_key(folder, monkeypatch):
    compared = []
    compare = gate.hmac.compare_digest
    monkeypatch.setattr(gate.hmac, "compare_digest", lambda *a: compared.append(a) or compare(*a))
    with serve.running(folder, api_key="open sesame".replace(" ", "-")) as server:
        assert content(client_of(server, api_key="open-sesame"), asks())
        assert compared, "in constant time"
        for wrong in ("open-sesam", "open-sesame-", "Open-sesame", "none"):
            with pytest.raises(openai.AuthenticationError) as caught:
                client_of(server, api_key=wrong).models.list()
            assert caught.value.code == "invalid_api_key"
            assert caught.value.response.headers["www-authenticate"] == "Bearer"
        assert httpx.get(server.url.replace("/v1", "/health")).status_code == 200
        for header in ({}, {"authorization": "open-sesame"}, {"authorization": "Basic open-sesame"},
                       {"authorization": b"Bearer \xff\xfe"}):  # fmt: skip
            reply = httpx.post(f"{server.url}/chat/completions", headers=header, content=b"x")
            assert reply.status_code == 401, "before anything else is looked at"


@pytest.mark.parametrize("key", ["", " ", "a b\n", "schlüssel"])
def test_keys_that_no_header_holds(folder, key):
    with pytest.raises(CourseError, match="key"):
        serve.Server(folder, api_key=key)


# -- several clients, the queue, clients that leave


def test_two_clients_at_once_get_what_each_gets_alone(server):
    questions = ["what is at the centre?", "where is the star?", "how many rings are there?"]
    alone = [content(client_of(server), asks(q, seed=i)) for i, q in enumerate(questions)]

    def ask_all(_):
        with client_of(server) as client:
            return [content(client, asks(q, seed=i)) for i, q in enumerate(questions)]

    with ThreadPoolExecutor(6) as pool:
        assert all(answers == alone for answers in pool.map(ask_all, range(6)))


@pytest.fixture
def held(folder):
    """A server whose model waits until it is let go, with one place beside the running request."""
    model, _ = load_vision(folder)
    held = Held(model)
    with serve.running((model, tokenizer()), queue=1) as server:
        yield held, server
        held.go.set()


ASK = {"model": "vision-gpt", "temperature": 0, "max_tokens": 5}


def places(server):
    """Return how many more requests would be let in."""
    return server._gate.places


def test_past_the_bound_there_is_429_and_a_retry_gets_through(held):
    hold, server = held
    with ThreadPoolExecutor(3) as pool, client_of(server) as client:
        asked = [pool.submit(content, client, asks(), **ASK) for _ in range(2)]
        until(lambda: places(server) == 0)
        with pytest.raises(openai.RateLimitError) as caught:
            content(client, asks(), **ASK)
        assert caught.value.response.headers["retry-after"] == "1"
        assert (caught.value.code, caught.value.type) == ("rate_limit_exceeded", "requests")
        assert client.models.list().data, "only questions wait"
        patient = pool.submit(content, client_of(server, max_retries=3), asks(), **ASK)
        time.sleep(0.3)
        assert not patient.done()
        hold.go.set()
        assert len({future.result(20) for future in [*asked, patient]}) == 1
    assert places(server) == 2


def test_a_time_out_of_the_client_frees_its_place(held):
    hold, server = held
    with pytest.raises(openai.APITimeoutError):
        content(client_of(server, timeout=0.5), asks(), **ASK)
    until(lambda: places(server) == 2)
    hold.go.set()
    assert content(client_of(server), asks(), **ASK)


def test_retries_after_time_outs_are_the_clients_own(held):
    hold, server = held
    with pytest.raises(openai.APITimeoutError):
        content(client_of(server, timeout=0.5, max_retries=1), asks(), **ASK)
    until(lambda: places(server) == 2)
    hold.go.set()
    until(lambda: server_is_idle(server))
    assert hold.looks == 2 + 2, "the second try was never looked at, the first ended at once"


def server_is_idle(server):
    return (
        httpx.get(server.url.replace("/v1", "/health")).status_code == 200
        and content(client_of(server), asks(), model="vision-gpt", max_tokens=1) is not None
    )


def test_a_stream_that_is_left_frees_its_place_and_the_model(held):
    hold, server = held
    stream = client_of(server).chat.completions.create(
        messages=asks(), stream=True, **{**ASK, "max_tokens": 40}
    )
    assert next(iter(stream)).choices[0].delta.role == "assistant"
    assert hold.entered.wait(10) and places(server) == 1
    stream.close()
    until(lambda: places(server) == 2)
    hold.go.set()
    assert content(client_of(server), asks(), **ASK)
    assert hold.looks < 12, "of 40 tokens hardly one more is drawn for nobody"


def test_a_stream_left_in_the_middle(folder):
    model, _ = load_vision(folder)
    slow = Held(model, seconds=0.05)
    with serve.running((model, tokenizer())) as server:
        stream = client_of(server).chat.completions.create(
            messages=asks(), stream=True, **{**ASK, "max_tokens": 50}
        )
        pieces = iter(stream)
        for _ in range(3):
            next(pieces)
        stream.close()
        until(lambda: places(server) == 33)
        looks = slow.looks
        time.sleep(0.3)
        assert slow.looks <= looks + 1 < 30


def test_who_leaves_the_queue_is_never_looked_at(held):
    hold, server = held
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(content, client_of(server), asks(), **ASK)
        assert hold.entered.wait(10)
        with pytest.raises(openai.APITimeoutError):
            content(client_of(server, timeout=0.5), asks(), **ASK)
        until(lambda: places(server) == 1)
        hold.go.set()
        first.result(20)
    content(client_of(server), asks(), **ASK)
    assert hold.looks == 2 * (1 + 5), "the picture, and five tokens, of two requests"


def test_a_stream_waits_for_no_reader(held):
    """The model is free again as soon as a reply is written, read or not."""
    hold, server = held
    hold.go.set()
    stream = client_of(server).chat.completions.create(messages=asks(), stream=True, **ASK)
    text = content(client_of(server), asks(), **ASK)
    assert "".join(c.choices[0].delta.content or "" for c in stream) == text


# -- start and stop


def test_nothing_is_left_after_the_end(folder):
    before, loggers = set(threading.enumerate()), logging.getLogger().handlers[:]
    with serve.running(folder) as server:
        assert content(client_of(server), asks())
        port = server.port
    assert {t for t in threading.enumerate() if "serve" in t.name} <= before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2)
    assert logging.getLogger().handlers == loggers
    server.stop()


def test_start_and_stop_in_two_cells(folder):
    server = serve.start(folder)
    assert server.url == f"http://127.0.0.1:{server.port}/v1"
    assert content(client_of(server), asks())
    server.stop()
    with serve.running(folder, port=server.port) as again:  # the port is free at once
        assert again.port == server.port and content(client_of(again), asks())


def test_it_ends_when_the_block_fails(folder):
    with pytest.raises(ZeroDivisionError), serve.running(folder) as server:
        raise ZeroDivisionError
    with pytest.raises(openai.APIConnectionError):
        client_of(server).models.list()


def test_it_listens_on_this_machine_only(server):
    assert server._socket.getsockname()[0] == "127.0.0.1"
    assert inspect.signature(serve.Server).parameters["host"].default == "127.0.0.1"


def test_small_replies_are_sent_at_once(server):
    """asyncio sets TCP_NODELAY on such sockets; without it each reply takes 40 ms more."""
    assert server._socket.proto == socket.IPPROTO_TCP


def test_two_servers_do_not_share_a_port(folder, server):
    with pytest.raises(CourseError, match="take another"):
        serve.Server(folder, port=server.port)


def test_models_that_do_not_see_get_one_line(tmp_path):
    with pytest.raises(CourseError, match=r"config\.json"):
        serve.Server(tmp_path / "missing")
    small = GPT(GPTConfig(tokenizer().vocab_size, 8, 1, 1, 4))
    save_pretrained(small, tokenizer(), tmp_path / "text")
    with pytest.raises(CourseError, match="VisionGPT"):
        serve.Server(tmp_path / "text")
    from course_utils.tokenizers import CharTokenizer

    with pytest.raises(CourseError, match="<question>"):
        serve.Server((tiny_model(), CharTokenizer.train(["ab"], special_tokens=("<eos>",))))


def test_without_fastapi_one_line_says_what_to_install(folder, monkeypatch):
    monkeypatch.delitem(sys.modules, "course_utils.serve.app", raising=False)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    with pytest.raises(CourseError, match="pip install fastapi uvicorn"):
        serve.Server(folder)


def test_import_needs_neither_fastapi_nor_uvicorn():
    script = (
        "import sys\n"
        "sys.modules.update(fastapi=None, uvicorn=None, pydantic=None)\n"
        "import course_utils.serve, course_utils.commands.serve\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_running_replies_are_cut_when_it_stops(folder, monkeypatch):
    monkeypatch.setattr(serve.server, "GRACE", 1)
    model, _ = load_vision(folder)
    hold = Held(model)
    server = serve.start((model, tokenizer()))
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(content, client_of(server), asks(), **ASK) for _ in range(2)]
        until(lambda: places(server) == 31)
        start = time.monotonic()
        threading.Timer(2, hold.go.set).start()  # a token may take as long as it takes
        server.stop()
        assert time.monotonic() - start < 6
        for future in asked:
            with pytest.raises(openai.InternalServerError) as caught:
                future.result(10)
            assert (caught.value.status_code, caught.value.body["code"]) == (503, "server_stopping")


def test_it_stops_in_silence_while_the_model_works_for_nobody(folder, caplog):
    model, _ = load_vision(folder)
    hold = Held(model)
    server = serve.start((model, tokenizer()))
    with pytest.raises(openai.APITimeoutError):
        content(client_of(server, timeout=0.5), asks(), **ASK)
    assert hold.entered.wait(10)
    threading.Timer(1, hold.go.set).start()
    server.stop()
    assert caplog.text == ""


# -- the command line


def command(folder, *words, **settings):
    words = [sys.executable, "-m", "course_utils", "serve", "--model", str(folder), *words]
    return subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings
    )


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_it_cleanly(folder, times):
    env = {**os.environ, "COURSE_UTILS_API_KEY": "key-of-the-environment"}
    process = command(folder, "--port", "0", env=env)
    url = process.stdout.readline().split()[3]
    client = client_of_url(url, "key-of-the-environment")
    assert content(client, asks("words that stay here"))
    with pytest.raises(openai.AuthenticationError):
        client_of_url(url, "none").models.list()
    running = client.chat.completions.create(messages=asks(), stream=True, **GREEDY)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    with suppress(openai.APIError) if times == 2 else nullcontext():  # twice means at once
        assert list(running)[-1].choices[0].finish_reason == "length", "a running reply ends"
    out, err = process.communicate(timeout=15)
    assert process.returncode in (0, 130) and "Traceback" not in out + err
    assert "POST /v1/chat/completions" in out and "words that" not in out + err
    assert "base64" not in out + err and "key-of" not in out + err


def client_of_url(url, key):
    return OpenAI(base_url=url, api_key=key, max_retries=0)


def test_ctrl_c_while_the_model_is_busy_for_long(folder):
    script = (
        "import sys, time, torch\n"
        "from course_utils import vision\n"
        "load = vision.load_vision\n"
        "from course_utils.serve import server\n"
        "def slow(folder):\n"
        "    model, tokenizer = load(folder)\n"
        "    model.text.register_forward_pre_hook(lambda *a: time.sleep(0.3))\n"
        "    return model, tokenizer\n"
        "server.load_vision, server.GRACE = slow, 1\n"
        "from course_utils.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    words = [sys.executable, "-c", script, "serve", "--model", str(folder), "--port", "0"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    client = client_of_url(process.stdout.readline().split()[3], "none")
    with ThreadPoolExecutor(1) as pool:
        stream = client.chat.completions.create(messages=asks(), stream=True, **GREEDY)
        next(iter(stream))
        waiting = pool.submit(content, client, asks())
        time.sleep(0.5)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=15)
        assert time.monotonic() - start < 8
        assert process.returncode in (0, 130) and "Traceback" not in out + err
        with pytest.raises(openai.APIError):
            waiting.result()
        with pytest.raises(openai.APIConnectionError):
            list(stream)


def test_the_commands_own_words(folder, monkeypatch, capsys):
    made = {}

    class Told(serve.Server):
        def __init__(self, model, **settings):
            made.update(settings)
            super().__init__(model, **{**settings, "host": "127.0.0.1"})

        def run(self):
            self.stop()

    monkeypatch.setattr(serve, "Server", Told)
    monkeypatch.setenv("COURSE_UTILS_API_KEY", "")
    assert main(["serve", "--model", str(folder), "--port", "0", "--host", "0.0.0.0"]) == 0
    assert made["api_key"] is None and made["queue"] == 32
    out, err = capsys.readouterr()
    assert out.startswith("tiny answers at http://127.0.0.1:") and "COURSE_UTILS_API_KEY" in err
    monkeypatch.setenv("COURSE_UTILS_API_KEY", "a")
    words = ["--api-key", "b", "--queue", "3", "--port", "0"]
    assert main(["serve", "--model", str(folder), *words]) == 0
    assert (made["api_key"], made["queue"], made["host"]) == ("b", 3, "127.0.0.1")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "words, told",
    [
        (["--model", ""], "--model"),
        (["--model", "nowhere"], "nowhere"),
        (["--model", "story-gpt"], "VisionGPT"),
        (["--model", "{}", "--port", "70000"], "65535"),
        (["--model", "{}", "--host", "300.1.1.1"], "listen"),
        (["--model", "{}", "--api-key", ""], "key"),
        (["--model", "{}", "--queue", "-1"], "0 or more"),
    ],
)
def test_bad_words_get_one_line(folder, capsys, words, told):
    assert main(["serve", *(word.format(folder) for word in words)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and told in err


# -- small parts


def test_a_reply_begins_with_a_word():
    assert list(engine._without_space([" ", "", " top", " left "])) == ["top", " left "]


def test_long_texts_are_not_even_taken_apart():
    class Text(str):
        def split(self, *_):
            raise AssertionError("taken apart")

    message = schema.Message.model_construct(role="user", content=asks()[0]["content"])
    parts = [schema.TextPart.model_construct(text=Text("a " * 50_001)), message.content[1]]
    parts[1] = schema.ImagePart.model_validate(parts[1])
    message.content = parts
    with pytest.raises(conversation.ApiError, match="100002"):
        conversation.read_conversation([message])
