"""What temperature, top-k, top-p and the repetition penalty do to a next-token distribution.

Python holds the model's scores of every token after a few beginnings; the page computes the rest
with `engine/sampling.js`, the code with which its models write. Left out: beginnings that are not
held, for which a model has to run (the playground).
"""

import torch
import traitlets

from course_utils import arguments
from course_utils.generation.sampling import next_probabilities
from course_utils.lessons.widgets._scores import (
    check_ids,
    check_lists,
    check_pairs,
    check_scores,
    exact,
)
from course_utils.lessons.widgets._still import percent, table, visible
from course_utils.lessons.widgets._told import Widget
from course_utils.runtime import CourseError

LISTED = 10  # tokens, as in sampling_explorer.js
RANGES = {  # as in sampling_explorer.js
    "temperature": (0.1, 3.0),
    "top_k": (0, 50),
    "top_p": (0.05, 1.0),
    "penalty": (1.0, 3.0),
}


class SamplingExplorer(Widget):
    """Show a next-token distribution as it is, and as the four settings make it.

    Args:
        ids: one list of token ids for each beginning.
        logits: for each beginning the scores of what comes next, shape (V,).
        names: V texts, one a token.
        text, temperature, top_k, top_p, penalty: where to begin. Default: the first beginning, and
            the model as it is: 0, 1.0, 0 (off), 1.0 (off) and 1.0 (off).

    Raises:
        CourseError: if the three do not fit each other, or a setting is not on its slider.

    >>> explorer = SamplingExplorer([[0]], [torch.tensor([1.0, 1.0, 3.0])], ["a", "b", "c"])
    >>> explorer.top_k = 1
    >>> explorer.shares.tolist()
    [0.0, 0.0, 1.0]
    """

    piece = "sampling_explorer"
    names = traitlets.List().tag(sync=True)
    texts = traitlets.List().tag(sync=True)  # each with ids and scores
    text = traitlets.Int(0).tag(sync=True)
    temperature = traitlets.Float(1.0).tag(sync=True)
    top_k = traitlets.Int(0).tag(sync=True)
    top_p = traitlets.Float(1.0).tag(sync=True)
    penalty = traitlets.Float(1.0).tag(sync=True)

    def __init__(self, ids, logits, names, **settings):
        check_lists(ids=ids, logits=logits, names=names)
        names = list(names)
        _check(ids, logits, names)
        texts = [
            {"ids": [int(i) for i in row], "scores": [exact(x) for x in scores.tolist()]}
            for row, scores in zip(ids, logits, strict=True)
        ]
        super().__init__(names=names, texts=texts, **settings)

    @traitlets.validate("text", *RANGES)
    def _check_setting(self, proposal):
        value, name = proposal["value"], proposal["trait"].name
        least, most = RANGES.get(name, (0, len(self.texts) - 1))
        if not least <= value <= most:
            raise CourseError(f"expected {name} from {least} to {most}, got {value}: change it")
        return value

    @property
    def shares(self) -> torch.Tensor:
        """The probabilities after all settings, shape (V,)."""
        held = self.texts[self.text]
        settings = {"temperature": self.temperature, "top_k": self.top_k or None}
        settings |= {"top_p": self.top_p, "repetition_penalty": self.penalty}
        ids = torch.tensor([held["ids"]])
        return next_probabilities(torch.tensor([held["scores"]]), ids, **settings)[0]

    def still(self) -> str:
        """Return the likeliest tokens as a table, until the piece runs."""
        shares, best = self.shares.topk(min(LISTED, len(self.names)))
        rows = [
            (visible(self.names[i]), percent(share))
            for i, share in zip(best.tolist(), shares.tolist(), strict=True)
        ]
        read = "".join(self.names[i] for i in self.texts[self.text]["ids"][1:])
        return table(f"what may come after “{read}”", ["token", "probability"], rows)

    def __repr__(self) -> str:  # the default holds an address, which no stored output may
        return f"SamplingExplorer({len(self.texts)} beginnings), alive when run"


def _check(ids, logits, names) -> None:
    check_pairs(ids, logits)
    for row, scores in zip(ids, logits, strict=True):
        check_lists(row=row)
        arguments.tensor("logits", scores, "(V,)", 1)
        if not len(row) or len(scores) != len(names):
            raise CourseError(
                f"expected 1 token or more and {len(names)} logits, one a name, got {len(row)} and "
                f"{len(scores)}: give the logits behind these ids"
            )
        check_ids(row, names)
        check_scores(scores)
