"""Three stages from random weights to an assistant: what is read, and what is scored."""

import matplotlib.pyplot as plt

from course_utils.lessons.plotting import COLOURS

# (stage, data, what the loss compares, colour)
STAGES = [
    ("1  pretraining", "any text", "every token,\ngiven those before", "model"),
    ("2  fine-tuning", "prompts with\na good answer", "every token of\nthe answer", "floor"),
    (
        "3  preferences",
        "prompts with a better\nand a worse answer",
        "the better answer\nagainst the worse",
        "highlight",
    ),
]
RESULTS = ["base model: continues", "tuned model: answers", "aligned model: answers as preferred"]


def draw():
    """Return three rows of two boxes, with what comes out between the rows."""
    figure, ax = plt.subplots(figsize=(6.4, 5.2))
    for n, (name, data, score, colour) in enumerate(STAGES):
        top = -3 * n
        ax.text(0, top, name, va="center", weight="bold", fontsize=12)
        box(ax, 5.1, top, data, COLOURS[colour])
        box(ax, 9.3, top, score, COLOURS[colour])
        ax.annotate("", (5.1, top - 2.15), (5.1, top - 0.75), arrowprops={"arrowstyle": "->"})
        ax.text(5.4, top - 1.5, RESULTS[n], va="center")
    ax.text(5.1, 1.15, "it reads", ha="center", style="italic")
    ax.text(9.3, 1.15, "the loss scores", ha="center", style="italic")
    ax.set(xlim=(0, 11.4), ylim=(-8.3, 1.6))
    ax.axis("off")
    return figure


def box(ax, x, y, text, colour):
    """Write a text in a rounded box whose middle is at (x, y)."""
    style = {"boxstyle": "round,pad=0.5", "facecolor": colour, "alpha": 0.25, "edgecolor": colour}
    ax.text(x, y, text, ha="center", va="center", fontsize=11, bbox=style)
