"""Intervals of shares: against statements of the literature, and against drawing."""

import numpy as np
import pytest

from course_utils.lessons import intervals
from course_utils.runtime import CourseError


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [  # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_equals_the_published_ends(hits, n, low, high):
    assert intervals.of_share(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_holds_the_true_share_about_95_times_in_100():
    random, p, n = np.random.default_rng(0), 0.1, 50
    ends = [intervals.of_share(int(hits), n) for hits in random.binomial(n, p, 2000)]
    assert 0.93 < np.mean([low <= p <= high for low, high in ends]) < 0.985


def test_mirrored_counts_mirror_the_ends():
    low, high = intervals.of_share(3, 17)
    assert intervals.of_share(14, 17) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("hits", "n"), [(3, 2), (-1, 4), (0, 0), (0.5, 2), ("1", 2)])
def test_what_are_no_counts_is_told(hits, n):
    with pytest.raises(CourseError, match="give counts"):
        intervals.of_share(hits, n)
