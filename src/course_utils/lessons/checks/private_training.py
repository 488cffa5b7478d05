"""Checks of the lesson "Training in private": clipping, noise, the bound on an attacker.

The oracles are sums over `math.fsum` and closed forms; the noise is judged by its moments.
"""

import math
from functools import partial

import torch

from course_utils.lessons.checks._answers import (
    apart,
    finite,
    fresh,
    how_much,
    name_mistake,
    near,
    number,
    tensor,
    unlike,
)
from course_utils.lessons.checks._report import Wrong, check, expect


@check("no text pulls further than C, and the short ones pull as before.")
def check_clipped_sum(clipped_sum) -> None:
    """Check the sum of gradients that are each cut to a length.

    Args:
        clipped_sum: list of tensors, each of shape (B, ...), and C -> list of tensors (...).
    """
    for lengths, C in (((0.5, 2.0, 3.0), 1.0), ((4.0,), 0.5), ((0.3, 0.1), 2.0), ((3.0, 8.0), 2.0)):
        _compare_clipped(clipped_sum, _gradients(lengths), C)
    still = _gradients((0.0, 2.0))
    got = torch.cat([t.flatten() for t in _tensors(clipped_sum(still, 1.0), still)])
    expect(
        bool(got.isfinite().all()),
        "a gradient of length 0 gives nan: what is C divided by its length, and then?",
    )
    expect(
        _same(got, _flat_sum(still, 1.0)),
        "a gradient of length 0 spoils its neighbours: it stays 0, and changes nothing else",
    )


def _compare_clipped(clipped_sum, grads, C) -> None:
    kept = [g.clone() for g in grads]
    got = torch.cat([t.flatten() for t in _tensors(clipped_sum(grads, C), grads)])
    expect(
        all(torch.equal(a, b) for a, b in zip(kept, grads, strict=True)),
        "your function changes the gradients it is given: make new tensors",
    )
    got, right = finite(got, "the sums"), _flat_sum(grads, C)
    if _same(got, right):
        return
    where = f"{len(grads[0])} gradients, C = {C:g}: "
    name_mistake(_typical_clipped(grads, C), partial(_same, got), where)
    raise Wrong(
        f"{where}wrong numbers: {how_much(got, right)}. Compute the length of one gradient over "
        "all of its tensors by hand, and its factor"
    )


def _typical_clipped(grads, C) -> dict:
    """What common mistakes give, by the sentence that names them."""
    flat = torch.cat([g.flatten(1) for g in grads], dim=1)
    length = flat.norm(dim=1)
    scale = (C / length).clamp(max=1)
    total, each = flat.sum(0), [g.flatten(1) for g in grads]
    return {
        "nothing is cut: this is the plain sum": total,
        "you cut the sum: each gradient must be cut before they are added": (
            total * (C / total.norm()).clamp(max=1)
        ),
        "each tensor is cut by itself: a gradient is as long as all of its tensors together": (
            torch.cat([((C / g.norm(dim=1)).clamp(max=1)[:, None] * g).sum(0) for g in each])
        ),
        "short gradients are made longer: they stay as they are": (
            (C / length)[:, None] * flat
        ).sum(0),
        "this is the mean, and the sum is asked for": (scale[:, None] * flat).mean(0),
        "you divide by the squared length: which root makes a length of it?": (
            (C / length**2).clamp(max=1)[:, None] * flat
        ).sum(0),
        "single numbers are cut at C: the length of the whole gradient counts": (
            flat.clamp(-C, C).sum(0)
        ),
        "one long gradient shortens all: each has its own factor": scale.min() * total,
        "the length is measured along the batch: it belongs to one text": (
            torch.cat([(g * (C / g.norm(dim=0)).clamp(max=1)).sum(0) for g in each])
        ),
        "you add absolute values: a length is the root of the sum of squares": (
            (C / flat.abs().sum(1)).clamp(max=1)[:, None] * flat
        ).sum(0),
        "only the first tensor's length counts in yours: a gradient has several tensors": (
            (C / each[0].norm(dim=1)).clamp(max=1)[:, None] * flat
        ).sum(0),
    }


def _gradients(lengths) -> list:
    """Draw gradients of given lengths, each in two tensors, in double precision."""
    draw = fresh()
    flat = torch.randn(len(lengths), 7, generator=draw, dtype=torch.float64)
    flat *= torch.tensor(lengths, dtype=torch.float64)[:, None] / flat.norm(dim=1, keepdim=True)
    return [flat[:, :4].reshape(-1, 2, 2).clone(), flat[:, 4:].clone()]


