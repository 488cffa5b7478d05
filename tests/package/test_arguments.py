"""What readers pass in: what is taken, and the one line for what is not."""

import random
import re

import numpy as np
import pytest
import torch

from course_utils import arguments
from course_utils.runtime import CourseError


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), torch.tensor(3)])
def test_a_whole_number_of_any_library_is_one(value):
    number = arguments.whole("n", value, 1, 3)
    assert number == 3 and type(number) is int


@pytest.mark.parametrize("value", [2.0, "2", True, None, [2], torch.tensor([1, 2]), np.float32(2)])
def test_what_is_no_whole_number_is_said(value):
    with pytest.raises(CourseError, match=r"^n must be a whole number, got .*: change it$"):
        arguments.whole("n", value)


@pytest.mark.parametrize(
    ("value", "limits", "says"),
    [
        (-1, (), "n must be 0 or more, got -1: change it"),
        (0, (1, 3), "n must be from 1 to 3, got 0: change it"),
        (4, (1, 3, ", or None"), "n must be from 1 to 3, or None, got 4: change it"),
    ],
)
def test_a_whole_number_out_of_range_is_said(value, limits, says):
    with pytest.raises(CourseError, match=f"^{re.escape(says)}$"):
        arguments.whole("n", value, *limits)


@pytest.mark.parametrize("value", [0.5, 1, np.float32(0.5), torch.tensor(0.5)])
def test_a_number_comes_back_as_it_is(value):
    assert arguments.number("p", value, "above 0", lambda p: p > 0) is value


@pytest.mark.parametrize("value", ["0.5", None, True, [0.5], 1j, torch.ones(2), 10**400])
def test_what_is_no_number_is_said(value):
    with pytest.raises(CourseError, match=r"^p must be a number, above 0, got "):
        arguments.number("p", value, "above 0", lambda p: p > 0)


@pytest.mark.parametrize("value", [0, -1.0, float("nan")])
def test_a_number_that_does_not_hold_is_said(value):
    with pytest.raises(CourseError, match=r"^p must be above 0, got "):
        arguments.number("p", value, "above 0", lambda p: p > 0)


@pytest.mark.parametrize("value", ["dev", "", None, ["train"], 3])
def test_what_is_none_of_the_options_is_told_all_of_them(value):
    with pytest.raises(CourseError, match=r"^no split .*, there are: train, test$"):
        arguments.one_of("split", value, ("train", "test"))


@pytest.mark.parametrize("call", [arguments.text, arguments.chance, arguments.size])
def test_the_wrong_kind_is_said_with_its_name(call):
    for value in (None, 2.5, ["x"]):
        with pytest.raises(CourseError, match=r"^thing must be a "):
            call("thing", value)
    assert arguments.chance("rng", rng := random.Random(1)) is rng


def test_long_values_are_cut_and_tensors_told_by_shape():
    assert arguments.shortened("x" * 1000) == "'" + "x" * 29 + "… (1,000 characters)"
    assert arguments.shortened(list(range(100))) == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9,…"
    assert arguments.shortened(np.zeros((2, 3))) == "float64 of shape (2, 3)"
    assert arguments.shortened(torch.tensor(3)) == "tensor(3)"
