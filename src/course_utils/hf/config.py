"""A folder's config.json: is it a GPT-2 as we compute it, and of which sizes?"""

from pathlib import Path

from course_utils.hf.files import read_json
from course_utils.model import GPTConfig
from course_utils.runtime import CourseError

TANH = ("gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate", "gelu_python_tanh")
# what GPT2Config allows and GPT-2 does not use: a model with another value computes differently
EXPECTED = {
    "model_type": ("gpt2",),
    "activation_function": TANH,  # five names of one formula
    "tie_word_embeddings": (True, False),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "add_cross_attention": (False,),
    "layer_norm_epsilon": (1e-5,),
    "quantization_config": (None,),
}


def read_config(folder: Path) -> tuple[GPTConfig, bool]:
    """Return the sizes, and whether the output matrix is that of the input (tied).

    Raises:
        CourseError: if it is no GPT-2, or lacks a size.
    """
    settings = read_json(folder / "config.json")
    for key, allowed in EXPECTED.items():
        if settings.get(key, allowed[0]) not in allowed:
            raise CourseError(
                f"expected a GPT-2 with {key} {allowed[0]!r}, {folder} has "
                f"{settings[key]!r:.60}: load it with {_reader(settings)} instead"
            )
    try:
        sizes = {k: settings[k] for k in ("vocab_size", "n_layer", "n_head", "n_embd")}
        block_size = settings["n_positions"]
    except KeyError as error:
        raise CourseError(f"{folder} has no {error} in config.json: is it a GPT-2?") from None
    dropout = settings.get("resid_pdrop") or 0.0
    config = GPTConfig(block_size=block_size, dropout=dropout, **sizes)
    if settings.get("n_inner") not in (None, 4 * config.n_embd):
        raise CourseError(
            f"expected n_inner 4 × n_embd, got {settings['n_inner']} in {folder}: "
            "load it with transformers instead"
        )
    return config, settings.get("tie_word_embeddings", True)


def _reader(settings: dict) -> str:
    """Return what loads a folder that is no GPT-2."""
    ours = settings.get("model_type") == "course_utils.vision"
    return "course_utils.vision.load_vision" if ours else "transformers"