def _flat_sum(grads, C) -> torch.Tensor:
    """Return the clipped sum as one row, by sums of Python's numbers."""
    rows = torch.cat([g.flatten(1) for g in grads], dim=1).tolist()
    lengths = [math.sqrt(math.fsum(x * x for x in row)) for row in rows]
    factors = [1.0 if length <= C else C / length for length in lengths]
    columns = zip(*rows, strict=True)
    sums = [math.fsum(f * x for f, x in zip(factors, c, strict=True)) for c in columns]
    return torch.tensor(sums, dtype=torch.float64)


def _tensors(answer, grads, lead=1) -> list:
    """Expect a list of tensors, shaped as the gradients without their first sizes."""
    if not isinstance(answer, list | tuple):
        raise unlike("a list of tensors", answer, "return a list, a tensor for each given one")
    expect(
        len(answer) == len(grads),
        f"expected {len(grads)} tensors, one for each given one, got {len(answer)}",
    )
    return [tensor(a, g.shape[lead:], "a sum") for a, g in zip(answer, grads, strict=True)]


def _same(a, b) -> bool:
    return a.shape == b.shape and bool(torch.allclose(a, b, rtol=1e-5, atol=1e-5))


MANY = 40_000  # numbers: their standard deviation is known to about a third of a percent


