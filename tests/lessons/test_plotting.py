"""Figures: each returns the Axes it was given, shows what it was given, and changes no state."""

import re
import subprocess
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from course_utils.lessons import plotting
from course_utils.lessons.plotting import COLOURS

WEIGHTS = np.array([[1.0, 0.0], [0.25, 0.75]])
DRAW = {
    "heatmap": lambda ax: plotting.heatmap(WEIGHTS, ax=ax),
    "attention_map": lambda ax: plotting.attention_map(WEIGHTS, ["a", "b"], ax=ax),
    "loss_curves": lambda ax: plotting.loss_curves({"train": ([0, 1], [2, 1])}, ax=ax),
    "bars": lambda ax: plotting.bars(["a", "b"], [0.25, 0.75], ax=ax),
    "lines": lambda ax: plotting.lines([0, 1], {"model": [1, 2]}, ax=ax),
}


@pytest.fixture(autouse=True)
def restore():
    plt.switch_backend("agg")
    with mpl.rc_context():
        yield
    plt.close("all")


@pytest.fixture
def ax():
    return plt.subplots()[1]


@pytest.mark.parametrize("name", DRAW)
def test_given_axes_come_back_and_no_other_is_made(name, ax):
    before = plt.get_fignums()
    assert DRAW[name](ax) is ax
    assert plt.get_fignums() == before
    assert ax.get_title() == "" and ax.has_data()


@pytest.mark.parametrize("name", DRAW)
def test_without_axes_a_new_figure_is_made(name):
    before = len(plt.get_fignums())
    assert isinstance(DRAW[name](None), plt.Axes)
    assert len(plt.get_fignums()) == before + 1


@pytest.mark.parametrize("name", DRAW)
def test_drawing_changes_no_style(name, ax):
    before = dict(mpl.rcParams)
    DRAW[name](ax)
    assert dict(mpl.rcParams) == before


def test_import_changes_nothing():
    code = (
        "import matplotlib as m, matplotlib.pyplot; a = dict(m.rcParams)\n"
        "import course_utils.lessons.plotting; b = dict(m.rcParams)\n"
        "print(a == b, matplotlib.pyplot.get_fignums())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("True []", "")


def test_course_style_sets_the_colours_of_the_book():
    plotting.use_course_style()
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    assert set(cycle) == set(COLOURS.values())
    assert len(cycle) == len(set(cycle)), "two lines would look alike"
    assert not mpl.rcParams["axes.spines.top"] and mpl.rcParams["axes.grid"]


def test_colours_are_okabe_and_itos_and_the_maps_exist():
    palette = {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}
    assert set(COLOURS.values()) <= palette | {"#999999"}  # and a grey
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in COLOURS.values())
    assert plotting.WEIGHTS_MAP in mpl.colormaps and plotting.SIGNED_MAP in mpl.colormaps


def written(ax):
    return [text.get_text() for text in ax.texts]


def test_heatmap_writes_its_numbers_and_labels(ax):
    plotting.heatmap(WEIGHTS, ["r0", "r1"], ["c0", "c1"], ax)
    assert written(ax) == ["1.00", "0.00", "0.25", "0.75"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["c0", "c1"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["r0", "r1"]
    np.testing.assert_array_equal(ax.images[0].get_array(), WEIGHTS)
    assert ax.images[0].get_clim() == (0, 1) and ax.images[0].get_cmap().name == "cividis"
    colours = [t.get_color() for t in ax.texts]  # dark on light, light on dark
    assert colours[0] == "black" and colours[1] == colours[2] == "white"


def test_heatmap_of_signed_values_is_centred(ax):
    plotting.heatmap([[-3.0, 1.0]], ax=ax, decimals=None, signed=True)
    assert ax.images[0].get_clim() == (-3, 3) and written(ax) == []


def test_heatmap_of_zeros(ax):
    plotting.heatmap(np.zeros((2, 2)), ax=ax)
    assert ax.images[0].get_clim() == (0, 1)


def test_attention_map_says_which_axis_is_which(ax):
    plotting.attention_map(WEIGHTS, ["q0", "q1"], ["k0", "k1"], ax)
    assert "key" in ax.get_xlabel() and "query" in ax.get_ylabel()
    assert [t.get_text() for t in ax.get_xticklabels()] == ["k0", "k1"]


def test_loss_curves_draw_the_floor_under_the_right_colours(ax):
    curves = {"train": ([0, 5], [3, 2]), "validation": ([0, 5], [3, 2.5])}
    plotting.loss_curves(curves, floor=1.5, ax=ax)
    seen = {line.get_label(): line for line in ax.lines}
    assert list(seen) == ["train", "validation", "floor (exact entropy)"]
    assert seen["train"].get_xydata().tolist() == [[0, 3], [5, 2]]
    for label, key in zip(seen, ["train", "validation", "floor"], strict=True):
        assert to_hex(seen[label].get_color()).upper() == COLOURS[key]
    assert set(seen["floor (exact entropy)"].get_ydata()) == {1.5}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "loss (nats per token)")


def test_bars_have_heights_labels_and_errors(ax):
    plotting.bars(["a", "b"], [0.25, 0.75], ax, colour="wrong", errors=[0.1, 0.2])
    bars = ax.containers[-1]
    assert [bar.get_height() for bar in bars] == [0.25, 0.75]
    assert to_hex(bars[0].get_facecolor()).upper() == COLOURS["wrong"]
    assert bars.errorbar is not None
    assert [t.get_text() for t in ax.get_xticklabels()] == ["a", "b"]


def test_lines_keep_their_series(ax):
    plotting.lines([1, 2], {"baseline": [3, 4], "mine": [5, 6]}, ax, "tokens", "seconds")
    assert [line.get_xydata().tolist() for line in ax.lines] == [[[1, 3], [2, 4]], [[1, 5], [2, 6]]]
    assert to_hex(ax.lines[0].get_color()).upper() == COLOURS["baseline"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("tokens", "seconds")
