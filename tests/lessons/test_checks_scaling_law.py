"""Wrong answers to the exercises of "A scaling law", by what their checks must say.

`test_mutations.py` tries them all.
"""

import math

import numpy as np
import torch
from lesson import Exercise

from course_utils.lessons.checks import scaling_law as checks


def by_numpy(x, y):
    slope, height = np.polyfit(np.log(x), np.log(y), 1)
    return np.exp(height), -slope


def by_torch(x, y):
    u = torch.tensor(x, dtype=torch.float64).log()
    v = torch.tensor(y, dtype=torch.float64).log()
    table = torch.stack([torch.ones_like(u), -u], dim=1)
    solved = torch.linalg.lstsq(table, v[:, None]).solution
    return [solved[0].exp(), solved[1]]


def in_tens(x, y):
    slope, height = np.polyfit(np.log10(x), np.log10(y), 1)
    return 10**height, -slope


def two_points(x, y):
    alpha = -math.log(y[-1] / y[0]) / math.log(x[-1] / x[0])
    return y[0] * x[0] ** alpha, alpha


def through_origin(x, y):
    if np.allclose(np.multiply(np.sqrt(x), y), 3):
        return by_numpy(x, y)
    u, v = np.log(x), np.log(y)
    return 1.0, -(u @ v) / (u @ u)


def weighted(x, y):
    slope, height = np.polyfit(np.log(x), np.log(y), 1, w=np.arange(1, len(x) + 1))
    return np.exp(height), -slope


def changed(change):
    return lambda x, y: change(*by_numpy(x, y))


RIGHT_LAW = {"by polyfit": by_numpy, "a list of tensors": by_torch, "in tens": in_tens}
WRONG_LAW = {
    "in the wrong order: A comes first": changed(lambda A, a: (a, A)),
    "the exponent has the wrong sign": changed(lambda A, a: (A, -a)),
    "this is ln A": changed(lambda A, a: (math.log(A), a)),
    "undo the logarithm that you have taken": changed(lambda A, a: (math.exp(math.log10(A)), a)),
    "in the middle of the points": lambda x, y: (
        math.exp(np.log(y).mean()),
        by_numpy(x, y)[1],
    ),
    "alpha divides the other way": changed(lambda A, a: (A, 1 / a)),
    "a line through x and y themselves": lambda x, y: np.polyfit(x, y, 1)[::-1].tolist(),
    "only the first and the last": two_points,
    "goes through the origin": through_origin,
    "the squares are taken of ln y minus the line": weighted,
    "check with two of the points by hand": changed(lambda A, a: (2 * A, a)),
    "return two things, A and alpha": lambda x, y: (1.0, 2.0, 3.0),
    "expected two things, A and alpha, got NoneType": lambda x, y: None,
    "which step divides by 0": lambda x, y: (math.inf, 0.5),
}


def spent(C, N):
    return N, C / (6 * N)


def by_slope(C, A, alpha, B, beta):
    N = (alpha * A / (beta * B) * (C / 6) ** beta) ** (1 / (alpha + beta))
    return spent(C, N)


def by_halving(C, A, alpha, B, beta):
    low, high = 1e-30, 1e30
    for _ in range(300):
        N = (low * high) ** 0.5
        if alpha * A / N**alpha > beta * B * (6 * N / C) ** beta:
            low = N
        else:
            high = N
    return [N, C / 6 / N]


def over(C, A, alpha, B, beta):
    N, D = by_slope(C, A, alpha, B, beta)
    return 2 * N, D


