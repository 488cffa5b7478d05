"""The lesson "Grant wishes": its last section runs with any local model, or says what it lacks."""

import shutil

import pytest
import torch
from lesson import cells, run_cells

from course_utils.lessons import checkpoints
from course_utils.lessons.corpora import wish_exam

TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


def run_real_model(monkeypatch, capsys, folder):
    """Run the two cells of "With a real model" with MODEL set to a folder; return what is said."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    names = run_cells("grant_wishes")
    names |= {"asked": wish_exam(4, 5), "RECOMMENDED": {"temperature": 0.7, "top_p": 0.95}}
    sources = cells("grant_wishes")
    first, rest = sources["real-model"].split("\n", 1)
    assert first.startswith("MODEL = checkpoints.path(")
    capsys.readouterr()
    with torch.random.fork_rng(devices=[]):
        exec(f"MODEL = {str(folder)!r}\n{rest}", names)
        exec(sources["real-model-score"], names)
    return names, capsys.readouterr().out


def test_a_folder_of_ours(monkeypatch, capsys):
    names, said = run_real_model(monkeypatch, capsys, checkpoints.path("wish-gpt"))
    assert said == "all wished words: in about 40 of 40\n"
    assert len(names["real_texts"]) == 40


def test_a_folder_with_a_chat_template(monkeypatch, capsys, tmp_path):
    folder = shutil.copytree(checkpoints.path("wish-gpt"), tmp_path / "chat")
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf8")
    names, said = run_real_model(monkeypatch, capsys, folder)
    reader, wished = names["reader"], names["asked"][0]
    asked = reader.decode(names["request"](reader, wished))
    assert asked.startswith("Tell a story") and all(wish in asked for wish in wished)
    assert said.startswith("all wished words: in about 0 (40 in the book")  # never asked like this


@pytest.mark.parametrize("name", ["no/such-model", "{tmp}/empty"])
def test_a_missing_model_gets_one_line(monkeypatch, capsys, tmp_path, name):
    (tmp_path / "empty").mkdir()
    _, said = run_real_model(monkeypatch, capsys, name.format(tmp=tmp_path))
    assert said.startswith("not loaded: ") and said.count("\n") == 1
