"""What to read after the course: four aims, and for each the next steps from left to right."""

import matplotlib.pyplot as plt

from course_utils.lessons.plotting import COLOURS

AIMS = {
    "understand\nthe model": ["The Annotated\nTransformer", "Jurafsky and\nMartin", "CS224N"],
    "build and\ntrain one": ["minbpe", "nanoGPT", "nanochat"],
    "use models\nof others": [
        "Hugging Face\ncourse",
        "transformers\ndocumentation",
        "model cards\non the hub",
    ],
    "judge what\nis claimed": ["GPT-4V\nsystem card", "GPT-4 report", "papers on\narXiv"],
}
SHADES = (COLOURS["floor"], COLOURS["model"], COLOURS["highlight"], COLOURS["other"])
FIRST = "the mathematics that is missing: Deep Learning (2016) or Dive into Deep Learning"


def draw():
    """Draw a row of boxes for each aim, with arrows from easier to harder."""
    figure, ax = plt.subplots(figsize=(6.4, 4.3))
    for row, ((aim, steps), colour) in enumerate(zip(AIMS.items(), SHADES, strict=True)):
        y = 3 - row
        ax.text(0.0, y, aim, va="center", fontsize=11, fontweight="bold")
        for column, step in enumerate(steps):
            x = 1.05 + 1.25 * column
            box = plt.Rectangle(
                (x, y - 0.32), 1.05, 0.64, facecolor="white", edgecolor=colour, linewidth=2
            )
            ax.add_patch(box)
            ax.text(x + 0.525, y, step, ha="center", va="center", fontsize=9.5)
            if column:
                style = {"arrowstyle": "->", "color": colour, "linewidth": 1.8}
                ax.annotate("", (x, y), (x - 0.2, y), arrowprops=style)
    ax.add_patch(plt.Rectangle((0, -1.2), 4.6, 0.5, facecolor="#eeeeee", edgecolor="#888888"))
    ax.text(2.3, -0.95, FIRST, ha="center", va="center", fontsize=9.5)
    ax.text(1.05, 3.5, "first", fontsize=10, color="#555555")
    ax.text(4.6, 3.5, "later", fontsize=10, color="#555555", ha="right")
    ax.set(xlim=(-0.05, 4.7), ylim=(-1.3, 3.75))
    ax.axis("off")
    return figure
