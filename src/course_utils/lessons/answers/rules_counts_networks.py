"""Solutions of the exercises of "Rules, counts, networks", which the lesson shows folded."""

import math
from collections import Counter
from itertools import pairwise

from course_utils.lessons.answers import or_ours as or_ours


def bits_per_character(nats, texts):
    characters = sum(len(text) + 1 for text in texts)
    return nats / math.log(2) / characters


def bigram_probabilities(rows):
    pairs = Counter(pair for row in rows for pair in pairwise(row))
    firsts = Counter()
    for (first, _), count in pairs.items():
        firsts[first] += count
    return {pair: n / firsts[pair[0]] for pair, n in pairs.items()}
