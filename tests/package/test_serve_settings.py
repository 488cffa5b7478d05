"""Aliases, pages of other origins, idle connections."""

import httpx
import openai
import pytest
import uvicorn
from openai import OpenAI
from serving import Held, asks, tiny_model, tokenizer

from course_utils import serve
from course_utils.__main__ import main
from course_utils.runtime import CourseError
from course_utils.vision import save_vision

MODEL = tiny_model(), tokenizer()
PAGE = "http://localhost:3000"


def ask(server, model, **settings):
    """Ask through the client and return the reply."""
    with OpenAI(base_url=server.url, api_key="none", max_retries=0) as client:
        given = {"model": model, "messages": asks(), "max_tokens": 2, "temperature": 0}
        return client.chat.completions.create(**given, **settings)


# -- aliases


@pytest.fixture(scope="module")
def named():
    with serve.running(MODEL, aliases=["gpt-4o", "openai/gpt-4o-mini", "gpt-4o"]) as server:
        yield server


@pytest.mark.parametrize("name", ["vision-gpt", "gpt-4o", "openai/gpt-4o-mini"])
def test_a_model_answers_to_each_of_its_names(named, name):
    assert ask(named, name).model == "vision-gpt", "and says who it is"
    with OpenAI(base_url=named.url, api_key="none") as client:
        assert client.models.retrieve(name).id == name


def test_all_names_are_listed_and_no_other_is_taken(named):
    with OpenAI(base_url=named.url, api_key="none") as client:
        ids = [model.id for model in client.models.list()]
    assert ids == ["vision-gpt", "gpt-4o", "openai/gpt-4o-mini"]
    with pytest.raises(openai.NotFoundError, match="'vision-gpt' and 'gpt-4o' and"):
        ask(named, "gpt-5")


def test_one_alias_may_be_a_text():
    server = serve.Server(MODEL, aliases="gpt-4o")
    server.stop()
    with serve.running(MODEL, aliases="gpt-4o") as server:
        assert ask(server, "gpt-4o")


@pytest.mark.parametrize("aliases", ["", [""], [3], [None]])
def test_an_alias_is_a_name(aliases):
    with pytest.raises(CourseError, match="alias"):
        serve.Server(MODEL, aliases=aliases)


# -- pages of other origins


@pytest.fixture(scope="module")
def opened():
    with serve.running(MODEL, origins=[PAGE], api_key="key") as server:
        yield server


def preflight(server, origin):
    """Ask as a browser does before a page posts JSON with a key."""
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type, x-stainless-lang",
    }
    return httpx.options(f"{server.url}/chat/completions", headers=headers)


def test_a_page_that_is_allowed_may_ask_and_read(opened):
    allowed = preflight(opened, PAGE)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, PAGE)
    assert "authorization" in allowed.headers["access-control-allow-headers"].lower()
    body = {"model": "vision-gpt", "messages": asks(), "max_tokens": 2}
    headers = {"origin": PAGE, "authorization": "Bearer key"}
    for stream in (False, True):
        reply = httpx.post(
            f"{opened.url}/chat/completions", json={**body, "stream": stream}, headers=headers
        )
        assert reply.status_code == 200
        assert reply.headers["access-control-allow-origin"] == PAGE
        assert "retry-after" in reply.headers["access-control-expose-headers"]


def test_a_page_that_is_allowed_reads_errors_too(opened):
    for url in (f"{opened.url}/models", f"{opened.url}/chat/completions"):
        reply = httpx.post(url, headers={"origin": PAGE}, json={})
        assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (401, PAGE)


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:3001", "null", ""])
def test_other_pages_may_not(opened, origin):
    assert preflight(opened, origin).status_code == 400
    reply = httpx.get(f"{opened.url}/models", headers={"origin": origin})
    assert "access-control-allow-origin" not in reply.headers
    text = {"origin": origin, "content-type": "text/plain", "authorization": "Bearer key"}
    reply = httpx.post(f"{opened.url}/chat/completions", content=b"{}", headers=text)
    assert reply.status_code == 415


def test_any_page_may_read_where_all_are_allowed():
    with serve.running(MODEL, origins="*") as server:
        assert preflight(server, "http://any.example").headers["access-control-allow-origin"] == "*"


def test_pages_that_are_full_know_when_to_come_back():
    model = tiny_model()
    held = Held(model)
    with serve.running((model, tokenizer()), origins=[PAGE], queue=0) as server:
        body = {"model": "vision-gpt", "messages": asks(), "stream": True}
        url = f"{server.url}/chat/completions"
        with httpx.stream("POST", url, json=body):
            reply = httpx.post(url, json=body, headers={"origin": PAGE})
            held.go.set()
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "1")
    assert reply.headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize(
    "text, read",
    [
        ("http://localhost:3000", "http://localhost:3000"),
        ("HTTP://Localhost:3000/", "http://localhost:3000"),
        ("https://chat.example:443", "https://chat.example"),
        ("http://chat.example:80/", "http://chat.example"),
        ("http://chat.example:8080", "http://chat.example:8080"),
        ("http://[::1]:5173", "http://[::1]:5173"),
        ("null", "null"),
        ("*", "*"),
    ],
)
def test_origins_are_read_as_browsers_write_them(text, read):
    assert serve.server._origin(text) == read


@pytest.mark.parametrize(
    "text",
    ["", "localhost:3000", "http://", "http://a/b", "ftp://a", "http://a b", "**", "http://["],
)
def test_what_is_no_origin_gets_one_line(text):
    with pytest.raises(CourseError, match="http://localhost:3000"):
        serve.Server(MODEL, origins=[text])


# -- idle connections


def test_idle_connections_outlive_those_of_clients():
    """httpx drops an idle connection after 5 s: a server that does the same meets it half-way."""
    server = serve.Server(MODEL)
    server.stop()
    assert server._uvicorn.config.timeout_keep_alive == 75
    assert uvicorn.Config(None).timeout_keep_alive == 5, "the default, with which calls were lost"


# -- the command line


def test_the_command_takes_them(tmp_path, monkeypatch, capsys):
    made = {}

    class Told(serve.Server):
        def __init__(self, model, **settings):
            made.update(settings)
            super().__init__(model, **settings)

        def run(self):
            self.stop()

    monkeypatch.setattr(serve, "Server", Told)
    save_vision(*MODEL, tmp_path / "tiny")
    words = ["serve", "--model", str(tmp_path / "tiny"), "--port", "0"]
    assert main(words) == 0 and (made["aliases"], made["origins"]) == ([], [])
    words += ["--alias", "gpt-4o", "--alias", "b", "--allow-origin", PAGE, "--allow-origin", "*"]
    assert main(words) == 0
    assert (made["aliases"], made["origins"]) == (["gpt-4o", "b"], [PAGE, "*"])
    assert "'gpt-4o'" not in capsys.readouterr().err
    assert main([*words, "--allow-origin", "localhost"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
