"""Numbers and dates in two languages: against other libraries, by parsers, and by hand."""

import random
import re
from datetime import date, datetime, timedelta

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from course_utils.lessons.corpora import dates, pairs
from course_utils.lessons.corpora.numerals import LARGEST, from_chinese, from_english, shortened
from course_utils.lessons.corpora.numerals import to_chinese as chinese
from course_utils.lessons.corpora.numerals import to_english as english
from course_utils.runtime import CourseError

DRAW = random.Random(5)
EDGES = sorted(
    {digit * 10**power + more for power in range(8) for digit in range(1, 10) for more in (-1, 0)}
    | {10**power + 10**other for power in range(8) for other in range(8) if other != power}
    | {LARGEST, 12, 112, 1012, 10_012, 100_012, 1_000_012, 20_020_002, 10_101_010, 12_345_678}
)
SAMPLE = [*range(2000), *EDGES, *(DRAW.randrange(10 ** (i % 8 + 1)) for i in range(16_000))]
DAYS = [dates.FIRST + timedelta(i) for i in range((dates.LAST - dates.FIRST).days + 1)]


def american(number):
    """num2words writes British English with commas; ours is American, without "and"."""
    return num2words(number, lang="en").replace(",", "").replace(" and ", " ")


def test_english_equals_num2words_but_for_and_and_commas():
    assert num2words(1_000_105) == "one million, one hundred and five"
    assert english(1_000_105) == "one million one hundred five"
    assert [english(n) for n in SAMPLE] == [american(n) for n in SAMPLE]


def test_chinese_equals_cn2an():
    assert [chinese(n) for n in SAMPLE] == [cn2an.an2cn(n, "low") for n in SAMPLE]


def test_what_is_written_is_read():
    for n in SAMPLE:
        assert from_english(english(n)) == n
        assert from_chinese(chinese(n)) == n
        assert cn2an.cn2an(chinese(n), "strict") == n


@given(st.integers(0, LARGEST))
def test_any_number_goes_round(number):
    assert from_english(english(number)) == from_chinese(chinese(number)) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "零"),
        (2, "二"),  # not 两, by convention: 二 throughout
        (200, "二百"),
        (2_000, "二千"),
        (20_000, "二万"),
        (10, "十"),  # not 一十 at the beginning
        (12, "十二"),
        (110, "一百一十"),  # 一十 inside
        (112, "一百一十二"),
        (1_012, "一千零一十二"),
        (105, "一百零五"),
        (1_005, "一千零五"),  # one 零 for a gap of two
        (1_050, "一千零五十"),
        (10_005, "一万零五"),
        (100_000, "十万"),
        (100_005, "十万零五"),
        (100_012, "十万零一十二"),
        (105_000, "十万五千"),  # zeros at the end of a group are not read
        (1_000_500, "一百万零五百"),
        (10_050_000, "一千零五万"),
        (20_020_002, "二千零二万零二"),
        (LARGEST, "九千九百九十九万九千九百九十九"),
    ],
)
def test_the_stated_conventions(number, text):
    assert chinese(number) == text


@pytest.mark.parametrize(
    "text",
    [
        "两", "两千", "一十", "一十二", "一百十二", "一百五", "十万零五千", "一千零零五", "一万五",
        "零五", "万", "一万零", "零万一", "一亿", "十十", "一二", "千百", "壹", "12", "", " 一",
        "一 ", "五百万万", "one", "一" * 10_000,
    ],
    ids=shortened,
)  # fmt: skip
def test_other_chinese_is_refused_in_one_line(text):
    refused(from_chinese, text, "Chinese")


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "One", "one hundred and five", "one hundred  five", "twenty two", "twenty-",
        "twenty-ten", "one-two", "ten hundred", "hundred", "thousand", "one thousand thousand",
        "zero thousand", "twenty-zero", "one million million", "five six",
        "12", "minus one", "二十", "one 百", "one\nhundred", "one " * 2500, "million " * 2000,
    ],
    ids=shortened,
)  # fmt: skip
def test_other_english_is_refused_in_one_line(text):
    refused(from_english, text, "English")


@pytest.mark.parametrize("text", ["one hundred million", "one" + " hundred" * 1250])
def test_too_large_a_number_in_words(text):
    refused(from_english, text, "from 0 to 99,999,999")


