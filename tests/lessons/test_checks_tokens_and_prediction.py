"""Wrong answers to the exercises of "Tokens and prediction", by what their checks must say.

`test_mutations.py` tries them all.
"""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import torch
from lesson import Exercise

from course_utils.lessons.checks import tokens_and_prediction as checks


def nats(model, text, begin=0, end=None, log=math.log, seen=lambda text, t: text[:t]):
    """The answer, with one mistake at a time."""
    total = 0.0
    for t in range(len(text))[begin:end]:
        p = model(seen(text, t)).get(text[t], 0)
        if p == 0:
            return math.inf
        total -= log(p)
    return total


def product(model, text):
    """The probability by multiplication, which is 0 for long texts."""
    return math.prod(model(text[:t]).get(x, 0) for t, x in enumerate(text))


def nats_of_product(model, text):
    """Take the logarithm last."""
    p = product(model, text)
    return math.inf if p == 0 else -math.log(p)


def nats_by_popping(model, text):
    """Empty the list that was given."""
    total = nats(model, text)
    text.clear()
    return total


RIGHT_NATS = {
    "given tuples": lambda model, text: nats(model, tuple(text)),
    "a sum of inf": lambda model, text: math.fsum(
        math.inf if (p := model(text[:t]).get(x, 0)) == 0 else -math.log(p)
        for t, x in enumerate(text)
    ),
    "float32": lambda model, text: np.float32(nats(model, text)),
    "an array": lambda model, text: np.array([nats(model, text)]),
    "a tensor": lambda model, text: torch.tensor(nats(model, text), requires_grad=True),
}
WRONG_NATS = {
    "expected a number, got list: return one": lambda m, text: [nats(m, text)],
    "that is the probability itself": product,
    "the sign is turned": lambda m, text: -nats(m, text),
    "that is a mean": lambda m, text: nats(m, text) / max(len(text), 1),
    "that is in bits": lambda m, text: nats(m, text, log=math.log2),
    "the first token is missing": lambda m, text: nats(m, text, begin=1),
    "the last token is missing": lambda m, text: nats(m, text, end=-1),
    "from the token before it only": lambda m, text: nats(
        m, text, seen=lambda text, t: text[max(t - 1, 0) : t]
    ),
    "has seen the token that it predicts": lambda m, text: nats(
        m, text, seen=lambda text, t: text[: t + 1]
    ),
    "given the whole text each time": lambda m, text: nats(m, text, seen=lambda text, t: text),
    "sum of the probabilities": lambda m, text: nats(m, text, log=lambda p: -p),
    "is predicted from nothing": lambda m, text: nats(m, text, seen=lambda text, t: []),
    "Write down for two tokens": lambda m, text: nats(m, text) + 0.1,
    "no tokens, no factors": lambda m, text: nats(m, text) if text else math.inf,
    "too small for a float": nats_of_product,
    "copy first": nats_by_popping,
    "when p goes to 0": lambda m, text: sum(
        -math.log(p) for t, x in enumerate(text) if (p := m(text[:t]).get(x))
    ),
    "stops with KeyError: 'never' (input: a function, ['a', 'never'])": lambda m, text: (
        -sum(math.log(m(text[:t])[x]) for t, x in enumerate(text))
    ),
    "does your function return": lambda m, text: None,
    "the result is nan": lambda m, text: math.nan,
    "another of length 6": lambda m, text: nats(m, text[:5]),
}


def count(words, times=True, same=True, flip=False, wrap=False, step=1, joined=False):
    """The answer, with one mistake at a time."""
    counts = Counter()
    for word, n in words.items():
        pairs = list(pairwise(word))[::step]
        if wrap:
            pairs.append((word[-1], word[0]))
        for a, b in pairs if same else set(pairs):
            pair = (b, a) if flip else (a, b)
            counts[a + b if joined else pair] += n if times else 1
    return counts


def count_without_overlap(words):
    """Count as many as could be merged: three equal tokens give one pair."""
    counts = Counter()
    for word, n in words.items():
        i = 0
        while i + 1 < len(word):
            counts[word[i : i + 2]] += n
            i += 2 if word[i] == word[i + 1] else 1
    return counts


def count_across(words):
    """Put all words into one row."""
    row = [token for word, n in words.items() for token in word * n]
    return Counter(pairwise(row))


def count_in_letters(words):
    """Forget where tokens end."""
    letters = {tuple(bytes([b]) for b in b"".join(word)): n for word, n in words.items()}
    return count(letters)


def count_and_clear(words):
    """Empty the dictionary that was given."""
    counts = count(words)
    words.clear()
    return counts


