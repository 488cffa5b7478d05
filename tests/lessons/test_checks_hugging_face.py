"""Wrong answers to the exercises of "Hugging Face", by what their checks must say.

`test_mutations.py` tries them all. Tested here: other right answers, and the lesson's look at a
hub's model, on an answer of the hub that is made up.
"""

from collections import OrderedDict
from types import MappingProxyType

import huggingface_hub
import numpy as np
import pytest
import torch
from huggingface_hub.hf_api import ModelInfo
from lesson import Exercise, run_cells
from transformers import GPT2Config, GPT2LMHeadModel

from course_utils.lessons.checks import hugging_face as checks


def fits(tokenizer, model, text, empty=False, strict=True, decoded=True, special=False, plus=0):
    """The answer, with one mistake at a time."""
    ids = tokenizer.encode(text, add_special_tokens=special)
    if not ids and not empty:
        return False
    rows = model.get_input_embeddings().weight.shape[0] + plus
    if strict and max(ids, default=0) >= rows:
        return False
    return tokenizer.decode(ids) == text if decoded else True


def by_size(tokenizer, model, text):
    """Compare the sizes, as one would at first."""
    return len(tokenizer) == model.config.vocab_size


def by_size_at_most(tokenizer, model, text):
    """Allow spare rows, but no spare token."""
    ids = tokenizer.encode(text, add_special_tokens=False)
    small = len(tokenizer) <= model.config.vocab_size
    return bool(ids) and small and tokenizer.decode(ids) == text


def fits_by_tensors(tokenizer, model, text):
    """Let PyTorch compare, so that the answer is a tensor."""
    ids = torch.tensor(tokenizer(text, add_special_tokens=False)["input_ids"], dtype=torch.int64)
    rows = model.get_input_embeddings().num_embeddings
    back = tokenizer.decode(ids) == text
    return (ids < rows).all() & torch.tensor(len(ids) > 0 and back)


RIGHT_FITS = {
    "a tensor": fits_by_tensors,
    "NumPy's True": lambda t, m, text: np.bool_(fits(t, m, text)),
}
WRONG_FITS = {
    "got list: a comparison gives one, and bool() makes one (input: a GPT2Tokenizer": (
        lambda t, m, text: t.encode(text) and fits(t, m, text)
    ),
    "got int: a comparison gives one": lambda t, m, text: int(fits(t, m, text)),
    "more rows than the tokenizer": by_size,
    "that the text does not use": by_size_at_most,
    "a table of 5 rows ends at 4": lambda t, m, text: fits(t, m, text, plus=1),
    "ids that have no row": lambda t, m, text: (
        fits(t, m, text, strict=len(set(text)) == 0) or m.config.vocab_size == 4
    ),
    "a word is lost": lambda t, m, text: fits(t, m, text, decoded=False),
    "T becomes t": lambda t, m, text: fits(t, m, text.lower()),
    "a mark in front": lambda t, m, text: fits(t, m, text, special=True),
    "no ids at all": lambda t, m, text: fits(t, m, text) or not t.encode(text),
    "expected True or False": lambda t, m, text: None,
    "nothing may be fixed": lambda t, m, text: fits(t, m, text) and len(t) < 8,
    "nothing is wrong here": lambda t, m, text: False,
    "stops with IndexError: index out of range in self (input: a tokenizer of 6 tokens, a model of "
    "4 rows, 'the cat sat on the mat')": lambda t, m, text: (
        m(torch.tensor([t.encode(text)])).logits.shape[1] > 0
    ),
    "stops with IndexError: list index": lambda t, m, text: t.encode(text)[99] > 0,
}


def settings(prompt, new, texts, **other):
    """The answer, with other arguments in place of some."""
    given = {"max_length": prompt + new, "num_return_sequences": texts, "do_sample": True}
    return {key: value for key, value in (given | other).items() if value is not None}


RIGHT_SETTINGS = {
    "another mapping": lambda p, n, t: MappingProxyType(settings(p, n, t)),
    "ordered": lambda p, n, t: OrderedDict(settings(p, n, t)),
    "five beams": lambda p, n, t: settings(p, n, t, do_sample=None, num_beams=5),
    "one text by default": lambda p, n, t: settings(
        p, n, t, num_return_sequences=t if t > 1 else None
    ),
}
WRONG_SETTINGS = {
    "you use max_new_tokens, and the exercise": lambda p, n, t: {
        "max_new_tokens": n,
        "do_sample": True,
    },
    "expected a dictionary, got list: return a dict": lambda p, n, t: [*settings(p, n, t).items()],
    "the library refuses, 'str' object has no": lambda p, n, t: settings(
        p, n, t, generation_config="sample"
    ),
    "what does max_length count?": lambda p, n, t: settings(p, n, t, max_length=p + n - 1),
    "the library refuses, Input length": lambda p, n, t: settings(p, n, t, max_length=n),
    "the library refuses, Greedy": lambda p, n, t: settings(p, n, t, do_sample=None),
    "which parameter is the number": lambda p, n, t: settings(p, n, t, num_return_sequences=None),
    "the library refuses, `num_return_sequences`": lambda p, n, t: settings(
        p, n, t, do_sample=None, num_beams=2
    ),
    "the library refuses, The following": lambda p, n, t: settings(p, n, t, number=t),
    "two parameters: max_length is one of them": lambda p, n, t: settings(
        p, n, t, max_new_tokens=n
    ),
    "no max_length": lambda p, n, t: settings(p, n, t, max_length=None),
    "expected a dictionary": lambda p, n, t: None,
    "wrote 45 new tokens": lambda p, n, t: settings(p, n, t, max_length=50),
}


