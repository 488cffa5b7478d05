"""Lessons are run two at once, the longest first, with one thread each."""

import json
import os
import time

import pytest

from tools.notebooks.two_at_once import ONE_THREAD, budget, two_at_once


def notebooks(folder, **budgets):
    """Write files that are enough of a notebook to have a budget."""
    paths = [folder / f"{name}.ipynb" for name in budgets]
    for path, seconds in zip(paths, budgets.values(), strict=True):
        metadata = {"course": {"budget_seconds": seconds}} if seconds else {}
        path.write_text(json.dumps({"metadata": metadata}), encoding="utf8")
    return paths


def look(path):
    """Say when this began, in which process and with how many threads."""
    begun = time.monotonic()
    time.sleep(0.3)
    return begun, os.getpid(), {name: os.environ.get(name) for name in ONE_THREAD}


def fail_on_b(path):
    if path.stem == "b":
        raise ValueError("b is bad")


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Put back what the function sets for its processes."""
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "7")


def test_the_longest_begin_and_two_run_at_once(tmp_path):
    paths = notebooks(tmp_path, short=1, longest=90, long=50, middle=20)
    found = {path.stem: seen for path, seen in two_at_once(look, paths)}
    order = sorted(found, key=lambda name: found[name][0])
    assert set(order[:2]) == {"longest", "long"} and order[2:] == ["middle", "short"]
    assert len({seen[1] for seen in found.values()} | {os.getpid()}) == 3, "two other processes"
    assert all(seen[2] == ONE_THREAD for seen in found.values())


def test_what_one_raises_is_raised(tmp_path):
    with pytest.raises(ValueError, match="b is bad"):
        list(two_at_once(fail_on_b, notebooks(tmp_path, a=1, b=2)))


def test_a_notebook_without_a_budget_has_a_minute(tmp_path):
    [path] = notebooks(tmp_path, a=None)
    assert budget(path) == 60
