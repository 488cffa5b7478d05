"""Wrong answers to the exercises of "The fine-tuning loss", by what their checks must say.

`test_mutations.py` tries them all.
"""

import math

import torch
import torch.nn.functional as F
from lesson import Exercise, judge

from course_utils.lessons.checks import finetuning_loss as checks
from course_utils.losses import masked_loss


def span(start=0, end=0):
    """A mask whose start and end are moved."""

    def answer_mask(prompts, lengths, T):
        place = torch.arange(T)
        return (place >= prompts[:, None] + start) & (place < lengths[:, None] + end)

    return answer_mask


def holed(prompts, lengths, T):
    hole = torch.where(lengths > prompts + 2, prompts + 1, T)  # only in long answers
    return span()(prompts, lengths, T) & (torch.arange(T) != hole[:, None])


WRONG_MASK = {
    "a hole in the answer": holed,
    "starts one too early": span(-1),
    "tokens of the prompt are scored": span(-3),
    "the answer's first token is not scored": span(1),
    "tokens of padding are scored": span(0, 99),
    "its <eos>, is not scored": span(0, -1),
    "expected shape (2, 6)": lambda p, n, T: span()(p, n, T + 1),
    "expected a bool tensor, got int32: a comparison gives": lambda p, n, T: span()(p, n, T).int(),
    "4 tokens of the prompt are scored": lambda p, n, T: torch.arange(T) < n[:, None],
    "expected a tensor, got list: torch.tensor makes one": lambda p, n, T: span()(p, n, T).tolist(),
    "expected a tensor, got ndarray": lambda p, n, T: span()(p, n, T).numpy(),
    "expected a tensor, got NoneType: does your function return": lambda p, n, T: None,
    "nothing is scored": lambda p, n, T: torch.zeros(len(p), T, dtype=torch.bool),
    "stops with RuntimeError": lambda p, n, T: torch.arange(T) >= p,
}


def picked(values, ids):
    """What each position says of its target, shape (B, T - 1)."""
    return values[:, :-1].gather(-1, ids[:, 1:, None])[..., 0]


def nats(logits, ids):
    """Nats of each target, shape (B, T - 1)."""
    return -picked(torch.log_softmax(logits, -1), ids)


def unshifted(logits, ids, mask):
    return F.cross_entropy(logits[mask], ids[mask])


def rolled(logits, ids, mask):
    return nats(logits, ids)[mask[:, :-1]].mean()


def by_rows(logits, ids, mask):
    rows = [x[m].mean() for x, m in zip(nats(logits, ids), mask[:, 1:], strict=True) if m.any()]
    return sum(rows) / len(rows)


def overflowing(logits, ids, mask):
    powers = logits[:, :-1].exp()
    p = (powers / powers.sum(-1, keepdim=True)).gather(-1, ids[:, 1:, None])[..., 0]
    return -p[mask[:, 1:]].log().mean()


def counts_the_first(logits, ids, mask):
    return (nats(logits, ids) * mask[:, 1:]).sum() / mask.sum()


def one_by_one(logits, ids, mask):
    places = [(b, t) for b, t in mask.nonzero().tolist() if t]
    return sum(nats(logits, ids)[b, t - 1].item() for b, t in places) / len(places)


RIGHT_MASK = {
    "row by row": lambda p, n, T: torch.stack(
        [span()(p[i : i + 1], n[i : i + 1], T)[0] for i in range(len(p))]
    )
}
RIGHT_LOSS = {
    "one by one": one_by_one,
    "divided by the sum of the mask": lambda g, i, m: (
        (nats(g, i) * m[:, 1:]).sum() / m[:, 1:].sum()
    ),
    "F.nll_loss": lambda g, i, m: F.nll_loss(
        g.log_softmax(-1)[:, :-1][m[:, 1:]], i[:, 1:][m[:, 1:]]
    ),
}
WRONG_LOSS = {
    "your code calls cross_entropy, and the exercise asks for the log": lambda g, i, m: (
        F.cross_entropy(g[:, :-1][m[:, 1:]], i[:, 1:][m[:, 1:]])
    ),
    "your code calls masked_loss": masked_loss,
    "got list: return one": lambda g, i, m: [one_by_one(g, i, m)],
    "the sum over 5 targets": lambda g, i, m: nats(g, i)[m[:, 1:]].sum(),
    "divided by all targets": lambda g, i, m: (nats(g, i) * m[:, 1:]).mean(),
    "the mask changes nothing": lambda g, i, m: nats(g, i).mean(),
    "off by one": rolled,
    "scored by the logits that have seen it": unshifted,
    "average each row first": by_rows,
    "but for its sign": lambda g, i, m: -masked_loss(g, i, m),
    "logits of 10,000 give nan": overflowing,
    "True in its first column": counts_the_first,
    "nothing may be cut off": lambda g, i, m: nats(g.clamp(-99, 99), i)[m[:, 1:]].mean(),
    "expected one number, got shape (5,)": lambda g, i, m: nats(g, i)[m[:, 1:]],
    "this is in bits": lambda g, i, m: masked_loss(g, i, m) / math.log(2),
    "by no mistake that this check knows: compute one target": lambda g, i, m: (
        masked_loss(g, i, m) + 1
    ),
    "minus the mean logit": lambda g, i, m: -picked(g, i)[m[:, 1:]].mean(),
    "minus the mean probability": lambda g, i, m: -picked(g.softmax(-1), i)[m[:, 1:]].mean(),
    "got NoneType": lambda g, i, m: None,
    "stops with IndexError": lambda g, i, m: nats(g, i)[m].mean(),
}


def test_a_mistake_that_is_right_by_chance_does_not_reject_a_right_answer(monkeypatch):
    monkeypatch.setattr(checks, "_row_means", checks._loss_by_loop)
    assert judge(checks.check_masked_loss, one_by_one).right


SAME_LOSS = {
    "of_target = log_p.gather(-1, ids[:, 1:, None]).squeeze(-2)",
    "of_target = log_p.gather(-1, ids[:, 1:, None]).squeeze(1)",
    "of_target = log_p.gather(-1, ids[:, 1:, None])",
    "log_p = torch.log_softmax(logits[:, :], dim=-1)",
}

EXERCISES = {
    "exercise-mask": Exercise(
        "answer_mask", checks.check_answer_mask, WRONG_MASK, right=RIGHT_MASK
    ),
    "exercise-masked-loss": Exercise(
        "my_masked_loss", checks.check_masked_loss, WRONG_LOSS, SAME_LOSS, RIGHT_LOSS
    ),
}
