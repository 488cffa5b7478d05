"""To and from Hugging Face: equal logits, equal tokens, and clear words when files do not fit."""

import json

import pytest
import tokenizers
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
)

from course_utils.hf import load_pretrained, save_pretrained
from course_utils.hf.save import as_tokenizer
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import CourseError
from course_utils.tokenizers import BPETokenizer, CharTokenizer

TEXTS = [
    "The cat sat on the mat.\nThe dog sat, too!\n\n<eos> | user assistant",
    "the cat sat on the mat. " * 9,
]
SPECIAL = ("<eos>", "<|assistant|>")
BPE = BPETokenizer.train(TEXTS, vocab_size=270, special_tokens=SPECIAL)
CHAR = CharTokenizer.train(TEXTS, special_tokens=SPECIAL)
SHAPES = [(12, 1, 2, 8), (24, 3, 4, 32)]  # block_size, n_layer, n_head, n_embd
TRICKY = "The <eos> cat <|assistant|>\n\nsat\n"


def random_model(vocab_size=270, shape=SHAPES[0], **more):
    """A GPT whose every weight matters, biases and layer norms too."""
    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size, *shape, **more)).eval()
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn_like(p) * 0.2)
    return model


def some_ids(vocab_size, T):
    generator = torch.Generator().manual_seed(1)
    return torch.randint(vocab_size, (2, T), generator=generator)


def assert_equal(a, b, atol=1e-5):
    assert a.abs().max() > 0.5  # equal zeros would prove nothing
    torch.testing.assert_close(a, b, atol=atol, rtol=0)


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def saved(tmp_path):
    folder = tmp_path / "model"
    save_pretrained(random_model(), BPE, folder)
    return folder


@torch.no_grad()
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bias", [True, False])
def test_ours_equals_theirs(tmp_path, shape, bias):
    model = random_model(shape=shape, bias=bias)
    save_pretrained(model, BPE, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert type(theirs) is GPT2LMHeadModel
    assert theirs.dtype == torch.float32
    ids = some_ids(270, shape[0])
    expected = theirs(ids).logits
    assert_equal(model(ids), expected)

    back, _ = load_pretrained(tmp_path)
    assert not back.training
    assert_equal(back(ids), expected)
    cache = back.new_cache(2)
    cached = [back(part, cache=cache) for part in (ids[:, :5], ids[:, 5:6], ids[:, 6:])]
    assert_equal(torch.cat(cached, dim=1), expected)


@torch.no_grad()
@pytest.mark.parametrize("shape", SHAPES)
def test_theirs_equals_ours(tmp_path, shape):
    block_size, n_layer, n_head, n_embd = shape
    torch.manual_seed(2)
    theirs = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=270,
            n_positions=block_size,
            n_layer=n_layer,
            n_head=n_head,
            n_embd=n_embd,
            initializer_range=0.3,
            bos_token_id=0,
            eos_token_id=0,
        )
    ).eval()
    for name, p in theirs.named_parameters():
        if name.endswith("bias") or "ln" in name:
            p.add_(torch.randn_like(p) * 0.2)
    theirs.save_pretrained(tmp_path)
    fast = PreTrainedTokenizerFast(tokenizer_object=as_tokenizer(BPE), eos_token="<eos>")
    fast.save_pretrained(tmp_path)
    model, tokenizer = load_pretrained(tmp_path)
    ids = some_ids(270, block_size)
    assert_equal(model(ids), theirs(ids).logits)
    assert tokenizer.encode(TRICKY) == BPE.encode(TRICKY)
    assert tokenizer.eos_id == BPE.eos_id


def test_weights_without_the_prefix_as_in_the_hubs_gpt2(saved):
    expected, _ = load_pretrained(saved)
    file = saved / "model.safetensors"
    bare = {k.removeprefix("transformer."): v for k, v in load_file(file).items()}
    assert "wte.weight" in bare
    save_file(bare, file)
    model, _ = load_pretrained(saved)
    assert all(
        torch.equal(a, b) for a, b in zip(model.parameters(), expected.parameters(), strict=True)
    )


