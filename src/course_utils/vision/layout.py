"""How questions, answers and captions stand in a row of tokens behind a picture.

    <eos> <question> where is the ring ? <answer> top left <eos> <question> …
    <eos> <caption> a big ring at … <eos>

Several questions about one picture share a row: the picture is looked at once. The loss counts
what stands behind <answer> and <caption>, with the <eos> that ends it.
"""

from collections.abc import Iterable
from functools import lru_cache

from course_utils import arguments

MARKS = ("<eos>", "<caption>", "<question>", "<answer>")


def prompt(tokenizer, question: str) -> list[int]:
    """Return the tokens behind which an answer begins.

    Args:
        tokenizer: with the special tokens in MARKS.
        question: any text.
    """
    words = _encode(tokenizer, f" {arguments.text('question', question).strip()}")
    return [_eos(tokenizer), tokenizer.special_id("<question>"), *words, _answer(tokenizer)]


def caption_prompt(tokenizer) -> list[int]:
    """Return the tokens behind which a caption begins."""
    return [_eos(tokenizer), tokenizer.special_id("<caption>")]


def question_row(tokenizer, questions: Iterable) -> tuple[list[int], list[bool]]:
    """Return questions with their answers as one row: ids, and which of them count as targets."""
    ids, counts = [tokenizer.eos_id], [False]
    for question in questions:
        asked = prompt(tokenizer, question.text)[1:]
        said = [*_encode(tokenizer, f" {question.answer}"), tokenizer.eos_id]
        ids += [*asked, *said]
        counts += [False] * len(asked) + [True] * len(said)
    return ids, counts


def caption_row(tokenizer, text: str) -> tuple[list[int], list[bool]]:
    """Return a caption as one row: ids, and which of them count as targets."""
    asked, said = caption_prompt(tokenizer), [*tokenizer.encode(f" {text}"), tokenizer.eos_id]
    return [*asked, *said], [False] * len(asked) + [True] * len(said)


@lru_cache(maxsize=10_000)
def _encode(tokenizer, text):
    return tuple(tokenizer.encode(text))  # in training the same few thousand come again and again


def _eos(tokenizer):
    return tokenizer.special_id("<eos>") if tokenizer.eos_id is None else tokenizer.eos_id


def _answer(tokenizer):
    return tokenizer.special_id("<answer>")
