"""A GPT from ids to probabilities, and inside one attention layer; what the guide names is blue."""

import matplotlib.pyplot as plt

from course_utils.lessons.plotting import COLOURS

NAMED, LEFT_OUT = COLOURS["model"], COLOURS["highlight"]
# (text, height of the middle, named by the guide?)
WHOLE = [
    ("embed the tokens", 1.0, True),
    ("add positions", 2.0, False),
    ("layer norm", 3.5, False),
    ("self-attention", 4.5, True),
    ("add (residual)", 5.5, False),
    ("layer norm", 6.5, False),
    ("linear, GELU, linear", 7.5, True),
    ("add (residual)", 8.5, False),
    ("layer norm", 10.0, False),
    ("scores of all tokens", 11.0, False),
    ("softmax", 12.0, True),
]
INSIDE = [
    ("make Q, K and V", 1.6, False),
    ("split into heads", 2.6, False),
    ("Q against K", 3.6, True),
    ("hide the future", 4.6, False),
    ("softmax: weights", 5.6, True),
    ("average of V", 6.6, True),
    ("join heads, project", 7.6, False),
]
LEFT, RIGHT = 2.6, 8.2  # middles of the two columns
WIDTH, HEIGHT = 3.7, 0.68


def draw():
    """Return the whole model on the left and its attention on the right."""
    figure, ax = plt.subplots(figsize=(6.4, 7.6))
    repeat = plt.Rectangle((0.25, 2.8), 4.7, 6.25, fill=False, edgecolor="0.5", linestyle="--")
    ax.add_patch(repeat)
    column(ax, LEFT, WHOLE)
    column(ax, RIGHT, INSIDE)
    for start, end in ((3.0, 5.5), (6.0, 8.5)):  # the ways around
        bypass(ax, start, end)
    for y, text in ((0.1, "token ids"), (13.1, "probabilities of the next token")):
        ax.text(LEFT, y, text, ha="center", va="center", style="italic")
    ax.text(5.1, 8.9, "× layers", va="center")
    ax.text(RIGHT, 8.7, "inside self-attention", ha="center", style="italic")
    for y in (1.26, 7.94):  # lines that open the box on the left
        ax.plot([LEFT + WIDTH / 2, RIGHT - WIDTH / 2], [4.5, y], ":", color="0.5", linewidth=1)
    handles = [plt.Rectangle((0, 0), 1, 1, color=c, alpha=0.35) for c in (NAMED, LEFT_OUT)]
    ax.legend(handles, ["in the guide", "left out"], loc="upper right", fontsize=11)
    ax.set(xlim=(0, 10.2), ylim=(-0.2, 13.4))
    ax.axis("off")
    return figure


def column(ax, x, parts):
    """Draw boxes from bottom to top with arrows between them."""
    below = parts[0][1] - 0.95
    for text, y, named in parts:
        colour = NAMED if named else LEFT_OUT
        corner = (x - WIDTH / 2, y - HEIGHT / 2)
        ax.add_patch(plt.Rectangle(corner, WIDTH, HEIGHT, color=colour, alpha=0.35, linewidth=0))
        ax.text(x, y, text, ha="center", va="center", fontsize=11)
        arrow(ax, x, below + HEIGHT / 2, y - HEIGHT / 2)
        below = y
    arrow(ax, x, below + HEIGHT / 2, below + 0.8)


def arrow(ax, x, start, end):
    """Draw an arrow upwards."""
    ax.annotate("", (x, end), (x, start), arrowprops={"arrowstyle": "->", "color": "0.3"})


def bypass(ax, start, end):
    """Draw the residual's way around two boxes, on the left."""
    x = [LEFT, 0.5, 0.5, LEFT - WIDTH / 2]
    ax.plot(x, [start, start, end, end], color="0.3", linewidth=1)
    ax.plot(LEFT - WIDTH / 2, end, ">", color="0.3", markersize=4)
