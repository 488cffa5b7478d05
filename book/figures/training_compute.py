"""Parameters against training tokens: the cost 6ND in lines, models as points.

Sources: GPT-3 from Brown et al. 2020 (table D.1), Gopher and Chinchilla from Hoffmann et al. 2022;
story-gpt from its own weights and README. GPT-4's numbers are undisclosed, so it is not here.
"""

import re

import matplotlib.pyplot as plt
import numpy as np
from safetensors import safe_open
from tokenizers import Tokenizer

from course_utils.lessons import checkpoints
from course_utils.lessons.corpora import StoryGrammar
from course_utils.lessons.plotting import COLOURS

MODELS = {"GPT-3": (174.6e9, 300e9), "Gopher": (280e9, 300e9), "Chinchilla": (70e9, 1.4e12)}


def story_gpt() -> tuple[float, float]:
    """Count the parameters of story-gpt, and the tokens that it was trained on."""
    folder = checkpoints.path("story-gpt")
    with safe_open(folder / "model.safetensors", framework="numpy") as file:
        shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
    readme = (folder / "README.md").read_text(encoding="utf8")
    stories = int(re.search(r"\(([\d,]+) in all\)", readme)[1].replace(",", ""))
    return float(sum(np.prod(shape) for shape in shapes.values())), stories * story_length(folder)


def story_length(folder) -> float:
    """Return the mean number of tokens of a story, with the mark at its end."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    stories = StoryGrammar().sample(300, seed=1)
    return 1 + float(np.mean([len(tokenizer.encode(story).ids) for story in stories]))


def compute(parameters: float, tokens: float) -> float:
    """Return the operations of training: 2 forward and 4 backward, per parameter and token."""
    return 6 * parameters * tokens


def draw():
    """Draw points, lines of equal compute, and the line of 20 tokens a parameter."""
    figure, ax = plt.subplots(figsize=(6.4, 4.4))
    n = np.logspace(5, 13, 50)
    for power in range(13, 28, 2):
        ax.plot(n, 10.0**power / 6 / n, color=COLOURS["baseline"], linewidth=0.8, zorder=1)
        x = (10.0**power * 30 / 6) ** 0.5 if power < 25 else 10.0**power / 6 / 3e13
        label = f"$10^{{{power}}}$"
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
        ax.text(x, 10.0**power / 6 / x, label, fontsize=9, ha="center", va="center", bbox=box)
    ax.plot(n, 20 * n, color=COLOURS["floor"], linestyle="--", label="20 tokens a parameter")
    places = {
        "GPT-3": (-4, -20, "right"),
        "Gopher": (8, -4, "left"),
        "Chinchilla": (-8, 4, "right"),
    }
    for name, (size, tokens) in MODELS.items():
        dx, dy, side = places[name]
        mark(ax, name, size, tokens, COLOURS["model"], dx, dy, side)
    mark(ax, "story-gpt", *story_gpt(), COLOURS["highlight"], 9, -4, "left")
    ax.set(xscale="log", yscale="log", xlim=(1e5, 1e13), ylim=(1e5, 1e14))
    ax.set_xlabel("parameters N")
    ax.set_ylabel("training tokens D")
    ax.legend(loc="upper left")
    return figure


def mark(ax, name, size, tokens, colour, dx, dy, side):
    """Draw one model and what it cost."""
    ax.plot(size, tokens, "o", color=colour, markersize=8, zorder=3)
    mantissa, power = f"{compute(size, tokens):.1e}".split("e+")
    label = f"{name}\n${mantissa}\\times10^{{{int(power)}}}$"
    ax.annotate(
        label,
        (size, tokens),
        (dx, dy),
        textcoords="offset points",
        ha=side,
        va="center",
        fontsize=10,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        zorder=2,
    )
