"""Checks of the lesson "Interpretability": a patch at any place, the induction score.

The oracles run the blocks of a small model one after the other, and loop over positions; never
the answer itself.
"""

import torch

from course_utils.lessons.checks._answers import close, fresh, how_much, name_mistake, tensor
from course_utils.lessons.checks._report import check, expect
from course_utils.model import GPT, GPTConfig

BLOCKS, T, V, C = 3, 6, 11, 8


@check("one vector of one run, at any place of another, and no trace is left.")
def check_patched(patched) -> None:
    """Check the logits of a run in which one vector of the stream is replaced.

    Args:
        patched: model, ids (1, T), place, position, vector (C,) -> logits (V,).
    """
    draw = fresh()
    model = _model(draw)
    ids = torch.randint(V, (1, T), generator=draw)
    for place, position in ((1, 2), (0, 0), (2, T - 1), (BLOCKS, T - 1), (BLOCKS, 1), (0, 4)):
        vector = torch.randn(C, generator=draw, dtype=torch.float64)
        given = ids.clone(), vector.clone()
        before = model(ids)
        ours = tensor(patched(model, ids, place, position, vector), (V,), "logits")
        _expect_no_trace(model, ids, vector, given, before)
        _compare(ours, model, ids, place, position, vector)


def _expect_no_trace(model, ids, vector, given, before) -> None:
    hooks = [m for m in model.modules() if m._forward_pre_hooks or m._forward_hooks]
    expect(not hooks, "a hook is left behind in the model: remove it when the run is over")
    expect(
        torch.equal(ids, given[0]) and torch.equal(vector, given[1]),
        "your function changes the ids or the vector that it is given: copy first",
    )
    expect(
        close(model(ids), before),
        "after your function, the model gives other logits than before: what has it left changed?",
    )


def _compare(ours, model, ids, place, position, vector) -> None:
    def run(place=place, position=position, vector=vector, at=-1, add=False):
        return _run(model, ids, place, position, vector, add)[at]

    where = f"place {place} of 0 to {BLOCKS}, position {position} of {T}: "
    right = run()
    mistakes = {
        "the run is not patched: does your edit reach the model?": model(ids)[0, -1],
        "the vector is added to what is there: replace it": run(add=True),
        "every position gets the vector: only one may change": run(position=slice(None)),
        "these are the logits at the patched position: the last one is asked for": run(at=position),
        "the patch comes one block too late: it belongs before the block": run(place=place + 1),
        "the patch comes one block too early: blocks are counted from 0": run(place=place - 1),
        "the patch stands one position too far to the left": run(position=max(position - 1, 0)),
        "the patch stands one position too far to the right": run(position=(position + 1) % T),
    }
    name_mistake(
        {reason: x for reason, x in mistakes.items() if not close(x, right)},
        lambda wrong: close(ours, wrong),
        where,
    )
    expect(
        close(ours, right),
        where + f"{how_much(ours, right)}. Which vector is replaced, when, and by what?",
    )


def _model(draw) -> GPT:
    """Return a small model whose weights are large enough for every patch to be seen."""
    with torch.random.fork_rng(devices=[]):
        model = GPT(GPTConfig(V, T + 2, n_layer=BLOCKS, n_head=2, n_embd=C)).double()
    with torch.no_grad():
        for p in model.parameters():
            p += 0.3 * torch.randn(p.shape, generator=draw, dtype=p.dtype)
    return model.requires_grad_(False)


def _run(model, ids, place, position, vector, add) -> torch.Tensor:
    """Run the blocks one after the other, with a patch before one; return logits (T, V)."""
    x = model.embed(ids) + model.wpe.weight[: ids.shape[1]]
    for n, block in enumerate([*model.blocks, None]):
        if n == place:
            x = x.clone()
            x[:, position] = vector + (x[:, position] if add else 0)
        x = x if block is None else block(x)
    return model.head(model.ln_f(x))[0]


