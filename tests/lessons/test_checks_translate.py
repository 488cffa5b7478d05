"""Wrong answers to the exercises of "Translation", by what their checks must say.

`test_mutations.py` tries them all.
"""

import re
from collections import Counter
from enum import StrEnum
from fractions import Fraction

import numpy as np
import torch
from lesson import Exercise

from course_utils.lessons.checks import translate as checks
from course_utils.lessons.corpora.numerals import to_chinese
from course_utils.runtime import CourseError

UNITS = ("千", 1000), ("百", 100), ("十", 10), ("", 1)


def group(number, digits="零一二三四五六七八九"):
    """Write a group of up to four digits."""
    text, gap = "", False
    for unit, size in UNITS:
        digit, number = divmod(number, size)
        if digit:
            text += ("零" if gap and text else "") + digits[digit] + unit
        gap = digit == 0
    return text


def every_zero(number):
    """Write a 零 for each zero inside."""
    text = ""
    for unit, size in UNITS:
        digit, number = divmod(number, size)
        if digit or (text and number):
            text += "零一二三四五六七八九"[digit] + (unit if digit else "")
    return text


def with_units_of_zeros(number):
    text = ""
    for unit, size in UNITS:
        digit, number = divmod(number, size)
        text += "零一二三四五六七八九"[digit] + unit if digit or (text and number) else ""
    return text


def zeros_first(number):
    text, gap = "", False
    for unit, size in UNITS:
        digit, number = divmod(number, size)
        if digit:
            text += ("零" if gap else "") + "零一二三四五六七八九"[digit] + unit
        gap = digit == 0
    return text


def with_a_table(number):
    """Write the digits first, then look at the gaps."""
    digits = [int(d) for d in f"{number:04}"]
    parts = [group(d * size) for d, (_, size) in zip(digits, UNITS, strict=True)]
    return re.sub("0+", "零", "".join(part or "0" for part in parts).strip("0"))


