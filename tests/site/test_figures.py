"""The chapters' figures: each is drawn, and numbers in an alt text are those of the figure."""

import importlib.util
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

BOOK = Path(__file__).parents[2] / "book"
FILES = sorted((BOOK / "figures").glob("*.py"))


def load(name: str):
    """Import a figure's file."""
    spec = importlib.util.spec_from_file_location(name, BOOK / "figures" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_it_draws_without_a_title_inside(path):
    figure = load(path.stem).draw()
    assert figure.axes and not any(ax.get_title() for ax in figure.axes)
    plt.close(figure)


def test_scores_in_the_alt_text_are_those_of_the_figure():
    module = load("overlap_scores")
    alt = next(
        line
        for line in (BOOK / "applications.md").read_text(encoding="utf8").splitlines()
        if line.startswith(":alt:") and "BLEU" in line
    )
    scores = {text: module.scores(text) for text in module.CANDIDATES}
    bleu = [round(score["BLEU"]) for score in scores.values()]
    assert (
        "BLEU {} and {}. Two right ones, reordered and reworded, have {} and {}.".format(*bleu)
        in alt
    )
    by_chrf = sorted(scores, key=lambda text: scores[text]["chrF"])
    assert by_chrf == sorted(scores, key=lambda text: scores[text]["BLEU"])
