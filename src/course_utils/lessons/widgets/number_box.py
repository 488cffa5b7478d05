"""number-gpt in the page: a number, its translation token by token, and whether it is right.

Python computes the first translation; the others are made in the page, in `number_box.js`, once
the reader has loaded the model, and compared with the rules in `numerals.js`. Left out: dates,
which number-gpt translates too.
"""

import html

import torch
import traitlets

from course_utils.generation import generate
from course_utils.hf import load_pretrained
from course_utils.lessons import checkpoints
from course_utils.lessons.corpora import numerals
from course_utils.lessons.widgets._models import ModelWidget
from course_utils.lessons.widgets._seen import seen
from course_utils.runtime import CourseError

MODEL = "number-gpt"
MOST = 24  # tokens of a translation
EXAMPLES = [21_000, 120_305, 90_305, 46_037, 5_000_635, 20_000_000]


class NumberBox(ModelWidget):
    """A number to be typed, and what number-gpt makes of it.

    Args:
        number: what is translated first, into Chinese, from 0 to 99,999,999. Default 21,000.
        examples: numbers to choose from. Default: a few, some of which it gets wrong.

    Raises:
        CourseError: if one of them is no such number.

    >>> NumberBox(90_305).first["tokens"][:-1]
    ['九', '万', '零', '三']
    """

    piece = "number_box"
    loads = (MODEL,)
    most = traitlets.Int(MOST).tag(sync=True)
    examples = traitlets.List(EXAMPLES).tag(sync=True)
    first = traitlets.Dict().tag(sync=True)  # as `translation` in number_box.js

    def __init__(self, number: int = 21_000, examples: list[int] = EXAMPLES):
        if not isinstance(examples, (list, tuple)):
            raise CourseError(f"examples must be a list, got {examples!r:.40}: give some numbers")
        checked = [numerals.check_number(one) for one in examples]
        super().__init__(first=_first(numerals.check_number(number)), examples=checked)

    def still(self) -> str:
        """The first translation, token by token."""
        pairs = zip(self.first["tokens"], self.first["shares"], strict=True)
        rows = "".join(
            f"<tr><th scope=row>{html.escape(token)}<td>{share:.1%}" for token, share in pairs
        )
        english = numerals.to_english(self.first["number"])
        return (
            f"<p>{self.first['number']:,}: {english}</p><table><caption>{MODEL} writes</caption>"
            f"<thead><tr><th scope=col>token<th scope=col>probability<tbody>{rows}</table>"
        )

    def __repr__(self) -> str:  # the default holds an address, which no stored output may
        return f"NumberBox({self.first['number']:,}), alive when run"


def _first(number: int) -> dict:
    """Return how number-gpt translates a number into Chinese, with each token's probability."""
    model, tokenizer = load_pretrained(checkpoints.path(MODEL))
    ids = [*tokenizer.encode(numerals.to_english(number)), tokenizer.special_id("<to-zh>")]
    row = generate(model, torch.tensor([ids]), MOST, temperature=0, eos_id=tokenizer.eos_id)[0]
    new = row[len(ids) :].tolist()
    best = [*tokenizer.encode(numerals.to_chinese(number)), tokenizer.eos_id]
    return {
        "number": number,
        "to": "zh",
        "text": tokenizer.decode(new),
        "tokens": [tokenizer.decode([i], skip_special_tokens=False) for i in new],
        "shares": _shares(model, ids, new),
        "right": _right(model, tokenizer, ids, new, best),
    }


def _right(model, tokenizer, ids, new, best) -> dict | None:
    """Return the right token at the first place that differs, with its probability."""
    if new == best:
        return None
    at = next(i for i, pair in enumerate(zip(new, best, strict=False)) if len(set(pair)) == 2)
    token = tokenizer.decode([best[at]], skip_special_tokens=False)
    return {"at": at, "token": token, "share": _shares(model, ids, best[: at + 1])[-1]}


def _shares(model, ids, new) -> list[float]:
    """Return the probability of each new token behind those before it."""
    costs = torch.tensor(seen(model, [*ids, *new])["surprises"][len(ids) :])
    return [round(share, 4) for share in costs.neg().exp().tolist()]
