"""Checks of the lesson "A scaling law": a line in logarithms, a budget's best split, intervals.

The oracles are NumPy's line fit, a search along the budget's curve, and all corners of a box.
"""

import itertools
import math

import numpy as np
import torch

from course_utils.lessons.checks._answers import apart, fresh, name_mistake, near, number, pair
from course_utils.lessons.checks._report import check, expect


def _two(answer, of) -> tuple[float, float]:
    """Expect two finite numbers; return them."""
    first, second = (number(one) for one in pair(answer, of))
    expect(
        math.isfinite(first) and math.isfinite(second),
        f"you return {first} and {second}: which step divides by 0, or makes a number too large?",
    )
    return first, second


def _same(ours):
    """Return a function that says whether two numbers are those of the answer."""
    return lambda other: near(ours[0], other[0]) and near(ours[1], other[1])


@check("a power law is a line in logarithms, and its slope is minus the exponent.")
def check_power_law(power_law) -> None:
    """Check a least-squares fit of y = A / x^alpha in logarithms.

    Args:
        power_law: n positive numbers x, n positive numbers y -> (A, alpha).
    """
    draw = fresh()
    x = [100.0, 1000.0, 10000.0]
    found = _two(power_law(x, [3 / one**0.5 for one in x]), "A and alpha")
    name_mistake(
        {
            "the two are in the wrong order: A comes first": (0.5, 3.0),
            "the exponent has the wrong sign: a falling y has a positive alpha": ((3.0, -0.5)),
            "this is ln A, the height of the line: which function undoes the logarithm?": (
                (math.log(3), 0.5)
            ),
            "this is A of another base: undo the logarithm that you have taken": (
                (math.exp(math.log10(3)), 0.5)
            ),
            "this A is the height of the line in the middle of the points: go along the line to "
            "x = 1, where ln x is 0": (3 / 1000**0.5, 0.5),
            "alpha divides the other way: it is what ln y changes by for 1 of ln x": (3.0, 2.0),
        },
        _same(found),
        "for points that lie on one power law, ",
    )
    line = np.polyfit(x, [3 / one**0.5 for one in x], 1)
    expect(
        not near(abs(found[1]), abs(line[0])),
        "this is a line through x and y themselves: take the logarithms of both first",
    )
    expect(
        near(found[0], 3) and near(found[1], 0.5),
        f"for points on 3 / x^0.5 you get A = {apart(found[0], 3)} and alpha = "
        f"{apart(found[1], 0.5)}: check with two of the points by hand",
    )
    for n in (2, 5, 8):
        _check_noisy_points(power_law, n, draw)


def _check_noisy_points(power_law, n, draw) -> None:
    x = torch.logspace(2, 5, n, dtype=torch.float64) * (1 + torch.rand(n, generator=draw))
    noise = torch.randn(n, generator=draw, dtype=torch.float64)
    y = 20 * x**-0.4 * (0.3 * noise).exp()
    x, y = x.tolist(), y.tolist()
    found = _two(power_law(list(x), list(y)), "A and alpha")
    slope, height = np.polyfit(np.log(x), np.log(y), 1)
    steep = math.log(y[-1] / y[0]) / math.log(x[-1] / x[0])
    u, v = np.log(x), np.log(y)
    origin = -float(u @ v / (u @ u))
    expect(
        n == 2 or not near(found[1], -steep),
        f"with {n} points that do not lie on a line you use only the first and the last: "
        "each point has a say",
    )
    expect(
        not near(found[1], origin),
        "your line goes through the origin: take the means off ln x and ln y first",
    )
    expect(
        near(found[0], math.exp(height)) and near(found[1], -slope),
        f"right for points on one power law, wrong for {n} points beside it: you get alpha = "
        f"{apart(found[1], -slope)}; the squares are taken of ln y minus the line, one for a point",
    )


@check("the last unit of compute helps as much in size as in data.")
def check_best_split(best_split) -> None:
    """Check the size and the data that make the loss of a budget smallest.

    Args:
        best_split: C (operations), A, alpha, B, beta -> (N, D) with 6 N D = C.
    """
    draw = fresh()
    cases = [(6e8, 100.0, 0.5, 100.0, 0.5)]
    for _ in range(4):
        a, b = (0.2 + 0.8 * torch.rand(2, generator=draw, dtype=torch.float64)).tolist()
        A, B = (10 ** (1 + 2 * torch.rand(2, generator=draw, dtype=torch.float64))).tolist()
        cases.append((10 ** (9 + 6 * torch.rand(1, generator=draw).item()), A, a, B, b))
    for case in cases:
        _check_one_budget(best_split, *case)


