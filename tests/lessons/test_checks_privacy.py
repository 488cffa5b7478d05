"""Wrong answers to the exercises of "Privacy", by what their checks must say.

`test_mutations.py` tries them all.
"""

import math
import re

import torch
from lesson import Exercise

from course_utils.lessons.checks import privacy as checks


def rank(nats, secret):
    return int((nats <= nats[secret]).sum())


def by_sorting(nats, secret):
    order = sorted(nats.tolist())
    last = len(order) - order[::-1].index(nats[secret].item())
    return math.log(len(order) / last, 2)


def in_place(nats, secret):
    nats -= nats.min()
    return by_sorting(nats, secret)


WRONG_EXPOSURE = {
    "logarithm of the rank": lambda z, i: math.log2(rank(z, i)),
    "at the wrong end": lambda z, i: math.log2(len(z) / int((z >= z[i]).sum())),
    "this is in nats": lambda z, i: math.log(len(z) / rank(z, i)),
    "of base 10": lambda z, i: math.log10(len(z) / rank(z, i)),
    "the rank itself": rank,
    "take its logarithm": lambda z, i: len(z) / rank(z, i),
    "the sign is wrong": lambda z, i: math.log2(rank(z, i) / len(z)),
    "share of the list": lambda z, i: rank(z, i) / len(z),
    "how surprising": lambda z, i: z[i] / math.log(2),
    "in yours it has 0": lambda z, i: math.log2(len(z) / max(1, rank(z, i) - 1)),
    "a model that knows nothing exposes nothing": lambda z, i: math.log2(
        len(z) / (1 + int((z < z[i]).sum()))
    ),
    "changes the nats": in_place,
    "which rank has the likeliest candidate": lambda z, i: math.inf,
    "does your function return": lambda z, i: None,
    "expected one number, got shape": lambda z, i: z,
}
RIGHT_EXPOSURE = {"by sorting": by_sorting, "a tensor": lambda z, i: torch.tensor(by_sorting(z, i))}


def rates(members, others, flags=torch.le):
    return [
        (flags(others, at).double().mean().item(), flags(members, at).double().mean().item())
        for at in members
    ]


def one_by_one(members, others, most):
    return max([true for false, true in rates(members, others) if false <= most] + [0])


def by_counting_down(members, others, most):
    allowed = int(most * len(others) + 1e-9)
    line = sorted(others.tolist())
    limit = line[allowed] if allowed < len(line) else math.inf
    return sum(loss < limit for loss in members.tolist()) / len(members)


def of_high_losses(members, others, most):
    return max([t for f, t in rates(members, others, torch.ge) if f <= most] + [0.0])


def strictly_allowed(members, others, most):
    return max([t for f, t in rates(members, others) if f < most] + [0.0])


def strictly_below(members, others, most):
    return max([t for f, t in rates(members, others, torch.lt) if f <= most] + [0.0])


def no_zero(members, others, most):
    return max(true for false, true in rates(members, others) if false <= most)


def threshold(members, others, most):
    return max(at.item() for at in members if (others <= at).double().mean() <= most)


def sorts_in_place(members, others, most):
    members.copy_(members.sort().values)
    return one_by_one(members, others, most)


WRONG_RATE = {
    "in per cent": lambda a, b, most: 100 * one_by_one(a, b, most),
    "number of members": lambda a, b, most: len(a) * one_by_one(a, b, most),
    "with a high loss members": of_high_losses,
    "is still allowed": strictly_allowed,
    "equal to the threshold": strictly_below,
    "mixed up": lambda a, b, most: one_by_one(b, a, most),
    "`most` itself": lambda a, b, most: most,
    "this is the threshold": threshold,
    "is not kept": lambda a, b, most: 1.0,
    "no member is found": lambda a, b, most: 0.0,
    "changes the losses": sorts_in_place,
    "is there a threshold at all": lambda a, b, most: math.nan,
    "your code stops with ValueError: max() ": no_zero,
    "does your function return": lambda a, b, most: None,
}
SAME_RATE = {"return max([0.0, *true[false <= most]])"}
RIGHT_RATE = {"one by one": one_by_one, "by counting": by_counting_down}

RUN = r"\d(?:[ ./()-]{0,2}\d)*"


def scanner(pattern=RUN, least=7, most=15, clean=r"\D"):
    def scan(line):
        found = [re.sub(clean, "", run) for run in re.findall(pattern, line)]
        return [one for one in found if least <= len(one) <= most]

    return scan


def letter_by_letter(line):
    found, digits = [], ""
    for i, letter in enumerate(line):
        digits += letter if letter.isdigit() else ""
        goes_on = re.match(r"[ ./()-]{0,2}\d", line[i + 1 :])
        if letter.isdigit() and not goes_on:
            found.append(digits)
            digits = ""
    return tuple(one for one in found if 6 < len(one) < 16)


WRONG_NUMBERS = {
    "without what stands between": scanner(clean="#"),
    "nothing need stand between": scanner(r"\d(?:[ ./()-]{0,2}\d)*[ ./()-]\d{4}(?= )"),
    "six digits are too few": scanner(least=6),
    "four digits are too few": scanner(r"\d(?: ?\d)*(?=\.)|" + RUN, least=7)
    and (lambda line: scanner()(line) or [""] * ("PIN" in line)),
    "may hold no number at all": lambda line: scanner()(line) or [""] * ("No" in line),
    "of all six kinds": scanner(r"\d(?:[ .-]{0,2}\d)*"),
    "four separators": scanner(r"\d(?:[ ./()-]*\d)*"),
    "three separators": scanner(r"\d(?:[ ./()-]{0,3}\d)*"),
    "a comma is no separator": scanner(r"\d(?:[ ,./()-]{0,2}\d)*"),
    "fifteen digits are allowed": scanner(most=14),
    "a part of them does not count": scanner(r"\d(?:[ ./()-]{0,2}\d){6,14}"),
    "sixteen digits are too many": scanner(most=99),
    "a plus sign in front": scanner(r"(?<!\+)\b\d(?:[ ./()-]{0,2}\d)*"),
    "two numbers": lambda line: scanner()(line)[:1],
    "is told twice": lambda line: list(dict.fromkeys(scanner()(line))),
    "a letter ends a number": scanner(r"\b\d(?:[ ./()-]{0,2}\d)*"),
    "each number is a text of digits": lambda line: list(map(int, scanner()(line))),
    "expected a list of texts, got str: return a list": lambda line: "".join(scanner()(line)),
    "does your function return": lambda line: None,
}
RIGHT_NUMBERS = {"letter by letter": letter_by_letter, "another pattern": scanner()}

EXERCISES = {
    "exercise-exposure": Exercise(
        "exposure", checks.check_exposure, WRONG_EXPOSURE, right=RIGHT_EXPOSURE
    ),
    "exercise-rate": Exercise(
        "true_positive_rate", checks.check_true_positive_rate, WRONG_RATE, SAME_RATE, RIGHT_RATE
    ),
    "exercise-telephone": Exercise(
        "telephone_numbers", checks.check_telephone_numbers, WRONG_NUMBERS, right=RIGHT_NUMBERS
    ),
}
