"""How a check speaks: one line, True or False, whatever the student's code does."""

import pytest

from course_utils.lessons.checks._answers import whole
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
