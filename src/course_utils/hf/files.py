"""A folder's files: settings as JSON, weights as safetensors in one file, in several, or of a run.

Pickles (`pytorch_model.bin`) are left alone: to read one is to run whatever program is in it.
"""

import json
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

from safetensors import SafetensorError, safe_open

from course_utils.runtime import CourseError
from course_utils.training import files as checkpoints

ONE, INDEX = "model.safetensors", "model.safetensors.index.json"
RUN = ("best.safetensors", "last.safetensors")  # of a run that has not ended: the first there
PICKLES = (".bin", ".pt", ".pth", ".ckpt")
OTHERS = (".safetensors", ".gguf", ".h5", ".msgpack", ".onnx")


def read_json(path: Path) -> dict:
    """Read a JSON object.

    Raises:
        CourseError: if the file is missing or holds something else.
    """
    try:
        settings = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(settings, dict):
            raise ValueError("no JSON object")
        return settings
    except FileNotFoundError:
        raise CourseError(
            f"expected a model folder, found no {path.name} in {path.parent}: check the path"
        ) from None
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} is not readable ({error}): copy the folder again") from None


def read_optional_json(path: Path) -> dict:
    """Read a JSON object; a file that is not there says nothing."""
    return read_json(path) if path.exists() else {}


def read_weights(folder: Path) -> dict:
    """Return a model's weights by the names that they have in its files.

    Args:
        folder: with model.safetensors, or with an index and the files it names.

    Raises:
        CourseError: if a file is missing, not whole or outside the folder, or all is pickled.
    """
    if (folder / ONE).exists():
        return _read_tensors(folder / ONE)
    if (folder / INDEX).exists():
        return _read_shards(folder)
    raise CourseError(_what_is_there(folder))


def read_run(folder: Path) -> dict | None:
    """Return the weights of a run that has not ended, by our names, and say which file was taken.

    Args:
        folder: as `train` keeps it. With a whole model in it, its checkpoints are not looked at.

    Returns:
        The weights of the best moment so far, else of the last; None if this is no such folder.
    """
    if (folder / ONE).exists() or (folder / INDEX).exists():
        return None
    path = next((folder / name for name in RUN if (folder / name).exists()), None)
    if path is None:
        return None
    tensors, facts = checkpoints.read(path)
    print(
        f"{folder} holds no {ONE}, its run has not ended: "
        f"took {path.name}, written after step {facts['step']}",
        file=sys.stderr,
    )
    return {n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")}


def _read_shards(folder):
    index = read_json(folder / INDEX).get("weight_map")
    if not isinstance(index, dict) or not index:
        raise CourseError(f"{folder / INDEX} has no weight_map: copy the folder again")
    weights = {}
    for name in sorted(set(map(str, index.values()))):
        if not _is_plain(name):
            raise CourseError(f"{folder / INDEX} names {name!r}, which is outside the folder")
        weights |= _read_tensors(folder / name)
    if missing := index.keys() - weights.keys():
        raise CourseError(
            f"{folder / INDEX} names {min(missing)}, which {index[min(missing)]} does not hold: "
            "copy the folder again"
        )
    return weights


def _is_plain(name):
    """Say whether a file's name leads nowhere else, on any system."""
    return name == PurePosixPath(name).name == PureWindowsPath(name).name and name not in ("", "..")


def _read_tensors(path):
    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise CourseError(f"{path} is missing, a part of the model: copy it too") from None
    except (SafetensorError, OSError) as error:
        raise CourseError(f"{path} is not whole ({error}): copy it again") from None


def _what_is_there(folder):
    """Say in one line why a folder without weights that can be read cannot be loaded."""
    names = sorted(file.name for file in folder.iterdir())
    if pickles := [name for name in names if name.endswith(PICKLES)]:
        return (
            f"found no {ONE} in {folder}, only {pickles[0]}: only safetensors are loaded, never "
            "pickles, which may run any program; let transformers load it and save it again"
        )
    others = ", ".join(name for name in names if name.endswith(OTHERS)) or "no other weights"
    return f"found no {ONE} in {folder} ({others}): copy the whole folder, or take another one"
