"""Folders as transformers and others write them: computed as there, or refused by what is wrong."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, GPT2LMHeadModel, GPT2Model
from transformers import PreTrainedTokenizerFast as Fast

from course_utils.chat import continue_all
from course_utils.generation import beam_search, generate
from course_utils.hf import UntiedGPT, load_model, load_pretrained, save_pretrained
from course_utils.hf.save import as_tokenizer
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import CourseError
from course_utils.tokenizers import BPETokenizer
from course_utils.training import TrainConfig, Windows, train

NAMES = ("</s>", "<|im_end|>", "<s>", "<eos>")
BPE = BPETokenizer.train(["The cat sat on the mat. " * 9], 270, special_tokens=NAMES)
END, OTHER, BEGIN, EOS = (BPE.special_id(name) for name in NAMES)
INDEX = "model.safetensors.index.json"
PROMPT = torch.tensor([[5, 6, 7]])


def gpt2(vocab_size=270, kind=GPT2LMHeadModel, **more):
    """A tiny GPT-2 of transformers' own."""
    torch.manual_seed(0)
    sizes = {"n_positions": 32, "n_layer": 2, "n_head": 2, "n_embd": 16}
    marks = {"bos_token_id": None, "eos_token_id": None}
    rest = {"initializer_range": 0.4, **sizes, **marks, **more}
    return kind(GPT2Config(vocab_size=vocab_size, **rest)).eval()


def write(folder, model=None, tokenizer=BPE, marks=None, **how):
    """Let transformers write a folder."""
    (gpt2() if model is None else model).save_pretrained(folder, **how)
    if tokenizer is not None:
        Fast(tokenizer_object=as_tokenizer(tokenizer), **(marks or {})).save_pretrained(folder)
    return folder


def change(file, **more):
    """Change entries of a JSON file; what becomes None is taken out."""
    settings = json.loads(file.read_text(encoding="utf8")) | more
    kept = {key: value for key, value in settings.items() if value is not None}
    file.write_text(json.dumps(kept), encoding="utf8")


def theirs_of(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


@torch.no_grad()
def assert_same_logits(model, theirs):
    ids = torch.randint(BPE.vocab_size, (2, 9), generator=torch.Generator().manual_seed(1))
    logits, expected = model(ids), theirs(ids).logits[..., : model.config.vocab_size]
    assert expected.std() > 0.3  # equal zeros would prove nothing
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)