RIGHT_FOUR = {"by a pattern": with_a_table, "NumPy's text": lambda n: np.str_(group(n))}
WRONG_FOUR = {
    "0: a group of nothing but zeros": lambda n: group(n) or "零",
    "got NoneType: does your function return? (input: 0)": lambda n: group(n) or None,
    "expected a text, got list: a text is a str": lambda n: [*group(n)],
    "stops with IndexError: string index out of range (input: 2005)": lambda n: (
        group(n) + "."[n // 1200][1:]
    ),
    "the 零 is missing": lambda n: group(n).replace("零", ""),
    "一十 inside a number": lambda n: group(n).replace("一十", "十"),
    "looked after later": lambda n: group(n).removeprefix("一") if 10 <= n < 20 else group(n),
    "两 is another convention": lambda n: group(n).replace("二", "两"),
    "each place needs its word": lambda n: "".join("零一二三四五六七八九"[int(d)] for d in str(n)),
    "one 零, however many zeros": every_zero,
    "no 零 before the first digit": zeros_first,
    "zeros at the end are not read": lambda n: group(n) + ("零" if n % 10 == 0 else ""),
    "a place with 0 has no word": with_units_of_zeros,
    "read from the wrong end": lambda n: group(int(str(n)[::-1])),
    "write this number's places down": lambda n: group(n, "零一二三四五六七九八"),
    "expected a text, got NoneType": lambda n: None,
    "stops with TypeError": lambda: "",
}


def score(output, reference, order=6, beta=2, keep=False, most=True):
    if not keep:
        output, reference = output.replace(" ", ""), reference.replace(" ", "")
    shares = []
    for n in range(1, order + 1):
        ours, theirs = (
            Counter(t[i : i + n] for i in range(len(t) - n + 1)) for t in (output, reference)
        )
        if ours and theirs:
            both = ours & theirs if most else {run: ours[run] for run in ours if run in theirs}
            same = sum(both.values())
            shares.append((same / ours.total(), same / theirs.total()))
    if not shares:
        return 0.0
    p, r = (sum(values) / len(values) for values in zip(*shares, strict=True))
    return (1 + beta**2) * p * r / (beta**2 * p + r) if p + r else 0.0


def averaged_last(output, reference):
    """Compute an F for each length, then average."""
    shorter = min(len(output.replace(" ", "")), len(reference.replace(" ", "")), 6)
    return sum(single(output, reference, n) for n in range(1, shorter + 1)) / max(shorter, 1)


def single(output, reference, n):
    output, reference = output.replace(" ", ""), reference.replace(" ", "")
    ours, theirs = (
        Counter(t[i : i + n] for i in range(len(t) - n + 1)) for t in (output, reference)
    )
    same = (ours & theirs).total()
    p, r = same / ours.total(), same / theirs.total()
    return 5 * p * r / (4 * p + r) if same else 0.0


RIGHT_CHRF = {
    "a Fraction": lambda a, b, order=6: Fraction(score(a, b, order)).limit_denominator(10**9),
    "NumPy's single precision": lambda a, b, order=6: np.float32(score(a, b, order)),
    "a tensor": lambda a, b, order=6: torch.tensor(score(a, b, order)),
}
WRONG_CHRF = {
    "order=1: you give the same as without it": lambda a, b, order=6: score(a, b),
    "wrong with order=2": lambda a, b, order=6: score(a, b, 3 if order == 2 else order),
    "unexpected keyword argument 'order' (input: ": lambda a, b: score(a, b),
    "return a share from 0 to 1": lambda a, b: 100 * score(a, b),
    "have changed places": lambda a, b: score(b, a),
    "precision and recall count alike": lambda a, b: score(a, b, beta=1),
    "beta stands squared": lambda a, b: score(a, b, beta=2**0.5),
    "you give 1.00004, and a share is at most 1": lambda a, b: score(a, b) + 4e-5,
    "a wrong score, 0.99996: ": lambda a, b: score(a, b) - 4e-5,
    "spaces are no characters": lambda a, b: score(a, b, keep=True),
    "you stop at four": lambda a, b: score(a, b, order=4),
    "you go on to runs of seven": lambda a, b: score(a, b, order=7),
    "single characters alone": lambda a, b: score(a, b, order=1),
    "this is the precision alone": lambda a, b: score(a, b, beta=0),
    "this is the recall alone": lambda a, b: score(a, b, beta=1e9),
    "more often than it occurs": lambda a, b: score(a, b, most=False),
    "average precision and recall first": averaged_last,
    "stops with ZeroDivisionError: division by zero (input: '', '二万五')": lambda a, b, order=6: (
        score(a, b, order) if a else 1 / 0
    ),
    "expected a number, got NoneType": lambda a, b: None,
    "stops with ZeroDivisionError: division by zero (input: '九', '二万五')": lambda a, b: (
        score(a, b) if {*a} & {*b} else 1 / 0
    ),
}


def kind(wanted, output, read):
    try:
        got = str(read(output))
    except CourseError:
        return "not a number"
    if len(got) != len(str(wanted)):
        return "wrong length"
    wrong = sum(a != b for a, b in zip(got, str(wanted), strict=True))
    return "right" if wrong == 0 else "one digit" if wrong == 1 else "several digits"


def texts_compared(wanted, output, read):
    """Compare the texts' characters instead of the numbers' digits."""
    if kind(wanted, output, read) in ("right", "not a number"):
        return kind(wanted, output, read)
    return "one digit" if len(output) == len(to_chinese(wanted)) else "wrong length"


def by_difference(wanted, output, read):
    result = kind(wanted, output, read)
    near = result in ("one digit", "several digits") and abs(read(output) - wanted) < 10
    return "one digit" if near else "several digits" if result == "one digit" else result


class Kind(StrEnum):
    RIGHT, UNREADABLE, LENGTH = "right", "not a number", "wrong length"
    ONE, SEVERAL = "one digit", "several digits"


def refused(wanted, output, read):
    """Catch whatever `read` raises."""
    try:
        number = read(output)
    except ValueError:
        return "not a number"
    return kind(wanted, output, lambda _: number)


RIGHT_KIND = {"a name of an enum": lambda *answer: Kind(kind(*answer)), "ValueError": refused}
WRONG_KIND = {
    "expected one of the five kinds, got int: return its name as a text": (
        lambda w, o, read: [*Kind].index(kind(w, o, read))
    ),
    "the error gets through": lambda w, o, read: kind(w, str(read(o)), int),
    "is the one that was meant": lambda w, o, read: "not a number",
    "what does it do then": lambda w, o, read: kind(w, o, read).replace("not a number", "right"),
    "how many should it have": lambda w, o, read: kind(w, o, read).replace(
        "wrong length", "several digits"
    ),
    "count the places where they differ": texts_compared,
    "in how many places do they differ": lambda w, o, read: kind(w, o, read).replace(
        "several digits", "one digit"
    ),
    "expected one of the five kinds": lambda w, o, read: kind(w, o, read).upper(),
    "came: another kind. As many digits": by_difference,
    "got NoneType: does your function return?": lambda w, o, read: None,
    "got NoneType: does your function return? (input: 25345, '二万五千三百四', from_chinese)": (
        lambda w, o, read: kind(w, o, read).replace("not a number", "") or None
    ),
    "stops with ValueError: zip() argument 2 is longer": lambda w, o, read: (
        [*zip(str(w), o, strict=True)] and "right"
    ),
    "stops with TypeError": lambda w, o: "right",
}

SAME = {
    "four": {"text, gap = ('', True)"},  # nothing stands before the first digit
    "chrf": {
        "return -0.0",
        "return 0.0 * 2",
        "p, r = (sum(part) / len(part) for part in zip(*shares, strict=False))",
        "p, r = (sum(part) / len(part) for part in zip(*shares))",
        "return 5 * p * r / (4 * p + r) if p else 0.0",
        "return 5 * p * r / (4 * p + r) if r else 0.0",
    },
    "error_kind": {
        "wrong = sum((a != b for a, b in zip(got, str(wanted), strict=False)))",
        "wrong = sum((a != b for a, b in zip(got, str(wanted))))",
        "wrong = sum((a != b for a, b in zip(str(wanted), got, strict=True)))",
    },
}

EXERCISES = {
    "exercise-four": Exercise("four", checks.check_four, WRONG_FOUR, SAME["four"], RIGHT_FOUR),
    "exercise-chrf": Exercise("chrf", checks.check_chrf, WRONG_CHRF, SAME["chrf"], RIGHT_CHRF),
    "exercise-kinds": Exercise(
        "error_kind", checks.check_error_kind, WRONG_KIND, SAME["error_kind"], RIGHT_KIND
    ),
}
