"""Boxes and arrows: each in its place, all of them inside the picture."""

import matplotlib.pyplot as plt
import pytest

from course_utils.lessons import diagram
from course_utils.lessons.plotting import COLOURS


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def drawn(ax):
    ax.figure.canvas.draw()
    return ax.texts


def test_boxes_have_their_words_places_and_colours():
    ax = diagram.draw({"a": (0, 0, "one"), "b": (2, 1, "two\nlines", "model")})
    one, two = drawn(ax)
    assert (one.get_text(), one.get_position()) == ("one", (0, 0))
    edge = plt.matplotlib.colors.to_hex(two.get_bbox_patch().get_edgecolor())
    assert edge.upper() == COLOURS["model"]


def test_an_arrow_runs_from_edge_to_edge_with_its_label_in_the_middle():
    ax = diagram.draw({"a": (0, 0, "one"), "b": (2, 1, "two")}, [("a", "b", "times 2")])
    *_, arrow, label = drawn(ax)
    path = arrow.arrow_patch.get_path().vertices
    start, end = ax.transData.transform([(0, 0), (2, 1)])
    inside = arrow.arrow_patch.get_transform().transform(path)
    assert inside[:, 0].min() > start[0] and inside[:, 0].max() < end[0]
    assert (label.get_text(), label.get_position()) == ("times 2", (1, 0.5))


def test_it_is_as_large_as_its_grid_and_draws_into_given_axes():
    ax = diagram.draw({"a": (0, 0, "one"), "b": (3, 1, "two")})
    assert ax.get_xlim() == (-0.5, 3.5) and ax.get_ylim() == (-0.5, 1.5)
    assert tuple(ax.figure.get_size_inches()) == pytest.approx((4 * 1.35, 2 * 0.75))
    mine = plt.subplots()[1]
    assert diagram.draw({"a": (0, 0, "one")}, ax=mine) is mine


def test_an_arrow_to_nowhere_names_it():
    with pytest.raises(KeyError, match="c"):
        diagram.draw({"a": (0, 0, "one")}, [("a", "c")])
