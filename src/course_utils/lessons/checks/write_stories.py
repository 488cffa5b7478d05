"""Checks of the lesson "Write stories": copied runs and distinct-n.

The oracles compare every run with every run, and count with dictionaries; never the answer itself.
"""

import math

import torch

from course_utils.lessons.checks._answers import fresh, near, number, whole
from course_utils.lessons.checks._report import check, expect

_ABC = ["the", "a", "dog", "cat", "saw", "ran"]


@check("the longest run of words that stand together in one of the texts, wherever it begins.")
def check_copied_run(copied_run) -> None:
    """Check the longest run of words that a text shares with any training text.

    Args:
        copied_run: words, a list, and training, a list of lists of words -> int.
    """
    training = [["the", "dog", "saw", "the", "cat"], ["a", "cat", "ran"]]
    for words, hint in (
        ("the dog saw the cat", "a text that was copied whole"),
        ("dog saw the", "the run may begin anywhere in the training text"),
        ("fox the dog saw", "the run may begin anywhere in the text too"),
        ("saw fox", "one word is a run too"),
        ("cat the", "the order counts"),
        ("the saw cat", "the words must stand side by side in both, with none left out"),
        ("the cat a cat", "a run lies in one training text; the next begins afresh"),
        ("a cat ran", "every training text counts, the last one too"),
        ("fox", "no word is known"),
        ("", "there are no words"),
    ):
        _compare_run(copied_run, words.split(), training, hint)
    halves = "whole words only: the end of a longer word is not the word"
    _compare_run(copied_run, ["he", "dog"], [["the", "dog"]], halves)
    _compare_run(copied_run, ["a"] * 3, [["a"] * 5], "a run ends where the text ends")
    _compare_run(copied_run, ["a"], [], "there is no training text")
    draw = fresh()
    for _ in range(12):
        *training, words = (_words(draw, 2 + i) for i in range(6))
        _compare_run(copied_run, words, training, "random texts of few words")


def _words(draw, n) -> list[str]:
    return [_ABC[i] for i in torch.randint(len(_ABC), (n,), generator=draw).tolist()]


def _compare_run(copied_run, words, training, hint) -> None:
    kept = [*words], [[*text] for text in training]
    ours = whole(copied_run(words, training))
    expect((words, training) == kept, "your function changes the lists it is given: copy first")
    right = _run_oracle(words, training)
    shown = " / ".join(" ".join(text) for text in training)
    expect(
        ours == right,
        f'"{" ".join(words)}" beside "{shown}": you say {ours}, which is too '
        f"{'few' if ours < right else 'many'}: {hint}",
    )


def _run_oracle(words, training) -> int:
    """Grow every pair of places as long as the words agree."""
    best = 0
    for text in training:
        for i in range(len(words)):
            for j in range(len(text)):
                n = 0
                while i + n < len(words) and j + n < len(text) and words[i + n] == text[j + n]:
                    n += 1
                best = max(best, n)
    return best


@check("different runs over all words, no run across two texts, and each counted once.")
def check_distinct(distinct) -> None:
    """Check distinct-n.

    Args:
        distinct: texts, a list of lists of words, and n -> a number from 0 to 1.
    """
    for texts, n, hint in (
        (["a b c d"], 1, "every word is another"),
        (["a a a b"], 1, "a word that comes again is not counted again"),
        (["a a b b"], 2, "runs of n words that stand side by side; divide by the number of words"),
        (["a b c"], 3, "a text of n words has one run"),
        (["a b", "c d"], 2, "no run reaches from one text into the next"),
        (["a b c d", "a"], 2, "all texts together have one quotient: do not average"),
        (["a b", "a b"], 2, "a run that stands in two texts is one run"),
        (["ab c", "a bc"], 2, "runs of other words are other runs, though their letters agree"),
        (["a b"], 3, "a text of fewer than n words has no run, but its words count"),
    ):
        _compare_distinct(distinct, [text.split() for text in texts], n, hint)
    draw = fresh()
    for n in (1, 2, 3):
        texts = [_words(draw, length) for length in (4, 9, 2, 7)]
        _compare_distinct(distinct, texts, n, "random texts: list the runs with paper and pencil")


def _compare_distinct(distinct, texts, n, hint) -> None:
    kept = [[*text] for text in texts]
    ours = number(distinct(texts, n))
    expect(texts == kept, "your function changes the texts it is given: copy first")
    shown = " / ".join(" ".join(text) for text in texts)
    right = _distinct_oracle(texts, n)
    rounded = not near(ours, right) and math.isclose(ours, right, rel_tol=0.02)
    expect(not rounded, f'"{shown}", n = {n}: your share is nearly right: do not round it')
    expect(
        near(ours, right),
        f'"{shown}", n = {n}: your share is too {"small" if ours < right else "large"}: {hint}',
    )


def _distinct_oracle(texts, n) -> float:
    counts = {}
    for text in texts:
        for end in range(n, len(text) + 1):
            run = "\0".join(text[end - n : end])
            counts[run] = counts.get(run, 0) + 1
    return len(counts) / sum(map(len, texts))
