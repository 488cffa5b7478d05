"""The commands on the page of questions run as printed, in order, in an empty folder.

A fence ```bash is run; a fence ```text after it is its output, in which … stands for anything.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils.hf import load_pretrained
from course_utils.lessons.corpora import StoryGrammar

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "book" / "faq.md").read_text(encoding="utf8")
FENCES = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, flags=re.M | re.S)
COMMANDS = [(i, code) for i, (kind, code) in enumerate(FENCES) if kind == "bash"]


def expected(i: int) -> str | None:
    """Return the output shown after fence i, if there is one."""
    following = FENCES[i + 1 : i + 2]
    return following[0][1] if following and following[0][0] == "text" else None


def run(code: str, folder: Path) -> subprocess.CompletedProcess:
    """Run a command as a reader's shell would, without a network."""
    env = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf8"}
    env["PATH"] = str(Path(sys.executable).parent) + os.pathsep + env["PATH"]
    return subprocess.run(
        ["bash", "-c", code], cwd=folder, env=env, capture_output=True, encoding="utf8", timeout=120
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An empty folder that the commands share, each needing what those before it left."""
    return tmp_path_factory.mktemp("faq")


@pytest.fixture(scope="module")
def done(folder):
    """All commands, run in order; what each gave."""
    return [run(code, folder) for _, code in COMMANDS]


def output_of(done, words: str) -> str:
    """Return what the first command with these words has printed."""
    return next(d.stdout for d in done if words in d.args[-1])


def test_the_page_has_the_guides_steps():
    assert len(COMMANDS) >= 7
    assert {kind for kind, _ in FENCES} <= {"sh", "bash", "text"}, "only these are understood"
    for n in range(1, 6):
        assert f"**{n}. " in PAGE
    for command in ("train", "info", "generate"):
        assert f"-m course_utils {command} " in PAGE


@pytest.mark.parametrize("number", range(len(COMMANDS)))
def test_commands_run_as_printed(number, done):
    result = done[number]
    assert result.returncode == 0, result.stderr
    assert "Error" not in result.stderr and "Traceback" not in result.stderr
    if (shown := expected(COMMANDS[number][0])) is not None:
        pattern = ".*".join(map(re.escape, shown.strip().split("…")))
        assert re.fullmatch(pattern, result.stdout.strip(), flags=re.S), result.stdout


def test_the_model_has_learnt_and_can_be_loaded(folder, done):
    model, tokenizer = load_pretrained(folder / "my-gpt")
    assert tokenizer.vocab_size == model.config.vocab_size == 440
    loss = re.search(r"best validation loss (\S+),", output_of(done, "course_utils train"))
    assert 0.3 < float(loss[1]) < 1.0  # it began at 6.1


def test_the_story_of_the_longer_training_is_sound(done):
    story = output_of(done, "--model story-gpt").strip()
    assert StoryGrammar().is_valid(story), story


def test_five_texts_that_begin_with_the_prompt(done):
    out = output_of(done, "transformers").strip()
    assert out.startswith("Once Mia played") and out.count("Once Mia played") >= 5


def test_set_up_commands_exist():
    setup = next(code for kind, code in FENCES if kind == "sh")
    makefile = (ROOT / "Makefile").read_text(encoding="utf8")
    assert re.search(r"^setup:", makefile, flags=re.M) and "make setup" in setup
    config = (ROOT / "_config.yml").read_text(encoding="utf8")
    assert re.search(r"git clone (\S+)", setup)[1] in config