def refused(function, value, reason):
    with pytest.raises(CourseError, match=reason) as raised:
        function(value)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 160


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (-1, "got -1: leave out the sign"),
        (LARGEST + 1, "got 100,000,000: larger ones"),
        (1.0, "float"),
        (True, "bool"),
        ("12", "str"),
        (None, "NoneType"),
        ("x" * 10_000, "10,000 characters"),
        ([1] * 9999, "list"),
    ],
    ids=shortened,
)
def test_no_such_number(value, reason):
    for function in (english, chinese):
        refused(function, value, reason)


def test_no_number_with_more_digits_than_python_prints():
    for value in (10**6000, -(10**6000)):
        refused(english, value, "one of more than 15 digits")


@pytest.mark.parametrize("value", [12, None, b"one", ["one"]])
def test_what_is_no_text_is_no_number(value):
    for function in (from_english, from_chinese, dates.date_from_english, dates.date_from_chinese):
        refused(function, value, "expected a text")


# --- dates -----------------------------------------------------------------------------------


def test_dates_equal_strftime_and_cn2an():
    """cn2an reads 0 in a year as 零; ours is 〇, which is usual in written dates."""
    assert cn2an.transform("2024年5月3日", "an2cn") == "二零二四年五月三日"
    assert dates.date_to_chinese(date(2024, 5, 3)) == "二〇二四年五月三日"
    for day in DAYS[::7]:
        assert dates.date_to_english(day) == re.sub("^0", "", day.strftime("%d %B %Y"))
        theirs = cn2an.transform(f"{day.year}年{day.month}月{day.day}日", "an2cn")
        assert dates.date_to_chinese(day) == theirs.replace("零", "〇")


def test_every_day_goes_round():
    for day in DAYS:
        assert dates.date_from_english(dates.date_to_english(day)) == day
        assert dates.date_from_chinese(dates.date_to_chinese(day)) == day


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("29 February 1900", "calendar"),  # no leap year
        ("30 February 2024", "calendar"),
        ("31 April 2024", "calendar"),
        ("3 May 1899", "1900 to 2099"),
        ("3 May 2100", "1900 to 2099"),
        ("3 May 0000", "calendar"),
        ("03 May 2024", "in English"),
        ("0 May 2024", "in English"),
        ("May 3, 2024", "in English"),
        ("3 may 2024", "in English"),
        ("3 May 24", "in English"),
        ("3 May 2024\n", "in English"),
        ("٣ May 2024", "in English"),
        ("3 May ٢٠٢٤", "in English"),
        ("", "in English"),
        ("3 五月 2024", "in English"),
        ("3 May 2024 " * 1000, "in English"),
    ],
    ids=shortened,
)
def test_no_such_english_date(text, reason):
    refused(dates.date_from_english, text, reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("一九〇〇年二月二十九日", "calendar"),
        ("二〇二四年二月三十日", "calendar"),
        ("二〇二四年十三月一日", "calendar"),
        ("一八九九年十二月三十一日", "1900 to 2099"),
        ("二一〇〇年一月一日", "1900 to 2099"),
        ("二零二四年五月三日", "in Chinese"),
        ("二〇二四年五月三号", "in Chinese"),
        ("二〇二四年五月零三日", "in Chinese"),
        ("二〇二四年一十月三日", "in Chinese"),
        ("二四年五月三日", "in Chinese"),
        ("2024年5月3日", "in Chinese"),
        ("", "in Chinese"),
        ("五" * 10_000, "in Chinese"),
    ],
    ids=shortened,
)
def test_no_such_chinese_date(text, reason):
    refused(dates.date_from_chinese, text, reason)


@pytest.mark.parametrize(
    "value", [date(1899, 12, 31), date(2100, 1, 1), datetime(2024, 5, 3), "3 May 2024", None, 5]
)
def test_no_such_date(value):
    for function in (dates.date_to_english, dates.date_to_chinese):
        refused(function, value, "1900 to 2099|datetime.date")


# --- pairs and their split -------------------------------------------------------------------


