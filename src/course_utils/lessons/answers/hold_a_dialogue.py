"""Solutions of the exercises of "Hold a dialogue", which the lesson shows folded."""

from course_utils.lessons.answers import or_ours as or_ours


def reply_mask(ids, assistant, eos):
    mask, speaking = [], False
    for i in ids:
        mask.append(speaking)
        if i == assistant:
            speaking = True
        elif i == eos:
            speaking = False
    return mask


def left_out(system, rounds, most):
    for k in range(len(rounds)):
        if system + sum(rounds[k:]) <= most:
            return k
    return None
