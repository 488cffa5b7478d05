"""The command line: what it writes, and what it says when the input is bad."""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch
from runs import pressing_at, training_with
from transformers import AutoModelForCausalLM, AutoTokenizer

from course_utils import training
from course_utils.__main__ import main
from course_utils.chat import SPECIAL_TOKENS, Chat, chat_template
from course_utils.hf import load_pretrained, save_pretrained
from course_utils.lessons import checkpoints
from course_utils.model import GPT, GPTConfig
from course_utils.tokenizers import BPETokenizer, CharTokenizer
from course_utils.vision import load_vision

TEXT = "the cat sat on the mat, the dog sat on the log.\nwhat a day it was!\n" * 12
SMALL = "--steps 6 --eval-every 2 --batch-size 4 --block-size 8 --n-layer 1 --n-head 2 --n-embd 8"

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def text(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    return str(tmp_path / "text.txt")


def train(text, out, *more):
    return main(["train", "--text", str(text), "--out", str(out), *SMALL.split(), *more])


def generate(model, *more):
    return main(["generate", "--model", str(model), *more])


def contents(folder):
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def refused(capsys, code, *words):
    """Say that the last command ended with 2 and one line on stderr that holds the words."""
    out, err = capsys.readouterr()
    assert code == 2
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert all(word in err for word in words), err
    return out


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model of characters with a block of 8 tokens."""
    folder = tmp_path_factory.mktemp("main") / "model"
    torch.manual_seed(0)
    tokenizer = CharTokenizer.train([TEXT])
    save_pretrained(GPT(GPTConfig(tokenizer.vocab_size, 8, 1, 2, 8)), tokenizer, folder)
    return folder


@pytest.mark.parametrize("kind", ["char", "bpe"])
def test_train_then_generate_and_transformers_agree(tmp_path, text, capsys, kind):
    out = tmp_path / "run"
    size = ["--vocab-size", "270"] if kind == "bpe" else []
    assert train(text, out, "--tokenizer", kind, *size) == 0
    lines = capsys.readouterr().out.splitlines()
    looks = [re.match(r"step (\d) of 6 +train \d\S+ +validation (\d\S+) nats", x) for x in lines]
    looks = [(int(look[1]), float(look[2])) for look in looks if look]
    assert [step for step, _ in looks] == [2, 4, 6]

    mine, tokenizer = load_pretrained(out)
    best, _ = load_pretrained(out)
    training.load_weights(best, out / "best.safetensors")
    theirs = AutoModelForCausalLM.from_pretrained(out)
    ids = tokenizer.encode("the dog")
    assert AutoTokenizer.from_pretrained(out)("the dog").input_ids == ids
    with torch.no_grad():
        logits = mine(torch.tensor([ids]))
        torch.testing.assert_close(logits, theirs(torch.tensor([ids])).logits, atol=1e-5, rtol=0)
        torch.testing.assert_close(logits, best(torch.tensor([ids])), atol=0, rtol=0)

    ids = tokenizer.encode(TEXT)
    validation = training.Windows(ids[int(0.9 * len(ids)) :], 8)
    assert training.evaluate(mine, validation) == pytest.approx(min(looks)[1], abs=0.5)
    assert f"{training.evaluate(mine, validation):.3f}" == f"{min(v for _, v in looks):.3f}"

    assert generate(out, "--prompt", "the", "--max-new-tokens", "20", "--seed", "1") == 0
    first = capsys.readouterr().out
    assert first.startswith("the")
    assert generate(out, "--prompt", "the", "--max-new-tokens", "20", "--seed", "1") == 0
    assert capsys.readouterr().out == first
    if kind == "char":
        assert len(first) == 3 + 20 + 1
    assert generate(out, "--prompt", "the", "--max-new-tokens", "20", "--seed", "2") == 0
    assert capsys.readouterr().out != first


def test_greedy_text_is_the_one_of_generate(model, capsys):
    mine, tokenizer = load_pretrained(model)
    from course_utils.generation import generate as expected

    ids = torch.tensor([tokenizer.encode("the ")])
    expected = tokenizer.decode(expected(mine, ids, 30, temperature=0)[0].tolist())
    assert generate(model, "--prompt", "the ", "--max-new-tokens", "30", "--temperature", "0") == 0
    assert capsys.readouterr().out == expected + "\n"


def test_an_empty_prompt_starts_from_a_newline(model, capsys):
    assert generate(model, "--max-new-tokens", "9", "--temperature", "0") == 0
    empty = capsys.readouterr().out
    assert generate(model, "--prompt", "\n", "--max-new-tokens", "9", "--temperature", "0") == 0
    assert capsys.readouterr().out == "\n" + empty


def test_an_empty_prompt_without_newline_or_eos(tmp_path, capsys):
    save_pretrained(GPT(GPTConfig(2, 8, 1, 1, 4)), CharTokenizer.train(["ab"]), tmp_path)
    assert not refused(capsys, generate(tmp_path), "--prompt")


def model_that_says(tokens) -> GPT:
    """Return a model that goes round in `tokens`: position i is followed by token i + 1 of them."""
    gpt = GPT(GPTConfig(270, 16, 1, 2, 8))
    with torch.no_grad():
        for parameter in gpt.parameters():
            parameter.zero_()
        gpt.ln_f.weight.fill_(1)
        for channel, token in enumerate(tokens):
            gpt.wte.weight[token, channel] = 10
        for i in range(16):  # louder than the token that is read
            gpt.wpe.weight[i, (i + 1) % len(tokens)] = 30
    return gpt


def test_a_prompt_begins_a_document_and_eos_ends_it(tmp_path, capsys):
    tokenizer = BPETokenizer.train([TEXT], vocab_size=270)
    two_bytes = tokenizer.encode("é")
    assert len(two_bytes) == 2
    gpt = model_that_says([tokenizer.eos_id, *two_bytes])
    save_pretrained(gpt, tokenizer, tmp_path)
    assert generate(tmp_path, "--temperature", "0", "--max-new-tokens", "12") == 0
    assert capsys.readouterr().out == "é\n"  # eos is read, two bytes are one letter, eos ends


def sampled(model, capsys, *more):
    """Return the samples that a command prints, without their headings."""
    assert generate(model, "--prompt", "the ", "--seed", "3", "--max-new-tokens", "12", *more) == 0
    return re.split(r"^--- \d+ of \d+\n", capsys.readouterr().out, flags=re.MULTILINE)


def test_samples_come_one_after_the_other_and_the_first_is_the_only_one_of_that_seed(model, capsys):
    (alone,) = sampled(model, capsys)
    nothing, *three = sampled(model, capsys, "--samples", "3")
    assert nothing == "" and three[0] == alone
    assert len(set(three)) == 3 and all(text.startswith("the ") for text in three)
    assert sampled(model, capsys, "--samples", "3")[1:] == three


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_text_ends_before_its_stop_also_where_it_spans_tokens(model, capsys, length):
    """Each token of this model is a character."""
    whole = sampled(model, capsys)[0]
    written = whole.removeprefix("the ").removesuffix("\n")
    for start in (0, 3, len(written) - length):
        stop = written[start : start + length]
        expected = "the " + written[: written.find(stop)] + "\n"
        assert sampled(model, capsys, "--stop", "nowhere", "--stop", stop) == [expected]


def test_a_stop_in_the_prompt_ends_nothing_and_half_a_stop_is_printed(model, capsys):
    whole = sampled(model, capsys)[0]
    stops = [whole.strip()[-2:] + "x" * 9, "the "]
    assert sampled(model, capsys, "--stop", stops[0], "--stop", stops[1]) == [whole]


def test_info(model, tmp_path, capsys):
    assert main(["info", "--model", str(model)]) == 0
    out = capsys.readouterr().out
    parameters = sum(p.numel() for p in load_pretrained(model)[0].parameters())
    assert "1 layers, 2 heads, 8 wide" in out
    assert "8 tokens" in out
    assert f"{parameters:,}" in out
    assert f"characters, {len(set(TEXT))} tokens" in out
    size = sum(file.stat().st_size for file in model.iterdir())
    assert f"{size / 1e6:.2f} MB" in out

    tokenizer = BPETokenizer.train([TEXT], vocab_size=270)
    save_pretrained(GPT(GPTConfig(270, 8, 1, 2, 8)), tokenizer, tmp_path)
    (tmp_path / "README.md").write_text(
        "---\nlicense: mit\n---\n# a card\n\nits text\n", encoding="utf8"
    )
    assert main(["info", "--model", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "byte-level BPE, 270 tokens" in out
    assert "<eos>" in out
    assert out.endswith("\n# a card\nits text\n")
    assert "license" not in out


def test_info_on_the_model_that_sees(capsys):
    assert main(["info", "--model", "scene-gpt"]) == 0
    out = capsys.readouterr().out
    model, tokenizer = load_vision(checkpoints.path("scene-gpt"))
    c, parameters = model.config, sum(p.numel() for p in model.parameters())
    assert f"{c.n_layer} layers, {c.n_head} heads, {c.n_embd} wide" in out
    assert f"{c.text_size} tokens after a picture" in out
    assert f"{c.image_size} × {c.image_size} pixels in {c.n_patches} patches" in out
    assert f"{parameters:,}" in out and f"{tokenizer.vocab_size} tokens" in out


def test_a_model_that_sees_is_refused_where_it_cannot_be_used_and_the_right_function_named(capsys):
    for command in ("generate", "chat"):
        assert main([command, "--model", "scene-gpt"]) != 0
        assert "course_utils.vision.load_vision" in capsys.readouterr().err


def test_interrupted_and_resumed_it_ends_as_if_nothing_had_been(
    tmp_path, text, capsys, monkeypatch
):
    assert train(text, tmp_path / "whole") == 0
    cut = tmp_path / "cut"
    with training_with(pressing_at(3), monkeypatch):
        capsys.readouterr()
        assert train(text, cut) == 130
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.startswith("stopped at step 3 of 6, go on with: python -m course_utils train")
    command = err.rpartition("python -m course_utils ")[2].split()
    assert command[-1] == "--resume"
    assert generate(cut, "--max-new-tokens", "3") == 0  # what there is can be used
    refused(capsys, train(text, cut), "--resume")

    assert main(command) == 0
    whole, resumed = contents(tmp_path / "whole"), contents(cut)
    assert whole.keys() == resumed.keys()
    for name in whole.keys() - {"last.safetensors", "best.safetensors"}:  # these hold times
        assert whole[name] == resumed[name], name


def test_a_real_process(tmp_path, text):
    command = [sys.executable, "-m", "course_utils"]
    arguments = ["train", "--text", text, "--out", str(tmp_path / "run"), *SMALL.split()]
    arguments[arguments.index("--steps") + 1] = "100000"
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command + arguments, env=environment, **pipes) as process:
        for line in process.stdout:
            if line.startswith("step"):
                process.send_signal(signal.SIGINT)
                break
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.count("\n") == 1
    assert "--resume" in err
    assert (tmp_path / "run" / "last.safetensors").exists()
    load_pretrained(tmp_path / "run")

    arguments = ["generate", "--model", str(tmp_path / "run"), "--top-p", "0"]
    result = subprocess.run(command + arguments, env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "")
    assert (
        result.stderr == "course_utils: top_p must be above 0 and at most 1, or None, got 0.0: "
        "change it\n"
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "does not exist"),
        (b"", "empty file"),
        (b"\xff\xfe\x00\x01", "UTF-8"),
        (b"a\0b" * 99, "NUL"),
        (b"short", "block_size is 8"),
        (b"too short " * 7, "7 in its last tenth"),
    ],
)
def test_bad_text_files(tmp_path, capsys, data, words):
    file, out = tmp_path / "bad.txt", tmp_path / "run"
    if data is not None:
        file.write_bytes(data)
    refused(capsys, train(file, out), words)
    assert not out.exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("--steps 0", "--steps"),
        ("--steps -3", "--steps"),
        ("--batch-size -1", "--batch-size"),
        ("--block-size 1", "--block-size"),
        ("--n-layer 0", "--n-layer"),
        ("--n-layer two", "--n-layer"),
        ("--n-head 3", "multiple of n_head"),
        ("--seed -1", "--seed"),
        ("--seed 99999999999", "--seed"),
        ("--tokenizer words", "--tokenizer"),
        ("--vocab-size 300", "bpe"),
        ("--tokenizer bpe --vocab-size 10", "at least 256"),
        ("--tokenizer bpe --vocab-size 9999", "the texts give only"),
        ("--colour red", "--colour"),
    ],
)
def test_bad_settings_of_train(tmp_path, text, capsys, more, words):
    refused(capsys, train(text, tmp_path / "run", *more.split()), words)
    assert not (tmp_path / "run").exists()


def test_the_default_vocabulary_is_as_large_as_the_text_allows(tmp_path, text, capsys):
    assert train(text, tmp_path / "run", "--tokenizer", "bpe") == 0
    out, err = capsys.readouterr()
    size = load_pretrained(tmp_path / "run")[1].vocab_size
    assert 256 < size < 512
    assert out.startswith(
        f"the text gives only {size} tokens: the vocabulary has {size}, not 512\n"
    )
    assert not err
    assert train(text, tmp_path / "run", "--tokenizer", "bpe", "--resume") == 0
    refused(
        capsys, train(text, tmp_path / "two", "--tokenizer", "bpe", "--vocab-size", "512"), "few"
    )


@pytest.mark.parametrize("argv", [[], ["dance"], ["train"], ["generate"], ["info"]])
def test_missing_words(capsys, argv):
    refused(capsys, main(argv), "--help")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--prompt", "the Zebra"], "'Z'"),
        (["--prompt", "the cat s"], "block_size is 8 but the prompt has 9"),
        (["--prompt", "\udcff"], "surrogate"),
        (["--top-p", "0"], "top_p must be above 0"),
        (["--top-p", "1.5"], "top_p"),
        (["--top-p", "nan"], "--top-p"),
        (["--top-k", "0"], "--top-k"),
        (["--temperature", "-1"], "temperature"),
        (["--temperature", "inf"], "--temperature"),
        (["--repetition-penalty", "0"], "repetition_penalty"),
        (["--max-new-tokens", "-1"], "--max-new-tokens"),
        (["--seed", "-1"], "--seed"),
        (["--samples", "0"], "--samples"),
        (["--samples", "1.5"], "--samples"),
        (["--samples", "2", "--temperature", "0"], "same text 2 times"),
        (["--stop", ""], "stop must be a text, got an empty one"),
    ],
)
def test_bad_settings_of_generate(model, capsys, more, words):
    assert refused(capsys, generate(model, *more), words) == ""


@pytest.mark.parametrize("command", ["generate", "info"])
def test_unknown_and_damaged_models(model, tmp_path, capsys, monkeypatch, command):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for name in ("no-such-model", "", str(tmp_path / "none"), str(tmp_path), "a/b/c"):
        refused(capsys, main([command, "--model", name]))
    whole = contents(model)
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        for rest in (whole[name][: len(whole[name]) // 2], b"", None):
            for file, data in whole.items():
                (tmp_path / file).write_bytes(data)
            if rest is None:
                (tmp_path / name).unlink()
            else:
                (tmp_path / name).write_bytes(rest)
            assert refused(capsys, main([command, "--model", str(tmp_path)]), name) == ""


def test_a_model_that_contradicts_its_config(model, tmp_path, capsys):
    for file, data in contents(model).items():
        (tmp_path / file).write_bytes(data)
    settings = json.loads((tmp_path / "config.json").read_text(encoding="utf8"))
    (tmp_path / "config.json").write_text(json.dumps(settings | {"n_embd": 16}), encoding="utf8")
    refused(capsys, generate(tmp_path), "contradicts")


def test_nothing_is_overwritten(tmp_path, text, capsys):
    out = tmp_path / "run"
    assert train(text, out) == 0
    before = contents(out)
    other = tmp_path / "other.txt"
    other.write_text(TEXT.replace("cat", "cow"), encoding="utf8")
    shifted = tmp_path / "shifted.txt"  # the same ids, other characters
    shifted.write_text(TEXT.replace("y", "z"), encoding="utf8")
    edited = tmp_path / "edited.txt"  # the same length and tokens, another validation part
    edited.write_text(TEXT[:-9] + TEXT[:9], encoding="utf8")
    capsys.readouterr()
    for code in (
        train(text, out),
        train(other, out),
        train(text, out, "--resume", "--n-embd", "16"),
        train(text, out, "--resume", "--n-head", "1"),
        train(text, out, "--resume", "--steps", "5"),
        train(text, out, "--resume", "--lr", "0.01"),
        train(text, out, "--resume", "--from", "story-gpt"),
        train(edited, out, "--resume"),
        train(text, out, "--resume", "--tokenizer", "bpe", "--vocab-size", "270"),
        train(other, out, "--resume"),
        train(shifted, out, "--resume"),
        train(text, text),
        train(text, tmp_path / "none", "--resume"),
    ):
        assert code == 2
        assert contents(out) == before
    err = capsys.readouterr().err
    assert err.count("\n") == 13
    for named in ("model.n_head=2, not 1", "model.n_embd=8, not 16", "other validation data"):
        assert named in err
    assert not (tmp_path / "none").exists()

    (out / "last.safetensors").write_bytes(before["last.safetensors"][:1000])
    damaged = contents(out)
    refused(capsys, train(text, out, "--resume"), "last.safetensors", "damaged")
    assert contents(out) == damaged
    for name in ("last.safetensors", "best.safetensors"):  # a model made by other means
        (out / name).unlink()
    refused(capsys, train(text, out), "model.safetensors")


# --- chat ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def talker(tmp_path_factory):
    """A tiny untrained model with a chat template; it says a lot, and means nothing."""
    folder = tmp_path_factory.mktemp("main") / "talker"
    torch.manual_seed(3)
    tokenizer = BPETokenizer.train([TEXT], 280, SPECIAL_TOKENS)
    tokenizer.chat_template = chat_template()
    gpt = GPT(GPTConfig(tokenizer.vocab_size, 200, 2, 2, 16))
    with torch.no_grad():
        for p in gpt.parameters():
            p.add_(torch.randn_like(p) * 0.3)
    save_pretrained(gpt, tokenizer, folder)
    (folder / "systems.json").write_text(json.dumps(SHOPS), encoding="utf-8")
    return folder


SHOPS = [f"Goods, price, stock: lamps {n} euros 9." for n in range(40)]


def talk(monkeypatch, model, typed, *more, by_hand=False):
    """Run chat with lines as its input; an exception among them is raised by the keyboard."""
    lines = iter(typed)

    def typing(prompt=""):
        print(prompt, end="")
        line = next(lines, EOFError)
        if isinstance(line, type):
            raise line
        return line

    monkeypatch.setattr("builtins.input", typing)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    sys.stdin.isatty = lambda: by_hand
    return main(["chat", "--model", str(model), "--system", "Be kind.", *more])


def test_chat_replies_as_chat_does(talker, capsys, monkeypatch):
    model, tokenizer = load_pretrained(talker)
    expected = Chat(model, tokenizer, "Be kind.", max_new_tokens=9)
    lines = ["the cat", "the dog", "a log"]
    said = ["".join(expected.send(line)) for line in lines]
    assert len(set(said)) > 1 and all(said)
    assert talk(monkeypatch, talker, lines, "--max-new-tokens", "9") == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("".join(text + "\n" for text in said), "")  # a pipe gets replies only
    code = talk(
        monkeypatch, talker, ["the cat", "/reset", "the cat", "/quit", "more"], by_hand=True
    )
    assert code == 0
    out = capsys.readouterr().out
    assert "/quit ends" in out and "system> Be kind." in out
    first, again = re.findall(r"you> bot> (.+)\n", out)
    assert first == again  # nothing is remembered, and nothing is said after /quit
    assert out.endswith("you> ")


def test_chat_draws_with_a_seed(talker, capsys, monkeypatch):
    said = []
    for more in ("--seed 1", "--seed 1", "--seed 2", "--seed 1 --top-k 1", "--temperature 0"):
        options = ["--temperature", "1", *more.split()]
        assert talk(monkeypatch, talker, ["the cat"], *options) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] != said[2]
    assert said[3] == said[4]  # one token to choose from is greedy


def began(model, monkeypatch, capsys, *more):
    """Open a chat, say nothing, and return what was shown as the system message."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    sys.stdin.isatty = lambda: True
    monkeypatch.setattr("builtins.input", lambda prompt: "/quit")
    assert main(["chat", "--model", str(model), *more]) == 0
    return re.findall(r"^system> (.+)$", capsys.readouterr().out, re.M)


def test_chat_begins_with_a_system_message_that_the_model_brings(
    talker, tmp_path, capsys, monkeypatch
):
    drawn = [began(talker, monkeypatch, capsys, "--seed", str(seed)) for seed in range(5)]
    assert all(text in SHOPS for (text,) in drawn) and len({text for (text,) in drawn}) > 2
    assert began(talker, monkeypatch, capsys, "--seed", "3") == drawn[3]
    another = {began(talker, monkeypatch, capsys)[0] for _ in range(9)}
    assert len(another) > 1  # without a seed it is another shop each time
    assert began(talker, monkeypatch, capsys, "--system", "Be kind.") == ["Be kind."]
    assert began(talker, monkeypatch, capsys, "--system", "") == []
    shutil.copytree(talker, tmp_path / "other")
    (tmp_path / "other" / "systems.json").unlink()
    assert began(tmp_path / "other", monkeypatch, capsys) == []


@pytest.mark.parametrize("text", ["", "[", "[]", "{}", '"one"', "[1]", "null", "\xff"])
def test_system_messages_that_cannot_be_read(talker, tmp_path, capsys, text):
    shutil.copytree(talker, tmp_path / "bad")
    (tmp_path / "bad" / "systems.json").write_text(text, encoding="latin-1")
    code = main(["chat", "--model", str(tmp_path / "bad")])
    assert refused(capsys, code, "expected a list of texts in", "with --system") == ""


@pytest.mark.parametrize("by_hand", [True, False])
def test_bad_messages_get_one_line_and_the_chat_goes_on(talker, capsys, monkeypatch, by_hand):
    typed = ["", "x" * 10_000, "\udcff", "/dance", "中 \U0001f600 \x07 ß", "the cat"]
    assert talk(monkeypatch, talker, typed, by_hand=by_hand) == 0
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert len(lines) == 4 and all(line.startswith("course_utils: ") for line in lines)
    for line, words in zip(
        lines, ("an empty one", "shorten it", "surrogate", "/dance"), strict=True
    ):
        assert words in line and len(line) < 200
    assert out.count("bot> ") == (2 if by_hand else 0)
    assert out.count("\n") - 2 * by_hand - by_hand == 2  # the help, the system, and Ctrl-D's line


def test_messages_that_no_longer_fit_are_told(talker, capsys, monkeypatch):
    assert talk(monkeypatch, talker, ["the cat sat on the mat"] * 9) == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == 9
    assert "messages no longer fit and are left out" in err


def test_ctrl_c_stops_a_reply_and_not_the_chat(talker, capsys, monkeypatch):
    original = Chat.send

    def interrupted(self, text):
        pieces = original(self, text)
        if text != "stop":
            return pieces
        return (
            piece if n < 3 else signal.raise_signal(signal.SIGINT) for n, piece in enumerate(pieces)
        )

    monkeypatch.setattr(Chat, "send", interrupted)
    assert talk(monkeypatch, talker, ["stop", "the cat"], by_hand=True) == 0
    out, err = capsys.readouterr()
    assert err == "course_utils: stopped by Ctrl-C: say something else, or /quit\n"
    assert out.count("bot> ") == 2 and out.endswith("you> \n")


def test_ctrl_c_ends_a_chat_whose_lines_come_from_a_file(talker, capsys, monkeypatch):
    """Nobody is there to say something else."""

    def interrupted(self, text):
        yield "piece"
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Chat, "send", interrupted)
    monkeypatch.setattr(Chat, "left_out", 0, raising=False)
    assert talk(monkeypatch, talker, ["the cat", "the dog"]) == 130
    out, err = capsys.readouterr()
    assert (out, err) == ("piece\n", "\nstopped by Ctrl-C\n")