def refused(folder, load=load_pretrained):
    """Return the one line that says why a folder is refused."""
    with pytest.raises(CourseError) as error:
        load(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


# what ends a text


@torch.no_grad()
def says(token, **more):
    """A GPT-2 that writes one token for ever."""
    model = gpt2(**more)
    model.transformer.ln_f.weight.zero_()
    model.transformer.ln_f.bias.copy_(10 * model.transformer.wte.weight[token])
    return model


# generation_config.json (None: no such file), config.json, the tokenizer's own settings
SOURCES = {
    "a name of its own": ({"eos_token_id": END}, {"eos_token_id": END}, {"eos_token": "</s>"}),
    "a name of a chat model": ({"eos_token_id": OTHER}, {}, {"eos_token": "<|im_end|>"}),
    "generation before config": ({"eos_token_id": END}, {"eos_token_id": OTHER}, {}),
    "generation before tokenizer": ({"eos_token_id": END}, {}, {"eos_token": "<|im_end|>"}),
    "several": ({"eos_token_id": [OTHER, END]}, {}, {"eos_token": "<|im_end|>"}),
    "no generation_config": (None, {"eos_token_id": END}, {"eos_token": "<|im_end|>"}),
    "several, no generation_config": (None, {"eos_token_id": [END, OTHER]}, {}),
    "not by its name": ({"eos_token_id": END}, {"eos_token_id": END}, {"eos_token": "<eos>"}),
}


def folder_that_names(folder, generation, config, tokens, model=None):
    write(folder, says(END) if model is None else model, marks=tokens)
    change(folder / "config.json", **config)
    if generation is None:
        (folder / "generation_config.json").unlink()
    else:
        change(folder / "generation_config.json", **generation)
    return folder


@pytest.mark.parametrize("sources", SOURCES.values(), ids=SOURCES)
def test_a_text_ends_where_transformers_ends_it(tmp_path, sources):
    theirs = theirs_of(folder_that_names(tmp_path, *sources))
    model, tokenizer = load_pretrained(tmp_path)
    expected = theirs.generation_config.eos_token_id
    assert tokenizer.eos_ids == tuple(expected if isinstance(expected, list) else [expected])
    assert tokenizer.eos_id == tokenizer.eos_ids[0]
    text = theirs.generate(PROMPT, max_new_tokens=20, do_sample=False, pad_token_id=END)
    ours = generate(model, PROMPT, 20, temperature=0, eos_id=tokenizer.eos_ids)
    assert torch.equal(ours, text)
    assert ours.shape[1] == (4 if END in tokenizer.eos_ids else 23)


@pytest.mark.parametrize(
    ("sources", "ends"),
    [
        ((None, {}, {"eos_token": "</s>"}), (END,)),
        ((None, {}, {}), (EOS,)),  # by its name, as our own tokenizers do
        (({"eos_token_id": 50256}, {"eos_token_id": 50256}, {"eos_token": "</s>"}), (END,)),
        (({"eos_token_id": [50256, END]}, {}, {}), (END,)),
        (({"eos_token_id": -1}, {}, {"eos_token": "<nowhere>"}), (EOS,)),
    ],
)
def test_where_no_file_names_an_id_the_tokenizer_does(tmp_path, sources, ends):
    folder_that_names(tmp_path, *sources)
    if sources[2].get("eos_token") == "<nowhere>":  # transformers would make it a token
        as_tokenizer(BPE).save(str(tmp_path / "tokenizer.json"))
    assert load_pretrained(tmp_path)[1].eos_ids == ends


@pytest.mark.parametrize("file", ["tokenizer_config.json", "special_tokens_map.json"])
@pytest.mark.parametrize("token", ["</s>", {"content": "</s>", "lstrip": False}])
def test_the_tokenizers_settings_are_read_as_old_and_new_versions_write_them(tmp_path, file, token):
    write(tmp_path, says(END))
    (tmp_path / "tokenizer_config.json").unlink()
    (tmp_path / file).write_text(json.dumps({"eos_token": token}), encoding="utf8")
    assert load_pretrained(tmp_path)[1].eos_ids == (END,)


@pytest.mark.parametrize("value", ["2", 2.5, [1, "2"], True, {"a": 1}])
def test_ends_that_are_no_ids_are_refused(tmp_path, value):
    folder_that_names(tmp_path, {"eos_token_id": value}, {}, {})
    assert "eos_token_id to be an id or a list of ids" in refused(tmp_path)


def test_an_end_that_its_tokenizer_holds_as_a_plain_token_is_not_printed(tmp_path):
    write(tmp_path, says(END), marks={"eos_token": "</s>"})
    file = tmp_path / "tokenizer.json"
    settings = json.loads(file.read_text(encoding="utf8"))
    token = next(t for t in settings["added_tokens"] if t["content"] == "</s>")
    token["special"] = False
    file.write_text(json.dumps(settings), encoding="utf8")
    _, tokenizer = load_pretrained(tmp_path)
    fast = AutoTokenizer.from_pretrained(tmp_path)
    assert tokenizer.decode([5, END]) == fast.decode([5, END], skip_special_tokens=True)
    assert "".join(tokenizer.decode_stream([5, END])) == tokenizer.decode([5])


@pytest.mark.parametrize(
    ("marks", "begin"),
    [
        ({"eos_token_id": END, "bos_token_id": BEGIN}, BEGIN),
        ({"eos_token_id": END, "bos_token_id": END}, END),
        ({"eos_token_id": END}, None),
        ({}, EOS),
    ],
)
def test_what_begins_a_document_is_read_too(tmp_path, marks, begin):
    folder_that_names(tmp_path, marks, marks, {})
    assert load_pretrained(tmp_path)[1].bos_id == begin


def test_several_ends_are_saved_and_found_again(tmp_path):
    folder_that_names(tmp_path, {"eos_token_id": [END, OTHER], "bos_token_id": BEGIN}, {}, {})
    save_pretrained(*load_pretrained(tmp_path), tmp_path / "again")
    tokenizer = load_pretrained(tmp_path / "again")[1]
    assert (tokenizer.bos_id, tokenizer.eos_ids) == (BEGIN, (END, OTHER))
    theirs = theirs_of(tmp_path / "again").generation_config
    assert (theirs.bos_token_id, theirs.eos_token_id) == (BEGIN, [END, OTHER])
    fast = AutoTokenizer.from_pretrained(tmp_path / "again")
    assert (fast.bos_token, fast.eos_token, fast.pad_token) == ("<s>", "</s>", "</s>")


def test_beams_and_batches_end_at_each_of_several_ends(tmp_path):
    folder_that_names(tmp_path, {"eos_token_id": [OTHER, END]}, {}, {})
    model, tokenizer = load_pretrained(tmp_path)
    beams = beam_search(model, PROMPT, 9, 2, eos_id=tokenizer.eos_ids)
    assert beams.tolist() == [[5, 6, 7, END]]
    assert continue_all(model, [[5, 6], [7]], 9, tokenizer.eos_ids, temperature=0) == [[], []]


# weights in several files


@pytest.fixture
def sharded(tmp_path):
    write(tmp_path, max_shard_size="9KB")
    assert not (tmp_path / "model.safetensors").exists()
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    return tmp_path


def test_shards_are_read_as_one(sharded):
    assert_same_logits(load_pretrained(sharded)[0], theirs_of(sharded))
    assert_same_logits(load_model(sharded), theirs_of(sharded))


def test_a_shard_that_is_missing_or_cut_short_is_named(sharded):
    shard = sorted(sharded.glob("model-*.safetensors"))[1]
    shard.write_bytes(shard.read_bytes()[:-4])
    assert f"{shard.name} is not whole" in refused(sharded)
    shard.unlink()
    assert f"{shard.name} is missing" in refused(sharded)


@pytest.mark.parametrize("name", ["../w.safetensors", "/w.safetensors", "..\\w", "C:w", "..", ""])
def test_an_index_leads_nowhere_else(sharded, name):
    index = json.loads((sharded / INDEX).read_text(encoding="utf8"))
    index["weight_map"]["transformer.wte.weight"] = name
    (sharded / INDEX).write_text(json.dumps(index), encoding="utf8")
    assert "outside the folder" in refused(sharded)


@pytest.mark.parametrize("content", ["{}", '{"weight_map": {}}', '{"weight_map": [1]}', "[]", "{"])
def test_an_index_that_names_nothing_is_refused(sharded, content):
    (sharded / INDEX).write_text(content, encoding="utf8")
    assert INDEX in refused(sharded)


def test_a_weight_that_no_shard_holds_is_named(sharded):
    index = json.loads((sharded / INDEX).read_text(encoding="utf8"))
    index["weight_map"]["transformer.h.9.w"] = index["weight_map"]["transformer.wte.weight"]
    (sharded / INDEX).write_text(json.dumps(index), encoding="utf8")
    assert "transformer.h.9.w" in refused(sharded)


# a vocabulary made longer for speed


@pytest.mark.parametrize("multiple", [8, 64, 128])
def test_rows_that_no_token_has_are_left_out(tmp_path, multiple):
    model = gpt2()
    model.resize_token_embeddings(pad_to_multiple_of=multiple)
    assert model.config.vocab_size % multiple == 0
    theirs = theirs_of(write(tmp_path, model))
    ours, tokenizer = load_pretrained(tmp_path)
    assert ours.config.vocab_size == tokenizer.vocab_size == 270
    assert_same_logits(ours, theirs)
    text = theirs.generate(PROMPT, max_new_tokens=20, do_sample=False, eos_token_id=None)
    assert torch.equal(generate(ours, PROMPT, 20, temperature=0), text)
    assert load_model(tmp_path).config.vocab_size == model.config.vocab_size
    save_pretrained(ours, tokenizer, tmp_path / "again")
    assert_same_logits(ours, theirs_of(tmp_path / "again"))


def test_rows_are_left_out_of_a_matrix_of_its_own_too(tmp_path):
    write(tmp_path, gpt2(320, tie_word_embeddings=False))
    model, _ = load_pretrained(tmp_path)
    assert model.lm_head.weight.shape == model.wte.weight.shape == (270, 16)
    assert_same_logits(model, theirs_of(tmp_path))


@pytest.mark.parametrize("rows", [271, 400, 512, 264])
def test_a_vocabulary_of_another_model_is_no_padding(tmp_path, rows):
    write(tmp_path, gpt2(rows))
    assert f"{rows} tokens in its model and 270" in refused(tmp_path)


# an output matrix of its own


def add_head(folder, head):
    file = folder / "model.safetensors"
    save_file({**load_file(file), "lm_head.weight": head}, file, {"format": "pt"})


def assert_untied(folder, theirs):
    model, tokenizer = load_pretrained(folder)
    assert isinstance(model, UntiedGPT)
    assert_same_logits(model, theirs)
    cache = model.new_cache(1)
    parts = [model(part, cache=cache) for part in (PROMPT[:, :2], PROMPT[:, 2:])]
    torch.testing.assert_close(torch.cat(parts, 1), model(PROMPT), atol=1e-5, rtol=0)
    save_pretrained(model, tokenizer, folder / "again")
    assert_same_logits(model, theirs_of(folder / "again"))
    assert_same_logits(load_pretrained(folder / "again")[0], theirs)


def test_another_output_matrix_in_the_file_wins_over_a_tied_configuration(tmp_path):
    add_head(write(tmp_path), torch.randn(270, 16))
    assert_untied(tmp_path, theirs_of(tmp_path))


def test_a_model_that_is_not_tied_is_loaded_so(tmp_path):
    theirs = gpt2(tie_word_embeddings=False)
    assert_untied(write(tmp_path, theirs), theirs)


def test_the_same_output_matrix_is_no_second_one(tmp_path):
    write(tmp_path)
    add_head(tmp_path, load_file(tmp_path / "model.safetensors")["transformer.wte.weight"].clone())
    model = load_model(tmp_path)
    assert type(model) is GPT
    assert_same_logits(model, theirs_of(tmp_path))


def test_an_output_matrix_without_the_inputs_stands_for_both(tmp_path):
    file = write(tmp_path) / "model.safetensors"
    weights = load_file(file)
    weights["lm_head.weight"] = weights.pop("transformer.wte.weight")
    save_file(weights, file, {"format": "pt"})
    assert_same_logits(load_model(tmp_path), theirs_of(tmp_path))


def test_an_output_matrix_that_does_not_fit_is_named(tmp_path):
    add_head(write(tmp_path), torch.randn(271, 16))
    assert "lm_head.weight is (271, 16), expected (270, 16)" in refused(tmp_path)


# a model alone


def test_a_model_without_a_tokenizer_is_loaded_alone(tmp_path):
    theirs = gpt2()
    write(tmp_path, theirs, tokenizer=None)
    message = refused(tmp_path)
    assert "no tokenizer.json" in message
    assert "load_model(folder)" in message
    model = load_model(tmp_path)
    assert not model.training
    assert_same_logits(model, theirs)


def test_a_folder_that_lacks_its_settings_is_refused_alone_too(tmp_path):
    write(tmp_path, tokenizer=None)
    (tmp_path / "config.json").unlink()
    assert "no config.json" in refused(tmp_path, load_model)


def test_the_two_files_of_older_tokenizers_are_read(tmp_path):
    theirs = gpt2()
    write(tmp_path, theirs, tokenizer=None)
    BPE.tokenizer.model.save(str(tmp_path))
    settings = {"eos_token": "</s>", "tokenizer_class": "GPT2Tokenizer"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf8")
    model, tokenizer = load_pretrained(tmp_path)
    assert tokenizer.encode("The cat </s>") == BPE.encode("The cat </s>")
    assert tokenizer.eos_ids == (END,)
    assert_same_logits(model, theirs)
    (tmp_path / "added_tokens.json").write_text('{"<new>": 270}', encoding="utf8")
    assert "added_tokens.json" in refused(tmp_path)


# other ways to write the same model


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_computed_in_fp32(tmp_path, dtype):
    write(tmp_path, gpt2().to(dtype))
    model = load_model(tmp_path)
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert_same_logits(model, theirs_of(tmp_path))


def test_names_without_a_prefix_and_stored_masks_are_read(tmp_path):
    write(tmp_path, gpt2(kind=GPT2Model))
    file = tmp_path / "model.safetensors"
    weights = load_file(file)
    assert "wte.weight" in weights
    mask = torch.ones(1, 1, 32, 32).tril()
    masks = {f"h.{i}.attn.bias": mask.clone() for i in range(2)}
    save_file({**weights, **masks, "h.0.attn.masked_bias": torch.tensor(-1e4)}, file)
    assert_same_logits(load_model(tmp_path), theirs_of(tmp_path))


@pytest.mark.parametrize(
    "name", ["gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate", "gelu_python_tanh"]
)
def test_each_name_of_the_same_activation_is_known(tmp_path, name):
    theirs = gpt2(activation_function=name)
    assert_same_logits(load_model(write(tmp_path, theirs)), theirs)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("activation_function", "gelu"),  # exact: another formula
        ("scale_attn_by_inverse_layer_idx", True),
        ("add_cross_attention", True),
        ("layer_norm_epsilon", 1e-6),
        ("model_type", "gpt_neo"),
        ("quantization_config", {"bits": 4, "more": "x" * 200}),
        ("n_inner", 32),
        ("n_inner", "64"),
        ("vocab_size", None),
        ("n_embd", "16"),
    ],
)
def test_what_would_compute_otherwise_is_refused_by_name(tmp_path, key, value):
    write(tmp_path)
    change(tmp_path / "config.json", **{key: value})
    message = refused(tmp_path)
    assert key in message
    assert len(message) < 300


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pytorch_model.bin", "never pickles"),
        ("model.ckpt", "never pickles"),
        ("model.fp16.safetensors", "model.fp16.safetensors"),
        ("model.gguf", "model.gguf"),
        ("notes.txt", "no other weights"),
    ],
)
def test_a_folder_with_other_weights_says_what_is_there(tmp_path, name, words):
    write(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / name)
    message = refused(tmp_path)
    assert words in message
    assert "model.safetensors" in message


