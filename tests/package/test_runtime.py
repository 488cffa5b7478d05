"""Seeds, device, parameter counts, and the numbers that lessons record for the book."""

import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from course_utils.runtime import (
    CourseError,
    about,
    count_parameters,
    import_extra,
    in_colab,
    pick_device,
    record,
    set_seed,
)


def draws(generator):
    return (
        random.random(),
        np.random.rand(),
        torch.rand(1).item(),
        torch.rand(1, generator=generator).item(),
    )


def test_set_seed_sets_every_source():
    first, second, other = draws(set_seed(5)), draws(set_seed(5)), draws(set_seed(6))
    assert first == second
    assert all(a != b for a, b in zip(first, other, strict=True))


def test_the_generator_is_its_own():
    generator = set_seed(5)
    torch.rand(10)
    assert torch.rand(1, generator=generator).item() == draws(set_seed(5))[3]


def test_course_error_is_a_value_error():
    assert issubclass(CourseError, ValueError)


@pytest.mark.parametrize(
    ("cuda", "mps", "name"),
    [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_pick_device_takes_the_fastest(monkeypatch, cuda, mps, name):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert pick_device() == torch.device(name)


class Tied(torch.nn.Module):
    """A table of 12 numbers used twice, and a bias of 3."""

    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(3, 4)
        self.head = torch.nn.Linear(4, 3)
        self.head.weight = self.table.weight


def test_count_parameters_counts_shared_ones_once():
    model = Tied()
    assert count_parameters(model) == 15
    model.table.weight.requires_grad_(False)
    assert count_parameters(model, trainable_only=True) == 3
    assert count_parameters(model) == 15


def test_in_colab(monkeypatch):
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    assert not in_colab()
    monkeypatch.setitem(sys.modules, "google.colab", random)
    assert in_colab()


def test_what_a_lesson_needs_is_only_named_outside_colab(monkeypatch):
    monkeypatch.delenv("COURSE_UTILS_SOURCE", raising=False)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("it installs"))
    assert import_extra("numpy", "torch", "typing-extensions") is np  # imports as another name
    with pytest.raises(CourseError, match=r"missing here: not_there\. Run: %pip install not_there"):
        import_extra("numpy", "not_there")


def test_what_colab_lacks_is_added_without_dependencies(monkeypatch, capsys):
    commands = []
    done = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command) or done)
    monkeypatch.setitem(sys.modules, "google.colab", random)
    assert import_extra("numpy", "not_there", "torch") is np
    assert commands[0][:3] == [sys.executable, "-m", "pip"]
    assert commands[0][3:] == ["install", "--quiet", "--no-deps", "not_there"]
    assert capsys.readouterr().out == "Added: not_there\n"
    done.returncode, done.stderr = 1, "pip says\nno such package\n"
    with pytest.raises(CourseError, match=r"not_there \(no such package\)$"):
        import_extra("not_there")


@pytest.fixture
def shell():
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def test_record_is_what_the_book_reads_and_the_reader_does_not_see(shell):
    with capture_output() as seen:
        record("story-floor", 1.25)
    assert seen.stdout == "" and len(seen.outputs) == 1
    output = seen.outputs[0]
    prefix = "application/papermill.record/"
    assert output.data == {prefix + "text/plain": "1.25"}
    assert output.metadata == {"scrapbook": {"name": "story-floor", "mime_prefix": prefix}}


def test_record_is_silent_outside_a_notebook():
    code = "from course_utils.runtime import record; record('a', 1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def shown(shell, *cells):
    """Return the lines that a notebook shows for the last of some cells."""
    for cell in cells:
        with capture_output() as captured:
            shell.run_cell(cell)
    return captured.stdout.strip().splitlines()


TINY = """
import torch
from course_utils.model import GPT, GPTConfig
from course_utils.generation import generate, stream
model = GPT(GPTConfig(vocab_size=5, block_size=8, n_layer=1, n_head=1, n_embd=4))
model.wpe.weight.data[1] = float("nan")
ids = torch.tensor([[1]])
"""
LATE = "steps = stream(model, ids, 4)\nnext(steps)\nfor step in steps:\n    pass"
CAUSED = """
from course_utils.runtime import CourseError
def mine():
    try:
        1 / 0
    except ZeroDivisionError as error:
        raise CourseError("hm") from error
mine()
"""
DEEP = """
from course_utils.runtime import CourseError
def mine(n):
    if n == 0:
        raise CourseError("hm")
    mine(n - 1)
mine(50)
"""


@pytest.mark.parametrize(
    ("cells", "lines"),
    [
        ((TINY, LATE), ["line 3: for step in steps:", "CourseError: expected finite logits"]),
        (
            (TINY, "generate(model, ids, 4, top_k=2.5)"),
            ["line 1: generate(model, ids, 4, top_k=2.5)", "CourseError: top_k must be a whole"],
        ),
        (
            (TINY, "model('Once')"),
            ["line 1: model('Once')", "CourseError: expected ids as an int64 tensor"],
        ),
        (
            (CAUSED,),
            ["line 7: mine()", 'line 6: raise CourseError("hm") from error', "CourseError: hm"],
        ),
        (
            (DEEP,),
            [
                *("line 6: mine(50)", "line 5: mine(n - 1)", "line 5: mine(n - 1)", "…"),
                *("line 5: mine(n - 1)", "line 5: mine(n - 1)"),
                *('line 4: raise CourseError("hm")', "CourseError: hm"),
            ],
        ),
    ],
)
def test_errors_of_generators_causes_and_depth_stay_short(shell, cells, lines):
    seen = shown(shell, *cells)
    assert len(seen) == len(lines)
    assert all(line.startswith(start) for line, start in zip(seen, lines, strict=True)), seen


def test_ipython_7_is_asked_and_answered_without_arguments():
    """Colab's IPython calls `_render_traceback_()` and wants a list of lines."""
    try:
        raise CourseError("hm")
    except CourseError as error:
        assert error._render_traceback_() == ["CourseError: hm"]


@pytest.mark.parametrize("error", ["CourseError", "Interrupted"])
def test_a_notebook_shows_the_readers_lines_and_the_message(shell, error):
    cell = f"from course_utils.runtime import {error}\ndef mine():\n    raise {error}('hm')\nmine()"
    with capture_output() as captured:
        shell.run_cell(cell)
    lines = captured.stdout.strip().splitlines()
    assert lines == ["line 4: mine()", f"line 3: raise {error}('hm')", f"{error}: hm"]


@pytest.mark.parametrize(
    ("value", "expected", "within", "said"),
    [
        (19.23, 19.2, 0.1, "about 19.2"),
        (torch.tensor(19.28), 19.2, 0.1, "about 19.2"),
        (np.float32(0.05), 0.05, 0.001, "about 0.05"),
        (811, 800, 26, "about 800"),
        (19.2, 19.0, 0.1, "about 19.2 (19.0 in the book, before your change)"),
        (19.31, 19.2, 0.1, "about 19.3 (19.2 in the book, before your change)"),
        (721, 800, 26, "about 721 (800 in the book, before your change)"),
        (float("nan"), 3.1, 0.1, "about nan (3.1 in the book, before your change)"),
        (3e9, 3.1, 0.1, "about 3e+09 (3.1 in the book, before your change)"),
    ],
)
def test_a_number_is_written_alike_within_its_tolerance(value, expected, within, said):
    assert about(value, expected, within) == said


def test_a_form_writes_both_numbers():
    assert about(0.973, 0.97, 0.01, ".0%") == "about 97%"
    assert about(9120, 12000, 500, ",.0f") == (
        "about 9,120 (12,000 in the book, before your change)"
    )