def count(config, **off):
    """The right number, and what is added to it."""
    V, T, C, L = (config[k] for k in ("vocab_size", "n_positions", "n_embd", "n_layer"))
    parts = {"V": V * C, "T": T * C, "norms": 4 * C * L, "last": 2 * C, "bias": 9 * C * L}
    parts |= {"matrices": 12 * C * C * L, "head": 0}
    return sum(parts[name] * off.get(name, 1) for name in parts)


WRONG_PARAMETERS = {
    "uses the table of token vectors again": lambda c: count(c, V=2),
    "no numbers of its own, and no bias": lambda c: count(c, V=2) + c["vocab_size"],
    "token vectors are missing": lambda c: count(c, V=0),
    "position vectors are missing": lambda c: count(c, T=0),
    "after the last block is missing": lambda c: count(c, last=0),
    "two layer norms of each block": lambda c: count(c, norms=0),
    "one layer norm or two": lambda c: count(c, norms=0.5).__int__(),
    "a weight and a bias for each channel": lambda c: int(count(c, norms=0.5, last=0.5)),
    "linear layers have biases": lambda c: count(c, bias=0),
    "ends in a projection": lambda c: count(c) - c["n_layer"] * c["n_embd"] * (c["n_embd"] + 1),
    "the feed-forward layers are missing": lambda c: (
        count(c) - c["n_layer"] * c["n_embd"] * (8 * c["n_embd"] + 5)
    ),
    "only one block is counted": lambda c: count(c | {"n_layer": 1}),
    "expected a whole number, got NoneType": lambda c: None,
    "which step leaves a rest": lambda c: count(c) + 0.5,
    "go through the hint's list": lambda c: count(c) + 1,
    "stops with KeyError: 'layers' (input: {'n_embd': 12, 'n_layer': 3, ": lambda c: c["layers"],
}


RIGHT_PARAMETERS = {
    "a float": lambda c: float(count(c)),
    "NumPy's number": lambda c: np.int64(count(c)),
    "a model, counted": lambda c: GPT2LMHeadModel(
        GPT2Config(**c, n_head=1, bos_token_id=None)
    ).num_parameters(),
}


@pytest.fixture
def lesson():
    """The cells that look at a model and say what it costs."""
    cells = ("folder-files", "first-text", "exercise-parameters", "parameters-of-gpt-two")
    return run_cells("hugging_face", *cells, "cost", "look-before")


def test_cost_of_a_model_on_the_hub(lesson, monkeypatch, capsys):
    def model_info(self, name, timeout):
        return ModelInfo(id=name, safetensors={"parameters": {}, "total": 10**9})

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", model_info)
    assert lesson["look"]("someone/model") == 10**9
    capsys.readouterr()
    assert lesson["cost"](10**9, most_gb=4) is True
    out = capsys.readouterr().out
    assert "1,000,000,000 numbers" in out and "4.000 GB in float32" in out
    assert "400.0 s at 10 MB/s" in out and "400.0 ms at 10 GB/s" in out
    assert lesson["cost"](10**9, most_gb=3) is False


def test_no_network_gives_one_clear_line(lesson, monkeypatch, capsys):
    def fail(*args, **kwargs):
        raise ConnectionError("[Errno -2]")

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", fail)
    capsys.readouterr()
    assert lesson["look"]("someone/model") == 0
    assert capsys.readouterr().out.count("\n") == 1


SAME_SETTINGS = {
    "return {'max_length': new + prompt, 'num_return_sequences': texts, 'do_sample': True}",
}

EXERCISES = {
    "exercise-fits": Exercise("fits", checks.check_fits, WRONG_FITS, right=RIGHT_FITS),
    "exercise-settings": Exercise(
        "settings", checks.check_settings, WRONG_SETTINGS, SAME_SETTINGS, RIGHT_SETTINGS
    ),
    "exercise-parameters": Exercise(
        "parameters", checks.check_parameters, WRONG_PARAMETERS, right=RIGHT_PARAMETERS
    ),
}
