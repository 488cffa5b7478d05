"""Solutions of the exercises of "Features, tested", which the lesson shows folded."""

import torch

from course_utils.lessons.answers import or_ours as or_ours


def mirror(x, d, c):
    score = x @ d + c  # (N,)
    return x - 2 * (score / (d @ d))[:, None] * d


def sparse_code(x, E, e, k):
    scores = (x @ E + e).relu()  # (N, M)
    top = scores.topk(k, dim=1)
    return torch.zeros_like(scores).scatter(1, top.indices, top.values)
