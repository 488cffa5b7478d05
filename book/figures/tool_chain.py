"""From text to answer: the stages of a project, what does the work, and what lies between them."""

import matplotlib.pyplot as plt

from course_utils.lessons.plotting import COLOURS

STAGES = (  # stage, tools, what it leaves behind
    ("get the data", "datasets", "texts"),
    ("cut into tokens", "tokenizers", "tokenizer.json"),
    ("train", "PyTorch, transformers", "model.safetensors"),
    ("adapt", "peft", "adapter, or new weights"),
    ("generate", "transformers", "texts, one reader"),
    ("serve", "vLLM, llama.cpp", "texts, many readers"),
    ("measure", "lm-evaluation-harness", "numbers"),
)
NAMED = {"train", "generate"}  # by the guide


def draw():
    """Draw one row per stage: its name, its tools in a box, and its result."""
    figure, ax = plt.subplots(figsize=(6.4, 4.8))
    last = len(STAGES) - 1
    for row, (stage, tools, result) in enumerate(STAGES):
        y = last - row
        colour = COLOURS["highlight"] if stage in NAMED else COLOURS["model"]
        ax.text(0.0, y, stage, va="center", fontsize=11.5, fontweight="bold")
        box = plt.Rectangle((1.3, y - 0.3), 1.75, 0.6, fc="white", ec=colour, linewidth=2.2)
        ax.add_patch(box)
        ax.text(2.175, y, tools, ha="center", va="center", fontsize=10.5)
        ax.text(3.3, y, result, va="center", fontsize=10.5, color="#333333")
        arrow = {"arrowstyle": "->", "color": "#777777", "linewidth": 1.6}
        if row < last:
            ax.annotate("", (2.175, y - 0.68), (2.175, y - 0.32), arrowprops=arrow)
        ax.annotate("", (3.27, y), (3.07, y), arrowprops=arrow)
    for x, head in ((0.0, "stage"), (2.175, "tool"), (3.3, "what it leaves")):
        align = "center" if head == "tool" else "left"
        ax.text(x, last + 0.62, head, fontsize=10, color="#555555", ha=align)
    ax.set(xlim=(-0.02, 4.75), ylim=(-0.5, last + 0.9))
    ax.axis("off")
    return figure
