"""Exercises in a lesson: found, solved in a copy, and only there."""

import nbformat
import pytest

from tools.notebooks.exercises import filled, is_exercise, solutions, solved

STUB = "def softmax(scores):\n    ...\n\n\nchecks.check_softmax(softmax);"
ANSWER = "def softmax(scores):\n    return scores.softmax(-1)"
FOLDED = f"<details><summary>Solution</summary>\n\n```python\n{ANSWER}\n```\n\n</details>"
HINT = "<details><summary>Hint</summary>\n\n```python\nscores.max()\n```\n\n</details>\n\n"


def lesson(below=HINT + FOLDED):
    """Make a lesson with one exercise."""
    code = nbformat.v4.new_code_cell
    output = nbformat.v4.new_output("stream", text="Not yet: …\n")
    exercise = code(STUB, id="exercise-softmax", outputs=[output], metadata={"tags": ["exercise"]})
    help_ = nbformat.v4.new_markdown_cell(below, id="exercise-softmax-help")
    return nbformat.v4.new_notebook(cells=[code("1 + 1", id="one"), exercise, help_])


def test_the_solution_is_what_is_folded_as_such():
    assert solutions(lesson()) == {"exercise-softmax": ANSWER}
    assert [is_exercise(cell) for cell in lesson().cells] == [False, True, False]


@pytest.mark.parametrize("below", ["", HINT, FOLDED.replace("python", "")])
def test_an_exercise_without_a_folded_solution_is_named(below):
    with pytest.raises(ValueError, match="exercise-softmax: the cell below it folds no solution"):
        solutions(lesson(below))


def test_a_copy_is_solved_and_its_check_expected_to_say_so():
    notebook = lesson()
    one, exercise, _ = filled(notebook, "attention_by_hand").cells
    assert one.source == "1 + 1"
    assert exercise.source == f"{ANSWER}\n\n\nchecks.check_softmax(softmax);"
    assert [o.text for o in exercise.outputs] == [
        "Right: stable for every shape; from here on torch.softmax may do it for you.\n"
    ]
    assert notebook == lesson()


def test_what_stands_around_a_stub_stays():
    stub = "from math import exp\n\n\ndef f(x):\n    ...\n\n\ndef g(x):\n    ...\n\n\ncheck(f, g);"
    both = "def f(x):\n    return x\n\n\ndef g(x):\n    return f(x)"
    assert solved(stub, both) == f"from math import exp\n\n\n{both}\n\n\ncheck(f, g);"
