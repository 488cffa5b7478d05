"""The checks accept the lesson's own solutions and name the fault of each typical wrong answer."""

import pytest
import torch
import torch.nn.functional as F
from lesson import run_cells, told

from course_utils.checks import finetuning_loss as checks
from course_utils.losses import masked_loss


@pytest.fixture(scope="module")
def solutions():
    return run_cells("finetuning_loss", "exercise-mask", "exercise-masked-loss", "exercise-class")


def test_solutions_pass(solutions, capsys):
    for _ in range(5):  # the inputs are drawn afresh each time
        assert checks.check_answer_mask(solutions["answer_mask"])
        assert checks.check_masked_loss(solutions["my_masked_loss"])
        assert checks.check_class_loss(solutions["class_loss"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 15 and all(line.startswith("Right: ") for line in lines)


def span(start=0, end=0):
    """A mask whose start and end are moved."""

    def answer_mask(prompts, lengths, T):
        place = torch.arange(T)
        return (place >= prompts[:, None] + start) & (place < lengths[:, None] + end)

    return answer_mask


WRONG_MASK = {
    "starts one too early": span(-1),
    "tokens of the prompt are scored": span(-3),
    "the answer's first token is not scored": span(1),
    "tokens of padding are scored": span(0, 99),
    "its <eos>, is not scored": span(0, -1),
    "expected shape (2, 6)": lambda p, n, T: span()(p, n, T + 1),
    "expected a bool mask": lambda p, n, T: span()(p, n, T).int(),
    "expected a tensor, got list": lambda p, n, T: span()(p, n, T).tolist(),
    "nothing is scored": lambda p, n, T: torch.zeros(len(p), T, dtype=torch.bool),
    "stops with RuntimeError": lambda p, n, T: torch.arange(T) >= p,
}


@pytest.mark.parametrize("reason", WRONG_MASK)
def test_wrong_mask(reason, capsys):
    assert not checks.check_answer_mask(WRONG_MASK[reason])
    told(reason, capsys)


def test_mask_with_a_hole(capsys):
    def holed(prompts, lengths, T):
        hole = torch.where(lengths > prompts + 2, prompts + 1, T)  # only in long answers
        return span()(prompts, lengths, T) & (torch.arange(T) != hole[:, None])

    assert not checks.check_answer_mask(holed)
    told("a hole in the answer", capsys)


def nats(logits, ids):
    """Nats of each target, shape (B, T - 1)."""
    log_p = torch.log_softmax(logits[:, :-1], -1)
    return -log_p.gather(-1, ids[:, 1:, None])[..., 0]


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


WRONG_LOSS = {
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
    "compute one target by hand": lambda g, i, m: masked_loss(g, i, m) / 0.6931,
    "got NoneType": lambda g, i, m: None,
    "stops with IndexError": lambda g, i, m: nats(g, i)[m].mean(),
}


@pytest.mark.parametrize("reason", WRONG_LOSS)
def test_wrong_masked_loss(reason, capsys):
    assert not checks.check_masked_loss(WRONG_LOSS[reason])
    told(reason, capsys)


def at(logits, last, shift=0):
    return logits[torch.arange(len(logits)), (last + shift).clamp(max=logits.shape[1] - 1)]


def naive_softmax(g, t, c, y):
    powers = at(g, t)[:, c].exp()
    return -(powers / powers.sum(-1, keepdim=True)).gather(-1, y[:, None]).log().mean()


WRONG_CLASS = {
    "the last column for every row": lambda g, t, c, y: F.cross_entropy(g[:, -1][:, c], y),
    "one place before": lambda g, t, c, y: F.cross_entropy(at(g, t, -1)[:, c], y),
    "one place after": lambda g, t, c, y: F.cross_entropy(at(g, t, 1)[:, c], y),
    "over the whole vocabulary": lambda g, t, c, y: F.cross_entropy(at(g, t), c[y]),
    "they are not token ids": lambda g, t, c, y: F.cross_entropy(at(g, t), y),
    "but for its sign": lambda g, t, c, y: -F.cross_entropy(at(g, t)[:, c], y),
    "the sum over the examples": lambda g, t, c, y: 4 * F.cross_entropy(at(g, t)[:, c], y),
    "let a stable function do it": naive_softmax,
    "compute one row by hand": lambda g, t, c, y: F.cross_entropy(at(g, t)[:, c].flip(1), y),
    "stops with IndexError": lambda g, t, c, y: g[t, c],
}


@pytest.mark.parametrize("reason", WRONG_CLASS)
def test_wrong_class_loss(reason, capsys):
    assert not checks.check_class_loss(WRONG_CLASS[reason])
    told(reason, capsys)


def test_a_check_leaves_the_readers_random_numbers_alone():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    assert checks.check_masked_loss(masked_loss)
    assert torch.equal(torch.rand(1), expected)


def test_a_mistake_that_is_right_by_chance_does_not_reject_a_right_answer(monkeypatch):
    monkeypatch.setattr(checks, "_row_means", checks._loss_by_loop)
    assert checks.check_masked_loss(masked_loss)
    monkeypatch.setattr(checks, "_class_by_loop", lambda *_: 1.5)
    assert checks.check_class_loss(lambda *_: torch.tensor(1.5))
