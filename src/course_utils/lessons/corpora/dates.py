"""Dates from 1900 to 2099 in English and in Chinese, and back.

3 May 2024 is 二〇二四年五月三日. The year is read digit by digit, with 〇 for 0; month and day are
numbers. English has the day first and the year in digits. Only days of the calendar are read:
30 February is none, 29 February is one in leap years.
"""

import re
from datetime import date

from course_utils.arguments import shortened
from course_utils.lessons.corpora.numerals import (
    DIGITS,
    check_text,
    from_chinese,
    to_chinese,
)
from course_utils.runtime import CourseError

FIRST, LAST = date(1900, 1, 1), date(2099, 12, 31)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_YEAR_DIGITS = "〇" + DIGITS[1:]
_NUMBER = "[一二三四五六七八九十]+"


def date_to_english(day: date) -> str:
    """Write a date in English.

    Raises:
        CourseError: if it is no date from 1900 to 2099.

    >>> date_to_english(date(2024, 5, 3))
    '3 May 2024'
    """
    day = check_date(day)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def date_to_chinese(day: date) -> str:
    """Write a date in Chinese.

    Raises:
        CourseError: if it is no date from 1900 to 2099.

    >>> date_to_chinese(date(2024, 5, 3))
    '二〇二四年五月三日'
    """
    day = check_date(day)
    year = "".join(_YEAR_DIGITS[int(digit)] for digit in str(day.year))
    return f"{year}年{to_chinese(day.month)}月{to_chinese(day.day)}日"


def date_from_english(text: str) -> date:
    """Read a date that `date_to_english` could have written.

    Raises:
        CourseError: if it is no such date.

    >>> date_from_english("29 February 2024")
    datetime.date(2024, 2, 29)
    """
    months = "|".join(MONTHS)
    found = re.fullmatch(rf"([1-9][0-9]?) ({months}) ([0-9]{{4}})", check_text(text))
    if not found:
        raise _unreadable(text, "English", "3 May 2024")
    day, month, year = found.groups()
    return _day(text, int(year), MONTHS.index(month) + 1, int(day))


def date_from_chinese(text: str) -> date:
    """Read a date that `date_to_chinese` could have written.

    Raises:
        CourseError: if it is no such date.

    >>> date_from_chinese("二〇二四年二月二十九日")
    datetime.date(2024, 2, 29)
    """
    shape = rf"([{_YEAR_DIGITS}]{{4}})年({_NUMBER})月({_NUMBER})日"
    found = re.fullmatch(shape, check_text(text))
    if not found:
        raise _unreadable(text, "Chinese", "二〇二四年五月三日")
    year = int("".join(str(_YEAR_DIGITS.index(digit)) for digit in found[1]))
    return _day(text, year, from_chinese(found[2]), from_chinese(found[3]))


def check_date(day: date) -> date:
    """Return a date as it is, if it can be written.

    Raises:
        CourseError: if it is no date from 1900 to 2099.
    """
    if type(day) is not date:
        raise CourseError(
            f"expected a datetime.date, got {shortened(day)} ({type(day).__name__}): make one"
        )
    if not FIRST <= day <= LAST:
        raise CourseError(f"expected a date from 1900 to 2099, got {day}: choose one of these")
    return day


def _day(text, year, month, day):
    try:
        return check_date(date(year, month, day))
    except CourseError:
        raise
    except ValueError:
        raise CourseError(
            f"expected a day of the calendar, got {shortened(text)}: "
            f"the month has fewer days, or there is no such month or year"
        ) from None


def _unreadable(text, language, example):
    return CourseError(
        f"expected a date in {language}, got {shortened(text)}: write it like {example}"
    )
