"""Tensors and facts in one safetensors file, written whole or not at all; never a pickle."""

import json
import os
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from course_utils.runtime import CourseError

FORMAT = "course_utils checkpoint 1"


def write(path: str | Path, tensors: dict, facts: dict) -> None:
    """Write a checkpoint beside its place and move it there, so that no half file is ever seen.

    Args:
        path: where it goes; what stood there is replaced.
        tensors: by name; a tensor of two names (tied weights) is written under both.
        facts: anything JSON can hold.

    Raises:
        CourseError: if the file cannot be written, for want of space say.
    """
    path = Path(path)
    metadata = {"format": FORMAT, "facts": json.dumps(facts)}
    part = path.with_name(path.name + ".part")
    try:
        save_file(_apart(tensors), part, metadata)
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    except SafetensorError as error:  # how the library tells of a full disk
        raise CourseError(f"{path} could not be written ({error}): check the disk") from None
    finally:
        part.unlink(missing_ok=True)


def read(path: str | Path) -> tuple[dict, dict]:
    """Read a checkpoint.

    Args:
        path: a file made by `write`.

    Returns:
        tensors, facts.

    Raises:
        CourseError: if the file is missing, damaged or something else.
    """
    path = Path(path)
    if not path.is_file():
        raise CourseError(f"no checkpoint at {path}: check the path")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CourseError(f"{path} is damaged or no safetensors file: use another one") from error
    if metadata.get("format") != FORMAT:
        raise CourseError(f"{path} is not a checkpoint of this course: use one that train() made")
    return tensors, json.loads(metadata["facts"])


def load_weights(model: torch.nn.Module, path: str | Path) -> None:
    """Put the weights of a checkpoint, `best.safetensors` say, into a model of the same shape.

    Args:
        model: changed in place, or not at all.
        path: a file that `train` wrote.

    Raises:
        CourseError: if the file is missing or damaged, or its shapes are not the model's.
    """
    tensors, _ = read(path)
    put_weights(model, tensors, path)


def _apart(tensors):
    """Copy each tensor that shares its memory with one before, which the format has no word for."""
    seen, apart = set(), {}
    for name, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        place = tensor.untyped_storage().data_ptr()
        apart[name] = tensor.clone() if place in seen else tensor
        seen.add(place)
    return apart


def put_weights(model, tensors, path) -> None:
    """Copy the tensors whose names begin with "model." into a model, once all of them fit."""
    weights = {n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")}
    there = {name: tuple(t.shape) for name, t in weights.items()}
    here = {name: tuple(t.shape) for name, t in model.state_dict().items()}
    for name in [*here, *there]:
        if here.get(name) != there.get(name):
            raise CourseError(
                f"{path} does not fit the model: {name} is {there.get(name, 'missing')} in the "
                f"file and {here.get(name, 'missing')} in the model: use a model of its sizes"
            )
    model.load_state_dict(weights)