def test_a_file_in_a_folders_place(tmp_path):
    write(tmp_path)
    assert "the folder it is in" in refused(tmp_path / "model.safetensors", load_model)


@pytest.mark.parametrize("name", ["generation_config.json", "tokenizer_config.json"])
def test_settings_that_are_damaged_are_named(tmp_path, name):
    write(tmp_path)
    (tmp_path / name).write_text("{", encoding="utf8")
    assert name in refused(tmp_path)


def test_settings_with_a_byte_order_mark_are_read(tmp_path):
    file = write(tmp_path) / "config.json"
    file.write_text(file.read_text(encoding="utf8"), encoding="utf-8-sig")
    assert load_pretrained(tmp_path)[0].config.n_embd == 16


def test_a_chat_template_that_is_no_text_is_named(tmp_path):
    (write(tmp_path) / "chat_template.jinja").write_bytes(b"\xff\xfe{")
    assert "chat_template.jinja" in refused(tmp_path)


# a run that has not ended


def run_in(folder, **more):
    """Train for two steps, and leave what a killed run leaves beside its settings."""
    torch.manual_seed(0)
    model = GPT(GPTConfig(270, 16, 1, 2, 8, **more))
    save_pretrained(model, BPE, folder)
    (folder / "model.safetensors").unlink()
    windows = Windows(torch.arange(200) % 270, 8)
    often = {"eval_every": 1, "checkpoint_every": 1, "progress": False}
    train(model, (windows, windows), TrainConfig(steps=2, batch_size=2, **often), out=folder)
    return model.eval()