def _check_one_budget(best_split, C, A, alpha, B, beta) -> None:
    N, D = _two(best_split(C, A, alpha, B, beta), "size and data")
    where = f"for C = {C:.3g}, A = {A:.3g}, alpha = {alpha:.3g}, B = {B:.3g}, beta = {beta:.3g} "
    expect(N > 0 and D > 0, where + f"you return N = {N:.3g} and D = {D:.3g}: both are counts")
    spent = 6 * N * D / C
    expect(not near(spent, 6), where + "N times D is the whole budget: where are the 6 operations?")
    expect(
        abs(spent - 1) < 1e-4,
        where + f"6 N D is {spent:.3g} times the budget: spend all of it, and no more",
    )
    size = _search(C, A, alpha, B, beta)
    same = math.isclose(N, D, rel_tol=1e-4) and not math.isclose(N, size, rel_tol=1e-3)
    expect(not same, where + "size and data are equal: that is best only for equal terms")
    for reason, wrong in (
        ("the two are in the wrong order: N comes first", C / (6 * size)),
        ("the exponents change places: which one belongs to N?", _search(C, A, beta, B, alpha)),
        ("A and B change places: which one belongs to N?", _search(C, B, alpha, A, beta)),
        (
            "the two terms are equal: at the lowest point their slopes are, and a slope brings the "
            "exponent down",
            _search(C, A / alpha, alpha, B / beta, beta),
        ),
        ("you use 20 tokens a parameter, a rule for other constants", (C / 120) ** 0.5),
    ):
        told = math.isclose(N, wrong, rel_tol=1e-4)
        expect(not told or math.isclose(N, size, rel_tol=1e-4), where + reason)
    more = "larger" if size > N else "smaller"
    expect(
        math.isclose(N, size, rel_tol=1e-4),
        where + f"a {more} model would have a lower loss with the same budget: put D = C / (6 N) "
        "into the law, and set its slope in N to 0",
    )


def _search(C, A, alpha, B, beta) -> float:
    """Return the best N by cutting an interval of ln N in three, again and again."""

    def slope(u):  # of A/N^alpha + B/(C/6N)^beta in u = ln N, which rises with u
        return -alpha * A * math.exp(-alpha * u) + beta * B * (6 / C) ** beta * math.exp(beta * u)

    low, high = -200.0, 200.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return math.exp((low + high) / 2)


@check("each end of the answer takes the ends that make it smallest, or largest.")
def check_run_energy(run_energy) -> None:
    """Check the energy of a run, in MWh, from intervals.

    Args:
        run_energy: C (operations), peak (operations a second), and three pairs (low, high):
            utilisation, kilowatts a chip, overhead -> (low, high) in MWh.
    """
    draw = fresh()
    _check_one_run(run_energy, 3.6e21, 1e14, (0.5, 0.5), (0.4, 0.4), (1.25, 1.25))
    for _ in range(3):
        share = torch.rand(6, generator=draw, dtype=torch.float64).tolist()
        used = (0.1 + 0.2 * share[0], 0.4 + 0.3 * share[1])
        power = (0.2 + 0.2 * share[2], 0.5 + 0.4 * share[3])
        pue = (1.05 + 0.1 * share[4], 1.3 + 0.3 * share[5])
        _check_one_run(run_energy, 10 ** (22 + 3 * share[0]), 3e14, used, power, pue)


def _check_one_run(run_energy, C, peak, used, power, pue) -> None:
    low, high = _two(run_energy(C, peak, used, power, pue), "the low end and the high end")
    sure = used[0] == used[1]
    where = "where all inputs are exact, " if sure else "with intervals, "

    def energy(u, kw, over):
        return C / (peak * u) / 3600 * kw * over / 1000

    corners = [energy(*corner) for corner in itertools.product(used, power, pue)]
    right = min(corners), max(corners)
    plain = energy(used[0], power[0], pue[0]), energy(used[1], power[1], pue[1])
    mistakes = {
        "this is in kWh: the answer is wanted in MWh": _times(right, 1000),
        "this is in watt-hours: the answer is wanted in MWh": _times(right, 1e6),
        "you multiply seconds by kilowatts: an hour has 3,600 seconds": _times(right, 3600),
        "you multiply by the utilisation: chips that are used less take longer": (
            energy(1 / used[0], power[0], pue[0]),
            energy(1 / used[1], power[1], pue[1]),
        ),
        "the utilisation is missing": (
            energy(1, power[0], pue[0]),
            energy(1, power[1], pue[1]),
        ),
        "the overhead is missing": (
            energy(used[1], power[0], 1),
            energy(used[0], power[1], 1),
        ),
    }
    if not sure:
        mistakes |= {
            "all low ends together give no end of the answer: does a low utilisation make the "
            "energy low?": plain,
            "the high end comes first: return the low one, then the high one": right[::-1],
        }
    name_mistake(mistakes, _same((low, high)), where)
    expect(low <= high or near(low, high), where + "the low end lies above the high end")
    expect(
        near(low, right[0]) and near(high, right[1]),
        where + f"you get {apart(low, right[0])} to {apart(high, right[1])} MWh: go from "
        "operations to seconds, hours, kilowatt-hours, one step at a time",
    )


def _times(interval, factor):
    return interval[0] * factor, interval[1] * factor
