"""What checks share: numbers of any type, tensors, pairs, lists, and what happens on the way."""

import math
import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_utils.lessons.checks import _answers as answers
from course_utils.lessons.checks import _watch as watch
from course_utils.lessons.checks._report import Wrong, check

pytestmark = pytest.mark.filterwarnings("error")
HALVES = [0.5, Fraction(1, 2), Decimal("0.5"), np.float64(0.5), np.float32(0.5), np.array([0.5])]
HALVES += [torch.tensor(0.5), torch.tensor([[0.5]]), torch.tensor(0.5, requires_grad=True)]


@pytest.mark.parametrize("half", HALVES, ids=repr)
def test_one_number_of_any_type_is_a_number(half):
    assert answers.number(half) == 0.5


@pytest.mark.parametrize("three", [3, 3.0, np.int64(3), np.uint8(3), Fraction(3), torch.tensor(3)])
def test_a_whole_number_of_any_type_is_a_whole_number(three):
    value = answers.whole(three)
    assert value == 3 and type(value) is int


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (None, "expected a number, got NoneType: does your function return?"),
        ([0.5], "expected a number, got list: return one"),
        ("0.5", "expected a number, got str: return one"),
        (1j, "expected a number, got complex: return one"),
        (torch.ones(2), r"expected one number, got shape \(2,\)"),
        (np.ones(2), r"expected one number, got shape \(2,\)"),
        (np.array(["a"]), "expected a number, got str"),
        (torch.tensor(1j), "expected a number, got complex"),
    ],
)
def test_what_is_no_number_is_told_what_came(thing, said):
    with pytest.raises(Wrong, match=f"^{said}"):
        answers.number(thing)


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (True, "expected a whole number, got bool: return one"),
        (None, "expected a whole number, got NoneType: does your function return?"),
        (2.5, "expected a whole number, got 2.5: "),
        (math.nan, "expected a whole number, got nan: "),
    ],
)
def test_what_is_no_whole_number_is_told_what_came(thing, said):
    with pytest.raises(Wrong, match=f"^{said}"):
        answers.whole(thing)


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (None, "a tensor of weights, got NoneType: does your function return?"),
        ([0.5], "a tensor of weights, got list: torch.tensor makes one of it"),
        (np.ones(1), "a tensor of weights, got ndarray: torch.tensor makes one of it"),
        (0.5, "a tensor of weights, got float: return one"),
        (torch.ones(2), r"weights of shape \(1,\), got \(2,\): print the shape"),
    ],
)
def test_what_is_no_tensor_is_told_which_type_is_wanted(thing, said):
    with pytest.raises(Wrong, match=f"^expected {said}"):
        answers.tensor(thing, (1,), "weights")


def test_an_answer_that_still_has_its_graph_gives_numbers_without_a_warning():
    graph = torch.ones(3, dtype=torch.float32, requires_grad=True) * 2
    assert not answers.tensor(graph, (3,), "weights").requires_grad
    assert answers.finite(graph, "weights").tolist() == [2.0, 2.0, 2.0]


def test_two_things_may_be_a_tuple_or_a_list():
    assert answers.pair([1, 2], "a and b") == answers.pair((1, 2), "a and b") == (1, 2)
    for thing, said in (
        (None, "expected two things, a and b, got NoneType: does your function return?"),
        ({}, "expected two things, a and b, got dict: return two things, with a comma between"),
        ((1, 2, 3), "return two things, a and b: you return 3"),
    ):
        with pytest.raises(Wrong, match=f"^{said}"):
            answers.pair(thing, "a and b")


BOOLS = [[True, False], (True, False), np.array([True, False]), torch.tensor([True, False])]
BOOLS += [[np.True_, np.False_], [torch.tensor(True), torch.tensor(False)]]


@pytest.mark.parametrize("bools", BOOLS, ids=repr)
def test_a_list_of_any_type_is_a_list_of_plain_things(bools):
    value = answers.listed(bools, "bools")
    assert value == [True, False] and all(type(x) is bool for x in value)


@pytest.mark.parametrize("thing", [None, "text", {}, (x for x in "ab"), torch.tensor(1)])
def test_what_is_no_list_is_told_what_came(thing):
    with pytest.raises(Wrong, match=f"^expected a list of bools, got {type(thing).__name__}: "):
        answers.listed(thing, "bools")


def test_float32_is_good_enough_and_a_thousandth_is_not():
    right = torch.tensor([1.0, 1 / 3, 0.0], dtype=torch.float64)
    assert answers.close(right.float(), right)
    assert not answers.close(right + 1e-3, right)


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        ([[1, 2], [3, 5]], "3 of 4 numbers are right, and the first wrong one stands at [1, 1]"),
        ([[0, 2], [0, 0]], "1 of 4 numbers is right, and the first wrong one stands at [0, 0]"),
        ([[0, 0], [0, 0]], "none of 4 numbers is right, and the first wrong one stands at [0, 0]"),
        ([[1, 2], [3, 4]], "all numbers are right"),
    ],
)
def test_a_wrong_tensor_is_told_how_much_of_it_is_right(ours, said):
    right = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert answers.how_much(torch.tensor(ours), right) == said


