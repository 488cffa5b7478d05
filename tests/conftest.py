"""Fixtures of more than one test file."""

import shutil
import signal
from pathlib import Path

import hypothesis
import pytest
import torch


def pytest_configure(config):
    """Make runs alike: the same invented examples in each, and no clock that judges them.

    Ctrl-C counts also where the tests run in a script's background, which ignores it.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    slow = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile(
        "course", deadline=None, derandomize=True, suppress_health_check=slow
    )
    hypothesis.settings.load_profile("course")


@pytest.fixture(scope="module")
def one_thread():
    """Let torch use one thread: matrices this small gain nothing from more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def chromium():
    """Give headless Chromium, one for all tests of a file: two at once cannot be driven.

    A page is given a minute for what it has to show: another machine may be slow.
    """
    from playwright.sync_api import expect

    from tools.site.browser import browser, find_chromium

    expect.set_options(timeout=60_000)

    if not find_chromium():
        pytest.skip("Chromium is not installed, so no page was opened")
    with browser() as tab:
        yield tab.page.context.browser


@pytest.fixture(scope="session")
def released_once(tmp_path_factory) -> Path:
    """Release the tiny assignment once, in a folder that nobody changes: it takes seconds."""
    import tiny_assignment  # beside the tests of the class, which alone ask for it

    from tools.classroom.release import release

    folder = tmp_path_factory.mktemp("released") / "room"
    release(tiny_assignment.make(folder / "course"), folder / "out")
    return folder


@pytest.fixture
def released(released_once, tmp_path) -> Path:
    """Give a folder of one's own with `course` and `out`, where tiny is released."""
    return shutil.copytree(released_once, tmp_path / "room")
