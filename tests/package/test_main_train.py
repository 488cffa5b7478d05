"""The command `train`: runs that are killed, made longer, or begin with a model that is there."""

import functools

import pytest
import torch
from runs import facts_of, same, training_with, weights
from test_main import TEXT, contents, refused, train

from course_utils.__main__ import main
from course_utils.commands.train import FINE_TUNING_LR
from course_utils.hf import load_pretrained, save_pretrained
from course_utils.lessons import checkpoints
from course_utils.losses import masked_loss
from course_utils.model import GPT, GPTConfig
from course_utils.tokenizers import CharTokenizer
from course_utils.training import load_weights

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def text(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path / "text.txt"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model of characters with a block of 8 tokens."""
    folder = tmp_path_factory.mktemp("train") / "model"
    torch.manual_seed(0)
    tokenizer = CharTokenizer.train([TEXT])
    save_pretrained(GPT(GPTConfig(tokenizer.vocab_size, 8, 1, 2, 8)), tokenizer, folder)
    return folder


def test_a_run_that_is_killed_at_any_moment_has_all_that_it_needs(tmp_path, text, monkeypatch):
    assert train(text, tmp_path / "whole") == 0
    for step, there in ((1, "last"), (4, "best")):
        cut, calls = tmp_path / f"cut{step}", []

        @functools.wraps(masked_loss)
        def dies(logits, ids, mask, step=step, calls=calls):
            calls.append(1)
            if len(calls) == step:
                raise MemoryError
            return masked_loss(logits, ids, mask)

        with training_with(dies, monkeypatch), pytest.raises(MemoryError):
            train(text, cut)
        left = contents(cut)
        assert {"config.json", "tokenizer.json", f"{there}.safetensors"} <= left.keys()
        assert "model.safetensors" not in left
        assert train(text, cut, "--resume") == 0
        whole, resumed = contents(tmp_path / "whole"), contents(cut)
        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            assert whole[name] == resumed[name]
            assert left.get(name, resumed[name]) == resumed[name]


def test_a_run_can_be_made_longer(tmp_path, text, capsys):
    out = tmp_path / "run"
    assert train(text, out) == 0
    capsys.readouterr()
    assert train(text, out, "--resume", "--steps", "9") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("6 steps become 9: from step 7 on the learning rate is that of a")
    assert [line.split("of 9")[0] for line in lines[2:-1]] == ["step 8 ", "step 9 "]
    assert "best validation loss" in lines[-1]
    assert train(text, out, "--resume") == 2  # it has more steps behind it than the default here
    assert "has 9 steps behind it" in capsys.readouterr().err


def test_what_is_saved_are_the_best_weights_and_not_the_last(tmp_path, text, monkeypatch):
    @functools.wraps(masked_loss)
    def ever_worse(logits, ids, mask):
        return -masked_loss(logits, ids, mask)

    with training_with(ever_worse, monkeypatch):
        assert train(text, tmp_path) == 0
    saved, _ = load_pretrained(tmp_path)
    for name, alike in (("best", True), ("last", False)):
        other = GPT(saved.config)
        load_weights(other, tmp_path / f"{name}.safetensors")
        assert same(weights(other), weights(saved)) == alike


def fine_tune(text, out, base, *more):
    arguments = ["--steps", "4", "--eval-every", "2", "--batch-size", "2"]
    return main(
        ["train", "--text", str(text), "--out", str(out), "--from", base, *arguments, *more]
    )


def test_from_a_model_it_goes_on_with_its_sizes_its_tokenizer_and_what_it_knows(
    model, tmp_path, text, capsys
):
    base, tokenizer = load_pretrained(model)
    out = tmp_path / "tuned"
    assert fine_tune(text, out, str(model), "--lr", "1e-9") == 0
    tuned, kept = load_pretrained(out)
    assert tuned.config == base.config
    assert kept.vocab == tokenizer.vocab
    for name, tensor in base.state_dict().items():
        torch.testing.assert_close(tuned.state_dict()[name], tensor, atol=1e-6, rtol=0)
    assert "best validation loss" in capsys.readouterr().out
    facts = facts_of(out / "last.safetensors")["identity"]
    assert (facts["optimizer"], facts["lr"]) == ("adamw", 1e-9)


def test_from_a_model_of_the_package_in_windows_as_long_as_asked_for(tmp_path, capsys):
    story = tmp_path / "story.txt"
    story.write_text("Once there was a cat. " * 20, encoding="utf8")
    arguments = ("--steps", "1", "--block-size", "8")
    assert fine_tune(story, tmp_path / "run", "story-gpt", *arguments) == 0
    tuned, _ = load_pretrained(tmp_path / "run")
    base, _ = load_pretrained(checkpoints.path("story-gpt"))
    assert tuned.config == base.config and base.config.block_size > 8
    used = facts_of(tmp_path / "run" / "last.safetensors")["identity"]["lr"]
    assert used == FINE_TUNING_LR / base.config.n_embd == 1e-3
    capsys.readouterr()
    code = fine_tune(story, tmp_path / "run", "story-gpt", "--block-size", "8", "--resume")
    assert code == 0  # from 1 step to 4
    assert "1 steps become 4" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("--n-layer 2", "--n-layer is for a new model"),
        ("--n-head 2", "--n-head is for a new model"),
        ("--n-embd 8", "--n-embd is for a new model"),
        ("--tokenizer char", "--tokenizer is for a new model"),
        ("--vocab-size 300", "--vocab-size is for a new model"),
        ("--block-size 9", "--block-size is 9"),
        ("--lr -1", "lr must be a positive number"),
        ("--lr fast", "--lr"),
    ],
)
def test_what_cannot_be_said_of_a_model_that_is_there(model, text, tmp_path, capsys, more, words):
    refused(capsys, fine_tune(text, tmp_path / "run", str(model), *more.split()), words)
    assert not (tmp_path / "run").exists()


def test_fine_tuning_names_what_does_not_fit(model, text, tmp_path, capsys):
    zebra = tmp_path / "zebra.txt"
    zebra.write_text("Zebra " * 40, encoding="utf8")
    before = contents(model)
    refused(capsys, fine_tune(zebra, tmp_path / "run", str(model)), "'Z'")
    refused(capsys, fine_tune(text, tmp_path / "run", ""), "got none")
    refused(capsys, fine_tune(text, tmp_path / "run", str(tmp_path / "none")), "no folder")
    refused(capsys, fine_tune(text, model, str(model)), "already holds model.safetensors")
    assert contents(model) == before
    assert not (tmp_path / "run").exists()