@pytest.mark.parametrize("ours", [BPE, CHAR], ids=["bpe", "char"])
def test_auto_tokenizer_gives_the_same_ids(tmp_path, ours):
    save_pretrained(random_model(ours.vocab_size), ours, tmp_path)
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    _, back = load_pretrained(tmp_path)
    assert type(back) is type(ours)
    texts = [TRICKY, "\n", "<eos>", "a  t\n\n\nh", TEXTS[0]]
    for text in texts if ours is CHAR else [*texts, "naïve 中文 🙂", " \t\r\n"]:
        ids = ours.encode(text)
        assert theirs(text, add_special_tokens=False).input_ids == ids
        assert theirs(text).input_ids == ids
        assert back.encode(text) == ids
        assert theirs.decode(ids) == text
        assert back.decode(ids) == text
        assert not set(ids) & set(ours.special_tokens.values())
    assert theirs.eos_token_id == back.eos_id == ours.eos_id
    assert back.special_tokens == ours.special_tokens
    assert theirs.convert_tokens_to_ids("<|assistant|>") == ours.special_id("<|assistant|>")
    assert theirs.decode([ours.eos_id], skip_special_tokens=True) == ""


def test_a_char_tokenizer_without_special_tokens(tmp_path):
    ours = CharTokenizer.train(["ab\n"])
    save_pretrained(random_model(3), ours, tmp_path)
    _, back = load_pretrained(tmp_path)
    assert back.vocab == ours.vocab
    assert back.eos_id is None
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    assert theirs("a\nb").input_ids == ours.encode("a\nb")
    assert AutoModelForCausalLM.from_pretrained(tmp_path).config.eos_token_id is None


def test_fp16_is_half_as_large_and_loads_in_fp32(tmp_path):
    model = random_model(shape=SHAPES[1])
    save_pretrained(model, BPE, tmp_path / "32")
    save_pretrained(model, BPE, tmp_path / "16", dtype=torch.float16)
    sizes = [(tmp_path / n / "model.safetensors").stat().st_size for n in ("16", "32")]
    assert sizes[0] < 0.6 * sizes[1]
    back, _ = load_pretrained(tmp_path / "16")
    for mine, other in zip(back.parameters(), model.parameters(), strict=True):
        assert mine.dtype == torch.float32
        assert torch.equal(mine, other.half().float())
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "16").dtype == torch.float32
    assert model.wte.weight.dtype == torch.float32  # saving changes nothing


def test_loading_leaves_the_callers_seed_alone(saved):
    torch.manual_seed(5)
    load_pretrained(saved)
    after = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(after, torch.rand(1))


def test_saving_again_replaces_the_model_and_keeps_all_else(saved):
    (saved / "README.md").write_text("mine", encoding="utf8")
    (saved / "notes").mkdir()
    (saved / "notes" / "a.txt").write_text("mine too", encoding="utf8")
    model = random_model(shape=(8, 2, 1, 4))
    save_pretrained(model, BPE, saved)
    assert load_pretrained(saved)[0].config == model.config
    assert (saved / "README.md").read_text(encoding="utf8") == "mine"
    assert (saved / "notes" / "a.txt").read_text(encoding="utf8") == "mine too"
    assert not list(saved.glob(".part*"))


