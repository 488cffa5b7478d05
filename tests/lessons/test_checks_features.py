"""Wrong answers to the exercises of "Features, tested", by what they must be told.

`test_mutations.py` tries them all.
"""

import torch
from lesson import Exercise

from course_utils.lessons.checks import features as checks


def moved(x, d, c, factor=2.0):
    return x - factor * ((x @ d + c) / (d @ d))[:, None] * d


def in_place(x, d, c):
    x -= 2 * ((x @ d + c) / (d @ d))[:, None] * d
    return x


def one_step_for_all(x, d, c):
    return x - 2 * (x @ d + c).mean() / (d @ d) * d


def unit_d(x, d, c):
    u = d / d.norm()
    return x - 2 * (x @ u + c)[:, None] * u


def by_reflection(x, d, c):
    """Turn the vectors by Householder's matrix, then move them."""
    return x @ (torch.eye(len(d)) - 2 * torch.outer(d, d) / (d @ d)) - 2 * c * d / (d @ d)


def mirror_row_by_row(x, d, c):
    return torch.stack([row - 2 * (torch.dot(row, d) + c) / d.square().sum() * d for row in x])


RIGHT_MIRROR = {"by a matrix": by_reflection, "row by row": mirror_row_by_row}
WRONG_MIRROR = {
    "nothing has moved": lambda x, d, c: x.clone(),
    "lie on the plane now": lambda x, d, c: moved(x, d, c, 1.0),
    "away from the plane": lambda x, d, c: moved(x, d, c, -2.0),
    "only for a d of length 1": lambda x, d, c: x - 2 * (x @ d + c)[:, None] * d,
    "d · d is its square": lambda x, d, c: x - 2 * ((x @ d + c) / d.norm())[:, None] * d,
    "the number c is not used": lambda x, d, c: moved(x, d, 0.0),
    "c counts with the wrong sign": lambda x, d, c: moved(x, d, -c),
    "d is brought to length 1, and c is not": unit_d,
    "turned round as a whole": lambda x, d, c: -x,
    "each has its own score": one_step_for_all,
    "changes the x that it is given": in_place,
    "how far is x from it?": lambda x, d, c: moved(x, d, c, 3.0),
    "expected mirrored vectors of shape": lambda x, d, c: moved(x, d, c).mean(0),
    "stops with ": lambda x, d, c: x - 2 * (x @ d + c) @ d,
}


def code(x, E, e, k, of=torch.relu):
    scores = of(x @ E + e)
    top = scores.topk(k, dim=1)
    return torch.zeros_like(scores).scatter(1, top.indices, top.values)


def by_size(x, E, e, k):
    scores = x @ E + e
    top = scores.abs().topk(k, dim=1).indices
    return torch.zeros_like(scores).scatter(1, top, scores.gather(1, top))


def by_size_then_relu(x, E, e, k):
    return by_size(x, E, e, k).relu()


def of_all_rows(x, E, e, k):
    scores = (x @ E + e).relu()
    flat, top = scores.flatten(), scores.flatten().topk(k * len(x)).indices
    return torch.zeros_like(flat).scatter(0, top, flat[top]).view_as(scores)


def k_for_all_rows(x, E, e, k):
    scores = (x @ E + e).relu()
    flat, top = scores.flatten(), scores.flatten().topk(k).indices
    return torch.zeros_like(flat).scatter(0, top, flat[top]).view_as(scores)


def down_the_columns(x, E, e, k):
    scores = (x @ E + e).relu()
    top = scores.topk(min(k, len(x)), dim=0)
    return torch.zeros_like(scores).scatter(0, top.indices, top.values)


def smallest(x, E, e, k):
    scores = x @ E + e
    top = scores.topk(k, dim=1, largest=False)
    return torch.zeros_like(scores).scatter(1, top.indices, top.values).relu()


def out_of_the_graph(x, E, e, k):
    return code(x, E.detach(), e, k)


def e_in_place(x, E, e, k):
    e += 1
    return code(x, E, e - 1, k)


def by_threshold(x, E, e, k):
    scores = torch.relu(x @ E + e)
    least = scores.sort(dim=1, descending=True).values[:, k - 1, None]
    return torch.where(scores >= least, scores, 0.0)


def code_row_by_row(x, E, e, k):
    rows = []
    for row in x:
        scores = (row @ E + e).clamp(min=0)
        order = scores.argsort(descending=True)[:k]
        keep = torch.zeros_like(scores)
        keep[order] = 1.0
        rows.append(scores * keep)
    return torch.stack(rows)


RIGHT_CODE = {"by a threshold": by_threshold, "code row by row": code_row_by_row}
WRONG_CODE = {
    "where is the choice of k?": lambda x, E, e, k: torch.relu(x @ E + e),
    "a feature is 0 or more": lambda x, E, e, k: code(x, E, e, k, of=lambda s: s),
    "neither sign nor k": lambda x, E, e, k: x @ E + e,
    "by their size without the sign": by_size_then_relu,
    "with a large size are features here, too": by_size,
    "have lost their sign": lambda x, E, e, k: code(x, E, e, k, of=torch.abs),
    "e is not added": lambda x, E, e, k: code(x, E, 0 * e, k),
    "e is subtracted": lambda x, E, e, k: code(x, E, -e, k),
    "where they should have their strength": lambda x, E, e, k: (code(x, E, e, k) > 0).float(),
    "one feature too many": lambda x, E, e, k: code(x, E, e, min(k + 1, E.shape[1])),
    "the k smallest are kept": smallest,
    "each row has its own k": of_all_rows,
    "of all vectors together are left": k_for_all_rows,
    "a vector is a row": down_the_columns,
    "gradients do not flow": out_of_the_graph,
    "changes what it is given": e_in_place,
    "strike out what is not positive": lambda x, E, e, k: code(x, E, e, k) * 2,
    "expected features of shape": lambda x, E, e, k: (x @ E + e).relu().topk(k, dim=1).values,
    "stops with ": lambda x, E, e, k: code(x, E.T, e, k),
}

EXERCISES = {
    "exercise-mirror": Exercise(
        "mirror", checks.check_mirror, WRONG_MIRROR, frozenset(), RIGHT_MIRROR
    ),
    "exercise-sparse-code": Exercise(
        "sparse_code",
        checks.check_sparse_code,
        WRONG_CODE,
        {"top = scores.topk(k)"},
        RIGHT_CODE,
    ),
}
