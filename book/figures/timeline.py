"""Four ways to model language: the works that the chapter names, a lane for each way."""

import matplotlib.pyplot as plt

from course_utils.lessons.plotting import COLOURS

# (year, label, where it stands: 1 above the lane's line, -1 below it)
LANES = {
    "rules": [(1966, "ELIZA", 1)],
    "counts": [
        (1948, "Shannon", 1),
        (1976, "speech", 1),
        (1993, "translation", 1),
        (1995, "Kneser–Ney", -1),
    ],
    "networks": [
        (1997, "LSTM", 1),
        (2003, "vectors", -1),
        (2014, "sequences", 1),
        (2015, "attention", -1),
    ],
    "transformers": [(2017, "transformer", -1), (2018, "GPT", 1)],
}
LATE = [  # years with months, from the arXiv numbers and the announcements
    (2017.45, "transformer", 1),
    (2018.45, "GPT-1", -1),
    (2019.12, "GPT-2", 1),
    (2020.4, "GPT-3", -1),
    (2022.17, "InstructGPT", 1),
    (2023.2, "GPT-4", -1),
    (2023.73, "GPT-4V", 1),
]
COLOUR = {"rules": "baseline", "counts": "floor", "networks": "highlight", "transformers": "model"}


def draw():
    """Return all years in four lanes, and below them the last lane's years, enlarged."""
    figure, (all_years, late) = plt.subplots(2, 1, figsize=(6.4, 5.4), height_ratios=(4, 1.3))
    for row, (name, works) in enumerate(LANES.items()):
        lane(all_years, -row, works, COLOURS[COLOUR[name]])
    all_years.set(xlim=(1943, 2027), ylim=(-3.6, 0.6), xticks=range(1950, 2021, 10))
    all_years.set_yticks([0, -1, -2, -3], LANES)
    lane(late, 0, LATE, COLOURS["model"])
    late.set(xlim=(2016.9, 2024.3), ylim=(-0.7, 0.7), xticks=range(2017, 2025))
    late.set_yticks([0], ["transformers"])
    for ax in (all_years, late):
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.grid(axis="y", visible=False)
    return figure


def lane(ax, height, works, colour):
    """Draw one lane: a line from its first work to the right edge, a dot and a label per work."""
    ax.plot([works[0][0], 2030], [height, height], color=colour, linewidth=4, alpha=0.35)
    for year, label, side in works:
        ax.plot(year, height, "o", color=colour)
        side_of = "bottom" if side > 0 else "top"
        ax.text(year, height + 0.13 * side, label, ha="center", va=side_of, fontsize=11)
