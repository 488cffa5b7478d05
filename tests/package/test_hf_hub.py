"""Names on the hub: downloaded once and whole, and without a network refused at once."""

import json
import logging
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import huggingface_hub
import pytest
import torch
from huggingface_hub import constants
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

from course_utils.hf import fetch, hub, load_model, load_pretrained
from course_utils.hf.save import as_tokenizer
from course_utils.runtime import CourseError
from course_utils.tokenizers import BPETokenizer

NAME, SHA = "somebody/tiny", "5" * 40
BPE = BPETokenizer.train(["The cat sat on the mat. " * 9], 270)


class Hub(BaseHTTPRequestHandler):
    """As much of the hub as a download asks for, and a proxy that answers itself."""

    folder, asked = None, []

    def do_GET(self):
        self.asked.append(self.path)
        path = self.path.partition("?")[0]
        name = path.removeprefix(f"/{NAME}/resolve/{SHA}/")
        if path == f"/api/models/{NAME}/revision/main":
            self.answer(json.dumps({"id": NAME, "sha": SHA, "siblings": []}).encode())
        elif path == f"/api/models/{NAME}/tree/{SHA}":
            self.answer(json.dumps([self.entry(file) for file in self.files()]).encode())
        elif name in map(self.name, self.files()):
            self.answer((self.folder / name).read_bytes(), ETag=f'"{name}"')
        else:
            self.answer(b"", status=200 if self.path.startswith("http://") else 404)

    do_HEAD = do_GET

    def files(self):
        return [] if self.folder is None else [f for f in self.folder.rglob("*") if f.is_file()]

    def name(self, file):
        return file.relative_to(self.folder).as_posix()

    def entry(self, file):
        size = file.stat().st_size
        return {"type": "file", "path": self.name(file), "size": size, "oid": self.name(file)}

    def answer(self, body, status=200, **headers):
        self.send_response(status)
        headers |= {"Content-Length": str(len(body)), "X-Repo-Commit": SHA}
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """An empty cache, and a client that knows no proxy of this machine."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    huggingface_hub.close_session()
    yield
    huggingface_hub.close_session()


def use(monkeypatch, endpoint):
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture
def server(monkeypatch):
    """A hub on this machine, in use."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        monkeypatch.setattr(Hub, "asked", [])
        use(monkeypatch, f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()


@pytest.fixture
def published(server, tmp_path, monkeypatch):
    """A model in shards on that hub, beside files that nobody needs."""
    folder = tmp_path / "published"
    sizes = {"n_positions": 16, "n_layer": 1, "n_head": 2, "n_embd": 8}
    config = GPT2Config(vocab_size=270, bos_token_id=0, eos_token_id=0, **sizes)
    GPT2LMHeadModel(config).save_pretrained(folder, max_shard_size="9KB")
    as_tokenizer(BPE).save(str(folder / "tokenizer.json"))
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "config.json").write_text("{}", encoding="utf8")
    monkeypatch.setattr(Hub, "folder", folder)
    return folder


@pytest.fixture
def no_network(monkeypatch):
    with socket.socket() as closed:  # a port that nobody listens on
        closed.bind(("127.0.0.1", 0))
        use(monkeypatch, f"http://127.0.0.1:{closed.getsockname()[1]}")
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    return waits


@torch.no_grad()
def test_a_name_is_downloaded_once_and_whole(published):
    model, tokenizer = load_pretrained(NAME)
    ids = torch.tensor([[3, 4, 5]])
    expected = AutoModelForCausalLM.from_pretrained(fetch(NAME))(ids).logits
    torch.testing.assert_close(model(ids), expected, atol=1e-5, rtol=0)
    assert tokenizer.encode("the cat") == BPE.encode("the cat")
    there = {file.name for file in fetch(NAME).rglob("*")}
    assert there == {f.name for f in published.iterdir()} - {"pytorch_model.bin", "onnx"}
    Hub.asked.clear()
    assert torch.equal(load_pretrained(NAME)[0](ids), model(ids))
    assert Hub.asked == []  # from the cache


def test_a_download_that_lacks_a_shard_is_completed(published):
    shard = next(fetch(NAME).glob("model-*.safetensors"))
    shard.unlink()
    assert (fetch(NAME) / shard.name).exists()


def test_a_model_without_a_tokenizer_is_found_in_the_cache_too(published, monkeypatch):
    (published / "tokenizer.json").unlink()
    model = load_model(NAME)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert load_model(NAME).config == model.config
    with pytest.raises(CourseError, match=r"no tokenizer\.json"):
        load_pretrained(NAME)


def test_without_a_network_a_name_is_refused_at_once(no_network, caplog):
    for load in (load_pretrained, fetch):
        with pytest.raises(CourseError, match=r"gpt2.*pass its folder") as error:
            load("gpt2")
        assert "\n" not in str(error.value)
    assert no_network == [], "it waits between tries"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_offline_nothing_is_asked(server, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(CourseError, match=r"gpt2.*HF_HUB_OFFLINE"):
        load_pretrained("gpt2")
    assert Hub.asked == []


def test_a_hub_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(hub, "PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(CourseError, match=r"no answer in 0\.1 s.*pass its folder"):
            load_pretrained("gpt2")


def test_a_name_that_the_hub_does_not_have(server):
    with pytest.raises(CourseError, match=r"no folder somebody/else.*check the name"):
        load_pretrained("somebody/else")


def test_a_proxy_is_trusted_to_find_the_hub(server, monkeypatch):
    monkeypatch.setenv("http_proxy", constants.ENDPOINT)
    use(monkeypatch, "http://hub.invalid")
    hub._ask_hub()
    assert Hub.asked[0].startswith("http://hub.invalid")


def test_names_that_cannot_be_on_the_hub(server, tmp_path):
    for name in ("a/b/c", "../nowhere", str(tmp_path / "none"), "two words"):
        with pytest.raises(CourseError, match="folder"):
            load_pretrained(name)
    assert not any("nowhere" in path or "none" in path for path in Hub.asked)


def test_a_folder_is_taken_as_it_is(tmp_path):
    assert fetch(tmp_path) == fetch(str(tmp_path)) == tmp_path
