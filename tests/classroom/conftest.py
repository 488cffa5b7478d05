"""A released course, made once: a new gradebook takes seconds."""

import shutil
from pathlib import Path

import pytest
import tiny_assignment

from tools.classroom.release import release


@pytest.fixture(scope="session")
def released_once(tmp_path_factory) -> Path:
    """Release the tiny assignment in a folder that nobody changes."""
    folder = tmp_path_factory.mktemp("released") / "room"
    release(tiny_assignment.make(folder / "course"), folder / "out")
    return folder


@pytest.fixture
def released(released_once, tmp_path) -> Path:
    """Give a folder of one's own with `course` and `out`, where tiny is released."""
    return shutil.copytree(released_once, tmp_path / "room")
