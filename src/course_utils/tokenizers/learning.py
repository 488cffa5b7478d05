"""Learn byte pairs from texts, in a way that Ctrl-C ends.

The library computes outside of Python, and Python hears no Ctrl-C meanwhile. So the library works
in a thread of its own and this one listens. Joining pairs, the library's last step, cannot be
stopped: after Ctrl-C it goes on for a moment, and its result is dropped.
"""

import re
import threading
from collections.abc import Iterator

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from course_utils.runtime import CourseError, Interrupted
from course_utils.tokenizers.base import checked, listed, names
from course_utils.tokenizers.pieces import pieces

LONGEST = 1200  # bytes of a word: whole characters of two, three or four bytes


def byte_level(model: models.BPE) -> Tokenizer:
    """Return a tokenizer as GPT-2's: words with the blank in front, and bytes for characters."""
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def learn(texts, vocab_size: int | None, special_tokens, at_most: int) -> Tokenizer:
    """Train the library's tokenizer: see `BPETokenizer.train`."""
    special, least = names(special_tokens), 256
    for size in (at_most, vocab_size):
        if size is not None:
            _check_size(size, least + len(special))
    tokenizer = byte_level(models.BPE())
    _check_names(tokenizer, special)
    try:
        texts = [checked(text) for text in listed(texts)]
        _train(tokenizer, texts, special, at_most if vocab_size is None else vocab_size)
    except KeyboardInterrupt:
        raise Interrupted("stopped before the tokenizer was learnt: train it again") from None
    if vocab_size is not None and (size := tokenizer.get_vocab_size()) < vocab_size:
        raise CourseError(
            f"vocab_size is {vocab_size} but the texts give only {size} tokens: "
            "ask for fewer or add text"
        )
    return tokenizer


def _train(tokenizer, texts, special, vocab_size):
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[AddedToken(name, normalized=False, special=True) for name in special],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2,
        show_progress=False,
    )
    words, stop = tokenizer.pre_tokenizer, threading.Event()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [words, pre_tokenizers.FixedLength(LONGEST)]  # the trainer's time grows with the square
    )
    _listening(lambda: tokenizer.train_from_iterator(_fed(texts, special, stop), trainer), stop)
    tokenizer.pre_tokenizer = words


def _fed(texts, special, stop) -> Iterator[str]:
    """Yield the texts in pieces, without the names of special tokens, until told to stop."""
    longest_first = sorted(special, key=len, reverse=True)
    name = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
    for text in texts:
        for part in name.split(text):
            for piece in pieces(part):
                if stop.is_set():
                    raise Interrupted
                yield piece


def _listening(work, stop) -> None:
    """Do some work in a thread, and hear Ctrl-C meanwhile: the work is told to stop."""
    errors, done = [], threading.Event()

    def run():
        try:
            work()
        except BaseException as error:
            errors.append(error)
        done.set()

    try:
        threading.Thread(target=run, daemon=True, name="learning a tokenizer").start()
        while not done.wait(0.1):  # without a limit, Windows hears no Ctrl-C
            pass
    except KeyboardInterrupt:
        stop.set()
        raise
    if errors:
        raise errors[0]


def _check_size(vocab_size, least):
    if not isinstance(vocab_size, int) or vocab_size < least:
        raise CourseError(
            f"vocab_size must be at least {least}, the bytes and special tokens, "
            f"got {vocab_size!r}: make it larger"
        )


def _check_names(tokenizer, special):
    for name in special:  # letters alone could become a merged token with the same name
        if len(tokenizer.pre_tokenizer.pre_tokenize_str(name)) < 2:
            raise CourseError(
                f"special token {name!r} could come out of a text: name it like <eos>"
            )
