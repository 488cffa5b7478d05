"""The rules for lessons that a machine can hold (see CONTRIBUTING.md)."""

import ast
import inspect
import json
import re
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import yaml

from tools.notebooks import minutes
from tools.notebooks.exercises import is_exercise, solutions
from tools.notebooks.stamps import fits, parsed

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SETUP = (ROOT / "tools/notebooks/setup_cell.txt").read_text(encoding="utf8").rstrip("\n")
WORDS = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
HEX = re.compile(r"(?=.*\d)[0-9a-f]{6,}")

lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)


def read(path: Path):
    """Return a notebook as it is stored, without any repair."""
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    return notebook


def code_cells(path: Path) -> list:
    """Return the code cells that are not empty."""
    return [c for c in read(path).cells if c.cell_type == "code" and c.source.strip()]


def prose(path: Path) -> str:
    """Return all Markdown of a lesson."""
    return minutes.prose(read(path))


def tags(cell) -> list[str]:
    """Return a cell's tags."""
    return cell.metadata.get("tags", [])


def test_there_are_lessons():
    assert LESSONS


@lesson
def test_format_and_metadata(path):
    notebook = read(path)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata["kernelspec"]["name"] == "python3"
    assert 5 <= notebook.metadata["course"]["budget_seconds"] <= 120
    assert path.stat().st_size <= 1_500_000, "store smaller figures"


@lesson
def test_every_cell_was_run_in_order(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), "run it: make execute NB=..."


@lesson
def test_stored_outputs_are_those_of_todays_code(path):
    assert fits(read(path)), "the code, the package or a version has changed: run `make execute`"


@lesson
def test_no_empty_cells(path):
    assert all(cell.source.strip() for cell in read(path).cells)


@lesson
def test_few_outputs_are_ignored(path):
    cells = code_cells(path)
    ignored = [c.id for c in cells if {"nbval-ignore-output", "nbval-skip"} & set(tags(c))]
    assert len(ignored) <= 0.1 * len(cells), ignored
    assert not any("nbval-skip" in tags(c) for c in cells), "a skipped cell is never run"
    assert not any(re.match(r"#\s*(NBVAL|PYTEST)_", c.source) for c in cells), "use tags"


@lesson
def test_cell_ids_are_unique_words(path):
    ids = [cell.id for cell in read(path).cells]
    assert len(set(ids)) == len(ids)
    for name in ids:
        assert WORDS.fullmatch(name) and not HEX.fullmatch(name), f"{name}: say what the cell is"


@lesson
def test_setup_cell_comes_first_and_is_the_same_everywhere(path):
    first, second = code_cells(path)[:2]
    assert (first.id, first.source, tags(first)) == ("setup", SETUP, ["hide-cell"])
    lines = [line for line in second.source.splitlines() if line.strip()]
    assert re.match(r"(import|from|#|%)", lines[0]), "the second code cell is the import cell"


@lesson
def test_cells_are_short(path):
    cells = code_cells(path)
    assert 12 <= len(cells) <= 30, f"{len(cells)} code cells"
    for cell in cells:
        lines = cell.source.splitlines()
        assert len(lines) <= 20, f"{cell.id} has {len(lines)} lines"
        assert max(map(len, lines)) <= 80, f"{cell.id} has a line of over 80 characters"


@lesson
def test_length_of_the_prose(path):
    words = minutes.count_words(prose(path))
    assert 1500 <= words <= 3000, f"{words} words"


@lesson
def test_two_to_six_predictions(path):
    assert 2 <= minutes.count_predictions(prose(path)) <= 6


@lesson
def test_a_sentence_stands_between_two_code_cells(path):
    cells = read(path).cells[2:]  # the title, the setup cell
    rows = [b.id for a, b in pairwise(cells) if a.cell_type == b.cell_type == "code"]
    assert not rows, f"say something before {rows}"


@lesson
def test_title_cell(path):
    title = read(path).cells[0]
    assert title.cell_type == "markdown" and title.source.startswith("# ")
    goals = re.findall(r"^[-*] ", title.source, flags=re.M)
    assert len(goals) >= 3, "three to five goals, as a list"
    for word in ("minutes", "guide"):
        assert word in title.source.lower(), f"the title cell does not name its {word}"
    assert re.search(r"prerequisite|you need|before this", title.source, re.I)


