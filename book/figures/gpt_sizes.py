"""Parameters and context of GPT-1 to GPT-4, as published; GPT-4's size is not."""

import matplotlib.pyplot as plt

from course_utils.lessons.plotting import COLOURS

MODELS = ["GPT-1", "GPT-2", "GPT-3", "GPT-4"]
PARAMETERS = [117e6, 1.5e9, 175e9]  # Radford et al. 2019, table 2; Brown et al. 2020, table 2.1
CONTEXT = [512, 1024, 2048, 8192]  # the papers; OpenAI's page of 14 March 2023
LONG_CONTEXT = 32768  # gpt-4-32k, same page


def draw():
    """Return two panels on logarithmic axes."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.4))
    points(left, PARAMETERS, ["117M", "1.5B", "175B"], COLOURS["model"])
    left.axvspan(2.6, 3.4, color=COLOURS["baseline"], alpha=0.3, linewidth=0)
    left.text(3, 4e9, "undisclosed", rotation=90, ha="center", va="center")
    left.set(ylabel="parameters", ylim=(3e7, 1e12))
    points(right, CONTEXT, ["512", "1,024", "2,048", "8,192"], COLOURS["highlight"])
    points(right, {3: LONG_CONTEXT}, ["32,768"], COLOURS["highlight"], fillstyle="none")
    right.set(ylabel="context (tokens)", ylim=(256, 98304))
    right.set_yticks([512, 1024, 2048, 4096, 8192, 16384, 32768], [])
    for ax in (left, right):
        ax.set(xlim=(-0.5, 3.5))
        ax.set_xticks(range(4), MODELS)
        ax.minorticks_off()
    return figure


def points(ax, heights, labels, colour, **style):
    """Draw points at 0, 1, 2, ... (or at the keys of a dictionary), each with its label above."""
    places = heights if isinstance(heights, dict) else dict(enumerate(heights))
    for (x, y), label in zip(places.items(), labels, strict=True):
        ax.semilogy(x, y, "o", color=colour, markersize=8, **style)
        ax.annotate(label, (x, y), (0, 8), textcoords="offset points", ha="center")
