"""Solutions of the exercises of "Tokens and prediction", which the lesson shows folded."""

import math
from collections import Counter
from itertools import pairwise

from course_utils.lessons.answers import or_ours as or_ours


def text_nats(next_token, tokens):
    nats = 0.0
    for t, token in enumerate(tokens):
        p = next_token(tokens[:t]).get(token, 0)
        if p == 0:
            return math.inf
        nats -= math.log(p)
    return nats


def count_pairs(words):
    counts = Counter()
    for word, n in words.items():
        for pair in pairwise(word):
            counts[pair] += n
    return counts


def merge_pair(word, pair):
    merged, i = [], 0
    while i < len(word):
        if word[i : i + 2] == pair:
            merged.append(word[i] + word[i + 1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return tuple(merged)
