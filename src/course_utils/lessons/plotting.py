"""Figures from arrays, never from models; every function takes `ax=None` and returns the Axes.

The same idea has the same colour through the whole book (`COLOURS`). No titles inside axes:
the text above a figure says what it shows. Left out: saving, subplots, animation.
"""

import matplotlib.pyplot as plt
import numpy as np

from course_utils import arguments
from course_utils.runtime import CourseError

# Okabe and Ito's palette: told apart by colour-blind readers (jfly.uni-koeln.de/color)
COLOURS = {
    "model": "#0072B2",
    "train": "#56B4E9",
    "validation": "#0072B2",
    "floor": "#009E73",
    "wrong": "#D55E00",
    "baseline": "#999999",
    "other": "#CC79A7",
    "highlight": "#E69F00",
}
WEIGHTS_MAP = "cividis"  # even in lightness, the same for colour-blind readers
SIGNED_MAP = "PuOr"  # for values around zero


def use_course_style() -> None:
    """Set the look of all figures that follow: call it once at the start of a lesson."""
    plt.rcParams.update(
        {
            "figure.figsize": (6.4, 3.6),
            "figure.dpi": 100,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.25,
            "axes.prop_cycle": plt.cycler(color=list(dict.fromkeys(COLOURS.values()))),
            "font.size": 11,
            "lines.linewidth": 2,
            "legend.frameon": False,
        }
    )


def heatmap(values, rows=None, columns=None, ax=None, decimals=2, signed=False):
    """Draw a matrix as coloured squares with its numbers in them.

    Args:
        values: shape (R, S), any array.
        rows: R labels, shown at the left. Default none.
        columns: S labels, shown below. Default none.
        ax: where to draw. Default: a new figure.
        decimals: digits after the point in each square; None writes no numbers. Default 2.
        signed: centre the colours on 0. Default False: colours run from 0 to the largest value.

    Returns:
        The Axes.

    Raises:
        CourseError: if this is no matrix, or has not as many rows or columns as labels.
    """
    values = _numbers("values", values, 2)
    _check_labels("rows", rows, values.shape[0])
    _check_labels("columns", columns, values.shape[1])
    if decimals is not None:
        decimals = arguments.whole("decimals", decimals, also=", or None")
    ax = _axes(ax)
    top = np.nanmax(np.abs(values)) or 1.0
    low, cmap = (-top, SIGNED_MAP) if signed else (0.0, WEIGHTS_MAP)
    image = ax.imshow(values, cmap=cmap, vmin=low, vmax=top)
    ax.grid(False)
    ax.set_xticks(range(values.shape[1]), columns if columns is not None else [])
    ax.set_yticks(range(values.shape[0]), rows if rows is not None else [])
    if decimals is not None:
        for (r, c), value in np.ndenumerate(values):
            light = sum(image.cmap(image.norm(value))[:3]) > 1.5
            text = f"{value:.{decimals}f}"
            ax.text(c, r, text, ha="center", va="center", color="black" if light else "white")
    return ax


def attention_map(weights, queries, keys=None, ax=None, decimals=2):
    """Draw attention weights: a row per query, a column per key.

    Args:
        weights: shape (T, S), rows that add to 1.
        queries: T labels.
        keys: S labels. Default: the queries.
        ax, decimals: as in `heatmap`.

    Returns:
        The Axes.

    Raises:
        CourseError: as in `heatmap`.
    """
    ax = heatmap(weights, queries, keys if keys is not None else queries, ax, decimals)
    ax.set_xlabel("key (attended to)")
    ax.set_ylabel("query (attending)")
    return ax


def loss_curves(curves, floor=None, ax=None, xlabel="step", ylabel="loss (nats per token)"):
    """Draw losses against steps, with the floor that no model can beat under them.

    Args:
        curves: {label: (steps, losses)}; a label that is a key of `COLOURS` gets its colour.
        floor: the exact entropy in the same unit, drawn as a dashed line. Default none.
        ax: where to draw. Default: a new figure.
        xlabel, ylabel: lower case, with units.

    Returns:
        The Axes.

    Raises:
        CourseError: if the curves are not like that, or their lengths differ.
    """
    curves = {label: _curve(label, curve) for label, curve in _named("curves", curves)}
    if floor is not None:
        arguments.number("floor", floor, "the entropy, or None", lambda floor: True)
    ax = _axes(ax)
    for label, (steps, losses) in curves.items():
        ax.plot(steps, losses, label=label, color=COLOURS.get(label))
    if floor is not None:
        ax.axhline(floor, color=COLOURS["floor"], linestyle="--", label="floor (exact entropy)")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.legend()
    return ax


