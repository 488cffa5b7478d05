"""One text, all predictions at once: what each position sees, and which token it is scored on."""

import matplotlib.pyplot as plt

from course_utils.lessons.plotting import COLOURS

TOKENS = ["Mia", "lost", "her", "red", "ball"]


def draw():
    """Return a grid: a row for each position, blue where it may look, green what it should say."""
    figure, ax = plt.subplots(figsize=(6.4, 3.4))
    n = len(TOKENS) - 1  # the last token is only ever a target
    for row in range(n):
        for column in range(n):
            seen = column <= row
            square(ax, column, row, COLOURS["train"] if seen else "0.95")
            if seen:
                ax.text(column, row, TOKENS[column], ha="center", va="center")
        square(ax, n + 1, row, COLOURS["floor"])
        ax.text(n + 1, row, TOKENS[row + 1], ha="center", va="center")
        ax.annotate("", (n + 0.5, row), (n - 0.5, row), arrowprops={"arrowstyle": "->"})
    ax.text((n - 1) / 2, -0.75, "sees", ha="center", style="italic")
    ax.text(n + 1, -0.75, "scored on", ha="center", style="italic")
    ax.set(xlim=(-0.6, n + 1.6), ylim=(n - 0.4, -1.1), xticks=[])
    ax.set_yticks(range(n), [f"position {row + 1}" for row in range(n)])
    ax.tick_params(axis="y", length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.grid(False)
    return figure


def square(ax, x, y, colour):
    """Fill one square of the grid."""
    ax.add_patch(plt.Rectangle((x - 0.47, y - 0.45), 0.94, 0.9, color=colour, alpha=0.45, lw=0))