@lesson
def test_minutes_in_title_and_metadata_are_by_the_rule(path):
    notebook = read(path)
    times = minutes.minutes(notebook)
    written = minutes.sentence(times) in notebook.cells[0].source
    assert written, "run `python -m tools.notebooks.minutes`"
    assert notebook.metadata.course["minutes"] == times, "run `python -m tools.notebooks.minutes`"


@lesson
def test_it_links_back_to_the_audit(path):
    references = prose(path).partition("## References")[2]
    assert "](../book/guide_audit.md)" in references


@lesson
def test_closing_sections(path):
    headings = re.findall(r"^## (.+)$", prose(path), flags=re.M)
    wanted = ["summary", "next", "references"]
    last = [h.lower() for h in headings[-3:]]
    assert all(any(h.startswith(w) for h in last) for w in wanted), headings[-3:]
    titles = [c for c in read(path).cells if c.cell_type == "markdown" and c.source[:2] == "# "]
    assert len(titles) == 1, "one title a lesson"


@lesson
def test_prose_is_plain_markdown(path):
    text = prose(path)
    assert not re.search(r"\{[a-zA-Z:-]+\}`", text), "MyST roles show as raw text in Colab"
    assert not re.search(r"^(```|:::|~~~)\s*\{", text, flags=re.M), "so do directives"
    assert not re.search(r"^\([\w-]+\)=\s*$", text, flags=re.M), "and targets"
    assert not any("myst_nb" in cell.source for cell in code_cells(path))


@lesson
def test_exercises(path):
    notebook, text = read(path), prose(path)
    cards = re.findall(r"[●○]{3}[^\n]*\d+ ?min", text)
    answers = solutions(notebook)
    assert 2 <= len(answers) <= 4, f"{len(answers)} exercises"
    assert len(cards) == len(answers), f"{len(cards)} cards ●○○ with minutes"
    cells = notebook.cells
    for number, cell in enumerate(cells):
        if is_exercise(cell):
            assert tags(cell) == ["exercise"] and cell.id.startswith("exercise-")
            assert cells[number - 1].cell_type == "markdown", f"{cell.id} has no card above it"
            assert cells[number + 1].id == f"{cell.id}-help"
            assert cells[number + 1].source.count("<details>") >= 2, "a hint and the solution"
    assert not re.search("(BEGIN|END) SOLUTION", text + "".join(c.source for c in cells))


@lesson
def test_an_exercise_is_a_stub_with_its_check(path):
    for cell in filter(is_exercise, read(path).cells):
        *_, stub, check = ast.parse(cell.source).body
        assert [ast.unparse(line) for line in stub.body if not is_text(line)] == ["..."], cell.id
        called = re.fullmatch(r"checks\.check_\w+\((\w+)\)", ast.unparse(check))
        assert called and called[1] == stub.name and cell.source.endswith(";"), cell.id
        said = [output["text"] for output in cell.outputs]
        assert len(said) == 1 and said[0].startswith("Not yet: the function is still empty"), said


def is_text(line: ast.stmt) -> bool:
    """Say whether a statement is a docstring."""
    return isinstance(line, ast.Expr) and isinstance(getattr(line.value, "value", None), str)


@lesson
def test_solutions_are_those_of_the_package(path):
    module = import_module(f"course_utils.lessons.answers.{path.stem}")
    shown = "\n".join(solutions(read(path)).values())
    assert functions(shown) == functions(inspect.getsource(module))


def functions(source: str) -> list[str]:
    """Return what a program defines, without its layout; a solution may bring its imports."""
    return [ast.unparse(node) for node in ast.parse(source).body if hasattr(node, "name")]


@lesson
def test_later_cells_use_an_exercise_only_with_the_solution_in_reserve(path):
    """So a reader who has not solved it gets to the end, too."""
    cells = code_cells(path)
    for number, cell in enumerate(cells):
        if is_exercise(cell):
            name = ast.parse(cell.source).body[-2].name
            later = [c for c in cells[number + 1 :] if not is_exercise(c) and uses(c, name)]
            assert not later or keeps_reserve(later[0], name), (
                f"{later[0].id}: write {name} = answers.or_ours({name}, answers.{name})"
            )


