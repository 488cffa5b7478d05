"""Tokenizers made elsewhere: what a file sets is put back, honoured, or refused by its name.

Put back is what belongs to one use and not to the tokens: cutting long texts off (truncation),
filling short ones up (padding), dropping merges at random (dropout). Refused is what would give
other tokens here than there, or a text that does not come back as it went in.
"""

import json
from collections.abc import Iterator

from tokenizers import Tokenizer, decoders, models

from course_utils.runtime import CourseError
from course_utils.tokenizers.characters import CharTokenizer
from course_utils.tokenizers.spelling import letters

# pre-tokenizers that only cut: put together, what they leave is the text
_CUTTERS = ("ByteLevel", "Digits", "FixedLength", "Punctuation", "Split", "UnicodeScripts")
_PREFIXES = ("continuing_subword_prefix", "end_of_word_suffix")


def accept(tokenizer: Tokenizer) -> None:
    """Make a byte-level tokenizer from elsewhere ours, in place, or refuse it.

    Raises:
        CourseError: it sets what `BPETokenizer` does not honour; it is named.
    """
    if not isinstance(tokenizer.model, models.BPE):
        raise _refused(f"a {type(tokenizer.model).__name__} model")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.model.dropout = None
    tokenizer.encode_special_tokens = True  # "<eos>" in a text is five characters
    if tokenizer.decoder is None:
        tokenizer.decoder = decoders.ByteLevel()
    if problem := next(_problems(tokenizer), None):
        raise _refused(problem)


def accept_characters(tokenizer: Tokenizer) -> CharTokenizer:
    """Return a tokenizer from elsewhere, whose tokens are characters, as ours.

    Raises:
        CourseError: it is of another kind, or sets what `CharTokenizer` does not honour.
    """
    if problem := next(_character_problems(tokenizer), None):
        raise _refused(problem)
    result = CharTokenizer(tokenizer.get_vocab())
    added = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    if added != set(result.special_tokens):
        raise _refused("tokens of several characters")
    return result


def _character_problems(tokenizer):
    if not isinstance(tokenizer.model, models.WordLevel):
        yield f"a {type(tokenizer.model).__name__} model"
    yield from _around(tokenizer)
    probe, cutter = "ab c\n1", tokenizer.pre_tokenizer
    if not cutter or [piece for piece, _ in cutter.pre_tokenize_str(probe)] != list(probe):
        yield f"the pre_tokenizer {_named(cutter)}"


def _refused(problem):
    return CourseError(
        f"expected characters or byte-level BPE, got a tokenizer of another kind, with {problem}: "
        "load it with transformers instead"
    )


def cuts_as_gpt2(tokenizer: Tokenizer) -> bool:
    """Say whether a text's words are GPT-2's, so that `pieces` may cut it."""
    added = tokenizer.get_added_tokens_decoder().values()
    state = _parts(tokenizer.pre_tokenizer)
    return len(state) == 1 and state[0].get("use_regex", False) and all(t.special for t in added)


def missing_bytes(tokenizer: Tokenizer) -> frozenset[int]:
    """Return the bytes that have no token, and which the library leaves out in silence."""
    model = tokenizer.model
    return frozenset(b for b, letter in letters().items() if model.token_to_id(letter) is None)


def _problems(tokenizer) -> Iterator[str]:
    """Yield what a file sets and ours does not honour."""
    yield from _around(tokenizer)
    yield from _cutting(tokenizer.pre_tokenizer)
    if [part["type"] for part in _parts(tokenizer.decoder)] != ["ByteLevel"]:
        yield f"the decoder {_named(tokenizer.decoder)}"
    for name in _PREFIXES:
        if value := getattr(tokenizer.model, name):
            yield f"{name} {value!r}"
    for i, token in tokenizer.get_added_tokens_decoder().items():
        yield from _added(tokenizer, i, token)


def _around(tokenizer):
    if _parts(tokenizer.normalizer):
        yield f"the normalizer {_named(tokenizer.normalizer)}"
    if tokenizer.num_special_tokens_to_add(False):
        yield f"the post_processor {_named(tokenizer.post_processor)}, which adds tokens"


def _cutting(pre_tokenizer):
    parts = _parts(pre_tokenizer)
    if not parts or parts[-1]["type"] != "ByteLevel":
        yield f"the pre_tokenizer {_named(pre_tokenizer)}"
    for number, part in enumerate(parts, start=1):
        if part["type"] not in _CUTTERS or (part["type"] == "ByteLevel" and number < len(parts)):
            yield f"the pre_tokenizer {part['type']}"
        if part.get("behavior") == "Removed":
            yield f"the pre_tokenizer {part['type']} that removes text"
        if part.get("add_prefix_space"):
            yield f"the pre_tokenizer {part['type']} with add_prefix_space"


def _added(tokenizer, i, token):
    """Yield what is wrong with a token that the file adds to those of the model."""
    name = f"the added token {token.content!r}"
    if token.special:
        if i in tokenizer.encode(token.content, add_special_tokens=False).ids:
            yield f"{name}, which a text can spell"
    elif token.lstrip or token.rstrip:
        yield f"{name}, which takes blanks with it (lstrip, rstrip)"
    elif tokenizer.decode([i]) != token.content:
        yield f"{name}, which is not decoded as it is written"


def _parts(component) -> list[dict]:
    """Return what a file says of a component, those of a sequence one by one."""
    if component is None:
        return []
    state = json.loads(component.__getstate__())
    if state["type"] != "Sequence":
        return [state]
    return next(value for value in state.values() if isinstance(value, list))


def _named(component):
    return " + ".join(part["type"] for part in _parts(component)) or "null"