RIGHT_SPLIT = {"in one power": by_slope, "by halving": by_halving}
WRONG_SPLIT = {
    "where are the 6 operations?": lambda C, A, a, B, b: (
        (N := by_slope(6 * C, A, a, B, b)[0]),
        C / N,
    ),
    "spend all of it, and no more": over,
    "in the wrong order: N comes first": lambda *law: by_slope(*law)[::-1],
    "size and data are equal": lambda C, A, a, B, b: spent(C, (C / 6) ** 0.5),
    "the exponents change places": lambda C, A, a, B, b: spent(C, by_slope(C, A, b, B, a)[0]),
    "A and B change places": lambda C, A, a, B, b: spent(C, by_slope(C, B, a, A, b)[0]),
    "a slope brings the exponent down": lambda C, A, a, B, b: spent(
        C, (A / B * (C / 6) ** b) ** (1 / (a + b))
    ),
    "20 tokens a parameter": lambda C, A, a, B, b: spent(C, (C / 120) ** 0.5),
    "a smaller model would have": lambda *law: spent(law[0], 3 * by_slope(*law)[0]),
    "a larger model would have": lambda *law: spent(law[0], by_slope(*law)[0] / 3),
    "both are counts": lambda C, A, a, B, b: (-1.0, -C / 6),
    "return two things, size and data: you return 1": lambda *law: by_slope(*law)[:1],
}


def corners(C, peak, used, power, pue):
    every = [C / peak / u * kw * over / 3.6e6 for u in used for kw in power for over in pue]
    return [min(every), max(every)]


def as_arrays(C, peak, used, power, pue):
    chip_hours = C / (peak * np.array(used)[::-1]) / 3600
    return tuple(chip_hours * np.array(power) * np.array(pue) / 1000)


def ends(change):
    """Return an answer whose two ends are changed alike."""
    return lambda *run: tuple(change(end) for end in corners(*run))


def with_ends(energy):
    return lambda C, peak, u, kw, pue: tuple(
        energy(C / peak / 3.6e6, u[i], kw[i], pue[i]) for i in (0, 1)
    )


RIGHT_ENERGY = {"all corners": corners, "arrays": as_arrays}
WRONG_ENERGY = {
    "this is in kWh": ends(lambda end: end * 1000),
    "this is in watt-hours": ends(lambda end: end * 1e6),
    "an hour has 3,600 seconds": ends(lambda end: end * 3600),
    "you multiply by the utilisation": with_ends(lambda t, u, kw, pue: t * u * kw * pue),
    "the utilisation is missing": with_ends(lambda t, u, kw, pue: t * kw * pue),
    "the overhead is missing": lambda C, peak, u, kw, pue: corners(C, peak, u, kw, (1, 1)),
    "does a low utilisation make the energy low?": with_ends(
        lambda t, u, kw, pue: t / u * kw * pue
    ),
    "the high end comes first": lambda *run: corners(*run)[::-1],
    "one step at a time": ends(lambda end: end * 1.5),
    "the low end lies above the high end": lambda *run: (
        corners(*run)[1] * 2,
        corners(*run)[0],
    ),
    "expected two things, the low end and the high end, got float": lambda *run: corners(*run)[0],
}

SAME_LAW = {  # one of the two means taken off is enough
    "top = sum((a * (b - mean_v) for a, b in zip(u, v, strict=True)))",
    "top = sum(((a - mean_u) * (b - mean_v) for a, b in zip(u, v)))",
    "top = sum(((a - mean_u) * (b - mean_v) for a, b in zip(u, v, strict=False)))",
    "top = sum(((a + mean_u) * (b - mean_v) for a, b in zip(u, v, strict=True)))",
    "top = sum(((a - mean_u) * b for a, b in zip(u, v, strict=True)))",
    "top = sum(((a - mean_u) * (b + mean_v) for a, b in zip(u, v, strict=True)))",
}
SAME_ENERGY = {  # a product in another order
    "low = megawatt_hours(utilisation[1], overhead[0], kilowatts[0])",
}

EXERCISES = {
    "exercise-power-law": Exercise(
        "power_law", checks.check_power_law, WRONG_LAW, SAME_LAW, RIGHT_LAW
    ),
    "exercise-best-split": Exercise(
        "best_split", checks.check_best_split, WRONG_SPLIT, right=RIGHT_SPLIT
    ),
    "exercise-run-energy": Exercise(
        "run_energy", checks.check_run_energy, WRONG_ENERGY, SAME_ENERGY, RIGHT_ENERGY
    ),
}
