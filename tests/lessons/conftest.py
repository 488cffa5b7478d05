"""A fixture of the tests of the page's engine."""

import pytest

from tools.site.browser import find_chromium
from tools.site.in_page import opened


@pytest.fixture(scope="module")
def page():
    """Give a function that runs a program beside the engine, in Chromium."""
    if not find_chromium():
        pytest.skip("Chromium is not installed, so the engine of the page cannot be run here")
    with opened() as run:
        yield run
