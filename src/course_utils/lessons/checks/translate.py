"""Checks of the lesson "Translation": a group of four digits in Chinese, and chrF.

The oracles are a table of places, and loops over lists of character runs; never the answer itself.
"""

import torch

from course_utils.lessons.checks._answers import apart, fresh, name_mistake, near, number, unlike
from course_utils.lessons.checks._report import check, expect

DIGITS = "零一二三四五六七八九"
HAND = {5: "五", 12: "一十二", 20: "二十", 105: "一百零五", 2005: "二千零五", 2050: "二千零五十"}
HAND |= {110: "一百一十", 1200: "一千二百", 9999: "九千九百九十九"}


@check("every digit with its place, one 零 to a gap, none at the end.")
def check_four(four) -> None:
    """Check the Chinese text of a group of up to four digits.

    Args:
        four: a number from 1 to 9999 -> text.
    """
    for value, right in HAND.items():
        _expect_group(four, value, right)
    draw = torch.randint(1, 10_000, (300,), generator=fresh()).tolist()
    for value in [*range(1, 130), 1000, 1001, 1010, 1100, 3003, 4040, *draw]:
        _expect_group(four, value, _group(value))
    expect(
        _text(four(0)) == "",
        "0: a group of nothing but zeros is read by nobody: return an empty text",
    )


def _expect_group(four, value, right) -> None:
    got = _text(four(value))
    if got == right:
        return
    name_mistake(
        {
            "the 零 is missing: a gap between two digits is read": right.replace("零", ""),
            "ten is 一十 inside a number, and the beginning is looked after later": (
                right.replace("一十", "十")
            ),
            "2 is 二 in every place here, 两 is another convention": right.replace("二", "两"),
            "zeros at the end are not read": right + "零",
            "each place needs its word: 千, 百, 十": "".join(c for c in right if c in DIGITS),
            "the digits are right, but read from the wrong end": _group(int(str(value)[::-1])),
        },
        lambda wrong: wrong not in ("", right) and got == wrong,
        f"{value}: ",
    )
    expect("零零" not in got, f"{value}: a gap has one 零, however many zeros it has")
    expect(not got.startswith("零"), f"{value}: no 零 before the first digit: is there a gap yet?")
    expect(
        not got.endswith("零"), f"{value}: zeros at the end are not read: when is a gap written?"
    )
    zeros = [f"零{unit}" for unit in "千百十" if f"零{unit}" in got]
    expect(not zeros, f"{value}: you write {''.join(zeros[:1])}: a place with 0 has no word")
    expect(
        False, f"{value}: a wrong text, {got[:20]!r}: write this number's places down one by one"
    )


def _text(answer) -> str:
    if not isinstance(answer, str):
        raise unlike("a text", answer, "a text is a str")
    return answer


def _group(value) -> str:
    """Write all four places, then strike what is not read."""
    text = "".join(DIGITS[int(d)] + unit for d, unit in zip(f"{value:04}", "千百十 ", strict=True))
    for unit in "千百十 ":
        text = text.replace("零" + unit, "零")
    while "零零" in text:
        text = text.replace("零零", "零")
    return text.replace(" ", "").strip("零")


TEXTS = ("一百零五万", "一百五十万")


@check("runs of one to six characters, precision and recall averaged first, recall counted double.")
def check_chrf(chrf) -> None:
    """Check the chrF score of one text.

    Args:
        chrf: output, reference -> share from 0 to 1.
    """
    for output, reference, what in (
        ("二万五", "二万五", "two equal texts"),
        ("九", "二万五", "two texts with nothing in common"),
        ("", "二万五", "an empty output"),
        ("二二二", "二万", "an output that repeats a character: each may be matched once"),
        (*TEXTS, "two texts of one length"),
        ("二万五", "二万五千三百四十八", "an output that is too short"),
        ("二万五千三百四十八", "二万五", "an output that is too long"),
        ("two five", "two five", "a text with a space"),
        ("twenty-one thousand five", "twenty one thousand fifteen", "two English texts"),
    ):
        _expect_score(chrf, output, reference, what)
    draw = fresh()
    for _ in range(30):
        one, two = (
            "".join(DIGITS[i] for i in torch.randint(1, 4, (int(n),), generator=draw).tolist())
            for n in torch.randint(1, 14, (2,), generator=draw)
        )
        _expect_score(chrf, one, two, f"{one} beside {two}")
    for order in (1, 2, 3):
        _expect_order(chrf, order)


