"""Checks of the lesson "Grant wishes": how often one must draw, and which wishes stand in the way.

The oracles multiply chances of failure one by one, and look back from each wish at those before
it; never the answer itself.
"""

from numbers import Integral

import torch

from course_utils.lessons.checks._answers import fresh, listed, unlike
from course_utils.lessons.checks._report import check, expect


@check("the fewest draws that are enough, from certain hits to rare ones.")
def check_draws_needed(draws_needed) -> None:
    """Check how many independent draws give at least one hit with a wanted probability.

    Args:
        draws_needed: p, above 0 and at most 1, and certainty, above 0 and below 1 -> int.
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
    if 0 < abs(ours - right) <= right / 100:
        hint = "close, but 3 / p is an estimate only, and float32 keeps too few digits of 1 - p"
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


_KINDS = {"Mia": "girl", "Zoe": "girl", "Tom": "boy", "Max": "boy"}
_KINDS |= {"kite": "thing", "drum": "thing", "vase": "thing", "home": "ending", "heard": "ending"}


@check("the words that no story knows, and those that come too late for their kind.")
def check_leave_out(leave_out) -> None:
    """Check which wishes have to go, so that a story can grant the others.

    Args:
        leave_out: wished, a list of words, and kinds, a dictionary from words to their kinds
            -> a list of words.
    """
    for wished, hint in (
        ("Mia kite home", "a story can grant all of these"),
        ("Tom Mia", "a girl and a boy are two kinds"),
        ("Mia Zelda", "a word that is not in the dictionary cannot be granted"),
        ("Mia Zoe", "a story has one girl: the second has to go"),
        ("heard home", "the wish that stands further left is granted"),
        ("kite Tom drum Max", "every kind counts, and the wishes keep their order"),
        ("kite drum vase", "all but the first of a kind have to go"),
        ("Zelda Bob kite", "an unknown word takes the place of no other"),
        ("kite kite", "a word that comes again finds its kind taken"),
        ("Zelda kite Zelda", "an unknown word that is wished for twice is left out twice"),
        ("", "nothing is wished"),
    ):
        _compare_wishes(leave_out, wished.split(), _KINDS, hint)
    few = {"sun": "weather", "rain": "weather", "cat": "animal"}
    _compare_wishes(leave_out, ["rain", "cat", "sun"], few, "look the kinds up in the dictionary")
    words, draw = [*_KINDS, "Zelda", "Bob"], fresh()
    for length in range(2, 8):
        chosen = torch.randint(len(words), (length,), generator=draw).tolist()
        _compare_wishes(
            leave_out, [words[i] for i in chosen], _KINDS, "go through it with a pencil"
        )


def _compare_wishes(leave_out, wished, kinds, hint) -> None:
    words, known = [*wished], dict(kinds)
    ours = listed(leave_out(words, known), "words")
    kept = (words, known) == (wished, kinds)
    expect(kept, "your function changes the list or the dictionary that it is given: copy first")
    shown = f'"{", ".join(wished)}"'
    strange = [word for word in ours if word not in wished]
    expect(not strange, f"for {shown} you name something that was not wished for: return wishes")
    right = [word for i, word in enumerate(wished) if _in_the_way(word, wished[:i], kinds)]
    fault = (
        "too few" if len(ours) < len(right) else "too many" if len(ours) > len(right) else "other"
    )
    expect(ours == right, f"for {shown} you leave out {fault} words: {hint}")


def _in_the_way(word, earlier, kinds) -> bool:
    """Say whether a wish is unknown, or whether a wish before it has its kind."""
    return word not in kinds or any(kinds.get(other) == kinds[word] for other in earlier)
