"""The pretraining loss of a short text, whose predictions the reader drags.

The page computes: log-sum-exp, perplexity and the gradient are in `loss_explorer.js`. Left out:
a model that makes the predictions, and texts of more than a few words.
"""

import torch
import torch.nn.functional as F
import traitlets

from course_utils import arguments
from course_utils.lessons.widgets._scores import check_ids, check_lists
from course_utils.lessons.widgets._still import table
from course_utils.lessons.widgets._told import Widget
from course_utils.runtime import CourseError

MOST = 10_000  # of a logit, up and down, as in loss_explorer.js
LARGEST = 8  # words in the vocabulary, and predictions: more cannot be looked at


class LossExplorer(Widget):
    """Show what each prediction of a text costs, and the gradient, while probabilities are dragged.

    Args:
        ids: of the text's T words, the first of which is given.
        logits: shape (T - 1, V): row t scores what comes after word t.
        names: V texts, one a word.

    Raises:
        CourseError: if the three do not fit each other, or a logit is beyond ±10,000.

    >>> explorer = LossExplorer([0, 1], [[0.0, 0.0]], ["a", "b"])
    >>> round(explorer.loss, 4), explorer.gradient.tolist()
    (0.6931, [[0.5, -0.5]])
    """

    piece = "loss_explorer"
    names = traitlets.List().tag(sync=True)
    ids = traitlets.List().tag(sync=True)
    logits = traitlets.List().tag(sync=True)

    def __init__(self, ids, logits, names):
        check_lists(ids=ids, logits=logits, names=names)
        ids, names = [int(i) for i in ids], list(names)
        if not 2 <= len(names) <= LARGEST or not 2 <= len(ids) <= LARGEST + 1:
            raise CourseError(
                f"expected 2 to {LARGEST} words and 1 to {LARGEST} predictions, got {len(names)} "
                f"and {len(ids) - 1}: take a small example"
            )
        check_ids(ids, names)
        super().__init__(names=names, ids=ids, logits=_rows(logits))

    @traitlets.validate("logits")
    def _check_logits(self, proposal) -> list:
        rows, shape = proposal["value"], (len(self.ids) - 1, len(self.names))
        fits = len(rows) == shape[0] and all(len(row) == shape[1] for row in rows)
        if not fits or not all(-MOST <= x <= MOST for row in rows for x in row):
            raise CourseError(
                f"expected logits from -{MOST:,} to {MOST:,} of shape {shape}, got "
                f"{arguments.shortened(rows)}: give a row for each word but the last"
            )
        return rows

    @property
    def loss(self) -> float:
        """The loss of the present logits, in nats a token."""
        return self._loss(torch.tensor(self.logits, dtype=torch.float64)).item()

    @property
    def gradient(self) -> torch.Tensor:
        """The gradient of each row's own loss by its logits, float64, shape (T - 1, V)."""
        logits = torch.tensor(self.logits, dtype=torch.float64, requires_grad=True)
        with torch.enable_grad():
            (found,) = torch.autograd.grad(self._loss(logits) * len(logits), logits)
        return found

    def _loss(self, logits):
        return F.cross_entropy(logits, torch.tensor(self.ids[1:]))

    def still(self) -> str:
        """Return the probabilities as a table, until the piece runs."""
        shares = torch.tensor(self.logits, dtype=torch.float64).softmax(-1).tolist()
        rows = [
            (f"… {self.names[i]}", *(f"{p:.3f}" for p in row))
            for i, row in zip(self.ids, shares, strict=False)
        ]
        caption = f"what is predicted: a loss of {self.loss:.3f} nats a token"
        return table(caption, ["after", *self.names], rows)

    def __repr__(self) -> str:  # the default holds an address, which no stored output may
        return f"LossExplorer({len(self.ids) - 1} predictions), alive when run"


def _rows(logits) -> list:
    """Return logits as lists of floats."""
    try:
        return torch.as_tensor(logits, dtype=torch.float64).tolist()
    except (TypeError, ValueError, RuntimeError):
        got = arguments.shortened(logits)
        raise CourseError(f"expected logits as rows of numbers, got {got}: pass a list") from None
