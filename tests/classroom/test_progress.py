"""How far grading is, and what Ctrl-C and kill do to it."""

import signal
import sys

import pytest

from tools.classroom import progress


def test_plain_lines_say_how_far_it_is_and_what_is_left(capsys):
    assert list(progress.shown(iter("ab"), 2, str.upper)) == ["a", "b"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1/2, 00:00 left  A") and lines[1].startswith("2/2, 00:00 left  B")


def test_a_terminal_has_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    list(progress.shown(iter("ab"), 2, str.upper))
    said = capsys.readouterr()
    assert said.out.split() == ["A", "B"] and "submission" in said.err and "2/2" in said.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_acts(number):
    before = signal.getsignal(number)
    with progress.stoppable() as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set() and signal.getsignal(number) == before


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    with progress.stoppable():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    signal.signal(signal.SIGINT, before)
