"""Write a folder that Hugging Face's Auto classes load without a network."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from course_utils.hf.weights import HEAD, to_hf
from course_utils.runtime import CourseError

TEMPLATE = "chat_template.jinja"  # where transformers looks for it


def save_pretrained(model, tokenizer, folder, dtype: torch.dtype | None = None) -> None:
    """Save a model and its tokenizer in Hugging Face's format.

    With a chat template the tokenizer, when transformers loads it, takes "<eos>" in a text for
    the token, since transformers renders the whole chat to one text first; the course's template
    breaks such names in messages. Without a template it takes it for five characters, as here.

    Args:
        model: a `GPT`.
        tokenizer: a `CharTokenizer` or a `BPETokenizer` of the same vocabulary size; its
            `chat_template`, if it has one, is saved too.
        folder: made if missing; files of an earlier model in it are replaced, all else stays.
        dtype: of the weights on disk, such as torch.float16. Default None: the model's.

    Raises:
        CourseError: if the sizes do not fit, `folder` is a file, or a model of another kind is
            in it; nothing is overwritten then.
    """
    folder = Path(folder)
    if model.config.vocab_size != tokenizer.vocab_size:
        raise CourseError(
            f"the model has {model.config.vocab_size} tokens, the tokenizer "
            f"{tokenizer.vocab_size}: save the ones that belong together"
        )
    _check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder))
    try:
        _write(model, tokenizer, part, dtype)
        for file in sorted(part.iterdir(), key=lambda file: file.name == "config.json"):
            os.replace(file, folder / file.name)
        if tokenizer.chat_template is None:
            (folder / TEMPLATE).unlink(missing_ok=True)  # of an earlier model
    finally:
        shutil.rmtree(part)


def _check_folder(folder):
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"expected a folder, {folder} is a file: choose another name")
    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
    except FileNotFoundError:
        return
    except (OSError, ValueError, AttributeError):
        kind = None
    if kind != "gpt2":
        raise CourseError(f"{folder} holds something else, its config.json says: choose another")


def _write(model, tokenizer, folder, dtype):
    weights = folder / "model.safetensors"
    weights.touch()  # with the usual permissions, which save_file would narrow to the owner
    mode = weights.stat().st_mode
    save_file(to_hf(model, dtype), weights, metadata={"format": "pt"})
    weights.chmod(mode)
    write_settings(model, tokenizer, folder)


def write_settings(model, tokenizer, folder: Path) -> None:
    """Write all of a model's folder but its weights, which a run in training still changes."""
    _json(folder / "config.json", _config(model, tokenizer))
    marks = _marks(tokenizer) | {"pad_token_id": tokenizer.eos_id}
    said = {key: value for key, value in marks.items() if value is not None}
    _json(folder / "generation_config.json", said)
    as_tokenizer(tokenizer).save(str(folder / "tokenizer.json"))
    _json(folder / "tokenizer_config.json", _tokenizer_config(model, tokenizer))
    if tokenizer.chat_template is not None:
        (folder / TEMPLATE).write_text(tokenizer.chat_template, encoding="utf-8")


def _config(model, tokenizer):
    c = model.config
    sizes = {"vocab_size": c.vocab_size, "n_positions": c.block_size, "n_embd": c.n_embd}
    rates = dict.fromkeys(("attn_pdrop", "embd_pdrop", "resid_pdrop"), c.dropout)
    untied = {"tie_word_embeddings": False} if HEAD in model.state_dict() else {}
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "activation_function": "gelu_new",
        "dtype": str(model.wte.weight.dtype).removeprefix("torch."),  # to compute in, not to store
        "n_layer": c.n_layer,
        "n_head": c.n_head,
        **sizes,
        **rates,
        **untied,
        **_marks(tokenizer),
    }


def _marks(tokenizer):
    """Return the ids that begin and end a document: one, a list of several, or None."""
    ends = list(tokenizer.eos_ids)
    return {
        "bos_token_id": tokenizer.bos_id,
        "eos_token_id": ends if len(ends) > 1 else tokenizer.eos_id,
    }


def _tokenizer_config(model, tokenizer):
    names = {i: name for name, i in tokenizer.special_tokens.items()}
    bos, eos = names.get(tokenizer.bos_id), names.get(tokenizer.eos_id)
    marks = {"bos_token": bos, "eos_token": eos, "pad_token": eos}
    special = {key: name for key, name in marks.items() if name is not None}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": model.config.block_size,
        "clean_up_tokenization_spaces": False,
        # a user's "<eos>" is five characters there too, unless a template has to write its marks
        "split_special_tokens": tokenizer.chat_template is None,
        **special,
    }


def as_tokenizer(tokenizer) -> Tokenizer:
    """Return one of our tokenizers as a `tokenizers.Tokenizer` that gives the same ids."""
    if hasattr(tokenizer, "tokenizer"):
        return tokenizer.tokenizer
    result = Tokenizer(models.WordLevel(tokenizer.vocab))
    result.pre_tokenizer = pre_tokenizers.Split(Regex("(?m:.)"), "isolated")  # newlines too
    result.decoder = decoders.Fuse()
    result.add_special_tokens(
        [AddedToken(name, normalized=False, special=True) for name in tokenizer.special_tokens]
    )
    result.encode_special_tokens = True
    return result


def _json(path, content):
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