def test_ctrl_c_at_the_prompt_ends_the_chat(talker, capsys, monkeypatch):
    assert talk(monkeypatch, talker, ["the cat", KeyboardInterrupt], by_hand=True) == 130
    out, err = capsys.readouterr()
    assert err == "\nstopped by Ctrl-C\n" and out.endswith("you> ")


def test_a_model_that_cannot_chat(model, capsys):
    refused(capsys, main(["chat", "--model", str(model)]), "not made for chat", "trained with them")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("--top-p 0", "top_p"),
        ("--temperature -1", "temperature"),
        ("--max-new-tokens 0", "--max-new-tokens"),
        ("--max-new-tokens 200", "shorter replies"),
        ("--seed -1", "--seed"),
    ],
)
def test_bad_settings_of_chat(talker, capsys, more, words):
    assert refused(capsys, main(["chat", "--model", str(talker), *more.split()]), words) == ""


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals of this kind here")
@pytest.mark.parametrize(("key", "code"), [(b"\x03", 130), (b"\x04", 0)])
def test_a_real_terminal(talker, key, code):
    import fcntl
    import termios

    ours, its = os.openpty()
    command = [sys.executable, "-m", "course_utils", "chat", "--model", str(talker)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, stdin=its, stdout=its, stderr=its, env=environment, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(its)
    shown = b""

    def until(words):
        nonlocal shown
        while words not in shown:
            shown += os.read(ours, 4096)
        before, _, shown = shown.partition(words)
        return before

    assert b"system> Goods, price, stock:" in until(b"you> ")
    os.write(ours, b"the cat\n")
    until(b"bot> ")
    until(b"you> ")
    time.sleep(0.5)  # no finger is faster; between prompt and reading, Python may miss a signal
    os.write(ours, key)
    assert process.wait(timeout=60) == code
    with contextlib.suppress(OSError):  # the terminal is gone once the process is
        shown += os.read(ours, 4096)
    os.close(ours)
    assert b"Traceback" not in shown
    assert (b"stopped by Ctrl-C" in shown) is (code == 130)


def test_a_real_pipe(talker):
    command = [sys.executable, "-m", "course_utils", "chat", "--model", str(talker)]
    command += ["--system", "Be kind."]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    given = b"the cat\n\xff\xfe\n\n/quit\nnever\n"
    result = subprocess.run(command, input=given, capture_output=True, env=environment)
    assert result.returncode == 0
    assert result.stdout.count(b"\n") == 2 and b"never" not in result.stdout
    assert result.stderr.count(b"\n") == 1 and b"an empty one" in result.stderr
