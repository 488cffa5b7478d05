"""Fixtures of more than one test file."""

import signal

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
