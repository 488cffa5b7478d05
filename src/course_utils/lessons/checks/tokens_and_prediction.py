"""Checks of the lesson "Tokens and prediction": the chain rule, counting pairs, merging one.

The oracles: a made-up model that looks at the whole beginning of a text, a count over each word
by index, and a merge that recurses; never the answer itself.
"""

import math
from collections.abc import Mapping
from functools import partial
from operator import neg

import torch

from course_utils.lessons.checks._answers import fresh, name_mistake, near, number, unlike
from course_utils.lessons.checks._report import check, expect


@check("it adds up what each token costs, given everything before it.")
def check_text_nats(text_nats) -> None:
    """Check −ln of the probability of a text.

    Args:
        text_nats: next_token (a list of tokens -> {token: probability}), tokens -> nats.
    """
    text = ["b", "a", "b", "c"]
    ours = _nats(text_nats, _next, text)
    if not near(ours, _nats_oracle(text)):
        _name_the_mistake(ours, text)
    expect(_nats(text_nats, _next, []) == 0, "no tokens, no factors: what is −ln of 1?")
    for size in (1, 2, 6):
        text = ["abc"[i] for i in torch.randint(3, (size,), generator=fresh()).tolist()]
        expect(
            near(_nats(text_nats, _next, text), _nats_oracle(text)),
            f"right for one text, wrong for another of length {size}: each token is predicted "
            "from all tokens before it, none more, none less",
        )
    for text in (["a", "never"], ["never", "a"]):
        expect(
            _nats(text_nats, _next, text) == math.inf,
            "a token that is not in the dictionary has probability 0: what is −ln p when p "
            "goes to 0? A float can be that too",
        )
    long = ["a"] * 400
    expect(
        near(_nats(text_nats, lambda _: {"a": 1 / 8, "b": 7 / 8}, long), 400 * math.log(8)),
        "right for short texts, wrong for 400 tokens of probability 1/8: their product is too "
        "small for a float, so take the logarithm of each factor first",
    )


def _next(prefix) -> dict:
    """Return weights over a, b, c that depend on every token of the beginning."""
    state = sum((i + 1) * (ord(token[0]) % 7 + 1) for i, token in enumerate(prefix))
    weights = [1 + (state * k + k) % 5 for k in (1, 2, 3)]
    return {token: w / sum(weights) for token, w in zip("abc", weights, strict=True)}


def _nats_oracle(text) -> float:
    """Return −ln p by the logarithms of the factors, from the last token to the first."""
    return -math.fsum(math.log(_next(text[:t])[text[t]]) for t in reversed(range(len(text))))


def _nats(text_nats, model, text) -> float:
    def asked(prefix):
        return model(list(prefix))

    given = list(text)
    ours = number(text_nats(asked, given))
    expect(given == list(text), "your function changes the text that it is given: copy first")
    expect(not math.isnan(ours), "the result is nan: which logarithm is taken of what?")
    return ours


def _name_the_mistake(ours, text) -> None:
    """Say what is wrong with a number for a text of four tokens."""
    right = _nats_oracle(text)
    own = [-math.log(_next(text[:t])[text[t]]) for t in range(len(text))]
    mistakes = {
        "that is the probability itself: the answer is −ln of it": math.exp(-right),
        "the sign is turned: ln of a probability is negative, nats are −ln": -right,
        "that is a mean: a text's nats are the sum over its tokens": right / len(text),
        "that is in bits: nats come from the natural logarithm": right / math.log(2),
        "the first token is missing: it has a probability too, after no token at all": sum(own[1:]),
        "the last token is missing: it is predicted like the others": sum(own[:-1]),
        "a token is predicted from the token before it only: the model needs all of them": sum(
            -math.log(_next(text[max(t - 1, 0) : t])[text[t]]) for t in range(len(text))
        ),
        "the model has seen the token that it predicts: stop the beginning one earlier": sum(
            -math.log(_next(text[: t + 1])[text[t]]) for t in range(len(text))
        ),
        "the model is given the whole text each time: give it what comes before": sum(
            -math.log(_next(text)[token]) for token in text
        ),
        "that is the sum of the probabilities: add up −ln of each": sum(
            map(math.exp, map(neg, own))
        ),
        "every token is predicted from nothing: give the model what comes before": sum(
            -math.log(_next([])[token]) for token in text
        ),
    }
    name_mistake(mistakes, partial(near, ours))
    expect(
        False,
        "four tokens of the check's own model: a wrong number. Write down for two tokens which "
        "beginnings the model is asked about, and which of its answers you take",
    )


@check("each pair inside a word, as often as the word occurs, and no other.")
def check_count_pairs(count_pairs) -> None:
    """Check the count of neighbours.

    Args:
        count_pairs: {word, a tuple of bytes objects: number of times} -> {(left, right): count}.
    """
    _count_right(count_pairs, "ab", 1, "a word of two tokens has one pair")
    _count_right(count_pairs, "abcab", 1, "the same pair may come twice, left before right")
    _count_right(count_pairs, "ab", 3, "a word that occurs 3 times counts 3 times")
    _count_right(count_pairs, "a", 2, "a word of one token has no neighbours")
    _count_right(
        count_pairs, "aaa", 1, "neighbours may overlap: the middle one of three is in two pairs"
    )
    words = {(b"th", b"e"): 2, (b" ", b"th", b"e"): 5, (b"e",): 9, (b"t", b"he"): 1}
    wanted = {(b"th", b"e"): 7, (b" ", b"th"): 5, (b"t", b"he"): 1}
    _compare_counts(
        _counts(count_pairs, words),
        wanted,
        "wrong for tokens of several bytes or for several words: a pair is two tokens, not one "
        "joined string, and it never reaches from one word into the next",
    )
    letters = torch.randint(3, (4, 5), generator=fresh()).tolist()
    words = {tuple(bytes([97 + i]) for i in row): n + 1 for n, row in enumerate(letters)}
    _compare_counts(
        _counts(count_pairs, words), _count_oracle(words), "wrong for four random words"
    )