def test_a_save_that_fails_changes_nothing(saved, monkeypatch):
    before = contents(saved)
    with pytest.raises(CourseError, match="belong together"):
        save_pretrained(random_model(9), BPE, saved)

    def full(*args, **kwargs):
        raise OSError("no space left")

    monkeypatch.setattr("course_utils.hf.save._tokenizer_config", full)
    with pytest.raises(OSError, match="no space"):
        save_pretrained(random_model(shape=(8, 2, 1, 4)), BPE, saved)
    assert contents(saved) == before
    with pytest.raises(CourseError, match="is a file"):
        save_pretrained(random_model(), BPE, saved / "config.json")
    assert contents(saved) == before


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_missing_and_truncated_files_are_named(saved, name):
    data = (saved / name).read_bytes()
    for part in (data[: len(data) // 2], data[:10], b""):
        (saved / name).write_bytes(part)
        with pytest.raises(CourseError, match=name):
            load_pretrained(saved)
    (saved / name).unlink()
    with pytest.raises(CourseError, match=name):
        load_pretrained(saved)


def test_a_pickle_is_never_loaded(saved):
    weights = load_file(saved / "model.safetensors")
    (saved / "model.safetensors").unlink()
    torch.save(weights, saved / "pytorch_model.bin")
    with pytest.raises(CourseError, match="never pickles"):
        load_pretrained(saved)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_type": "llama"}, "model_type"),
        ({"activation_function": "relu"}, "activation_function"),
        ({"scale_attn_weights": False}, "scale_attn_weights"),
        ({"layer_norm_epsilon": 1e-6}, "layer_norm_epsilon"),
        ({"tie_word_embeddings": False}, "tie_word_embeddings"),
        ({"n_inner": 7}, "n_inner"),
        ({"n_embd": 16}, "contradicts its config.json"),
        ({"n_positions": 99}, "contradicts its config.json"),
        ({"vocab_size": 271}, "contradicts its config.json"),
        ({"n_layer": 2}, "lacks the weight"),
        ({"n_head": 3}, "multiple of n_head"),
        ({"n_head": None}, "n_head"),
        ({"n_layer": -1}, "n_layer"),
    ],
)
def test_configs_that_do_not_fit(saved, change, words):
    file = saved / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf8")) | change))
    with pytest.raises(CourseError, match=words) as error:
        load_pretrained(saved)
    assert "\n" not in str(error.value)


def test_a_config_without_sizes(saved):
    file = saved / "config.json"
    settings = json.loads(file.read_text(encoding="utf8"))
    del settings["n_positions"]
    file.write_text(json.dumps(settings), encoding="utf8")
    with pytest.raises(CourseError, match="n_positions"):
        load_pretrained(saved)


def test_a_tokenizer_of_another_model(saved):
    as_tokenizer(CHAR).save(str(saved / "tokenizer.json"))
    with pytest.raises(CourseError, match="do not belong together"):
        load_pretrained(saved)


def test_layers_that_the_config_does_not_name(saved):
    save_pretrained(random_model(shape=(12, 2, 2, 8)), BPE, saved)
    file = saved / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf8")) | {"n_layer": 1}))
    with pytest.raises(CourseError, match=r"h\.1\..*no place for"):
        load_pretrained(saved)


@pytest.mark.parametrize("content", ["[]", "{", ""])
def test_a_config_that_is_no_object(saved, content):
    (saved / "config.json").write_text(content, encoding="utf8")
    with pytest.raises(CourseError, match="not readable") as error:
        load_pretrained(saved)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", ['{"model_type": "bert"}', "{}", "[]", "{"])
def test_a_folder_of_another_kind_is_left_alone(tmp_path, content):
    (tmp_path / "config.json").write_text(content, encoding="utf8")
    with pytest.raises(CourseError, match="choose another"):
        save_pretrained(random_model(), BPE, tmp_path)
    assert contents(tmp_path) == {"config.json": content.encode()}


@pytest.mark.parametrize("kind", [tokenizers.models.WordLevel, tokenizers.models.WordPiece])
def test_tokenizers_of_another_kind_are_refused(saved, kind):
    words = {f"word{i}": i for i in range(269)} | {"[UNK]": 269}
    tokenizers.Tokenizer(kind(words, unk_token="[UNK]")).save(str(saved / "tokenizer.json"))
    with pytest.raises(CourseError, match="of another kind"):
        load_pretrained(saved)


def test_a_loaded_char_tokenizer_still_names_unknown_characters(tmp_path):
    save_pretrained(random_model(CHAR.vocab_size), CHAR, tmp_path)
    _, tokenizer = load_pretrained(tmp_path)
    assert isinstance(tokenizer, CharTokenizer)
    assert tokenizer.special_tokens == CHAR.special_tokens
    with pytest.raises(CourseError, match="'é'"):
        tokenizer.encode("café")


def test_files_have_the_usual_permissions(saved):
    (saved / "other").touch()
    modes = {file.stat().st_mode for file in saved.iterdir()}
    assert len(modes) == 1
