"""Solutions of the exercises of "Translation", which the lesson shows folded."""

from collections import Counter

from course_utils.lessons.answers import or_ours as or_ours


def four(number):
    text, gap = "", False
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, number = divmod(number, size)
        if digit:
            text += "零" if gap and text else ""
            text += "零一二三四五六七八九"[digit] + unit
        gap = digit == 0
    return text


def chrf(output, reference, order=6):
    texts = [text.replace(" ", "") for text in (output, reference)]
    shares = []
    for n in range(1, order + 1):
        ours, theirs = (Counter(t[i : i + n] for i in range(len(t) - n + 1)) for t in texts)
        if ours and theirs:
            same = (ours & theirs).total()
            shares.append((same / ours.total(), same / theirs.total()))
    if not shares:
        return 0.0
    p, r = (sum(part) / len(part) for part in zip(*shares, strict=True))
    return 5 * p * r / (4 * p + r) if p + r else 0.0