@pytest.mark.parametrize(
    ("value", "target", "said"),
    [(0.25, 0.0, "0.250"), (-1e-5, 0.0, "-0.00001"), (1.0000004, 1.0, "1.0000004")],
)
def test_a_number_is_written_so_that_it_differs_from_what_it_should_be(value, target, said):
    assert answers.apart(value, target) == said


def test_numbers_are_written_with_the_digits_that_tell_them_from_the_right_ones():
    ours = torch.tensor([0.25, 0.50002, math.nan], dtype=torch.float64)
    assert answers.text(ours, [0.25, 0.5, 1.0]) == "(0.250, 0.50002, nan)"
    assert answers.text(ours[:1], 1.0) == "(0.250)"


ROADS = {
    "torch.softmax": lambda s: torch.softmax(s, -1),
    "a method": lambda s: s.softmax(-1),
    "F.softmax": lambda s: F.softmax(s, -1),
    "a module": lambda s: torch.nn.Softmax(-1)(s),
    "torch.special": lambda s: torch.special.softmax(s, -1),
}


@pytest.mark.parametrize("road", ROADS)
def test_a_forbidden_call_is_seen_by_whatever_road(road):
    with pytest.raises(Wrong, match="your code calls softmax, and the exercise asks for powers"):
        watch.expect_no_call(ROADS[road], [torch.ones(3)], ["softmax"], "powers")


def test_a_function_of_the_reader_may_have_a_library_s_name():
    def softmax(s):
        return s.exp()

    watch.expect_no_call(lambda s: softmax(s), [torch.ones(3)], ["softmax"], "powers")


def counted(x):
    while len(x):
        x = x[1:]


def helped(x):
    return comprehension(x)


def comprehension(x):
    return [i + 1 for i in x]


def shaped(x):
    rows, columns = (n // 2 for n in (len(x), 6))
    return x[: rows * columns]


def longer_branch(x):
    if len(x) > 9:
        y = x + 1
        y = y + 1
        x = y + 1
    return x


@pytest.mark.parametrize(
    ("function", "loop"),
    [
        (comprehension, True),
        (counted, True),
        (helped, True),
        (lambda x: sum(i for i in x), True),
        (lambda x: torch.stack([*map(longer_branch, x[:, None])]), True),
        (shaped, False),
        (longer_branch, False),
        (lambda x: x + 1, False),
        (abs, False),
    ],
)
def test_a_loop_over_the_input_is_seen_by_whatever_road_and_no_other(function, loop):
    before = sys.gettrace()
    assert watch.goes_round(function, [torch.ones(2)], [torch.ones(30)]) is loop
    assert sys.gettrace() is before


@pytest.mark.parametrize(("n", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows")])
def test_one_is_not_in_the_plural(n, said):
    assert answers.counted(n, "row") == said


def test_the_largest_tensor_on_the_way_is_seen():
    assert watch.largest_tensor(lambda x: (x[:, None] * x).sum(), torch.ones(9)) == 81
    assert watch.largest_tensor(lambda x: (x * x).sum(), torch.ones(9)) == 9
    assert watch.largest_tensor(lambda x: torch.ones(12).split(4), torch.ones(9)) == 12


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), ""),
        ((torch.zeros(3, 4, 6), 2), " (input: a tensor of shape (3, 4, 6), 2)"),
        ((torch.tensor([9999.0, -math.inf]),), " (input: tensor([9999, -inf]))"),
        ((["a"] * 20, {"b": None}), " (input: ['a', 'a', 'a', "),
        (
            (abs, np.zeros((4, 4))),
            " (input: a builtin_function_or_method, an array of shape (4, 4))",
        ),
        ((torch.nn.Linear(1, 1), len, lambda: 0), " (input: a Linear, "),
        (
            (None, True, b"a", Fraction(1, 2), {1}),
            " (input: None, True, b'a', Fraction(1, 2), {1})",
        ),
        ((b"a" * 999,), f" (input: b'{'a' * 98}…)"),
    ],
)
def test_a_crash_names_the_input_on_which_it_happened(capsys, args, said):
    @check("fine")
    def run(answer):
        answer(*args)

    def divides(*args):
        return 1 / 0

    assert run(divides) is False
    line = "Not yet: your code stops with ZeroDivisionError: division by zero" + said
    assert capsys.readouterr().out.startswith(line)


def test_what_is_still_to_be_written_is_told_kindly(capsys):
    @check("fine")
    def run(answer):
        answer(1)

    def stub(n):
        pass

    def promised(n):
        raise NotImplementedError("later")

    assert not run(stub) and not run(promised)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Not yet: the function is still empty: write its body")
    assert second.startswith("Not yet: a part of the function is still to be written: later")
