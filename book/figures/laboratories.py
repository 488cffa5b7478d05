"""What the lessons of the outlook found, one finding each of four, from the numbers they record."""

import json
import re
from pathlib import Path

import matplotlib.pyplot as plt

from course_utils.lessons.plotting import COLOURS

READS = ("notebooks/private_training.ipynb", "notebooks/interpretability.ipynb")
READS += ("notebooks/features.ipynb", "notebooks/scaling_law.ipynb")
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
TEXT = "application/papermill.record/text/plain"


def recorded(lesson: str) -> dict[str, float]:
    """Return the numbers that a lesson's stored outputs hold, by name; a text's first number."""
    cells = json.loads((NOTEBOOKS / f"{lesson}.ipynb").read_text(encoding="utf8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    found = {
        output["metadata"]["scrapbook"]["name"]: "".join(output["data"][TEXT])
        for output in outputs
        if "scrapbook" in output.get("metadata", {})
    }
    numbers = {name: re.search(r"-?\d+(\.\d+)?", text) for name, text in found.items()}
    return {name: float(number[0]) for name, number in numbers.items() if number}


def bars(ax, rows: dict[str, float], labels, colour: str, xlabel: str) -> None:
    """Draw a bar for each row, with a label behind it."""
    drawn = ax.barh(list(rows), list(rows.values()), color=COLOURS[colour])
    ax.bar_label(drawn, labels, padding=3, fontsize=8)
    ax.set(xlim=(0, 1.3 * max(rows.values())), xlabel=xlabel)


def remedies(ax) -> None:
    """Draw how far a code that was copied is known after each remedy, with the remedy's price."""
    n = {k.removeprefix("private-training-"): v for k, v in recorded("private_training").items()}
    rows = {
        "nothing": (n["copied"], n["price"]),
        "noise 1": (n["copied-1"], n["price-1"]),
        "noise 4": (n["copied-4"], n["price-4"]),
        "no copies": (n["dedup-copied"], n["dedup-price"]),
        "no copies,\nnoise 1": (n["both-copied"], n["both-price"]),
    }
    known = {name: bits for name, (bits, _) in rows.items()}
    prices = [f"price {price:g}" for _, price in rows.values()]
    bars(ax, known, prices, "model", "exposure of copied codes (bits)")
    ax.axvline(n["guessing-bits"], color=COLOURS["baseline"], linestyle="--", label="guessing")


def findings(ax, lesson: str, names: dict[str, str], colour: str, xlabel: str, unit="") -> None:
    """Draw some of a lesson's recorded numbers."""
    numbers = recorded(lesson)
    rows = {shown: numbers[name] for shown, name in names.items()}
    bars(ax, rows, [f"{value:g}{unit}" for value in rows.values()], colour, xlabel)


HEADS = {
    "all heads": "interpretability-repeats",
    "neighbour off": "interpretability-neighbour-off",
    "induction\nhead off": "interpretability-induction-off",
}
PLACES = {
    "encoder 1": "features-mirror-encoder-1",
    "GPT layer 1": "features-mirror-gpt-1",
    "GPT layer 3": "features-mirror-gpt-3",
}
RUN = {"predicted": "scaling-predicted", "measured": "scaling-measured"}


def draw():
    """Return the four findings, in the order of the chapter."""
    figure, axes = plt.subplots(2, 2, figsize=(8.4, 5), layout="constrained")
    first, second, third, fourth = axes.flat
    remedies(first)
    findings(second, "interpretability", HEADS, "highlight", "loss on repeats (nats per token)")
    findings(third, "features", PLACES, "other", "answers that follow the change (%)", " %")
    findings(fourth, "scaling_law", RUN, "train", "above the floor (nats per token)")
    for ax in axes.flat:
        ax.invert_yaxis()
        ax.grid(visible=False)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(loc="lower right", fontsize=8)
    return figure
