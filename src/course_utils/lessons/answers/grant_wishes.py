"""Solutions of the exercises of "Grant wishes", which the lesson shows folded."""

import math

from course_utils.lessons.answers import or_ours as or_ours


def draws_needed(p, certainty):
    if p == 1:
        return 1
    return math.ceil(math.log(1 - certainty) / math.log(1 - p))


def leave_out(wished, kinds):
    taken, out = set(), []
    for word in wished:
        if word not in kinds or kinds[word] in taken:
            out.append(word)
        else:
            taken.add(kinds[word])
    return out