def keeps_reserve(cell, name: str) -> bool:
    """Say whether a cell takes the package's solution for a function that is not solved."""
    line = re.compile(rf"{name} = (\w+)\.or_ours\({name}, \1\.{name}\)")
    return any(line.fullmatch(ast.unparse(statement)) for statement in tree(cell).body)


def uses(cell, name: str) -> bool:
    """Say whether a cell reads or writes a name."""
    return any(getattr(node, "id", "") == name for node in ast.walk(tree(cell)))


def tree(cell) -> ast.Module:
    """Return the program of one cell."""
    return parsed(nbformat.NotebookNode(cells=[cell]))


@lesson
def test_an_assert_holds_for_whatever_number_a_reader_puts_in(path):
    """Identities stay; what pins a value of the book is printed through `runtime.about`."""
    for cell in code_cells(path):
        for node in ast.walk(tree(cell)):
            if isinstance(node, ast.Assert):
                assert not pinned(node), f"{cell.id}: {ast.unparse(node)}: print about(...) instead"


def pinned(statement: ast.Assert) -> list[float]:
    """Return the typed numbers, other than 0 and 1, with which an assert compares something.

    >>> pinned(ast.parse("assert round(x, 2) == 4.16 and len(x) == 1").body[0])
    [4.16]
    """
    compares = [node for node in ast.walk(statement.test) if isinstance(node, ast.Compare)]
    sides = [side for node in compares for side in (node.left, *node.comparators)]
    values = [side.value for side in sides if isinstance(side, ast.Constant)]
    return [v for v in values if isinstance(v, int | float) and v not in (0, 1)]


@lesson
def test_a_written_number_is_printed(path):
    """What `about` returns and nobody prints is compared with nothing."""
    for cell in code_cells(path):
        for node in ast.walk(tree(cell)):
            alone = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
            name = ast.unparse(node.value.func) if alone else ""
            assert name.rpartition(".")[2] != "about", f"{cell.id}: print what about returns"


@lesson
def test_every_picture_has_alt_text(path):
    for cell in code_cells(path):
        mimes = {mime for output in cell.outputs for mime in output.get("data", {})}
        if any(mime.startswith("image/") for mime in mimes):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt.split()) >= 5, f"{cell.id}: say in words what is to be seen"
    assert not re.search(r"!\[\s*\]\(", prose(path))


@lesson
def test_outputs_are_the_same_everywhere(path):
    for cell in code_cells(path):
        for output in cell.outputs:
            text = json.dumps(output)
            expected = "raises-exception" in tags(cell)
            assert output.output_type != "error" or expected, f"{cell.id} failed"
            assert output.get("name") != "stderr" or "nbval-ignore-output" in tags(cell), cell.id
            where = re.search(r"(/(home|root|Users|tmp|work|opt)/|[A-Z]:\\\\Users)", text)
            assert expected or not where, f"{cell.id} prints a path of one machine"
            assert not re.search(r"\b0x[0-9a-f]{6,}", text), f"{cell.id} prints an address"


@lesson
def test_headings_are_in_sentence_case(path):
    for heading in re.findall(r"^#{2,4} (.+)$", prose(path), flags=re.M):
        words = re.sub(r"`[^`]*`|\$[^$]*\$", "", heading).split()[1:]
        capital = [w for w in words if w[:1].isupper() and w[1:].islower() and len(w) > 3]
        assert len(capital) <= max(1, len(words) // 3), f"not sentence case: {heading}"


def test_setup_cell_names_the_projects_address():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))
    assert f'"git+{config["repository"]["url"]}"' in SETUP
    assert all(len(line) <= 80 for line in SETUP.splitlines())


def test_recorded_names_are_unique_in_the_book():
    names = []
    for path in LESSONS:
        for cell in code_cells(path):
            for output in cell.outputs:
                glue = output.get("metadata", {}).get("scrapbook", {})
                names += [glue["name"]] if glue else []
    assert len(names) == len(set(names))