def _count_right(count_pairs, word, times, hint) -> None:
    words = {tuple(bytes([ord(c)]) for c in word): times}
    reason = f"{times} × {' '.join(word)}: {hint}"
    _compare_counts(_counts(count_pairs, words), _count_oracle(words), reason)


def _counts(count_pairs, words) -> dict:
    given = dict(words)
    ours = count_pairs(given)
    if not isinstance(ours, Mapping):
        raise unlike("a dictionary or Counter", ours)
    expect(given == words, "your function changes the words that it is given: copy first")
    for pair in ours:
        expect(
            isinstance(pair, tuple) and len(pair) == 2,
            f"expected pairs (left, right) as keys, got {pair!r}: keep the two tokens apart",
        )
    counts = {pair: number(n, f"a number for {_shown(pair)}") for pair, n in ours.items()}
    return {pair: n for pair, n in counts.items() if n}


def _compare_counts(ours, wanted, reason) -> None:
    if ours == wanted:
        return
    for pair in ours:
        expect(
            pair in wanted or pair[::-1] not in wanted,
            f"{reason}. You count {_shown(pair)}, but there is only {_shown(pair[::-1])}",
        )
        expect(pair in wanted, f"{reason}. You count {_shown(pair)}, which never occurs")
    for pair in wanted:
        expect(pair in ours, f"{reason}. You miss {_shown(pair)}")
        more = "too often" if ours[pair] > wanted[pair] else "too rarely"
        expect(ours[pair] == wanted[pair], f"{reason}. You count {_shown(pair)} {more}")


def _count_oracle(words) -> dict:
    counts: dict = {}
    for word, times in words.items():
        for i in range(1, len(word)):
            pair = (word[i - 1], word[i])
            counts[pair] = counts.get(pair, 0) + times
    return counts


@check("every occurrence, from left to right, and nothing else.")
def check_merge_pair(merge_pair) -> None:
    """Check the merge of one pair in one word.

    Args:
        merge_pair: word, a tuple of bytes objects; pair (left, right) -> the new tuple.
    """
    for word, pair, hint in (
        ("c a t", "a t", "the two become one token, the other stays"),
        ("a t e", "a t", "a pair may stand at the beginning"),
        ("t a c", "a t", "left and right: this pair does not occur, so nothing changes"),
        ("a b c a b", "a b", "every occurrence is merged, not only the first"),
        ("a", "a b", "a word of one token stays as it is"),
        ("a a a", "a a", "go from left to right, and use each token once"),
        ("a a a a", "a a", "tokens that are made in this step are not merged again in it"),
        ("th e th", "th e", "tokens may be of several bytes"),
        ("t he the", "t he", "a token that looks like the merged one may be there already"),
        ("a bc", "a b", "compare tokens, not letters: the second token is bc, not b"),
        ("a bc", "ab c", "compare token with token, not the letters of both together"),
    ):
        _merge_right(merge_pair, _word(word), tuple(_word(pair)), hint)
    for _ in range(5):
        letters = torch.randint(2, (9,), generator=fresh()).tolist()
        word = tuple(bytes([97 + i]) for i in letters)
        pair = (b"a", b"b") if letters[0] else (b"a", b"a")
        _merge_right(merge_pair, word, pair, "try it on paper, from left to right")


def _merge_right(merge_pair, word, pair, hint) -> None:
    ours = merge_pair(word, pair)
    if not isinstance(ours, tuple):
        raise unlike("a tuple", ours, "words are keys of a dictionary, so return tuple(...)")
    right = _merge_oracle(word, pair)
    where = f"{_shown(word)}, merging {_shown(pair)}"
    expect(
        all(isinstance(token, bytes) for token in ours),
        f"{where}: expected bytes objects in the tuple: join the two with +",
    )
    expect(b"".join(ours) == b"".join(word), f"{where}: bytes get lost or doubled: {hint}")
    fewer = "too much is merged" if len(ours) < len(right) else "too little is merged"
    expect(len(ours) == len(right), f"{where}: {fewer}: {hint}")
    expect(ours == right, f"{where}: the cuts are in the wrong places: {hint}")


def _merge_oracle(word, pair) -> tuple:
    if len(word) < 2:
        return word
    if word[:2] == pair:
        return (word[0] + word[1], *_merge_oracle(word[2:], pair))
    return (word[0], *_merge_oracle(word[1:], pair))


def _word(text) -> tuple:
    return tuple(token.encode() for token in text.split())


def _shown(tokens) -> str:
    tokens = (t.decode("utf-8", "replace") if isinstance(t, bytes) else repr(t) for t in tokens)
    return " · ".join(tokens)