@check("it finds what a head does, wherever its number stands.")
def check_induction_score(induction_score) -> None:
    """Check the mean weight on what came after earlier occurrences of the present token.

    Args:
        induction_score: weights (H, T, T), ids (T,) -> scores (H,).
    """
    draw = fresh()
    rows = [[7, 5, 9, 5], [5, 7, 9, 5, 7], [3, 3, 1, 3], [2, 6, 2, 4, 2, 6, 8, 1]]
    rows += [torch.randint(5, (12,), generator=draw).tolist()]
    for row in rows:
        _check_row(induction_score, _weights(3, len(row), draw), torch.tensor(row))
    ids = torch.arange(5)
    weights = _weights(2, 5, draw)
    ours = tensor(induction_score(weights, ids), (2,), "scores")
    expect(
        bool(ours.isfinite().all()), "no token occurs twice, and the score is nan: 0 divided by 0"
    )
    expect(close(ours, 0.0), "no token occurs twice, but a score is not 0")


def _check_row(induction_score, weights, ids) -> None:
    kept = weights.clone(), ids.clone()
    ours = tensor(induction_score(weights, ids), (len(weights),), "scores")
    expect(
        torch.equal(weights, kept[0]) and torch.equal(ids, kept[1]),
        "your function changes the weights or the ids that it is given: copy first",
    )
    right, n = _score(weights, ids, lambda s, t: s >= 1 and ids[s - 1] == ids[t])
    same_token, _ = _score(weights, ids, lambda s, t: s < t and ids[s] == ids[t])
    before, _ = _score(weights, ids, lambda s, t: s + 1 < t and ids[s + 1] == ids[t])
    turned, _ = _score(weights.mT, ids, lambda s, t: s >= 1 and ids[s - 1] == ids[t])
    strictly, _ = _score(weights, ids, lambda s, t: 1 <= s < t and ids[s - 1] == ids[t])
    size = len(ids)
    mistakes = {
        "the weight on the same token counts: what came after it is asked for": same_token,
        "the weight on the token before the earlier one counts: look one place later": before,
        "rows and columns are exchanged: row t holds the weights that t gives": turned,
        "the mean runs over all positions, also those whose token is new": right * n / size,
        "the sums are added up over the positions: take their mean": right * n,
        "only the last earlier occurrence counts: there may be several": _last(weights, ids, max),
        "only the first occurrence counts: there may be several": _last(weights, ids, min),
        "where a token follows itself, its own place is good, too": strictly,
        "each sum is divided by the number of good positions: add the weights up": _each(
            weights, ids
        ),
    }
    name_mistake(
        {reason: x for reason, x in mistakes.items() if not close(x, right)},
        lambda wrong: close(ours, wrong),
        f"for the row {' '.join(map(str, ids.tolist()))}: ",
    )
    expect(
        close(ours, right),
        f"for the row {' '.join(map(str, ids.tolist()))} {how_much(ours, right)}: for each "
        "position, list the good ones",
    )


def _good(ids, t) -> list[int]:
    return [s for s in range(1, t + 1) if ids[s - 1] == ids[t]]


def _score(weights, ids, is_good) -> tuple[torch.Tensor, int]:
    """Return the mean sums by loops, and how many positions are counted."""
    again = [t for t in range(len(ids)) if _good(ids, t)]
    total = torch.zeros(len(weights), dtype=torch.float64)
    for t in again:
        for s in range(t + 1):
            if is_good(s, t):
                total += weights[:, t, s]
    return total / len(again), len(again)


def _last(weights, ids, pick) -> torch.Tensor:
    return _score(weights, ids, lambda s, t: s == pick(_good(ids, t)))[0]


def _each(weights, ids) -> torch.Tensor:
    again = [t for t in range(len(ids)) if _good(ids, t)]
    return torch.stack([weights[:, t, _good(ids, t)].mean(-1) for t in again]).mean(0)


def _weights(H, size, draw) -> torch.Tensor:
    """Return causal weights of H heads, each row adding to 1."""
    scores = torch.randn(H, size, size, generator=draw, dtype=torch.float64)
    hidden = torch.ones(size, size, dtype=torch.bool).triu(1)
    return scores.masked_fill(hidden, -torch.inf).softmax(-1)
