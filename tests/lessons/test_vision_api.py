"""The lesson on the API: a key alone spends nothing; with the switch, one request is sent."""

import json
import os
import runpy
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "notebooks" / "vision_api.ipynb"
KEYS = {"OPENAI_API_KEY": "sk-test", "OPENAI_MODEL": "some-model"}
SWITCH = "USE_HOSTED = False"
REPLY = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "some-model",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "from elsewhere"},
        }
    ],
}


@contextmanager
def service():
    """Stand for a hosted service; give its address and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append((self.path, self.headers["authorization"], body))
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(REPLY).encode())

        do_GET = do_POST

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()


def run(tmp_path, switch, **variables):
    """Run the lesson as far as its hosted cell, and its end; return what cells print."""
    notebook = nbformat.read(LESSON, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    ids = [cell.id for cell in code]
    notebook.cells = [*code[: ids.index("use-hosted") + 1], code[ids.index("stop")]]
    for cell in notebook.cells:
        cell.source = cell.source.replace(SWITCH, switch)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env={**os.environ, **variables})
    return {
        cell.id: "".join(o.text for o in cell.outputs if o.get("name") == "stdout")
        for cell in notebook.cells
    }


def test_the_switch_is_off_in_the_lesson():
    sources = [cell.source for cell in nbformat.read(LESSON, as_version=4).cells]
    assert sum(source.startswith(SWITCH) for source in sources) == 1
    assert not any("USE_HOSTED = True" in s for s in sources if s.startswith(SWITCH))


def test_a_key_alone_spends_nothing(tmp_path):
    with service() as (address, asked):
        said = run(tmp_path, SWITCH, OPENAI_BASE_URL=address, **KEYS)
    assert asked == []
    assert said["use-hosted"] == "our own server answers\nblue\n"


@pytest.mark.parametrize("name", KEYS)
def test_the_switch_without_a_key_or_a_name_spends_nothing(tmp_path, name):
    variables = {k: v for k, v in KEYS.items() if k != name}
    with service() as (address, asked):
        said = run(tmp_path, "USE_HOSTED = True", OPENAI_BASE_URL=address, **variables)
    assert asked == [] and f"not set: {name}" in said["use-hosted"]


def test_a_key_and_the_switch_ask_the_hosted_model_once(tmp_path):
    with service() as (address, asked):
        said = run(tmp_path, "USE_HOSTED = True", OPENAI_BASE_URL=address, **KEYS)
    assert said["use-hosted"] == "from elsewhere\n"
    ((path, key, body),) = asked
    assert (path, key, body["model"]) == (
        "/v1/chat/completions",
        "Bearer sk-test",
        "some-model",
    )
    assert body["max_completion_tokens"] <= 200
    assert body["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/png")


def test_tests_find_no_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    runpy.run_path(str(ROOT / "conftest.py"))
    assert not [name for name in os.environ if name.startswith("OPENAI_")]