@check("one noise for the whole sum, as large as C asks, and then the mean.")
def check_noisy_mean(noisy_mean) -> None:
    """Check the noise that is added to a clipped sum before it is divided.

    Args:
        noisy_mean: list of tensors, C, sigma, size, generator -> list of tensors.
    """
    total = [torch.full((MANY // 100, 100), 2.0), torch.linspace(-9, 9, MANY)]
    bare = _noisy(noisy_mean, total, 2.0, 0.0, 4, fresh())
    _check_without_noise(bare, total)
    for C, sigma, size in ((0.5, 3.0, 8), (4.0, 0.5, 2)):
        seed = int(torch.randint(2**31, (), generator=fresh()))
        calls = [torch.Generator().manual_seed(s) for s in (seed, seed, seed + 1)]
        got, again, other = (_noisy(noisy_mean, total, C, sigma, size, g) for g in calls)
        noise = [finite(a * size - t, "the sums") for a, t in zip(got, total, strict=True)]
        for one, given in zip(noise, total, strict=True):
            _check_moments(one, given, C, sigma, size)
        expect(
            all(torch.equal(a, b) for a, b in zip(got, again, strict=True)),
            "the same generator state gives other noise: draw with the generator that is given",
        )
        expect(
            not torch.equal(got[0], other[0]),
            "another generator gives the same noise: draw with the generator that is given",
        )
        both = (noise[0].flatten() * noise[1]).mean() / (sigma * C) ** 2
        expect(abs(both) < 0.1, "all tensors get the same noise: draw anew for each")


def _noisy(noisy_mean, total, *settings) -> list:
    """Run the answer on a copy of the sums, and expect that the copy stays as it is."""
    given = [t.clone() for t in total]
    answer = noisy_mean(given, *settings)
    expect(
        all(torch.equal(a, b) for a, b in zip(given, total, strict=True)),
        "your function changes the sums it is given: make new tensors",
    )
    return _tensors(answer, total, lead=0)


def _check_without_noise(bare, total) -> None:
    same = partial(_all_same, bare)
    if same([t.double() / 4 for t in total]):
        return
    name_mistake(
        {
            "the sum is not divided: what makes a mean of it?": [t.double() for t in total],
            "the sum is multiplied by size: a mean is smaller than its sum": [
                t.double() * 4 for t in total
            ],
            "the sum is divided by size twice": [t.double() / 16 for t in total],
            "the sum is divided by C, too: only the noise knows C": [t.double() / 8 for t in total],
            "where is the sum? All numbers are 0": [t.double() * 0 for t in total],
        },
        same,
        "with sigma = 0, ",
    )
    raise Wrong(
        "with sigma = 0 there is no noise, and only the division by size is left: yours gives "
        "other numbers"
    )


def _all_same(a, b) -> bool:
    return all(map(_same, a, b))


def _check_moments(noise, given, C, sigma, size) -> None:
    spread, where = float(noise.std()), f"C = {C:g}, sigma = {sigma:g}, size = {size}: "
    expect(spread > 1e-3 * sigma * C, f"{where}all numbers get the same noise, or none at all")
    mistakes = {
        "the noise is sigma, whatever C is: how far can one text move the sum?": sigma,
        "the noise is C, whatever sigma is": C,
        "the noise is added behind the division, where it is too large": sigma * C * size,
        "the noise is divided by C: a text that may pull further needs more noise": sigma / C,
        "C is divided by sigma: more sigma must be more noise": C / sigma,
        "the noise has the variance sigma times C: the formula has a square": math.sqrt(sigma * C),
        "the noise has sigma times C squared as its standard deviation": sigma * C * C,
        "the noise has sigma squared times C as its standard deviation": sigma * sigma * C,
        "the noise grows with the root of size: it is drawn once for the whole sum": (
            sigma * C * math.sqrt(size)
        ),
    }
    right = abs(spread / (sigma * C) - 1) < 0.05
    if not right:
        name_mistake(mistakes, lambda wrong: abs(spread / wrong - 1) < 0.05, where)
    shown = f"{where}the noise on the sum has a standard deviation of {spread:.2g}"
    expect(right, f"{shown}: the formula says how much it should be; on paper, what is it?")
    expect(abs(noise.mean()) < 0.05 * sigma * C, f"{where}the mean of the noise is not 0")
    if given.std() > 1:  # numbers of several sizes
        small, large = noise[given.abs() < 3].std(), noise[given.abs() >= 3].std()
        expect(
            abs(float(small / large) - 1) < 0.1,
            f"{where}larger numbers get more noise in yours: all get the same",
        )
    peak = float(((noise / spread) ** 4).mean())
    expect(2.5 < peak < 3.5, f"{where}this noise is not normal: which function draws it?")


@check("both answers of the attacker are bounded, and no rate is above 1.")
def check_most_tpr(most_tpr) -> None:
    """Check the highest true-positive rate that differential privacy leaves an attacker.

    Args:
        most_tpr: false-positive rate, epsilon, delta -> the true-positive rate at most.
    """
    two = ((0.1, math.log(3), 0.0), (0.3, math.log(3), 0.0))  # yes binds, then no
    expect(
        not all(near(number(most_tpr(*case)), max(_bounds(*case))) for case in two),
        "the smaller of two bounds counts, yours is the larger",
    )
    for case in (
        (0.1, math.log(3), 0.0),
        (0.5, math.log(3), 0.0),
        (0.05, 1.0, 0.01),
        (0.9, 0.5, 0.2),
        (0.0, 2.0, 0.03),
        (1.0, 1.5, 0.0),
        (0.3, 9.0, 0.0),
    ):
        _compare_rate(most_tpr, *case)
    for alarm in (0.2, 0.7):
        expect(
            near(number(most_tpr(alarm, 0.0, 0.0)), alarm),
            "with epsilon and delta 0 the attacker can only guess: then both rates are equal",
        )
    draw = torch.rand(20, 3, generator=fresh(), dtype=torch.float64).tolist()
    for false_rate, epsilon, delta in draw:
        _compare_rate(most_tpr, false_rate, 3 * epsilon, 0.1 * delta)


def _compare_rate(most_tpr, false_rate, epsilon, delta) -> None:
    got = number(most_tpr(false_rate, epsilon, delta))
    by_yes, by_no = _bounds(false_rate, epsilon, delta)
    right = min(by_yes, by_no, 1.0)
    if near(got, right):
        return
    where = (
        "for some rates "
        if near(false_rate, right)
        else f"for a false-positive rate of {false_rate:.2g} "
    )
    expect(got <= 1 + 1e-9, f"{where}yours is above 1, and no rate is")
    name_mistake(
        {
            "delta is missing": min(_bounds(false_rate, epsilon, 0.0)),
            "the promise holds when the attacker says no, too, and this is what binds here": min(
                by_yes, 1.0
            ),
            "the promise holds when the attacker says yes, too, and this is what binds here": min(
                by_no, 1.0
            ),
            "epsilon belongs into a power of e": epsilon * false_rate + delta,
            "it is a power of e, not of 2": 2**epsilon * false_rate + delta,
            "the power of e has the wrong sign": math.exp(-epsilon) * false_rate + delta,
            "delta is multiplied, too: it is added at the end": math.exp(epsilon)
            * (false_rate + delta),
            "delta is taken off: it is what the promise leaves out": math.exp(epsilon) * false_rate
            - delta,
        },
        partial(near, got),
        where,
    )
    raise Wrong(
        f"{where}you get {apart(got, right)}: write both inequalities down, for yes and for no, "
        "and solve the second for the true-positive rate"
    )


def _bounds(false_rate, epsilon, delta) -> tuple[float, float]:
    return math.exp(epsilon) * false_rate + delta, 1 - math.exp(-epsilon) * (1 - false_rate - delta)
