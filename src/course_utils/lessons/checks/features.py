"""Checks of the lesson "Features, tested": the mirror, a sparse code.

The oracles are sums over single numbers in plain Python; never the answer itself.
"""

import math

import torch

from course_utils.lessons.checks._answers import (
    as_tensor,
    close,
    finite,
    fresh,
    how_much,
    name_mistake,
    tensor,
)
from course_utils.lessons.checks._report import check, expect


@check("the difference of the two scores has changed its sign, and nothing else has moved.")
def check_mirror(mirror) -> None:
    """Check the mirroring of vectors at the plane of a probe.

    Args:
        mirror: x (N, C), d (C,), c number -> (N, C).
    """
    _expect_mirror(mirror, torch.tensor([[3.0, 1.0]]), torch.tensor([2.0, 0.0]), -5.0)
    for N, C in ((1, 3), (4, 4), (5, 2)):
        x, d = torch.randn(N, C, generator=fresh()) * 2, torch.randn(C, generator=fresh()) + 1.5
        c = torch.rand(1, generator=fresh()).item() + 0.5
        _expect_mirror(mirror, x, d, c)
        _expect_mirror(mirror, x, d, torch.tensor(-c))


def _expect_mirror(mirror, x, d, c) -> None:
    where, before = f"for x of shape {tuple(x.shape)}: ", x.clone()
    got = tensor(mirror(x, d, c), x.shape, "mirrored vectors")
    expect(torch.equal(x, before), "your function changes the x that it is given: work on a copy")
    got = finite(got, f"{where}the vectors")
    if close(got, _moved(x, d, c)):
        return
    name_mistake(_wrong_mirrors(x, d, c), lambda wrong: close(got, wrong), where)
    expect(
        False,
        f"{where}{how_much(got, torch.tensor(_moved(x, d, c)))}: take x = (3, 1), d = (2, 0) and "
        "c = −5 by hand; where does the plane lie, and how far is x from it?",
    )


def _moved(x, d, c, factor=2.0, power=2, bias=1.0, unit=False) -> list:
    """Move each row by minus `factor` times its score along d, by plain sums."""
    rows, d, c = x.tolist(), d.tolist(), bias * float(c)
    length = math.sqrt(math.fsum(a * a for a in d))
    result = []
    for row in rows:
        score = math.fsum(a * b for a, b in zip(row, d, strict=True)) / (length if unit else 1)
        step = factor * (score + c) / length**power
        result.append([a - step * b for a, b in zip(row, d, strict=True)])
    return result


def _wrong_mirrors(x, d, c) -> dict:
    mean = x.double().mean(0, keepdim=True)
    shared = torch.tensor(_moved(mean, d, c)) - mean
    return {
        "nothing has moved": x,
        "the vectors lie on the plane now: a mirror image lies as far behind it": (
            _moved(x, d, c, factor=1.0)
        ),
        "the vectors move away from the plane: look at the sign": _moved(x, d, c, factor=-2.0),
        "the step is right only for a d of length 1: what has it to be divided by?": (
            _moved(x, d, c, power=0)
        ),
        "the step is divided by the length of d once: d · d is its square": (
            _moved(x, d, c, power=1)
        ),
        "the number c is not used: the plane need not go through 0": _moved(x, d, c, bias=0.0),
        "c counts with the wrong sign": _moved(x, d, c, bias=-1.0),
        "d is brought to length 1, and c is not: divide both, or none": (
            _moved(x, d, c, power=1, unit=True)
        ),
        "the vectors are turned round as a whole, x to −x: only the part along d may change": -x,
        "all rows move by the same step: each has its own score": x.double() + shared,
    }


