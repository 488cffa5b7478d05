"""Fixtures of more than one test file."""

import pytest
import torch


@pytest.fixture(scope="module")
def one_thread():
    """Let torch use one thread: matrices this small gain nothing from more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
