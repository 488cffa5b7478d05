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
    bars = ax.barh(list(rows), [bits for bits, _ in rows.values()], color=COLOURS["model"])
    ax.bar_label(bars, [f"price {price:g}" for _, price in rows.values()], padding=3, fontsize=8)
    ax.axvline(n["guessing-bits"], color=COLOURS["baseline"], linestyle="--", label="guessing")
    ax.set(xlim=(0, 13.5), xlabel="exposure of copied codes (bits)")


def heads(ax) -> None:
    """Draw the loss on repeats with all heads, and with one switched off."""
    n = recorded("interpretability")
    rows = {
        "all heads": n["interpretability-repeats"],
        "neighbour off": n["interpretability-neighbour-off"],
        "induction\nhead off": n["interpretability-induction-off"],
    }
    bars = ax.barh(list(rows), list(rows.values()), color=COLOURS["highlight"])
    ax.bar_label(bars, fmt="%g", padding=3, fontsize=8)
    ax.set(xlim=(0, 4.8), xlabel="loss on repeats (nats per token)")


def answers(ax) -> None:
    """Draw what share of the answers follow a changed vector, where a probe reads all."""
    n = recorded("features")
    rows = {
        "encoder 1": n["features-mirror-encoder-1"],
        "GPT layer 1": n["features-mirror-gpt-1"],
        "GPT layer 3": n["features-mirror-gpt-3"],
    }
    bars = ax.barh(list(rows), list(rows.values()), color=COLOURS["other"])
    ax.bar_label(bars, fmt="%g %%", padding=3, fontsize=8)
    ax.set(xlim=(0, 118), xlabel="answers that follow the change (%)")


def prediction(ax) -> None:
    """Draw the loss above the floor that was predicted, and the one that was measured."""
    n = recorded("scaling_law")
    rows = {"predicted": n["scaling-predicted"], "measured": n["scaling-measured"]}
    bars = ax.barh(list(rows), list(rows.values()), color=COLOURS["train"])
    ax.bar_label(bars, fmt="%g", padding=3, fontsize=8)
    ax.set(xlim=(0, 0.065), xlabel="above the floor (nats per token)")


def draw():
    """Return the four findings, in the order of the chapter."""
    figure, axes = plt.subplots(2, 2, figsize=(8.4, 5), layout="constrained")
    for ax, panel in zip(axes.flat, (remedies, heads, answers, prediction), strict=True):
        panel(ax)
        ax.invert_yaxis()
        ax.grid(visible=False)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(loc="lower right", fontsize=8)
    return figure
