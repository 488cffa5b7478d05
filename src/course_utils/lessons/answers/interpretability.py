"""Solutions of the exercises of "Interpretability", which the lesson shows folded."""

import torch

from course_utils.lessons.answers import or_ours as or_ours


def patched(model, ids, place, position, vector):
    def replace(module, inputs):
        x, *rest = inputs
        x = x.clone()
        x[:, position] = vector
        return (x, *rest)

    modules = [*model.blocks, model.ln_f]
    hook = modules[place].register_forward_pre_hook(replace)
    try:
        return model(ids)[0, -1]
    finally:
        hook.remove()


def induction_score(weights, ids):
    T = len(ids)
    good = torch.zeros(T, T, dtype=torch.bool)
    good[:, 1:] = ids[:, None] == ids[None, :-1]  # row t, column s
    good = good.tril()  # s is not later than t
    again = good.any(1)  # the tokens that occurred earlier
    if not again.any():
        return torch.zeros(len(weights))
    return (weights * good).sum(-1)[:, again].mean(1)