@check("at most k features a vector, each of them positive, and gradients flow.")
def check_sparse_code(sparse_code) -> None:
    """Check the features of a TopK sparse autoencoder.

    Args:
        sparse_code: x (N, C), E (C, M), e (M,), k -> (N, M).
    """
    for N, C, M, k in ((5, 2, 9, 3), (1, 4, 5, 1), (6, 3, 8, 3), (5, 2, 4, 4)):
        x, E = torch.randn(N, C, generator=fresh()), torch.randn(C, M, generator=fresh())
        _expect_code(sparse_code, x, E, torch.randn(M, generator=fresh()), k)
    low = torch.full((8,), -20.0)  # a row in which no score is positive
    _expect_code(sparse_code, x[:, :2], torch.randn(2, 8, generator=fresh()), low, 2)
    E.requires_grad_()
    again = sparse_code(x, E, torch.zeros(4), 4)
    as_tensor(again, "features")
    expect(
        again.requires_grad,
        "the numbers are right, but gradients do not flow to E: which step takes them out of the "
        "graph (item, tolist, detach, a new tensor of the numbers)?",
    )


def _expect_code(sparse_code, x, E, e, k) -> None:
    where = f"for {len(x)} vectors, {E.shape[1]} features and k = {k}: "
    before = x.clone(), E.clone(), e.clone()
    got = tensor(sparse_code(x, E, e, k), (len(x), E.shape[1]), "features")
    same = all(map(torch.equal, before, (x, E, e)))
    expect(same, "your function changes what it is given: work on a copy")
    got = finite(got, f"{where}the features")
    scores = _scores(x, E, e)
    right = [_kept(row, k) for row in scores]
    if close(got, right):
        return
    name_mistake(_wrong_codes(x, E, e, k), lambda wrong: close(got, wrong), where)
    expect(
        False,
        f"{where}{how_much(got, torch.tensor(right))}: write down one row of x @ E + e, and "
        "strike out what is not positive, then all but the k largest",
    )


def _scores(x, E, e) -> list:
    columns = [*zip(*E.tolist(), strict=True)]
    return [
        [
            math.fsum(a * b for a, b in zip(row, column, strict=True)) + bias
            for column, bias in zip(columns, e.tolist(), strict=True)
        ]
        for row in x.tolist()
    ]


def _kept(row, k, key=lambda a: a, positive=True) -> list:
    """Keep the k largest numbers of a row, and 0 elsewhere."""
    order = sorted(range(len(row)), key=lambda i: -key(row[i]))[:k]
    return [a if i in order and (a > 0 or not positive) else 0.0 for i, a in enumerate(row)]


def _wrong_codes(x, E, e, k) -> dict:
    scores = _scores(x, E, e)
    M, flat = len(scores[0]), [a for row in scores for a in row]
    of_all = _kept(flat, k * len(scores))
    few = _kept(flat, k)
    columns = [*zip(*scores, strict=True)]
    down = [*zip(*(_kept(column, min(k, len(scores))) for column in columns), strict=True)]
    return {
        "all positive numbers are left: where is the choice of k?": [_kept(r, M) for r in scores],
        "negative numbers are among the features: a feature is 0 or more": [
            _kept(r, k, positive=False) for r in scores
        ],
        "the scores come out as they are: neither sign nor k is looked at": scores,
        "the k largest are chosen by their size without the sign": [
            _kept(r, k, abs) for r in scores
        ],
        "negative numbers with a large size are features here, too": [
            _kept(r, k, abs, positive=False) for r in scores
        ],
        "negative numbers have lost their sign and become features": [
            _kept([abs(a) for a in r], k) for r in scores
        ],
        "e is not added": [_kept(r, k) for r in _scores(x, E, 0 * e)],
        "e is subtracted": [_kept(r, k) for r in _scores(x, E, -e)],
        "the features are 1 where they should have their strength": [
            [float(a > 0) for a in _kept(r, k)] for r in scores
        ],
        "one feature too many is kept": [_kept(r, k + 1) for r in scores],
        "one feature too few is kept": [_kept(r, k - 1) for r in scores],
        "the k smallest are kept": [_kept(r, k, lambda a: -a) for r in scores],
        "the k smallest of the positive numbers are kept": [
            _kept(r, k, lambda a: -a if a > 0 else -math.inf) for r in scores
        ],
        "only k features of all vectors together are left: each row has its own k": (
            _in_rows(few, M)
        ),
        "the largest of all rows together are kept: each row has its own k": _in_rows(of_all, M),
        "the k largest of each column are kept: a vector is a row": down,
    }


def _in_rows(flat, M) -> list:
    return [flat[i : i + M] for i in range(0, len(flat), M)]