def test_train_and_test_share_no_number_whatever_the_seed():
    """Not only in these draws: the side is a function of the number alone."""
    drawn = {
        split: {
            pair.of
            for seed in (1, 2, 3)
            for pair in pairs.number_pairs(3000, seed, split) + pairs.date_pairs(500, seed, split)
        }
        for split in pairs.SPLITS
    }
    assert not drawn["train"] & drawn["test"]
    for split, values in drawn.items():
        assert {pairs.split_of(value) for value in values} == {split}


def test_a_text_is_on_one_side_only():
    """No two numbers or dates share a text, so a hash of the number splits the texts too."""
    some = [pairs.pair_of(value) for value in {*SAMPLE, *DAYS}]
    assert len({pair.english for pair in some}) == len({pair.chinese for pair in some}) == len(some)


@pytest.mark.parametrize(("digits", "share"), [(4, 0.9), (5, 0.9), (6, 0.9), (7, 0.1), (8, 0.0)])
def test_shares_of_the_split(digits, share):
    draw = random.Random(digits)
    numbers = [draw.randrange(10 ** (digits - 1), 10**digits) for _ in range(4000)]
    got = sum(pairs.split_of(n) == "train" for n in numbers) / 4000
    assert got == pytest.approx(share, abs=4 * (share * (1 - share) / 4000) ** 0.5)


def test_share_of_the_dates():
    got = sum(pairs.split_of(day) == "train" for day in DAYS) / len(DAYS)
    assert got == pytest.approx(0.9, abs=0.005)


def test_the_split_stays_what_it_was():
    assert [pair.of for d in (1, 2) for pair in pairs.all_numbers(d, "test")] == [
        7, 8, 40, 53, 81, 92, 99
    ]  # fmt: skip


def test_draws_depend_on_the_seed_alone():
    assert pairs.number_pairs(50, 1, "train") == pairs.number_pairs(50, 1, "train")
    assert pairs.number_pairs(50, 1, "train") != pairs.number_pairs(50, 2, "train")
    assert pairs.date_pairs(50, 1, "test") == pairs.date_pairs(50, 1, "test")
    assert pairs.date_pairs(50, 1, "test") != pairs.date_pairs(50, 2, "test")
    assert pairs.number_pairs(0, 1, "test") == pairs.date_pairs(0, 1, "test") == []


def test_each_length_is_drawn_equally_often():
    drawn = pairs.number_pairs(7000, 1, "train")
    counts = [sum(len(str(pair.of)) == d for pair in drawn) for d in pairs.TRAINED_LENGTHS]
    assert sum(counts) == 7000
    assert all(abs(count - 1000) < 4 * (7000 / 7 * 6 / 7) ** 0.5 for count in counts)
    firsts = [sum(str(p.of)[0] == d for p in drawn if p.of >= 10) for d in "123456789"]
    assert min(firsts) > 500


def test_all_numbers_are_all():
    for digits, count in ((1, 10), (2, 90), (3, 900)):
        parts = [pairs.all_numbers(digits, split) for split in pairs.SPLITS]
        assert sum(map(len, parts)) == count


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: pairs.number_pairs(-1, 1, "train"), "n must be"),
        (lambda: pairs.number_pairs(True, 1, "train"), "n must be"),
        (lambda: pairs.number_pairs(2.0, 1, "train"), "n must be"),
        (lambda: pairs.number_pairs(1, 1, "exam"), "no split 'exam'"),
        (lambda: pairs.number_pairs(1, 1, "test", []), "digits must be"),
        (lambda: pairs.number_pairs(1, 1, "test", [9]), "digits must be"),
        (lambda: pairs.number_pairs(1, 1, "train", [8]), "leave 8 out"),
        (lambda: pairs.date_pairs(-1, 1, "test"), "n must be"),
        (lambda: pairs.date_pairs(1, 1, "all"), "no split 'all'"),
        (lambda: pairs.all_numbers(0, "test"), "digits must be"),
        (lambda: pairs.split_of(-5), "from 0 to"),
        (lambda: pairs.split_of("5"), "whole number"),
        (lambda: pairs.split_of(date(1800, 1, 1)), "1900 to 2099"),
        (lambda: pairs.pair_of(None), "whole number"),
    ],
)
def test_bad_settings_are_refused(call, reason):
    with pytest.raises(CourseError, match=reason):
        call()
