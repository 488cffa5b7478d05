"""Fixtures of more than one test file."""

import signal

import pytest
import torch


def pytest_configure(config):
    """Let Ctrl-C count also where the tests run in a script's background, which ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def one_thread():
    """Let torch use one thread: matrices this small gain nothing from more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
