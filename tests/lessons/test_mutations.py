"""Wrong answers to every exercise: checks reject them and say why, and never print the answer.

The wrong answers stand in `test_checks_<lesson>.py`, by what their check must say. Beside them,
each solution is broken in one place after the other. `pytest -s` prints the tables.
"""

import math
import random
import re
from fractions import Fraction
from functools import cache
from importlib import import_module
from pathlib import Path

import mutants
import numpy as np
import pytest
import torch
from lesson import judge, names_fault, run_cells, solution_lines, solved

import course_utils.lessons.checks

FOLDER = Path(course_utils.lessons.checks.__file__).parent
LESSONS = sorted(p.stem for p in FOLDER.glob("*.py") if not p.stem.startswith("_"))
EXERCISES = {
    (slug, cell): exercise
    for slug in LESSONS
    for cell, exercise in import_module(f"test_checks_{slug}").EXERCISES.items()
}
TIMES = 3  # each wrong answer meets fresh random inputs that often
GENERAL = re.compile(  # what a check says when it sees that an answer is wrong, but not why
    r"by hand|(on|with) paper|Write down|wrong numbers|(count|list) the t|the hint's list|"
    r"compare the term|the first token's too|later ones are not|print scores"
)

every_exercise = pytest.mark.parametrize(
    ("slug", "cell"), EXERCISES, ids=[f"{slug}-{e.name}" for (slug, _), e in EXERCISES.items()]
)


pytestmark = pytest.mark.usefixtures("one_thread", "repeatable")


@pytest.fixture
def repeatable(monkeypatch):
    """Give each test the same "fresh" inputs in every run: two mistakes may agree by chance."""
    monkeypatch.setattr("secrets.randbits", random.Random(0).getrandbits)


@cache
def names_of(slug):
    """Return a lesson's imports and all its solutions."""
    return run_cells(slug, *(cell for lesson, cell in EXERCISES if lesson == slug))


def solution(slug, cell):
    """Return the function that the lesson's solution cell defines."""
    return names_of(slug)[EXERCISES[slug, cell].name]


@cache
def verdicts(slug, cell):
    """Return {reason: verdicts} of an exercise's wrong answers."""
    exercise, right = EXERCISES[slug, cell], solution(slug, cell)
    return {
        reason: [judge(exercise.check, answer, right) for _ in range(TIMES)]
        for reason, answer in exercise.wrong.items()
    }


def test_every_check_has_an_exercise_here():
    checks = [
        getattr(import_module(f"course_utils.lessons.checks.{slug}"), name)
        for slug in LESSONS
        for name in vars(import_module(f"course_utils.lessons.checks.{slug}"))
        if name.startswith("check_")
    ]
    assert [e.check for e in EXERCISES.values()] == checks


@every_exercise
def test_wrong_answers_are_told_their_fault(slug, cell):
    for reason, said in verdicts(slug, cell).items():
        for verdict in said:
            assert names_fault(verdict, reason), f"{reason!r} is not in: {verdict.said}"


def test_of_at_least_five_wrong_answers_each_95_percent_are_told_their_fault():
    rows = [(e.check.__name__, *_counts(*key)) for key, e in EXERCISES.items()]
    total, rejected, named = (sum(column) for column in list(zip(*rows, strict=True))[1:])
    print(f"\n{'check':28}{'wrong':>7}{'rejected':>10}{'named':>7}")
    for row in [*rows, ("all", total, rejected, named)]:
        print("{:28}{:7}{:10}{:7}".format(*row))
    assert min(wrong for _, wrong, _, _ in rows) >= 5
    assert named >= 0.95 * total


def _counts(slug, cell):
    said = verdicts(slug, cell)
    rejected = sum(not any(v.right for v in vs) for vs in said.values())
    told = [vs for reason, vs in said.items() if all(names_fault(v, reason) for v in vs)]
    named = sum(not any(GENERAL.search(v.said) for v in vs) for vs in told)
    return len(said), rejected, named


@every_exercise
def test_no_message_prints_the_answer(slug, cell):
    lines = [line for line in solution_lines(solved(slug)[cell]) if len(line) > 10]
    for verdict in (v for said in verdicts(slug, cell).values() for v in said):
        message = verdict.said.lower()
        assert not [line for line in lines if line.lower() in message]
        assert not [value for value in verdict.expected if shows(message, value)], message


def shows(message, value) -> bool:
    """Say whether a message contains an expected value in full, or to three digits or more."""
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return any(_rounds_to(value, number) for number in re.findall(r"-?\d[\d,.]*\d", message))
    return len(str(value)) > 8 and str(value).lower() in message


def _rounds_to(value, number) -> bool:
    number = number.replace(",", "")
    digits = len(number.partition(".")[2])
    enough = sum(map(str.isdigit, number)) >= 3 and math.isfinite(value)
    return enough and number == f"{value:.{digits}f}"


@pytest.mark.parametrize(
    ("message", "value", "shown"),
    [
        ("expected 1.2345 nats", 1.23449, True),
        ("it costs 20,000 nats, you get 3", 2e4, True),
        ("you get 1.2346 nats", 1.23449, False),
        ("2 texts of 10 letters", 2, False),
        ("it is [[1, 2], [3, 4]]", torch.tensor([[1, 2], [3, 4]]), True),
        ("it is {'a': 1, 'b': 2}", {"a": 1, "b": 2}, True),
    ],
)
def test_an_answer_in_a_message_is_found(message, value, shown):
    assert shows(message, value) is shown


