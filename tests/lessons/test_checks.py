"""How a check speaks: one line, True or False, whatever the student's code does."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from course_utils.lessons.answers import or_ours
from course_utils.lessons.checks._answers import number, whole
from course_utils.lessons.checks._report import Wrong, check, expect


@check("well done.")
def even(answer):
    """Check a number."""
    expect(answer() % 2 == 0, "it is odd: halve it and look")


@pytest.mark.parametrize(
    ("answer", "result", "line"),
    [
        (lambda: 4, True, "Right: well done.\n"),
        (lambda: 3, False, "Not yet: it is odd: halve it and look\n"),
        (list, False, "Not yet: your code stops with TypeError: "),
        (4, False, "Not yet: expected a function, got int: "),
    ],
)
def test_one_line_and_a_verdict(capsys, answer, result, line):
    assert even(answer) is result
    out, err = capsys.readouterr()
    assert out.startswith(line) and out.count("\n") == 1 and err == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("first\nsecond"), "ValueError: first"),
        (RuntimeError(), "RuntimeError: (no message)"),
        (KeyError("a"), "KeyError: 'a'"),
        (AssertionError("x" * 500), "AssertionError: " + "x" * 200),
    ],
)
def test_an_error_of_the_student_is_told_in_one_line(capsys, error, said):
    @check("fine")
    def run():
        raise error

    assert run() is False
    assert capsys.readouterr().out == f"Not yet: your code stops with {said}\n"


def test_stopping_the_kernel_still_stops_it():
    @check("fine")
    def run():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()


def test_expect_and_the_name_of_a_check():
    expect(True, "no")
    with pytest.raises(Wrong, match=r"^because$"):
        expect(0, "because")
    assert even.__name__ == "even" and even.__doc__ == "Check a number."


def test_the_wrong_number_of_answers_is_told_too(capsys):
    assert even() is False
    assert "TypeError" in capsys.readouterr().out


@check("fine")
def whole_number(answer):
    """Check an answer to three inputs."""
    for n in (1, 2, 3):
        whole(answer(n, "é"))


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (lambda n, text: n if n < 2 else None, "does your function return? (input: 2, 'é')\n"),
        (lambda n, text: n if n < 3 else text, "got str: return one (input: 3, 'é')\n"),
        (lambda n, text: text, "got str: return one\n"),  # the first input is not to blame
    ],
)
def test_an_answer_of_another_type_names_its_input_if_earlier_ones_were_right(capsys, answer, line):
    assert whole_number(answer) is False
    assert capsys.readouterr().out.endswith(line)


class Cells:
    """Run cells as IPython does: the same names, and a file for each text."""

    def __init__(self):
        self.names = {"even": even}

    def run(self, source):
        exec(compile(source, f"cell {source!r}", "exec"), self.names)
        return self.names.get("right")


def test_a_function_of_an_earlier_run_of_an_emptied_cell_is_not_right(capsys):
    cells = Cells()
    assert cells.run("def mine():\n    return 4\n\nright = even(mine)") is True
    assert cells.run("right = even(mine)") is False
    assert "this cell does not define the function" in capsys.readouterr().out
    assert cells.run("def mine():\n    return 4\n\nright = even(mine)") is True


def test_a_function_may_stand_in_another_cell_than_its_check():
    cells = Cells()
    cells.run("def mine():\n    return 4")
    assert cells.run("right = even(mine)") is True
    assert cells.run("right = even(mine)") is True


@check("fine")
def number_four(answer):
    """Expect 4 in any type."""
    expect(number(answer()) == 4, "another number")


@pytest.mark.parametrize(
    ("four", "kind"),
    [
        (4, int),
        (4.0, float),
        (Fraction(4), int),
        (Decimal("4.0"), int),
        (np.int64(4), int),
        (np.float32(4), float),
        (np.array([4.0]), float),
        (torch.tensor(4.0), torch.Tensor),
    ],
    ids=repr,
)
def test_a_lesson_goes_on_with_pythons_own_numbers(four, kind):
    def mine():
        return four

    ours = mine.__call__
    assert or_ours(mine, ours) is ours, "its check has said nothing yet"
    assert number_four(mine)
    taken = or_ours(or_ours(mine, ours), ours)  # a cell that runs twice
    assert taken() == 4 and type(taken()) is kind


def test_a_function_that_a_lesson_has_taken_is_known_to_its_check_again(capsys):
    cells = Cells()
    cells.names["or_ours"] = or_ours
    assert cells.run("def mine():\n    return 4\n\nright = even(mine)") is True
    cells.run("mine = or_ours(mine, abs)")
    assert cells.run("right = even(mine)") is False
    assert "this cell does not define the function" in capsys.readouterr().out
