"""Numbers from 0 to 99,999,999 in English and in Chinese words, and back.

The two languages group differently. English counts in thousands: 12,345,678 is "twelve million
three hundred forty-five thousand six hundred seventy-eight". Chinese counts in ten-thousands, 万:
1234,5678 is 一千二百三十四万五千六百七十八.

Conventions, each tested:

- English is American: no "and", no commas, a hyphen from twenty-one to ninety-nine.
- 2 is 二 everywhere, the formal way. In speech 两 is common before 百, 千 and 万.
- Ten is 十 at the beginning of a number (十二, 十二万) and 一十 inside it (一百一十二).
- One 零 stands for each gap of zeros between two digits, also across 万 (十万零五). Zeros at the
  end of a group are not read, so 105000 is 十万五千.

Reading is strict: only what writing gives is read. Left out: larger and negative numbers,
fractions, ordinals, financial digits (壹贰叁), counting words.
"""

import re

from course_utils.arguments import shortened
from course_utils.runtime import CourseError

LARGEST = 99_999_999
ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
DIGITS = "零一二三四五六七八九"
_UNITS = {"千": 1000, "百": 100, "十": 10, "": 1}
_ENGLISH = {word: i for i, word in enumerate(ONES)}
_ENGLISH |= {word: 10 * i for i, word in enumerate(TENS, start=2)}


def to_english(number: int) -> str:
    """Write a number in English.

    Args:
        number: 0 to 99,999,999.

    Raises:
        CourseError: if it is no whole number of that range.

    >>> to_english(120_305)
    'one hundred twenty thousand three hundred five'
    """
    rest, words = check_number(number), []
    for name, size in ((" million", 1_000_000), (" thousand", 1000), ("", 1)):
        group, rest = divmod(rest, size)
        words += [_below_1000(group) + name] if group else []
    return " ".join(words) or ONES[0]


def to_chinese(number: int) -> str:
    """Write a number in Chinese.

    Args:
        number: 0 to 99,999,999.

    Raises:
        CourseError: if it is no whole number of that range.

    >>> to_chinese(120_305), to_chinese(100_005), to_chinese(112)
    ('十二万零三百零五', '十万零五', '一百一十二')
    """
    high, low = divmod(check_number(number), 10_000)
    text = _below_10000(high) + "万" if high else ""
    if high and 0 < low < 1000:
        text += DIGITS[0]
    text += _below_10000(low) if low else ""
    return text.removeprefix("一") if text.startswith("一十") else text or DIGITS[0]


def from_english(text: str) -> int:
    """Read a number that `to_english` could have written.

    Args:
        text: words in lower case, nothing else.

    Raises:
        CourseError: if it is no such number.

    >>> from_english("one hundred twenty thousand three hundred five")
    120305
    """
    total = group = 0
    for word in re.split("[ -]", check_text(text)):
        if word in _ENGLISH:
            group += _ENGLISH[word]
        elif word == "hundred":
            group *= 100
        elif word in ("thousand", "million"):
            total, group = total + group * (1000 if word == "thousand" else 1_000_000), 0
        else:
            raise _unreadable(text, "English", "twenty-one thousand five")
    return _if_written(text, total + group, to_english, "English", "twenty-one thousand five")


def from_chinese(text: str) -> int:
    """Read a number that `to_chinese` could have written.

    Args:
        text: characters of 零一二三四五六七八九十百千万, nothing else.

    Raises:
        CourseError: if it is no such number.

    >>> from_chinese("十二万零三百零五")
    120305
    """
    total = group = digit = 0
    for character in check_text(text):
        if character in DIGITS:
            digit = DIGITS.index(character)
        elif character == "万":
            total, group, digit = (group + digit) * 10_000, 0, 0
        elif character in _UNITS:
            group, digit = group + (digit or 1) * _UNITS[character], 0  # 十二 has no 一
        else:
            raise _unreadable(text, "Chinese", "二万一千零五")
    return _if_written(text, total + group + digit, to_chinese, "Chinese", "二万一千零五")


def _below_1000(number):
    hundreds, rest = divmod(number, 100)
    words = [ONES[hundreds] + " hundred"] if hundreds else []
    if rest >= len(ONES):
        tens, rest = divmod(rest, 10)
        words.append(TENS[tens - 2] + (f"-{ONES[rest]}" if rest else ""))
    elif rest:
        words.append(ONES[rest])
    return " ".join(words)


def _below_10000(number):
    text, gap = "", False
    for name, size in _UNITS.items():
        digit, number = divmod(number, size)
        if digit:
            text += (DIGITS[0] if gap and text else "") + DIGITS[digit] + name
        gap = digit == 0
    return text


def check_number(number: int) -> int:
    """Return a number as it is, if it can be written.

    Raises:
        CourseError: if it is no whole number from 0 to 99,999,999.
    """
    if not isinstance(number, int) or isinstance(number, bool):
        raise CourseError(
            f"expected a whole number, got {shortened(number)} ({type(number).__name__}): "
            f"give an int from 0 to {LARGEST:,}"
        )
    if not 0 <= number <= LARGEST:
        size = f"{number:,}" if abs(number) < 10**15 else "one of more than 15 digits"
        why = "leave out the sign" if number < 0 else "larger ones need a word after 万"
        raise CourseError(f"expected a number from 0 to {LARGEST:,}, got {size}: {why}")
    return number


def check_text(text: str) -> str:
    """Return a text as it is.

    Raises:
        CourseError: if it is none.
    """
    if not isinstance(text, str):
        raise CourseError(f"expected a text, got {type(text).__name__}: pass a str")
    return text


def _if_written(text, number, write, language, example):
    """Return the number if writing it gives the text back."""
    if write(check_number(number)) != text:
        raise _unreadable(text, language, example)
    return number


def _unreadable(text, language, example):
    return CourseError(
        f"expected a number in {language} words, got {shortened(text)}: write it like {example!r}"
    )