@pytest.mark.parametrize("bias", [True, False])
def test_a_run_can_be_used_before_it_has_ended(tmp_path, capsys, bias):
    run_in(tmp_path, bias=bias)
    model, tokenizer = load_pretrained(tmp_path)
    assert "took best.safetensors, written after step 2" in capsys.readouterr().err
    best = load_file(tmp_path / "best.safetensors")
    assert model.state_dict().keys() == {name.removeprefix("model.") for name in best}
    assert all(torch.equal(best[f"model.{n}"], w) for n, w in model.state_dict().items())
    assert tokenizer.encode("cat") == BPE.encode("cat")


def test_before_its_first_look_a_run_has_its_last_weights_only(tmp_path, capsys):
    trained = run_in(tmp_path)
    (tmp_path / "best.safetensors").unlink()
    model = load_model(tmp_path)
    assert "took last.safetensors" in capsys.readouterr().err
    assert torch.equal(model(PROMPT), trained(PROMPT))


def test_a_whole_model_comes_before_a_runs_checkpoints(tmp_path, capsys):
    run_in(tmp_path)
    whole = GPT(GPTConfig(270, 16, 1, 2, 8)).eval()
    save_pretrained(whole, BPE, tmp_path)
    assert torch.equal(load_pretrained(tmp_path)[0](PROMPT), whole(PROMPT))
    assert capsys.readouterr() == ("", "")


def test_a_run_of_other_sizes_than_its_settings_is_refused(tmp_path):
    run_in(tmp_path)
    change(tmp_path / "config.json", n_layer=2)
    assert "contradicts its config.json: blocks.1" in refused(tmp_path)
    change(tmp_path / "config.json", n_layer=1, n_embd=4)
    assert "wte.weight is (270, 8), expected (270, 4)" in refused(tmp_path)


def test_a_checkpoint_of_others_is_no_run(tmp_path):
    write(tmp_path)
    shutil.move(tmp_path / "model.safetensors", tmp_path / "best.safetensors")
    assert "not a checkpoint of this course" in refused(tmp_path)