def bars(labels, values, ax=None, ylabel="probability", colour="model", errors=None):
    """Draw one bar a label.

    Args:
        labels: N texts.
        values: shape (N,).
        ax: where to draw. Default: a new figure.
        ylabel: lower case, with units.
        colour: a key of `COLOURS`. Default "model".
        errors: shape (N,), half lengths of error bars. Default none.

    Returns:
        The Axes.

    Raises:
        CourseError: if the numbers, labels and errors are not equally many, or the colour is none.
    """
    values = _numbers("values", values, 1)
    _check_labels("labels", labels, len(values))
    if errors is not None:
        errors = _numbers("errors", errors, 1)
        _check_lengths(("errors", errors), ("values", values))
    arguments.one_of("colour", colour, COLOURS)
    ax = _axes(ax)
    ax.bar(range(len(values)), values, yerr=errors, color=COLOURS[colour])
    ax.set_xticks(range(len(values)), labels)
    ax.set_ylabel(ylabel)
    ax.grid(axis="x", visible=False)
    return ax


def lines(x, series, ax=None, xlabel="", ylabel=""):
    """Draw several lines over the same x.

    Args:
        x: shape (N,).
        series: {label: shape (N,)}; a label that is a key of `COLOURS` gets its colour.
        ax: where to draw. Default: a new figure.
        xlabel, ylabel: lower case, with units.

    Returns:
        The Axes.

    Raises:
        CourseError: if the series are not like that, or as long as x.
    """
    series = {label: _numbers(label, values, 1) for label, values in _named("series", series)}
    for label, values in series.items():
        _check_lengths(("x", x), (label, values))
    ax = _axes(ax)
    for label, values in series.items():
        ax.plot(x, values, label=label, color=COLOURS.get(label), marker="o", markersize=4)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.legend()
    return ax


def _axes(ax):
    if ax is None:
        return plt.subplots()[1]
    fix = "of plt.subplots() take the second, and one of it where there are several"
    return arguments.instance("ax", ax, plt.Axes, fix)


def _numbers(name, values, dims):
    """Return numbers as an array; a tensor may be part of a computation or on a GPU."""
    try:
        array = np.asarray(values.detach().cpu() if hasattr(values, "detach") else values, float)
    except (TypeError, ValueError):
        array = None
    if array is None or array.ndim != dims or array.size == 0:
        shape = {1: "a row of numbers, (N,)", 2: "a matrix of numbers, (R, S)"}[dims]
        got = arguments.shortened(values if array is None else array)
        raise CourseError(f"{name} must be {shape}, got {got}: change it")
    return array


def _named(name, series):
    if not isinstance(series, dict) or not series:
        got = arguments.shortened(series)
        raise CourseError(f'{name} must be a dict such as {{"model": …}}, got {got}: name each')
    return series.items()


def _curve(label, curve):
    try:
        steps, losses = curve
    except (TypeError, ValueError):
        got = arguments.shortened(curve)
        raise CourseError(f"{label} must be a pair (steps, losses), got {got}: give both") from None
    losses = _numbers(f"losses of {label}", losses, 1)
    _check_lengths((f"steps of {label}", steps), ("its losses", losses))
    return steps, losses


def _check_labels(name, labels, n):
    if labels is not None and _length(labels) != 0:  # none, or an empty list: no labels
        _check_lengths((name, labels), ("the values", range(n)))


def _check_lengths(one, other):
    (name, values), (of, others) = one, other
    n = _length(values)
    if n != len(others):
        got = arguments.shortened(values) if n is None else n
        raise CourseError(f"{name} must be as many as {of}, {len(others)}, got {got}: pair them")


def _length(values):
    return len(values) if hasattr(values, "__len__") else None
