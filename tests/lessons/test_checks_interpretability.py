"""Wrong answers to the exercises of "Interpretability", by what their checks must say.

`test_mutations.py` tries them all.
"""

import torch
from lesson import Exercise

from course_utils.lessons.checks import interpretability as checks


def edited(model, ids, place, edit, at=-1, hook="register_forward_pre_hook"):
    """Run a model with an edit of the stream; return logits at one position."""
    module = [*model.blocks, model.ln_f][place]

    def change(module, inputs, *output):
        x = (output[0] if output else inputs[0]).clone()
        return edit(x) if output else (edit(x), *inputs[1:])

    handle = getattr(module, hook)(change)
    try:
        return model(ids)[0, at]
    finally:
        handle.remove()


def put(position, vector):
    def edit(x):
        x[:, position] = vector
        return x

    return edit


def simply(model, ids, place, position, vector):
    return edited(model, ids, place, put(position, vector))


def added(model, ids, place, position, vector):
    def edit(x):
        x[:, position] += vector
        return x

    return edited(model, ids, place, edit)


def too_late(model, ids, place, position, vector):
    edit = put(position, vector)
    return edited(model, ids, place, edit, hook="register_forward_hook")


def from_one(model, ids, place, position, vector):
    return edited(model, ids, max(place - 1, 0), put(position, vector))


def left_behind(model, ids, place, position, vector):
    edit = put(position, vector)
    module = [*model.blocks, model.ln_f][place]
    module.register_forward_pre_hook(lambda _, inputs: (edit(inputs[0].clone()), *inputs[1:]))
    return model(ids)[0, -1]


def weights_changed(model, ids, place, position, vector):
    logits = simply(model, ids, place, position, vector)
    model.wte.weight.data += 1
    return logits


def vector_changed(model, ids, place, position, vector):
    logits = simply(model, ids, place, position, vector)
    vector *= 2
    return logits


def random_vector(model, ids, place, position, vector):
    return simply(model, ids, place, position, vector.flip(0))


def only_blocks(model, ids, place, position, vector):
    return simply(model, ids, list(range(len(model.blocks)))[place], position, vector)


def by_loop(model, ids, place, position, vector):
    x = model.embed(ids) + model.wpe.weight[: ids.shape[1]]
    for n, block in enumerate(model.blocks):
        if n == place:
            x[0, position] = vector
        x = block(x)
    if place == len(model.blocks):
        x[0, position] = vector
    return model.head(model.ln_f(x))[0, -1]


def in_place(model, ids, place, position, vector):
    def edit(module, inputs):
        inputs[0][:, position] = vector

    handle = [*model.blocks, model.ln_f][place].register_forward_pre_hook(edit)
    logits = model(ids)
    handle.remove()
    return logits[0][-1]


WRONG_PATCH = {
    "the run is not patched": lambda model, ids, place, position, vector: model(ids)[0, -1],
    "the vector is added": added,
    "every position gets the vector": lambda m, ids, n, t, v: edited(
        m, ids, n, put(slice(None), v)
    ),
    "the logits at the patched position": lambda m, ids, n, t, v: edited(m, ids, n, put(t, v), t),
    "one block too late": too_late,
    "one block too early": from_one,
    "too far to the left": lambda m, ids, n, t, v: simply(m, ids, n, max(t - 1, 0), v),
    "too far to the right": lambda m, ids, n, t, v: simply(m, ids, n, (t + 1) % ids.shape[1], v),
    "a hook is left behind": left_behind,
    "what has it left changed": weights_changed,
    "changes the ids or the vector": vector_changed,
    "Which vector is replaced": random_vector,
    "expected logits of shape (11,), got (6, 11)": (
        lambda m, ids, n, t, v: edited(m, ids, n, put(t, v), slice(None))
    ),
    "your code stops with IndexError": only_blocks,
    "does your function return": lambda m, ids, n, t, v: None,
}


