"""Two builds at once: the second waits and says so; a lock does not outlive its process."""

import contextlib
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from small_book import SmallBook

from tools.site import build, turns

ROOT = Path(__file__).parents[2]
WORK = """
import pathlib, sys
from tools.site import turns
with turns.turn(pathlib.Path(sys.argv[1])):
    print("in", flush=True)
    sys.stdin.readline()
"""


def worker(folder: Path) -> subprocess.Popen:
    """Start a process that works in a folder until it reads a line."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", WORK, str(folder)], cwd=ROOT, text=True, **pipes)


def test_the_second_waits_and_says_so_also_for_one_that_is_killed(tmp_path):
    folder = tmp_path / "Mein Kurs (ü) 课"
    with worker(folder) as first, worker(folder) as second:
        lines = {first: first.stdout.readline(), second: second.stdout.readline()}
        waiting = next(one for one, line in lines.items() if line != "in\n")
        assert lines[waiting] == f"Another run works in {folder}: this one waits for its end.\n"
        later = []
        reader = threading.Thread(target=lambda: later.append(waiting.stdout.readline()))
        reader.start()
        reader.join(0.3)
        assert later == [], "it says that it waits, and goes in"
        ({first, second} - {waiting}).pop().kill()
        reader.join()
        assert later == ["in\n"]
        waiting.communicate("\n")


def test_a_folder_is_free_again_after_an_error(tmp_path, capsys):
    with pytest.raises(KeyError), turns.turn(tmp_path):
        raise KeyError
    with turns.turn(tmp_path):
        assert capsys.readouterr().out == ""


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf8")
    with pytest.raises(SystemExit, match=r"cannot be written \(.+\): name another with --out\.$"):
        turns.take(tmp_path / "file" / "_build")


def test_a_build_says_the_same_before_it_begins(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf8")
    monkeypatch.setattr(sys, "argv", ["build", "--out", str(tmp_path / "file")])
    with pytest.raises(SystemExit, match=r"cannot be written \(.+\): name another with --out\.$"):
        build.main()


CONF = 'extensions = ["myst_nb", "sphinx.ext.autodoc", "course_site"]\nroot_doc = "start"\n'


@pytest.mark.parametrize("page", ["# Start\n", "# Start\n\n[](nowhere.md)\n"])
def test_a_build_has_its_turn_and_gives_it_back_also_when_it_fails(tmp_path, monkeypatch, page):
    taken, take = [], turns.take
    monkeypatch.setattr(turns, "take", lambda folder: taken.append(take(folder)) or taken[-1])
    book = SmallBook(tmp_path, CONF)
    book.write("start.md", page)
    with contextlib.suppress(AssertionError):
        book.build()
    [lock] = taken
    assert Path(lock.lock_file) == tmp_path / "out" / ".lock" and not lock.is_locked
