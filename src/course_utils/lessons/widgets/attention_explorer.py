"""Attention over three tokens that you can drag: scores, weights and outputs follow at once.

The arithmetic and the drawing are in `attention_explorer.js`, so the explorer works in a page
without a kernel; Python holds the numbers and can read them back. Left out: several heads, more
tokens, more dimensions.
"""

import math

import torch
import traitlets

from course_utils import arguments
from course_utils.attention import attention
from course_utils.lessons.widgets._still import table
from course_utils.lessons.widgets._told import Widget
from course_utils.runtime import CourseError

TOKENS, DIMENSIONS = 3, 2
QUERIES = [[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]]  # the numbers of the lesson
KEYS = [[2.0, 0.0], [0.0, 1.0], [-1.0, 1.0]]
VALUES = [[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]]
MOST = 100  # of a number, up and down: larger ones leave nothing to see


class AttentionExplorer(Widget):
    """Show Q, K and V of three tokens to be dragged or typed, and what attention makes of them.

    Args:
        q: queries, 3 rows of 2 numbers. Default: the lesson's.
        k: keys, 3 rows of 2 numbers. Default: the lesson's.
        v: values, 3 rows of 2 numbers. Default: the lesson's.
        causal: hide the future. Default False.
        scale: divide the scores by the root of 2, the size of a key. Default True.

    Raises:
        CourseError: if q, k or v is not 3 rows of 2 numbers from -100 to 100, or a switch not True
            or False.

    >>> AttentionExplorer(k=[[1, 1]] * 3).weights[0].round(decimals=2).tolist()
    [0.33, 0.33, 0.33]
    """

    piece = "attention_explorer"
    q = traitlets.List(QUERIES).tag(sync=True)
    k = traitlets.List(KEYS).tag(sync=True)
    v = traitlets.List(VALUES).tag(sync=True)
    causal = traitlets.Bool(False).tag(sync=True)
    scale = traitlets.Bool(True).tag(sync=True)

    @traitlets.validate("q", "k", "v")
    def _check_matrix(self, proposal) -> list:
        rows, name = proposal["value"], proposal["trait"].name
        if not _is_matrix(rows):
            raise CourseError(
                f"expected {name} as {TOKENS} rows of {DIMENSIONS} numbers from -{MOST} to {MOST}, "
                f"got {arguments.shortened(rows)}: give one row per token"
            )
        return [[float(x) for x in row] for row in rows]

    @property
    def weights(self) -> torch.Tensor:
        """The attention weights of the present numbers, float64, shape (3, 3)."""
        return self._attend()[1]

    @property
    def output(self) -> torch.Tensor:
        """The outputs of the present numbers, float64, shape (3, 2)."""
        return self._attend()[0]

    def _attend(self):
        q, k, v = (torch.tensor(x, dtype=torch.float64) for x in (self.q, self.k, self.v))
        if not self.scale:  # attention() always divides
            q = q * math.sqrt(DIMENSIONS)
        return attention(q, k, v, causal=self.causal)

    def still(self) -> str:
        """Return the attention weights as a table, until the piece runs."""
        names = [f"w{n}" for n in range(1, TOKENS + 1)]
        rows = [
            (name, *(f"{x:.2f}" for x in row))
            for name, row in zip(names, self.weights.tolist(), strict=True)
        ]
        return table("attention weights of three tokens: each row adds to 1", ["", *names], rows)

    def __repr__(self) -> str:  # the default holds an address, which no stored output may
        return f"AttentionExplorer(causal={self.causal}, scale={self.scale}), seen when run"


def _is_matrix(rows) -> bool:
    try:
        return (
            len(rows) == TOKENS
            and all(len(row) == DIMENSIONS for row in rows)
            and all(-MOST <= x <= MOST for row in rows for x in row)
        )
    except TypeError:
        return False
