"""Checks of the lesson "Write stories": copied runs, distinct-n, how often one must draw.

The oracles compare every run with every run, count with dictionaries, and multiply chances of
failure one by one; never the answer itself.
"""

from numbers import Integral

import torch

from course_utils.lessons.checks._answers import fresh, near, number, unlike, whole
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
        (["a b", "a b"], 2, "a run that stands in two texts is one run"),
        (["a b c d", "a"], 2, "all texts together have one quotient: do not average"),
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


@check("the fewest draws that are enough, from certain hits to rare ones.")
def check_draws_needed(draws_needed) -> None:
    """Check how many independent draws give at least one hit with a wanted probability.

    Args:
        draws_needed: p, above 0 and at most 1, and certainty, from 0 to below 1 -> int.
    """
    for p, certainty, hint in (
        (0.5, 0.5, "one draw is enough here"),
        (0.5, 0.7, "two draws both fail with probability ¼"),
        (0.3, 0.6, "what is the probability that n draws all fail?"),
        (0.2, 0.95, "take the next whole number, not the nearest, and not one more"),
        (0.9, 0.05, "at least one draw is needed for any certainty above 0"),
        (1.0, 0.99, "a sure hit needs one draw, and ln 0 is not defined"),
        (1 / 5376, 0.95, "a rare hit: for small p the number is near 3 / p, not 1 / p"),
    ):
        _compare_draws(draws_needed, p, certainty, hint)
    for p, certainty in (0.02 + 0.9 * torch.rand(6, 2, generator=fresh())).tolist():
        _compare_draws(draws_needed, p, certainty, "try it with paper and pencil for n = 1 and 2")


def _compare_draws(draws_needed, p, certainty, hint) -> None:
    ours = draws_needed(p, certainty)
    if isinstance(ours, bool) or not isinstance(ours, Integral):
        raise unlike("an int", ours, "int() makes one of a number that is whole already")
    right = _draws_oracle(p, certainty)
    expect(
        ours == right,
        f"p = {p:.4g}, certainty {certainty:.4g}: your draws are too "
        f"{'few' if ours < right else 'many'}: {hint}",
    )


def _draws_oracle(p, certainty) -> int:
    draws, failing = 1, 1 - p
    while failing > 1 - certainty:
        draws, failing = draws + 1, failing * (1 - p)
    return draws
