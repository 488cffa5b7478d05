"""Wrong answers to the exercises of "Translation", by what their checks must say.

`test_mutations.py` tries them all.
"""

import re
from collections import Counter
from fractions import Fraction

import numpy as np
import sacrebleu
import torch
from lesson import Exercise

from course_utils.lessons.answers import translate as answers
from course_utils.lessons.checks import translate as checks
from course_utils.lessons.corpora.numerals import to_chinese, to_english

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
}

EXERCISES = {
    "exercise-four": Exercise("four", checks.check_four, WRONG_FOUR, SAME["four"], RIGHT_FOUR),
    "exercise-chrf": Exercise("chrf", checks.check_chrf, WRONG_CHRF, SAME["chrf"], RIGHT_CHRF),
}


def test_chrf_is_the_score_of_the_usual_tool():
    usual = sacrebleu.metrics.CHRF()
    for number in (1, 12, 305, 21_000, 2_345_678):
        for other in (2, 13, 350, 120_000, 9_345_678):
            for write in (to_english, to_chinese):
                texts = write(number), write(other)
                score = usual.sentence_score(texts[0], [texts[1]]).score
                assert abs(100 * answers.chrf(*texts) - score) < 1e-9, texts
