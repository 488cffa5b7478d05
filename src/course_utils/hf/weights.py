"""The names and shapes of GPT-2's weights in Hugging Face, and ours.

Hugging Face keeps GPT-2's linear maps as `Conv1D`, whose matrix is ours transposed.
"""

import torch

from course_utils.model import GPTConfig
from course_utils.runtime import CourseError

# ours -> theirs, inside block i ("blocks.i." and "h.i.")
BLOCK = {
    "ln_1": "ln_1",
    "attn.qkv": "attn.c_attn",
    "attn.proj": "attn.c_proj",
    "ln_2": "ln_2",
    "mlp.fc": "mlp.c_fc",
    "mlp.proj": "mlp.c_proj",
}
LINEAR = {"attn.qkv", "attn.proj", "mlp.fc", "mlp.proj"}
HEAD = "lm_head.weight"  # theirs and ours, of a model whose output matrix is its own


def pairs(config: GPTConfig):
    """Yield (our name, their name, transposed?) for every weight of a GPT with biases."""
    yield "wte.weight", "transformer.wte.weight", False
    yield "wpe.weight", "transformer.wpe.weight", False
    for i in range(config.n_layer):
        for ours, theirs in BLOCK.items():
            for kind in ("weight", "bias"):
                transposed = ours in LINEAR and kind == "weight"
                yield f"blocks.{i}.{ours}.{kind}", f"transformer.h.{i}.{theirs}.{kind}", transposed
    yield "ln_f.weight", "transformer.ln_f.weight", False
    yield "ln_f.bias", "transformer.ln_f.bias", False


def to_hf(model, dtype=None) -> dict:
    """Return a model's weights under Hugging Face's names; a bias we lack becomes zeros.

    Args:
        model: a `GPT`.
        dtype: of the result. Default None: the model's.
    """
    ours, result = model.state_dict(), {}
    for name, theirs, transposed in pairs(model.config):
        weight = ours.get(name)
        if weight is None:
            weight = torch.zeros(ours[name.replace("bias", "weight")].shape[0])
        weight = weight.detach().to("cpu", dtype)
        result[theirs] = (weight.T if transposed else weight).contiguous()
    if HEAD in ours:
        result[HEAD] = ours[HEAD].detach().to("cpu", dtype).contiguous()
    return result


def from_hf(weights: dict, config: GPTConfig, tied: bool, source) -> dict:
    """Return Hugging Face's weights under our names, in fp32.

    Args:
        weights: name -> tensor; names may lack the prefix "transformer.", as in the hub's gpt2.
        config: the sizes.
        tied: whether the configuration says that the output matrix is the input's. As in
            transformers the file wins: with other numbers in it, the result has a `HEAD`.
        source: where they come from, for messages.

    Raises:
        CourseError: if one is missing or left over.
    """
    weights = {name.removeprefix("transformer."): weight for name, weight in weights.items()}
    _check_names(weights, config, source)
    head = weights.get(HEAD)
    if head is None and not tied:
        raise CourseError(
            f"{source} lacks the weight {HEAD}, and its config.json says that tie_word_embeddings "
            "is false: copy the folder again"
        )
    if head is not None and tied:
        table = weights.setdefault("wte.weight", head)  # the one that is there stands for both
        head = None if torch.equal(table, head) else head
    result = {} if head is None else {HEAD: head.float().contiguous()}
    for ours, theirs, transposed in pairs(config):
        weight = weights.get(theirs.removeprefix("transformer."))
        if weight is None:
            raise CourseError(f"{source} lacks the weight {theirs}: is it a whole GPT-2?")
        result[ours] = (weight.T if transposed else weight).float().contiguous()
    return result


def _check_names(weights, config, source):
    known = {theirs.removeprefix("transformer.") for _, theirs, _ in pairs(config)} | {HEAD}
    masks = (".attn.bias", ".attn.masked_bias")  # causal masks that older versions stored
    for name in weights:
        if name not in known and not name.endswith(masks):
            raise CourseError(
                f"{source} holds the weight {name}, which its config.json has no place for: "
                "are they of one model?"
            )
