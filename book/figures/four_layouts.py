"""Four uses of a language model as four rows of tokens: what is read, and what is predicted."""

import matplotlib.pyplot as plt

from course_utils.lessons.plotting import COLOURS

GIVEN, WRITTEN, MARK = "#d9e6f2", COLOURS["highlight"], "#ffffff"
ROWS = {
    "text generation": [("‹start›", MARK), ("Once upon a time, Clara …‹end›", WRITTEN)],
    "translation": [("The cat sleeps.", GIVEN), ("‹fr›", MARK), ("Le chat dort.‹end›", WRITTEN)],
    "question answering": [
        ("Wei had a red ball.", GIVEN),
        ("‹q›", MARK),
        ("What colour was it?", GIVEN),
        ("‹a›", MARK),
        ("red‹end›", WRITTEN),
    ],
    "dialogue": [
        ("‹user›", MARK),
        ("Hello!", GIVEN),
        ("‹model›", MARK),
        ("Hello. What now?‹end›", WRITTEN),
        ("‹user›", MARK),
        ("A joke.", GIVEN),
    ],
}
PER_LETTER, PADDING, GAP = 0.0149, 0.018, 0.006  # widths, in shares of the axes


def draw():
    """Draw one row of boxes a use; the boxes' colours say who supplies the tokens."""
    figure, ax = plt.subplots(figsize=(6.4, 3.9))
    for row, (name, boxes) in enumerate(ROWS.items()):
        y, x = len(ROWS) - row, 0.0
        ax.text(0, y + 0.34, name, fontsize=12, fontweight="bold", va="bottom")
        for text, colour in boxes:
            width = PER_LETTER * len(text) + PADDING
            box = plt.Rectangle((x, y - 0.2), width, 0.46, facecolor=colour, edgecolor="#444444")
            ax.add_patch(box)
            ax.text(x + width / 2, y + 0.02, text, ha="center", va="center", fontsize=10)
            x += width + GAP
    for x, colour, label in (
        (0.0, GIVEN, "given: read"),
        (0.3, WRITTEN, "predicted, token by token"),
        (0.78, MARK, "a mark"),
    ):
        ax.add_patch(plt.Rectangle((x, 0), 0.035, 0.3, facecolor=colour, edgecolor="#444444"))
        ax.text(x + 0.05, 0.14, label, va="center", fontsize=11)
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.1, len(ROWS) + 0.8))
    ax.axis("off")
    return figure
