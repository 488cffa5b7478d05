"""Load a GPT-2, with its tokenizer or alone, from a folder or by its name on the hub."""

from dataclasses import replace
from pathlib import Path

import torch

from course_utils.hf.config import read_config
from course_utils.hf.files import read_run, read_weights
from course_utils.hf.hub import fetch
from course_utils.hf.tokens import read_folder, vocabulary
from course_utils.hf.untied import UntiedGPT
from course_utils.hf.weights import HEAD, from_hf
from course_utils.model import GPT
from course_utils.runtime import CourseError


def load_pretrained(name):
    """Load a model and its tokenizer.

    Rows of the vocabulary that no token has (models are padded to a multiple of 64, say, for
    speed) are left out: what they score has no text. The tokenizer's `eos_ids` and `bos_id` are
    those that the folder names: generation_config.json first, then config.json, as transformers
    reads them, then the tokenizer's settings, then the names ``<eos>`` and ``<|endoftext|>``.

    Args:
        name: a folder in Hugging Face's format, in one file or in shards; or the folder of a run
            that has not ended, whose best weights so far are taken; or the name of a GPT-2 on the
            hub ("gpt2"), which is downloaded (once) because you asked for it.

    Returns:
        model: a `GPT` in fp32, dropout off; an `UntiedGPT` if the output matrix is its own.
        tokenizer: a `CharTokenizer` or a `BPETokenizer`.

    Raises:
        CourseError: if there is no such folder or name, a file is missing or cut short, or the
            model is no GPT-2.
    """
    folder = fetch(name)
    config, tied = read_config(folder)
    tokenizer = read_folder(folder)
    model = _read_model(folder, config, tied)
    size = 1 + max(vocabulary(tokenizer).values())
    if config.vocab_size != size and not _is_padding(config.vocab_size, size):
        raise CourseError(
            f"{folder} has {config.vocab_size} tokens in its model and {size} in "
            "its tokenizer: its files do not belong together"
        )
    return (model if size == config.vocab_size else _cut(model, size, folder)), tokenizer


def load_model(name):
    """Load a model alone, as its folder has no tokenizer, or you have your own.

    Args:
        name: as in `load_pretrained`.

    Returns:
        A `GPT` in fp32, dropout off, with every row of its vocabulary, padding too.

    Raises:
        CourseError: as in `load_pretrained`.
    """
    folder = fetch(name)
    return _read_model(folder, *read_config(folder))


def _read_model(folder: Path, config, tied):
    weights = read_run(folder)
    if weights is None:
        weights = from_hf(read_weights(folder), config, tied, folder)
    else:
        config = replace(config, bias="ln_f.bias" in weights)
    return _assemble(weights, config, folder)


def _assemble(weights, config, folder):
    with torch.device("meta"):  # sizes only: no numbers are drawn, the caller's seed stays
        model = (UntiedGPT if HEAD in weights else GPT)(config)
    _check_fit(model.state_dict(), weights, folder)
    model.load_state_dict(weights, assign=True)
    return model.eval()


def _cut(model, size, folder):
    """Return a model with the first rows of its vocabulary only: the others are no tokens."""
    tables = ("wte.weight", HEAD)
    weights = {
        name: weight[:size].clone() if name in tables else weight
        for name, weight in model.state_dict().items()
    }
    return _assemble(weights, replace(model.config, vocab_size=size), folder)


def _check_fit(ours, weights, folder):
    for name in [*ours, *weights]:
        there, expected = (_shape(tensors, name) for tensors in (weights, ours))
        if there != expected:
            raise CourseError(
                f"{folder} contradicts its config.json: {name} is {there}, expected {expected}"
            )


def _shape(tensors, name):
    return tuple(tensors[name].shape) if name in tensors else "missing"


def _is_padding(rows, size):
    """Say whether a table of so many rows is one of `size` tokens, made longer for speed."""
    return rows % 8 == 0 and 0 < rows - size < max(128, size // 16)
