"""Checks of the lesson "Answer questions": F1 of words, tokens of a span.

The oracles cross words off a list and give each letter its token; never the answer itself.
"""

import math
import random

from course_utils.lessons.checks._answers import (
    apart,
    listed,
    near,
    number,
    unlike,
)
from course_utils.lessons.checks._report import Wrong, check, expect

_WORDS = ["a", "red", "kite", "Mia", "lake", "of"]


@check("shared words count once for each time that both have them, and empty answers are no trap.")
def check_word_f1(word_f1) -> None:
    """Check the F1 of two lists of words.

    Args:
        word_f1: (list of words said, list of words of the truth) -> from 0 to 1.
    """
    draw = random.SystemRandom()
    said, truth = ["kite", "kite", "Mia", "kite", "kite"], ["kite", "a", "Mia", "kite", "a", "Mia"]
    _compare_f1(word_f1, said, truth)  # all that goes wrong gives another number here
    _compare_f1(word_f1, ["lake"], ["kite", "red"])
    for _ in range(20):
        said, truth = ([draw.choice(_WORDS) for _ in range(draw.randrange(1, 7))] for _ in range(2))
        _compare_f1(word_f1, said, truth)
    for said, truth, right in (([], [], 1.0), ([], ["kite"], 0.0), (["kite"], [], 0.0)):
        got = number(word_f1(said, truth))
        expect(
            got == right,
            f"said {said}, truth {truth} is wrong: an empty list agrees with an empty one only",
        )


def _compare_f1(word_f1, said, truth) -> None:
    kept = [*said], [*truth]
    got = number(word_f1(said, truth))
    expect((said, truth) == kept, "your function changes a list it is given: make new ones")
    shared = _crossed_off(said, truth)
    right = 2 * shared / (len(said) + len(truth))
    if near(got, right):
        return
    where = f"said {said}, truth {truth}"
    expect(math.isfinite(got), f"{where}: you give {got}: what is divided by what?")
    for reason, value in _typical_f1(said, truth, shared).items():
        expect(not near(got, value), f"{where}: {reason}")
    raise Wrong(f"{where}: {apart(got, right)} is wrong: count the shared words by hand")


def _crossed_off(said, truth) -> int:
    """Count shared words by crossing each off the truth as it is found."""
    left, shared = [*truth], 0
    for word in said:
        if word in left:
            left.remove(word)
            shared += 1
    return shared


def _typical_f1(said, truth, shared) -> dict:
    """What common mistakes give, by the sentence that names them."""
    P, R = shared / len(said), shared / len(truth)
    words = len({*said} & {*truth})
    loose = sum(word in truth for word in said)
    set_P, set_R = words / len({*said}), words / len({*truth})
    return {
        "this is the share of what was said (precision): what of the truth is missing?": P,
        "this is the share of the truth (recall): what was said in vain?": R,
        "this is the plain mean of the two shares, F1 is the harmonic one": (P + R) / 2,
        "this is their product over their sum: a factor is missing": shared
        / (len(said) + len(truth)),
        "this is shared words over all different ones, another measure (Jaccard)": words
        / len({*said, *truth}),
        "sets forget how often a word occurs: count each time": _harmonic(set_P, set_R),
        "each word of one list is looked up in the other, however often it was used: a word of the "
        "truth can be matched once": 2 * loose / (len(said) + len(truth)),
        "each word of the truth is looked up in the other list, however often it was used: a word "
        "that was said can be matched once": 2
        * sum(word in said for word in truth)
        / (len(said) + len(truth)),
        "different words are counted once, the lengths are those of the lists: count each time": (
            2 * words / (len(said) + len(truth))
        ),
        "this is the product of the two shares": P * R,
        "part of the point for part of the words: this is exact match": float(said == truth),
        "more is better here, and yours falls: is it one minus F1?": 1 - _harmonic(P, R),
    }


def _harmonic(a, b) -> float:
    return 2 * a * b / (a + b) if a + b else 0.0


@check("every token that holds a letter of the span, and no neighbour.")
def check_span_tokens(span_tokens) -> None:
    """Check which tokens hold the letters of a span.

    Args:
        span_tokens: (lengths of the tokens in letters, start, end) -> list of the numbers of the
            tokens that hold at least one letter from start up to, not including, end.
    """
    draw = random.SystemRandom()
    _compare_span(span_tokens, [3, 2, 4, 3, 2], 2, 10)  # cut on both sides
    _compare_span(span_tokens, [3, 5, 4], 3, 8)  # whole tokens, with neighbours
    _compare_span(span_tokens, [3, 5, 4], 4, 6)
    for _ in range(20):
        lengths = [draw.randrange(1, 7) for _ in range(draw.randrange(2, 9))]
        start = draw.randrange(sum(lengths))
        _compare_span(span_tokens, lengths, start, draw.randrange(start + 1, sum(lengths) + 1))


def _compare_span(span_tokens, lengths, start, end) -> None:
    kept = [*lengths]
    got = listed(span_tokens(lengths, start, end), "whole numbers")
    expect(lengths == kept, "your function changes the list it is given: make a new one")
    odd = [i for i in got if not isinstance(i, int) or isinstance(i, bool)]
    if odd:
        raise unlike("whole numbers in the list", odd[0], "one for each token, counted from 0")
    owner = [i for i, length in enumerate(lengths) for _ in range(length)]
    right = sorted({*owner[start:end]})
    if got == right:
        return
    where = f"tokens of {lengths} letters, span from {start} to {end}"
    for reason, value in _typical_span(lengths, start, end, right, owner).items():
        expect(got != value, f"{where}: {reason}")
    expect(got, f"{where}: you find no token")
    expect(sorted(got) != right, f"{where}: the right tokens in another order")
    raise Wrong(f"{where}: you give {got}: write the letters' numbers under the tokens by hand")


def _typical_span(lengths, start, end, right, owner) -> dict:
    """What common mistakes give, by the sentence that names them."""
    ends = [sum(lengths[: i + 1]) for i in range(len(lengths))]
    begins = [e - n for e, n in zip(ends, lengths, strict=True)]
    both = [*enumerate(zip(begins, ends, strict=True))]
    return {
        "a token that only begins where the span ends holds no letter of it": [
            i for i, (b, e) in both if b <= end and e > start
        ],
        "a token that ends where the span begins holds no letter of it": [
            i for i, (b, e) in both if b < end and e >= start
        ],
        "the neighbours on both sides hold no letter of it: is a bound too generous?": [
            i for i, (b, e) in both if b <= end and e >= start
        ],
        "these lie inside as a whole, and one that is cut holds letters too": [
            i for i, (b, e) in both if b >= start and e <= end
        ],
        "these begin inside the span, and one that began before it may reach into it": [
            i for i, (b, e) in both if start <= b < end
        ],
        "these end inside the span, and one may reach out of it": [
            i for i, (b, e) in both if start < e <= end
        ],
        "your tokens are numbered from 1, and lists begin with 0": [i + 1 for i in right],
        "each token once, not once a letter": owner[start:end],
        "these are the letters' numbers, not the tokens'": [*range(start, end)],
        "start and end count letters, and you take them for tokens": [
            *range(min(start, len(lengths)), min(end, len(lengths)))
        ],
        "only the first of them: the span may reach further": right[:1],
        "only the last of them: where does the span begin?": right[-1:],
        "these are the tokens outside the span": [i for i, _ in both if i not in right],
    }
