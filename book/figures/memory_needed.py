"""Memory against parameters: four lines for what a parameter takes, three for machines."""

import matplotlib.pyplot as plt
import numpy as np

from course_utils.lessons.plotting import COLOURS

BYTES = {  # per parameter
    "training with Adam, 16 bytes": (16, COLOURS["wrong"]),
    "float32, 4 bytes": (4, COLOURS["other"]),
    "half precision, 2 bytes": (2, COLOURS["model"]),
    "four bits, ½ byte": (0.5, COLOURS["floor"]),
}
MACHINES = {"a laptop, 16 GB": (16,), "graphics cards, 80 and 141 GB": (80, 141)}
BOX = {"facecolor": "white", "edgecolor": "none", "pad": 1}
MODELS = {"story-gpt": 958_336, "GPT-2 small": 124_439_808, "GPT-2 XL": 1.5e9, "GPT-3": 175e9}


def draw():
    """Draw the lines, and mark four models on the axis of parameters."""
    figure, ax = plt.subplots(figsize=(6.4, 4.4))
    parameters = np.array([3e5, 1e12])
    for name, (size, colour) in BYTES.items():
        ax.plot(parameters, parameters * size / 1e9, color=colour, label=name)
    for name, sizes in MACHINES.items():
        for memory in sizes:
            ax.axhline(memory, color="#555555", linestyle="--", linewidth=1.3)
        middle = np.exp(np.mean(np.log(sizes)))  # on a logarithmic axis
        ax.text(5e5, middle, name, fontsize=10, va="center", bbox=BOX, zorder=3)
    for name, size in MODELS.items():
        ax.axvline(size, color="#bbbbbb", linewidth=1, zorder=0)
        ax.text(size * 1.1, 4.5e-6, name, fontsize=10, rotation=90, va="bottom")
    ax.set(xscale="log", yscale="log", xlim=parameters, ylim=(3e-6, 1e6))
    ax.set_xlabel("parameters")
    ax.set_ylabel("memory (GB)")
    ax.set_xticks([1e6, 1e9, 1e12], ["1 million", "1 billion", "1 trillion"])
    ax.set_yticks([1e-3, 1, 1e3, 1e6], ["0.001", "1", "1,000", "1,000,000"])
    ax.minorticks_off()
    ax.legend(loc="upper left", fontsize=10)
    return figure