RIGHT_COUNTS = {
    "a plain dictionary": lambda words: dict(count(words)),
    "zeros too": lambda words: {(b"?", b"?"): 0, **count(words)},
    "NumPy": lambda words: {pair: np.int64(n) for pair, n in count(words).items()},
    "floats": lambda words: {pair: float(n) for pair, n in count(words).items()},
    "tensors": lambda words: {pair: torch.tensor(n) for pair, n in count(words).items()},
}
WRONG_COUNTS = {
    "expected a number for a · b, got list": lambda words: {
        pair: [n] for pair, n in count(words).items()
    },
    "expected a dictionary or Counter, got list: return one": lambda words: list(count(words)),
    "a word that occurs 3 times": lambda words: count(words, times=False),
    "the same pair may come twice": lambda words: count(words, same=False),
    "has one pair. You count b · a, but there is only a · b": lambda words: count(words, flip=True),
    "a word of two tokens has one pair. You count b · a": lambda words: count(words, wrap=True),
    "may come twice, left before right. You count a · b too rarely": lambda words: count(
        words, step=2
    ),
    "keep the two tokens apart": lambda words: count(words, joined=True),
    "neighbours may overlap": count_without_overlap,
    "a word that occurs 3 times counts 3 times. You count b · a": count_across,
    "wrong for tokens of several bytes": count_in_letters,
    "copy first": count_and_clear,
    "expected a dictionary or Counter, got NoneType: does your function return": (
        lambda words: None
    ),
    "You count a · b too often": lambda words: count(words) + count(words),
}


def merge(word, pair, first=False, again=False):
    """The answer, with one mistake at a time."""
    merged, i, done = [], 0, False
    while i < len(word):
        if word[i : i + 2] == pair and not (first and done):
            merged.append(pair[0] + pair[1])
            i, done = i + 2, True
        else:
            merged.append(word[i])
            i += 1
    if again and len(merged) < len(word):
        return merge(tuple(merged), (pair[0] + pair[1],) * 2)
    return tuple(merged)


def merge_from_the_right(word, pair):
    """Use the last occurrence first."""
    merged, i = [], len(word)
    while i > 0:
        if word[max(i - 2, 0) : i] == pair:
            merged.insert(0, pair[0] + pair[1])
            i -= 2
        else:
            merged.insert(0, word[i - 1])
            i -= 1
    return tuple(merged)


def merge_in_letters(word, pair):
    """Look for the joined letters, wherever tokens end."""
    new, rest = pair[0] + pair[1], b"".join(word)
    merged = []
    while rest:
        size = len(new) if rest.startswith(new) else 1
        merged, rest = [*merged, rest[:size]], rest[size:]
    return tuple(merged)


def merge_by_letters_of_both(word, pair):
    """Compare the letters of a word of two tokens with those of the pair."""
    same = len(word) == 2 and b"".join(word) == b"".join(pair)
    return (b"".join(pair),) if same else merge(word, pair)


def merge_inside_only(word, pair):
    """Leave the last token off when nothing is merged there."""
    merged, i = [], 0
    while i + 1 < len(word):
        found = word[i : i + 2] == pair
        merged.append(word[i] + word[i + 1] if found else word[i])
        i += 2 if found else 1
    return tuple(merged)


def merge_overlapping(word, pair):
    """Use a token twice."""
    return tuple(
        word[i] + word[i + 1] if word[i : i + 2] == pair else word[i] for i in range(len(word))
    )


WRONG_MERGES = {
    "not only the first": lambda word, pair: merge(word, pair, first=True),
    "from left to right": merge_from_the_right,
    "not merged again in it": lambda word, pair: merge(word, pair, again=True),
    "tokens may be of several bytes": merge_in_letters,
    "bytes get lost": merge_inside_only,
    "c · a · t, merging a · t: bytes get lost or doubled": merge_overlapping,
    "got list: words are keys of a dictionary, so return tuple(...)": lambda word, pair: list(
        merge(word, pair)
    ),
    "the letters of both together": merge_by_letters_of_both,
    "too little is merged": lambda word, pair: word,
    "expected a tuple, got NoneType: does your function return": lambda word, pair: None,
    "join the two with +": lambda word, pair: tuple(map(str, merge(word, pair))),
    "this pair does not occur": lambda word, pair: (
        merge(merge(word, pair), pair[::-1]) if pair == (b"a", b"t") else merge(word, pair)
    ),
    "the two become one token": lambda word, pair: (b"".join(word),),
    "tuple index out of range (input: (b'c', b'a', b't'), (b'a', b't'))": (
        lambda word, pair: (word[99],)
    ),
}

SAME_NATS = {
    "return math.inf * 2",
}

EXERCISES = {
    "exercise-text-nats": Exercise(
        "text_nats", checks.check_text_nats, WRONG_NATS, SAME_NATS, RIGHT_NATS
    ),
    "exercise-count-pairs": Exercise(
        "count_pairs", checks.check_count_pairs, WRONG_COUNTS, right=RIGHT_COUNTS
    ),
    "exercise-merge-pair": Exercise("merge_pair", checks.check_merge_pair, WRONG_MERGES),
}
