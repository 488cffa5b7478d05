"""A model's next-token distribution after every beginning of a few texts, at any temperature.

The tables are made once in Python; choosing, the temperature and the drawing are in
`next_word.js`, so the explorer works in a page without a kernel. Exact: beside the likeliest
tokens the page gets, for each temperature of its slider, the sum over all the others. Left out:
texts that are not in the tables, for which a model has to run.
"""

import math

import torch
import traitlets

from course_utils import arguments
from course_utils.lessons.widgets._scores import (
    check_ids,
    check_lists,
    check_pairs,
    check_scores,
    told,
)
from course_utils.lessons.widgets._still import percent, table, visible
from course_utils.lessons.widgets._told import Widget
from course_utils.runtime import CourseError

TEMPERATURES = [step / 10 for step in range(1, 21)]  # the slider's, as in next_word.js


class NextWordExplorer(Widget):
    """Show what comes next, and how likely, while a text is read token by token.

    Args:
        ids: one list of T token ids a text, the start token first.
        logits: one tensor a text, shape (T, V): row t scores what comes after token t.
        names: V texts, one a token.
        top: how many tokens to list beside the one that really comes next. Default 8.
        text, at, temperature: where to begin: a text's number, the place of the last token read,
            and one of 0.1, 0.2, …, 2.0. Default 0, 0 and 1.0.

    Raises:
        CourseError: if the three do not fit each other, or the place to begin is not there.

    >>> explorer = NextWordExplorer([[0, 1]], [torch.tensor([[0.0, 0.0], [5.0, 0.0]])], ["a", "b"])
    >>> explorer.next_words
    [('a', 0.5), ('b', 0.5)]
    """

    piece = "next_word"
    texts = traitlets.List().tag(sync=True)
    text = traitlets.Int(0).tag(sync=True)
    at = traitlets.Int(0).tag(sync=True)
    temperature = traitlets.Float(1.0).tag(sync=True)

    def __init__(self, ids, logits, names, top: int = 8, **place):
        check_lists(ids=ids, logits=logits, names=names)
        names = list(names)
        _check(ids, logits, names, top)
        texts = [
            _table([int(i) for i in row], torch.as_tensor(scores), names, top)
            for row, scores in zip(ids, logits, strict=True)
        ]
        super().__init__(texts=texts, **place)

    @traitlets.validate("text", "at", "temperature")
    def _check_place(self, proposal):
        value, name = proposal["value"], proposal["trait"].name
        if name == "temperature":
            value, fits = round(value, 1), any(math.isclose(value, t) for t in TEMPERATURES)
        elif name == "text":
            fits = 0 <= value < len(self.texts)
        else:
            fits = 0 <= value < max(len(text["entries"]) for text in self.texts)
        if not fits:
            raise CourseError(f"there is no {name} {proposal['value']}: choose one that is shown")
        return value

    @property
    def next_words(self) -> list[tuple[str, float]]:
        """The listed tokens at the present place and temperature, with their probabilities."""
        entries = self.texts[self.text]["entries"]
        entry = entries[min(self.at, len(entries) - 1)]
        rest = entry["rest"][round(10 * self.temperature) - 1]
        powers = torch.tensor([*entry["logs"], rest * self.temperature], dtype=torch.float64)
        shares = torch.softmax(powers / self.temperature, dim=0).tolist()
        return [
            (name, round(share, 3)) for name, share in zip(entry["names"], shares, strict=False)
        ]

    def still(self) -> str:
        """Return what is expected at the present place as a table, until the piece runs."""
        text, at = self.texts[self.text], min(self.at, len(self.texts[self.text]["entries"]) - 1)
        read = visible("".join(text["tokens"][: at + 1]))
        rows = [(visible(name), percent(share)) for name, share in self.next_words]
        return table(f"what the model expects after “{read}”", ["next token", "probability"], rows)

    def __repr__(self) -> str:  # the default holds an address, which no stored output may
        return f"NextWordExplorer({len(self.texts)} texts), seen when run"


def _table(ids, logits, names, top) -> dict:
    """Return one text as plain lists, numbers rounded to 0.0001 nats."""
    logs = logits.detach().to(torch.float64).log_softmax(-1)
    entries = [_entry(logs[t], ids[t + 1], names, top) for t in range(len(ids) - 1)]
    tokens = [names[i] for i in ids]
    title = "".join(tokens[1:9]).strip() + " …"
    return {"title": title, "tokens": tokens, "entries": entries}


def _entry(logs, following, names, top) -> dict:
    listed = logs.topk(min(top, len(logs))).indices.tolist()
    if following not in listed:
        listed.append(following)
    others = torch.ones_like(logs, dtype=torch.bool)
    others[listed] = False
    rest = [(logs[others] / t).logsumexp(0).item() for t in TEMPERATURES]
    return {
        "names": [names[i] for i in listed],
        "logs": [told(logs[i].item()) for i in listed],
        "rest": [told(x) for x in rest],
        "next": listed.index(following),
        "others": int(others.sum()),
    }


def _check(ids, logits, names, top) -> None:
    arguments.whole("top", top, 1)
    check_pairs(ids, logits)
    for row, scores in zip(ids, logits, strict=True):
        check_lists(row=row)
        shape = tuple(getattr(scores, "shape", ()))
        if len(row) < 2 or shape != (len(row), len(names)):
            raise CourseError(
                f"expected logits of shape ({len(row)}, {len(names)}), 2 tokens or more by one a "
                f"name, got {shape}: give the logits of these ids"
            )
        check_ids(row, names)
        check_scores(scores)
