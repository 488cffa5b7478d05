"""Solutions of the exercises of "Answer questions", which the lesson shows folded."""

from collections import Counter

from course_utils.lessons.answers import or_ours as or_ours


def word_f1(said, truth):
    shared = (Counter(said) & Counter(truth)).total()
    both = len(said) + len(truth)
    return 2 * shared / both if both else 1.0


def span_tokens(lengths, start, end):
    found, begin = [], 0
    for i, length in enumerate(lengths):
        if begin < end and begin + length > start:
            found.append(i)
        begin += length
    return found
