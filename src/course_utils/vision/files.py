"""Save and load a VisionGPT: weights as safetensors, sizes as JSON, the tokenizer beside them.

transformers has no class for this architecture, so such a folder loads only here.
"""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from course_utils.hf.save import as_tokenizer
from course_utils.hf.tokens import read_tokenizer
from course_utils.runtime import CourseError
from course_utils.vision.model import VisionConfig, VisionGPT

KIND = "course_utils.vision"


def save_vision(model: VisionGPT, tokenizer, folder, dtype: torch.dtype | None = None) -> None:
    """Save a model and its tokenizer.

    Args:
        model: a `VisionGPT`.
        tokenizer: of the same vocabulary size.
        folder: made if missing; files of an earlier VisionGPT in it are replaced.
        dtype: of the weights on disk, such as torch.float16. Default None: the model's.

    Raises:
        CourseError: if the sizes do not fit, or a model of another kind is in the folder.
    """
    folder = Path(folder)
    if model.config.vocab_size != tokenizer.vocab_size:
        raise CourseError(
            f"the model has {model.config.vocab_size} tokens, the tokenizer "
            f"{tokenizer.vocab_size}: save the ones that belong together"
        )
    if (folder / "config.json").exists():
        _read_config(folder)  # refuses what is no VisionGPT
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        k: v.detach().to(dtype or v.dtype).contiguous() for k, v in model.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    as_tokenizer(tokenizer).save(str(folder / "tokenizer.json"))
    config = {"model_type": KIND, **asdict(model.config)}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf8")


def load_vision(folder):
    """Load a model and its tokenizer.

    Args:
        folder: as `save_vision` wrote it.

    Returns:
        model: a `VisionGPT` in fp32, ready to answer.
        tokenizer: a `CharTokenizer` or a `BPETokenizer`.

    Raises:
        CourseError: if a file is missing or not whole, or the model is of another kind.
    """
    folder = Path(folder)
    model = VisionGPT(_read_config(folder))
    try:
        weights = load_file(folder / "model.safetensors")
        model.load_state_dict({k: v.float() for k, v in weights.items()})
    except FileNotFoundError:
        raise CourseError(f"found no model.safetensors in {folder}: copy it again") from None
    except (SafetensorError, OSError, RuntimeError) as error:
        line = str(error).splitlines()[0]
        raise CourseError(f"{folder}/model.safetensors does not fit ({line[:90]})") from None
    return model.eval(), read_tokenizer(folder / "tokenizer.json")


def is_vision(folder) -> bool:
    """Say whether a folder holds a VisionGPT, whole or not."""
    try:
        text = (Path(folder) / "config.json").read_text(encoding="utf8")
        return json.loads(text).get("model_type") == KIND
    except (OSError, ValueError, AttributeError):
        return False


def _read_config(folder):
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf8"))
        kind = config.pop("model_type", None)
    except FileNotFoundError:
        raise CourseError(f"expected a model folder, found no config.json in {folder}") from None
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise CourseError(f"{folder}/config.json is not readable ({error})") from None
    if kind != KIND:
        raise CourseError(
            f"expected a VisionGPT, {folder} holds {kind!r}: load text models with load_pretrained"
        )
    try:
        return VisionConfig(**config)
    except TypeError as error:
        raise CourseError(f"{folder}/config.json does not fit this version ({error})") from None