def _expect_order(chrf, order) -> None:
    got = number(chrf(*TEXTS, order=order))
    expect(
        not near(got, _chrf(*TEXTS)),
        f"order={order}: you give the same as without it: up to which length do your runs go?",
    )
    expect(
        near(got, _chrf(*TEXTS, order)),
        f"right for runs of one to six characters, wrong with order={order}, the longest run that "
        "counts",
    )


def _expect_score(chrf, output, reference, what) -> None:
    got, right = number(chrf(output, reference)), _chrf(output, reference)
    if near(got, right):
        return
    name_mistake(
        {
            "you give a percentage: return a share from 0 to 1": 100 * right,
            "output and reference have changed places": _chrf(reference, output),
            "precision and recall count alike here: beta is 2": _chrf(output, reference, beta=1),
            "beta stands squared in the formula": _chrf(output, reference, beta=2**0.5),
            "spaces are no characters here: take them out first": _chrf(output, reference, keep=1),
            "runs of one to six characters count, you stop at four": _chrf(output, reference, 4),
            "you go on to runs of seven": _chrf(output, reference, 7),
            "single characters alone do not see the order": _chrf(output, reference, 1),
            "you match a run more often than it occurs": _chrf(output, reference, strike=False),
            "average precision and recall first, then use the formula once": _averaged_last(
                output, reference
            ),
            "this is the precision alone": _chrf(output, reference, beta=0),
            "this is the recall alone": _chrf(output, reference, beta=1e9),
        },
        lambda wrong: near(got, wrong),
        f"{what}: ",
    )
    expect(got <= 1.000001, f"{what}: you give {apart(got, 1.0)}, and a share is at most 1")
    expect(
        False,
        f"{what}: a wrong score, {apart(got, right)}: list the runs of both texts on paper, count "
        "the matches of each length, average the shares, then use the formula once",
    )


def _chrf(output, reference, order=6, beta=2.0, keep=0, strike=True) -> float:
    """Strike each run of the output from the reference's list; average over the lengths."""
    if not keep:
        output, reference = output.replace(" ", ""), reference.replace(" ", "")
    precisions, recalls = [], []
    for n in range(1, order + 1):
        ours, theirs = _runs(output, n), _runs(reference, n)
        if not ours or not theirs:
            continue
        same = _matches(ours, theirs, strike)
        precisions.append(same / len(ours))
        recalls.append(same / len(theirs))
    if not precisions:
        return 0.0
    p, r = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return (1 + beta**2) * p * r / (beta**2 * p + r) if p + r else 0.0


def _matches(ours, theirs, strike=True) -> int:
    """Count the runs that occur in the other list, each as often as it occurs there."""
    left, same = list(theirs), 0
    for run in ours:
        if run in left:
            same += 1
            if strike:
                left.remove(run)
    return same


def _averaged_last(output, reference) -> float:
    """Use the formula for each length, then average."""
    output, reference = output.replace(" ", ""), reference.replace(" ", "")
    lengths = range(1, min(len(output), len(reference), 6) + 1)
    scores = []
    for n in lengths:
        ours, theirs = _runs(output, n), _runs(reference, n)
        same = _matches(ours, theirs)
        p, r = same / len(ours), same / len(theirs)
        scores.append(5 * p * r / (4 * p + r) if same else 0.0)
    return sum(scores) / len(scores)


def _runs(text, n) -> list[str]:
    return [text[i : i + n] for i in range(len(text) - n + 1)]
