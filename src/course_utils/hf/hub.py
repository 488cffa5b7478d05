"""Find a model: a folder as it is, or a name on the hub, downloaded once because it was asked for.

Asked for a name without a network, transformers tries each request again for 23 seconds. Here one
question, with a limit, comes first, so that a missing network is told at once.
"""

import json
import threading
from pathlib import Path

from course_utils.hf.files import INDEX, ONE
from course_utils.runtime import CourseError

WANTED = ("*.json", "*.txt", "*.model", "*.jinja", "model*.safetensors")  # what loading reads
PATIENCE = 10  # seconds for the hub's first answer


def fetch(name) -> Path:
    """Return a model's folder; a name on the hub is downloaded once, without any pickle.

    Args:
        name: a folder, or a name on the hub such as "gpt2" (any architecture).

    Returns:
        The folder, for `load_pretrained` or for transformers' `from_pretrained`.

    Raises:
        CourseError: if it is a file, no name, not on the hub, or there is no network; at once.
    """
    folder, name = Path(name), str(name)
    if folder.is_dir():
        return folder
    if folder.exists():
        raise CourseError(f"expected a model's folder, {name} is a file: pass the folder it is in")
    if folder.is_absolute() or name.startswith("."):
        raise CourseError(f"expected a folder or a hub name, found no folder {name}: check it")
    return _cached(name, "config.json", "tokenizer.json") or _download(name)


def _download(name):
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        _ask_hub()
        return Path(snapshot_download(name, allow_patterns=WANTED, ignore_patterns="*/*"))
    except HFValidationError:
        raise CourseError(f"expected a folder or a hub name, {name!r} is neither") from None
    except Exception as error:  # the client's classes of errors change from version to version
        if folder := _cached(name, "config.json"):  # a model that has no tokenizer
            return folder
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        raise CourseError(
            f"found no folder {name} and could not fetch it from the hub ({first}): check the "
            "name and the network, or download it elsewhere and pass its folder"
        ) from None


def _cached(name, *files):
    """Return the folder of an earlier download if it holds these files and all weights, or None."""
    from huggingface_hub import snapshot_download

    try:
        folder = Path(snapshot_download(name, allow_patterns=files, local_files_only=True))
        if not (folder / ONE).exists():
            index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            files = (*files, *index["weight_map"].values())
    except (OSError, ValueError, KeyError):
        return None
    return folder if all((folder / file).exists() for file in files) else None


def _ask_hub():
    """Raise unless the hub answers anything; proxies and settings are those of its client.

    Neither the look-up of the address nor the tries for each of several addresses heed a timeout,
    so a thread asks, and nobody waits for it longer than `PATIENCE`.
    """
    from huggingface_hub import constants, get_session

    said = []

    def ask():
        try:
            said.append(get_session().head(constants.ENDPOINT, timeout=2 * PATIENCE))
        except Exception as error:
            said.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if not said:
        raise OSError(f"no answer in {PATIENCE} s")
    if isinstance(said[0], Exception):
        raise said[0]