def table(ids):
    """Return which columns are good for which rows, (T, T)."""
    good = torch.zeros(len(ids), len(ids), dtype=torch.bool)
    good[:, 1:] = ids[:, None] == ids[None, :-1]
    return good.tril()


def scored(weights, ids, good):
    again = table(ids).any(1)
    if not again.any():
        return torch.zeros(len(weights))
    return (weights * good).sum(-1)[:, again].mean(1)


def same_token(weights, ids):
    return scored(weights, ids, (ids[:, None] == ids[None, :]).tril(-1))


def before_it(weights, ids):
    good = torch.zeros(len(ids), len(ids), dtype=torch.bool)
    good[:, :-1] = ids[:, None] == ids[None, 1:]
    return scored(weights, ids, good.tril(-2))


def over_all(weights, ids):
    return (weights * table(ids)).sum(-1).mean(1)


def summed(weights, ids):
    return (weights * table(ids)).sum((-1, -2))


def one_of(weights, ids, pick):
    good = torch.zeros(len(ids), len(ids), dtype=torch.bool)
    for t, row in enumerate(table(ids)):
        if row.any():
            good[t, pick(row.nonzero().flatten().tolist())] = True
    return scored(weights, ids, good)


def divided(weights, ids):
    good = table(ids)
    return scored(weights / good.sum(1, keepdim=True).clamp(min=1), ids, good)


def nan_without_repeats(weights, ids):
    good = table(ids)
    return (weights * good).sum(-1)[:, good.any(1)].mean(1)


def ones_without_repeats(weights, ids):
    return scored(weights, ids, table(ids)) if table(ids).any() else torch.ones(len(weights))


def changed(weights, ids):
    score = scored(weights, ids, table(ids))
    weights *= 0
    return score


def best_head(weights, ids):
    return scored(weights, ids, table(ids)).max().expand(len(weights))


def by_loops(weights, ids):
    ids, result = ids.tolist(), []
    for head in weights:
        sums = []
        for t, token in enumerate(ids):
            good = [s for s in range(1, t + 1) if ids[s - 1] == token]
            if good:
                sums.append(sum(float(head[t, s]) for s in good))
        result.append(sum(sums) / len(sums) if sums else 0.0)
    return torch.tensor(result)


def by_einsum(weights, ids):
    good = table(ids).to(weights.dtype)
    n = good.any(1).sum().clamp(min=1)
    return torch.einsum("hts,ts->h", weights, good) / n


WRONG_SCORE = {
    "the weight on the same token counts": same_token,
    "look one place later": before_it,
    "rows and columns are exchanged": lambda w, ids: scored(w.mT, ids, table(ids)),
    "also those whose token is new": over_all,
    "the sums are added up": summed,
    "only the last earlier occurrence": lambda w, ids: one_of(w, ids, max),
    "only the first occurrence": lambda w, ids: one_of(w, ids, min),
    "its own place is good": lambda w, ids: scored(w, ids, table(ids).tril(-1)),
    "divided by the number of good positions": divided,
    "0 divided by 0": nan_without_repeats,
    "no token occurs twice, but a score": ones_without_repeats,
    "changes the weights or the ids": changed,
    "list the good ones": best_head,
    "expected scores of shape (3,), got (): print": lambda w, ids: scored(
        w, ids, table(ids)
    ).mean(),
    "does your function return": lambda w, ids: None,
}

SAME_PATCH = {"x = x", "pass", "return model(ids)[-1, -1]"}  # the stream is this run's own
SAME_SCORE = {
    "good = torch.zeros(T, T)",
    "return torch.zeros(len(weights)) * 2",
    "return -torch.zeros(len(weights))",
}

EXERCISES = {
    "exercise-patch": Exercise(
        "patched",
        checks.check_patched,
        WRONG_PATCH,
        SAME_PATCH,
        {"block by block": by_loop, "in place": in_place},
    ),
    "exercise-score": Exercise(
        "induction_score",
        checks.check_induction_score,
        WRONG_SCORE,
        SAME_SCORE,
        {"loops": by_loops, "einsum": by_einsum},
    ),
}
