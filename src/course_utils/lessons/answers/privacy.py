"""Solutions of the exercises of "Privacy", which the lesson shows folded."""

import math
import re

from course_utils.lessons.answers import or_ours as or_ours


def exposure(nats, secret):
    rank = (nats <= nats[secret]).sum()  # the secret itself counts
    return math.log2(len(nats)) - math.log2(rank)


def true_positive_rate(members, others, most):
    false = (others <= members[:, None]).double().mean(1)  # (M,)
    true = (members <= members[:, None]).double().mean(1)  # (M,)
    return max([0.0, *true[false <= most].tolist()])


def telephone_numbers(line):
    runs = re.findall(r"\d(?:[ ./()-]{0,2}\d)*", line)
    numbers = [re.sub(r"\D", "", run) for run in runs]
    return [number for number in numbers if 7 <= len(number) <= 15]
