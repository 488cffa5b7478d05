"""What `train` is given, checked once before the first step."""

from pathlib import Path

import torch

from course_utils.runtime import CourseError
from course_utils.training.config import TrainConfig
from course_utils.training.data import ENCODE, expect_data_set, kind

LAST, BEST = "last.safetensors", "best.safetensors"


def check_model(model, config) -> None:
    """Refuse what cannot be trained.

    Raises:
        CourseError: if the model is no module or cannot have gradients here, or the config is
            something else.
    """
    if not isinstance(model, torch.nn.Module):
        raise CourseError(f"expected a model (torch.nn.Module), got {kind(model)}: load it first")
    if not isinstance(config, TrainConfig):
        raise CourseError(f"expected a TrainConfig, got {kind(config)}: give TrainConfig(steps=…)")
    if not torch.is_grad_enabled():
        raise CourseError("train() was called under torch.no_grad() or inference_mode(): leave it")
    if any(p.is_inference() for p in model.parameters()):
        raise CourseError(
            "the model was made under torch.inference_mode(), so it cannot be trained: "
            "make or load it outside"
        )


def data_sets(data, model) -> tuple:
    """Return the training set and the validation set, or None, of what `train` was given.

    Args:
        data: a data set, or a pair of them.
        model: what will read their tokens.

    Raises:
        CourseError: if it is something else, or holds tokens that the model does not have.
    """
    if not isinstance(data, tuple | list):
        pair = data, None
    elif len(data) == 2:
        pair = tuple(data)
    else:
        raise CourseError(f"expected a data set or a pair of them, got {kind(data)}: {ENCODE}")
    expect_data_set(pair[0], "batch", "fingerprint")
    if pair[1] is not None:
        expect_data_set(pair[1], "in_order", "fingerprint")
    for dataset in pair:
        _check_ids(dataset, model)
    return pair


def run_folder(out, resume: bool) -> Path | None:
    """Return the folder of a run, made if it is to begin; a run that is there is never replaced.

    Raises:
        CourseError: if there is a run and none is to go on, or the name is a file's.
    """
    if out is None:
        if resume:
            raise CourseError("resume needs the folder of the run: give out=")
        return None
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file, not a folder: give another name")
    there = [name for name in (LAST, BEST) if (folder / name).exists()]
    if there and not resume:
        raise CourseError(
            f"{folder} already holds {there[0]}: go on with resume=True or use another folder"
        )
    if not resume:
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _check_ids(dataset, model):
    """Look for tokens that the model does not have, where both say what they have."""
    sizes = (getattr(getattr(m, "config", None), "vocab_size", None) for m in model.modules())
    V, ids = next(filter(None, sizes), None), getattr(dataset, "ids", None)
    if V and isinstance(ids, torch.Tensor) and ids.numel() and ids.max() >= V:
        raise CourseError(
            f"the data hold token {ids.max().item()}, and the model has {V} tokens, 0 to {V - 1}: "
            "encode with the tokenizer that belongs to the model"
        )
