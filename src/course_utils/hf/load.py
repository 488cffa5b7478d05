"""Load a GPT-2 and its tokenizer from a folder, or by name from the hub when asked to."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer, models

from course_utils.hf.save import TEMPLATE
from course_utils.hf.weights import from_hf
from course_utils.model import GPT, GPTConfig
from course_utils.runtime import CourseError
from course_utils.tokenizers import BPETokenizer
from course_utils.tokenizers.elsewhere import accept_characters

FILES = ("config.json", "model.safetensors", "tokenizer.json")
ALSO = (TEMPLATE, "tokenizer_config.json")  # read if there
# what GPT2Config allows and GPT-2 does not use: a model with another value computes differently
EXPECTED = {
    "model_type": ("gpt2",),
    "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
    "tie_word_embeddings": (True,),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "add_cross_attention": (False,),
    "layer_norm_epsilon": (1e-5,),
}


def load_pretrained(name):
    """Load a model and its tokenizer.

    Args:
        name: a folder in Hugging Face's format, or the name of a GPT-2 on the hub ("gpt2"),
            which is downloaded (once) because you asked for it.

    Returns:
        model: a `GPT` in fp32, dropout off.
        tokenizer: a `CharTokenizer` or a `BPETokenizer`.

    Raises:
        CourseError: if there is no such folder or name, a file is missing or cut short, or the
            model is no GPT-2.
    """
    folder = Path(name) if Path(name).exists() else _download(str(name))
    settings = _read_json(folder / "config.json")
    config = _config(settings, folder)
    with torch.device("meta"):  # sizes only: no numbers are drawn, the caller's seed stays
        model = GPT(config)
    weights = from_hf(_read_weights(folder / "model.safetensors"), config, folder)
    _check_shapes(model, weights, folder)
    model.load_state_dict(weights, assign=True)
    tokenizer = _read_tokenizer(folder / "tokenizer.json")
    tokenizer.chat_template = _read_template(folder)
    if tokenizer.vocab_size != config.vocab_size:
        raise CourseError(
            f"{folder} has {config.vocab_size} tokens in its model and {tokenizer.vocab_size} in "
            "its tokenizer: its files do not belong together"
        )
    return model.eval(), tokenizer


def _download(name):
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    if Path(name).is_absolute() or name.startswith("."):
        raise CourseError(f"expected a folder or a hub name, found no folder {name}: check it")
    if folder := _cached(name):
        return folder
    try:
        _expect_network()
        return Path(snapshot_download(name, allow_patterns=[*FILES, *ALSO]))
    except HFValidationError:
        raise CourseError(f"expected a folder or a hub name, {name!r} is neither") from None
    except (HfHubHTTPError, OSError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CourseError(
            f"found no folder {name} and could not fetch it from the hub ({first[:80]}): check the "
            "name and the network, or download it elsewhere and pass its folder"
        ) from None


def _cached(name):
    """The folder of an earlier download, or None."""
    from huggingface_hub import snapshot_download

    try:
        patterns = [*FILES, *ALSO]
        folder = Path(snapshot_download(name, allow_patterns=patterns, local_files_only=True))
    except (OSError, ValueError):
        return None
    return folder if all((folder / file).exists() for file in FILES) else None


def _expect_network():
    """Fail at once without a network; the hub's client would try again for half a minute."""
    import socket
    from urllib.parse import urlsplit
    from urllib.request import getproxies

    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        raise OSError("HF_HUB_OFFLINE is set")
    url = urlsplit(constants.ENDPOINT)
    if url.scheme in getproxies():  # the proxy finds the way, and a direct connection may not
        return
    port = url.port or (443 if url.scheme == "https" else 80)
    socket.create_connection((url.hostname, port), timeout=2).close()


def _read_json(path):
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(settings, dict):
            raise ValueError("no JSON object")
        return settings
    except FileNotFoundError:
        raise CourseError(
            f"expected a model folder, found no {path.name} in {path.parent}: check the path"
        ) from None
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} is not readable ({error}): copy the folder again") from None


def _config(settings, folder):
    for key, allowed in EXPECTED.items():
        if settings.get(key, allowed[0]) not in allowed:
            raise CourseError(
                f"expected a GPT-2 with {key} {allowed[0]!r}, {folder} has {settings[key]!r}: "
                "load it with transformers instead"
            )
    if settings.get("n_inner") not in (None, 4 * settings.get("n_embd", 0)):
        raise CourseError(f"expected n_inner 4 × n_embd, got {settings['n_inner']} in {folder}")
    try:
        sizes = {k: settings[k] for k in ("vocab_size", "n_layer", "n_head", "n_embd")}
        block_size = settings["n_positions"]
    except KeyError as error:
        raise CourseError(f"{folder} has no {error} in config.json: is it a GPT-2?") from None
    return GPTConfig(block_size=block_size, dropout=settings.get("resid_pdrop", 0.0), **sizes)


def _read_weights(path):
    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise CourseError(
            f"found no {path.name} in {path.parent}: only safetensors are loaded, never pickles"
        ) from None
    except (SafetensorError, OSError) as error:
        raise CourseError(f"{path} is not whole ({error}): copy it again") from None


def _check_shapes(model, weights, folder):
    for name, mine in model.state_dict().items():
        if weights[name].shape != mine.shape:
            raise CourseError(
                f"{folder} contradicts its config.json: {name} is {tuple(weights[name].shape)}, "
                f"expected {tuple(mine.shape)}"
            )


def _read_tokenizer(path):
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain Exception
        raise CourseError(
            f"{path} is missing or not a tokenizer ({str(error)[:60]}): copy the folder again"
        ) from None
    if isinstance(tokenizer.model, models.BPE):
        return BPETokenizer(tokenizer)
    return accept_characters(tokenizer)


def _read_template(folder):
    """Return the chat template, from its own file or, as older versions wrote it, the settings."""
    if (path := folder / TEMPLATE).exists():
        return path.read_text(encoding="utf-8")
    path = folder / "tokenizer_config.json"
    template = _read_json(path).get("chat_template") if path.exists() else None
    return template if isinstance(template, str) else None
