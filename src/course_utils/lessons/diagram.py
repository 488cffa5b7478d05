"""Boxes with words and arrows between them: what a lesson explains, drawn before its numbers."""

from collections.abc import Iterable, Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from course_utils.lessons.plotting import COLOURS

UNIT = (1.35, 0.75)  # inches that a step to the right and a step up take


def draw(boxes: Mapping[str, tuple], arrows: Iterable[tuple] = (), ax: Axes | None = None) -> Axes:
    """Draw boxes at places of a grid, and arrows from box to box.

    Args:
        boxes: by name, (x, y, text) or (x, y, text, colour); x counts to the right, y upwards, in
            steps of a box; the colour is a name in `plotting.COLOURS`. Default: "baseline", grey.
        arrows: (from, to) or (from, to, text beside it), by the boxes' names.
        ax: where to draw. Default: new axes as large as the grid needs.

    Returns:
        The axes.

    >>> ax = draw({"q": (0, 1, "query"), "s": (1, 1, "score", "model")}, [("q", "s", "·")])
    >>> [text.get_text() for text in ax.texts]
    ['query', 'score', '', '·']
    >>> plt.close(ax.figure)
    """
    xs, ys = zip(*(box[:2] for box in boxes.values()), strict=True)
    if ax is None:
        size = [unit * (max(at) - min(at) + 1) for unit, at in zip(UNIT, (xs, ys), strict=True)]
        ax = plt.subplots(figsize=size)[1]
    drawn = {name: _box(ax, *box) for name, box in boxes.items()}
    for start, end, *label in arrows:
        _arrow(ax, drawn[start], drawn[end], *label)
    ax.set(xlim=(min(xs) - 0.5, max(xs) + 0.5), ylim=(min(ys) - 0.5, max(ys) + 0.5))
    ax.axis("off")
    return ax


def _box(ax, x, y, text, colour="baseline"):
    """Write a text in a box as large as it needs."""
    frame = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": COLOURS[colour]}
    style = {"ha": "center", "va": "center", "fontsize": 10, "bbox": frame | {"linewidth": 1.8}}
    return ax.text(x, y, text, zorder=3, **style)


def _arrow(ax, start, end, label=""):
    """Draw an arrow from the edge of one box to the edge of another."""
    ends = [text.get_position() for text in (start, end)]
    style = {"arrowstyle": "->", "color": "#555555", "linewidth": 1.5, "shrinkA": 3, "shrinkB": 3}
    patches = {"patchA": start.get_bbox_patch(), "patchB": end.get_bbox_patch()}
    ax.annotate("", ends[1], ends[0], arrowprops=style | patches)
    if label:
        (x1, y1), (x2, y2) = ends
        paper = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}
        middle = {"ha": "center", "va": "center", "fontsize": 9, "bbox": paper}
        ax.text((x1 + x2) / 2, (y1 + y2) / 2, label, color="#555555", **middle)
