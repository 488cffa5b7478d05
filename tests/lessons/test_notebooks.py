"""The rules for lessons that a machine can hold (see CONTRIBUTING.md)."""

import json
import re
from pathlib import Path

import nbformat
import pytest
import yaml

from tools.notebooks.stamps import fits

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SETUP = (ROOT / "tools/notebooks/setup_cell.txt").read_text(encoding="utf8").rstrip("\n")
WORDS = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
HEX = re.compile(r"(?=.*\d)[0-9a-f]{6,}")
SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"

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
    return "\n\n".join(c.source for c in read(path).cells if c.cell_type == "markdown")


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
    text = re.sub(r"\$\$.*?\$\$|```.*?```|<[^>]+>", " ", prose(path), flags=re.S)
    assert 1500 <= len(text.split()) <= 3000, f"{len(text.split())} words"


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
def test_minutes_of_the_title_stand_in_the_metadata(path):
    lesson_time, exercises = re.search(
        r"\*\*Time\*\*: (\d+) minutes, and about (\d+) more", read(path).cells[0].source
    ).groups()
    assert read(path).metadata.course["minutes"] == int(lesson_time) + int(exercises)


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
    text = prose(path)
    cards = re.findall(r"[●○]{3}[^\n]*\d+ ?min", text)
    hints = text.count("<details>")
    cells = code_cells(path)
    solutions = [c for c in cells if SOLUTION[0] in c.source]
    checks = [c for c in cells if re.search(r"\bchecks?\b", c.source) and c not in cells[:2]]
    assert 2 <= len(solutions) <= 4, f"{len(solutions)} exercises"
    assert len(cards) == len(solutions), f"{len(cards)} cards ●○○ with minutes"
    assert hints >= len(solutions), "each exercise has a hint in <details>"
    assert len(checks) >= len(solutions), (
        "each exercise has a cell that calls course_utils.lessons.checks"
    )
    for cell in solutions:
        assert SOLUTION[1] in cell.source and {"hide-cell", "hide-input"} & set(tags(cell)), cell.id
        assert cell.metadata.get("cellView") == "form", f"{cell.id}: collapse it in Colab too"
    assert "### END SOLUTION" not in "".join(c.source for c in cells if c not in solutions)


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
