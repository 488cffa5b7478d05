"""Results of other seeds are put beside a model's own; nothing is trained here."""

import sys

import pytest

from tools.models import make_checkpoints as tool


def run(monkeypatch, *words):
    """Run the command."""
    monkeypatch.setattr(sys, "argv", ["make_checkpoints.py", "wish-gpt", *map(str, words)])
    tool.main()


def test_other_seeds_are_noted_and_the_own_results_stay(monkeypatch, tmp_path):
    for seed in (1, 11, 12):
        (tmp_path / str(seed) / "wish-gpt").mkdir(parents=True)
        tool.save_results(tmp_path / str(seed) / "wish-gpt", {"seed": seed, "exact": seed / 100})
    for _ in range(2):  # noted twice, they stand there once
        run(monkeypatch, "--folder", tmp_path / "1", "--others", tmp_path / "11", tmp_path / "12")
    assert tool.read_results(tmp_path / "1" / "wish-gpt") == {
        "seed": 1,
        "exact": 0.01,
        "other_seeds": [{"seed": 11, "exact": 0.11}, {"seed": 12, "exact": 0.12}],
    }


def test_a_folder_without_results_gets_one_line(monkeypatch, tmp_path):
    with pytest.raises(SystemExit, match=r"expected .*results\.json, found none: train"):
        run(monkeypatch, "--others", tmp_path)
