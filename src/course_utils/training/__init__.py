"""Training: the settings, the data, the loop, and checkpoints from which a run goes on exactly.

Left out: several devices, data that does not fit into memory, experiment trackers.
"""

from course_utils.training.config import TrainConfig
from course_utils.training.data import Order, Rows, Windows
from course_utils.training.evaluation import evaluate
from course_utils.training.files import load_weights
from course_utils.training.loop import train
from course_utils.training.text import read_text

__all__ = [
    "Order",
    "Rows",
    "TrainConfig",
    "Windows",
    "evaluate",
    "load_weights",
    "read_text",
    "train",
]