@every_exercise
def test_solution_passes_every_time(slug, cell):
    before = torch.random.get_rng_state(), random.getstate()
    for _ in range(20):  # each time with other random inputs
        verdict = judge(EXERCISES[slug, cell].check, solution(slug, cell))
        assert verdict.right is True, verdict.said
        assert verdict.said.startswith("Right: ") and verdict.said.count("\n") == 1
    after = torch.random.get_rng_state(), random.getstate()
    assert torch.equal(before[0], after[0]) and before[1] == after[1]  # the reader's own numbers


RIGHT = [(*key, style) for key, e in EXERCISES.items() for style in e.right]


@pytest.mark.parametrize(
    ("slug", "cell", "style"), RIGHT, ids=[f"{slug}-{style}" for slug, _, style in RIGHT]
)
@pytest.mark.filterwarnings("error")
def test_a_right_answer_in_another_style_is_right(slug, cell, style):
    exercise = EXERCISES[slug, cell]
    verdict = judge(exercise.check, exercise.right[style])
    assert verdict.right is True, verdict.said


def each(change):
    """Return a function that changes the parts of an answer: tensors, numbers, inside of pairs."""

    def run(value):
        if isinstance(value, tuple) and any(isinstance(x, torch.Tensor) for x in value):
            return tuple(map(run, value))
        is_part = isinstance(value, torch.Tensor | int | float) and not isinstance(value, bool)
        return change(value) if is_part else value

    return run


def to_float32(x):
    return x.float() if isinstance(x, torch.Tensor) and x.is_floating_point() else x


def to_numpy(x):
    if isinstance(x, torch.Tensor):
        return x.detach().numpy()
    return np.int64(x) if isinstance(x, int) else np.float64(x)


def with_gradient(x):
    is_tensor = isinstance(x, torch.Tensor)
    floats = x.is_floating_point() if is_tensor else isinstance(x, float)
    return torch.as_tensor(x).clone().requires_grad_() if floats else x


STYLES = {
    "float32": each(to_float32),
    "numpy": each(to_numpy),
    "with gradient": each(with_gradient),
    "fraction": each(lambda x: Fraction(x) if isinstance(x, float) and math.isfinite(x) else x),
    "list for tuple": lambda x: list(x) if isinstance(x, tuple) else x,
    "list for tensor": lambda x: x.tolist() if isinstance(x, torch.Tensor) and x.dim() else x,
}
TOLD = r"expected [^:]*(tensor|tuple)[^:]*, got (ndarray|list): (?!does your function return)"


@every_exercise
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.filterwarnings("error")
def test_a_right_answer_of_another_type_is_right_or_told_which_type_is_wanted(slug, cell, style):
    right, change = solution(slug, cell), STYLES[style]

    def answer(*args, **kwargs):
        return change(right(*args, **kwargs))

    said = judge(EXERCISES[slug, cell].check, answer)
    exact = style.startswith(("numpy", "list")) and re.search(TOLD, said.said)
    assert said.right or exact, said.said


def raises(*args, **kwargs):
    raise ValueError("first line\nsecond line")


@every_exercise
def test_an_answer_that_raises_gets_one_line(slug, cell):
    said = judge(EXERCISES[slug, cell].check, raises)
    assert names_fault(said, "your code stops with ValueError: first line (input: ")


def stub(*args, **kwargs):
    """Say what to write."""


@every_exercise
def test_an_empty_stub_is_told_kindly_that_it_is_still_empty(slug, cell):
    said = judge(EXERCISES[slug, cell].check, stub)
    assert names_fault(said, "the function is still empty: write its body and run the cell again")


@every_exercise
def test_what_is_no_function_gets_one_line(slug, cell):
    for thing in (None, 3, "text", ...):
        said = judge(EXERCISES[slug, cell].check, thing)
        assert names_fault(said, f"expected a function, got {type(thing).__name__}")


THINGS = [None, ..., "text", math.nan, -1, True, [], {}, (), [[0.5]], {"a": None}, 1j, math.sqrt]
THINGS += [torch.tensor([]), torch.zeros(2, 3, 4), torch.tensor(1.5), torch.ones(3, dtype=bool)]


@every_exercise
def test_whatever_is_returned_gets_one_line_that_blames_no_exception(slug, cell):
    for thing in THINGS:
        said = judge(EXERCISES[slug, cell].check, lambda *args, thing=thing, **kwargs: thing)
        assert names_fault(said, ""), said.said
        assert "your code stops" not in said.said, f"{thing!r}: {said.said}"


@every_exercise
def test_no_single_change_of_a_solution_passes(slug, cell):
    exercise, passing, tried = EXERCISES[slug, cell], set(), 0
    for line, text in mutants.mutants(solved(slug)[cell]):
        said = judge(exercise.check, mutants.build(text, names_of(slug), exercise.name))
        assert said.right or names_fault(said, ""), f"{line}: {said.said}"
        passing |= {line} if said.right else set()
        tried += 1
    print(f"{exercise.check.__name__}: {tried} single changes, {len(passing)} change nothing")
    assert passing == exercise.same
