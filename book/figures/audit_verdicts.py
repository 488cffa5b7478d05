"""The audit's statements by section of the guide and by verdict, counted in the ledger."""

from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import yaml

READS = ("book/guide_audit.yml",)
LEDGER = Path(__file__).parents[1] / "guide_audit.yml"
# the colours of audit.css
COLOUR = {
    "holds": "#17603a",
    "corrected": "#a8690a",
    "refuted": "#9b1c2e",
    "undisclosed": "#503a8c",
    "opinion": "#6b7a86",
}


def counts() -> dict[str, Counter]:
    """Return, for each section of the guide, how many statements have which verdict."""
    ledger = yaml.safe_load(LEDGER.read_text(encoding="utf8"))
    found = {name: Counter() for name in ledger["sections"]}
    names = list(found)
    for entry in ledger["statements"]:
        section = int(entry["id"].partition("-")[0].partition(".")[0])
        found[names[section]][entry["verdict"]] += 1
    return found


def draw():
    """Return a bar for each section, made of its verdicts, and their sums above it."""
    found = counts()
    figure, ax = plt.subplots(figsize=(7.2, 4.4))
    left = dict.fromkeys(found, 0)
    for verdict, colour in COLOUR.items():
        sizes = [found[name][verdict] for name in found]
        label = f"{verdict} {sum(sizes)}"
        bar = ax.barh(list(found), sizes, left=list(left.values()), color=colour, label=label)
        texts = [size if size > 1 else "" for size in sizes]
        ax.bar_label(bar, texts, label_type="center", color="white", fontsize=9)
        left = {name: left[name] + found[name][verdict] for name in found}
    ax.legend(
        loc="lower center", bbox_to_anchor=(0.36, 1), ncols=5, columnspacing=1.2, handlelength=1
    )
    ax.invert_yaxis()
    ax.grid(visible=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.tick_params(length=0, labelbottom=False)
    return figure
