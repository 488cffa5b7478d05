"""Stamps: what moves one, what does not, and that no import of a lesson escapes them."""

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import nbformat
import pytest

from tools.notebooks import stamps

ROOT = Path(__file__).parents[2]
SOME = ("attention_by_hand", "decoding", "hold_a_dialogue", "seeing", "tokens_and_prediction")
LESSONS = {slug: ROOT / "notebooks" / f"{slug}.ipynb" for slug in (*SOME, "vision_api")}

SEEING = {"seeing", "vision_api"}


@cache
def text(slug: str) -> str:
    return LESSONS[slug].read_text(encoding="utf8")


def lesson(slug: str):
    return nbformat.reads(text(slug), as_version=4)


def cell_of(notebook, kind: str):
    return next(cell for cell in reversed(notebook.cells) if cell.cell_type == kind)


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """Return a copy of src/ that a test may change, if it puts it back."""
    folder = tmp_path_factory.mktemp("copy") / "src"
    skipped = shutil.ignore_patterns("__pycache__", "*.egg-info")
    return shutil.copytree(stamps.SOURCE, folder, ignore=skipped)


def moved(source: Path, file: str, change) -> set[str]:
    """Return the lessons whose stamp changes with a file's bytes."""
    path = source / "course_utils" / file
    data = path.read_bytes()
    path.write_bytes(change(data))
    after = {slug: stamps.stamp(lesson(slug), source) for slug in LESSONS}
    path.write_bytes(data)
    return {slug for slug in LESSONS if before(slug, source) != after[slug]}


@cache
def before(slug: str, source: Path) -> str:
    """Return a lesson's stamp while nothing is changed."""
    return stamps.stamp(lesson(slug), source)


def with_a_blank(data: bytes) -> bytes:
    return data + b" "


def test_a_file_moves_the_lessons_that_stand_on_it_and_no_other(source):
    assert moved(source, "vision/encoder.py", with_a_blank) == SEEING
    assert moved(source, "lessons/checks/decoding.py", with_a_blank) == {"decoding"}
    assert moved(source, "lessons/checks/_report.py", with_a_blank) == set(LESSONS)
    assert moved(source, "lessons/widgets/next_word.js", with_a_blank) >= {"tokens_and_prediction"}


def test_a_models_weights_move_those_that_load_it_and_not_the_arithmetic(source):
    found = moved(source, "lessons/checkpoints/scene-gpt/model.safetensors", with_a_blank)
    assert {"seeing", "vision_api"} <= found and "attention_by_hand" not in found


def test_a_lesson_that_starts_the_command_line_stands_on_it():
    notebook = lesson("decoding")
    chat = stamps.SOURCE / "course_utils/commands/chat.py"
    assert chat not in stamps.files(stamps.parsed(notebook))
    cell_of(notebook, "code").source += '\nstart = ["python", "-m", "course_utils", "chat"]'
    assert chat in stamps.files(stamps.parsed(notebook))


def test_a_forks_address_in_the_setup_cell_moves_nothing():
    notebook = lesson("decoding")
    own = stamps.code(notebook)
    setup = next(cell for cell in notebook.cells if cell.id == "setup")
    setup.source = setup.source.replace("https://", "https://git.uni.example/")
    assert stamps.code(notebook) == own


def test_line_ends_of_windows_move_nothing(source):
    assert moved(source, "attention.py", lambda d: d.replace(b"\n", b"\r\n")) == set()


def test_a_new_file_of_data_moves_its_lessons(source):
    before = stamps.stamp(lesson("attention_by_hand"), source)
    new = source / "course_utils/lessons/widgets/more.css"
    new.write_text("", encoding="utf8")
    after = stamps.stamp(lesson("attention_by_hand"), source)
    new.unlink()
    assert before != after


def test_code_and_tags_move_a_stamp():
    first, notebook = stamps.stamp(lesson("decoding")), lesson("decoding")
    cell_of(notebook, "code").source += "\n1 + 1"
    second = stamps.stamp(notebook)
    cell_of(notebook, "code").metadata["tags"] = ["raises-exception"]
    assert len({first, second, stamps.stamp(notebook)}) == 3


def test_prose_and_outputs_move_nothing():
    first, notebook = stamps.stamp(lesson("decoding")), lesson("decoding")
    cell_of(notebook, "markdown").source += " More."
    cell_of(notebook, "code").outputs = []
    assert stamps.stamp(notebook) == first


@pytest.mark.parametrize("name, moves", [("torch", True), ("pytest", False)])
def test_versions_that_are_imported_move_a_stamp(monkeypatch, name, moves):
    first, real = stamps.stamp(lesson("decoding")), stamps.metadata.version
    new = {name: "999"}
    monkeypatch.setattr(stamps.metadata, "version", lambda dist: new.get(dist) or real(dist))
    assert (stamps.stamp(lesson("decoding")) != first) == moves


def test_the_build_of_a_version_moves_nothing(monkeypatch):
    first, real = stamps.stamp(lesson("decoding")), stamps.metadata.version
    monkeypatch.setattr(
        stamps.metadata, "version", lambda dist: real(dist).partition("+")[0] + "+cpu"
    )
    assert stamps.stamp(lesson("decoding")) == first


def test_packages_that_are_asked_for_by_name_count():
    program = stamps.parsed(lesson("vision_api"))
    assert {"openai", "fastapi"} <= stamps.imports(program)


@pytest.mark.parametrize("slug", ["hold_a_dialogue", "vision_api"])
def test_what_python_loads_is_what_the_stamp_sees(slug):
    notebook = lesson(slug)
    imports = next(cell.source for cell in notebook.cells if cell.id == "imports")
    code = f"{imports}\nimport sys, json\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {n for n in json.loads(done.stdout) if n.partition(".")[0] == "course_utils"}
    assert loaded and loaded <= stamps.modules(stamps.parsed(notebook))


def test_no_module_is_imported_by_a_name_that_is_put_together():
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf8")
        found = re.findall(r"import_module\(|__import__|spec_from|runpy", text)
        if path.name == "runtime.py":  # import_extra: its names stand in the notebooks
            found.remove("import_module(")
        assert not found, f"{path}: the stamp of a lesson would not see this import"
