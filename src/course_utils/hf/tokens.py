"""A folder's tokenizer, its chat template, and the ids that begin and end a document."""

from pathlib import Path

from tokenizers import AddedToken, Tokenizer, models

from course_utils.hf.files import read_json, read_optional_json
from course_utils.hf.save import TEMPLATE, as_tokenizer
from course_utils.runtime import CourseError
from course_utils.tokenizers import BPETokenizer
from course_utils.tokenizers.base import EOS_NAMES
from course_utils.tokenizers.elsewhere import accept_characters

SETTINGS = ("tokenizer_config.json", "special_tokens_map.json")  # the second in older folders
PAIR, ADDED = ("vocab.json", "merges.txt"), "added_tokens.json"  # before tokenizer.json


def read_folder(folder: Path):
    """Return a folder's tokenizer, with its template and with what begins and ends a document.

    Raises:
        CourseError: if there is none, or one of another kind.
    """
    settings = [read_optional_json(folder / name) for name in SETTINGS]
    names = {
        key: next((name for s in settings if (name := _content(s.get(f"{key}_token")))), None)
        for key in ("bos", "eos")
    }
    tokenizer = _read(folder, [name for name in names.values() if name])
    tokenizer.chat_template = _read_template(folder)
    _set_marks(tokenizer, folder, names)
    return tokenizer


def _read(folder, special):
    """Read a tokenizer from its one file or, as old versions wrote it, from two."""
    pair = [folder / name for name in PAIR]
    if (folder / "tokenizer.json").exists():
        return read_tokenizer(folder / "tokenizer.json", special)
    if not all(path.exists() for path in pair):
        raise CourseError(
            f"{folder} holds a model and no tokenizer.json: copy that file too, or load the model "
            "alone with load_model(folder)"
        )
    if (folder / ADDED).exists():
        raise CourseError(
            f"{folder} adds tokens to vocab.json in {ADDED}: load its tokenizer with transformers "
            "and save it again, which writes one tokenizer.json"
        )
    vocab = read_json(pair[0])
    known = [name for name in dict.fromkeys([*EOS_NAMES, *special]) if name in vocab]
    return BPETokenizer.from_files(*pair, special_tokens=known)


def read_tokenizer(path: Path, special=()):
    """Read a tokenizer.json.

    Args:
        path: the file.
        special: names in it that are special, whether or not it says so.

    Returns:
        A `CharTokenizer` or a `BPETokenizer`.

    Raises:
        CourseError: if it is missing, not whole, or of another kind.
    """
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain Exception
        raise CourseError(
            f"{path} is missing or not a tokenizer ({str(error)[:60]}): copy the folder again"
        ) from None
    if isinstance(tokenizer.model, models.BPE):
        known = [name for name in special if tokenizer.token_to_id(name) is not None]
        tokenizer.add_special_tokens([AddedToken(n, normalized=False, special=True) for n in known])
        return BPETokenizer(tokenizer)
    return accept_characters(tokenizer)


def vocabulary(tokenizer) -> dict[str, int]:
    """Return every token of one of our tokenizers with its id."""
    return as_tokenizer(tokenizer).get_vocab()


def _set_marks(tokenizer, folder, names):
    """Tell a tokenizer what begins and ends a document; the first that says it wins.

    generation_config.json comes before config.json, as in transformers, and both before the
    tokenizer's own settings. An id beyond the vocabulary says nothing, since it never occurs: so
    it is with 50256, the default of GPT2Config, in a small model.
    """
    vocab = vocabulary(tokenizer)
    there = set(vocab.values())
    sources = [
        read_optional_json(folder / "generation_config.json"),
        read_json(folder / "config.json"),
        {f"{key}_token_id": vocab.get(name) for key, name in names.items()},
    ]
    bos, eos = (
        next((ids for s in sources if (ids := _ids(s.get(key), there, key, folder))), ())
        for key in ("bos_token_id", "eos_token_id")
    )
    if bos or eos:
        tokenizer.set_marks(bos[0] if bos else None, eos or tokenizer.eos_ids)


def _ids(value, there, key, folder):
    """Return the ids that a file names, one or a list, without those that never occur."""
    ids = [] if value is None else value if isinstance(value, list) else [value]
    if not all(type(i) is int for i in ids):
        raise CourseError(f"expected {key} to be an id or a list of ids, {folder} has {value!r}")
    return tuple(i for i in ids if i in there)


def _content(token):
    """Return a token's name, which settings hold as a text or as {"content": ...}."""
    token = token.get("content") if isinstance(token, dict) else token
    return token if isinstance(token, str) else None


def _read_template(folder):
    """Return the chat template, from its own file or, as older versions wrote it, the settings."""
    if (path := folder / TEMPLATE).exists():
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CourseError(f"{path} is not readable ({error}): copy it again") from None
    template = read_optional_json(folder / SETTINGS[0]).get("chat_template")
    return template if isinstance(template, str) else None
