"""Solutions of the exercises of "A scaling law", which the lesson shows folded."""

import math

from course_utils.lessons.answers import or_ours as or_ours


def power_law(x, y):
    u, v = [math.log(one) for one in x], [math.log(one) for one in y]
    mean_u, mean_v = sum(u) / len(u), sum(v) / len(v)
    top = sum((a - mean_u) * (b - mean_v) for a, b in zip(u, v, strict=True))
    slope = top / sum((a - mean_u) ** 2 for a in u)
    return math.exp(mean_v - slope * mean_u), -slope


def best_split(C, A, alpha, B, beta):
    ratio = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    N = ratio * (C / 6) ** (beta / (alpha + beta))
    return N, C / (6 * N)


def run_energy(C, peak, utilisation, kilowatts, overhead):
    def megawatt_hours(u, kw, pue):
        hours = C / (peak * u) / 3600
        return hours * kw * pue / 1000

    low = megawatt_hours(utilisation[1], kilowatts[0], overhead[0])
    high = megawatt_hours(utilisation[0], kilowatts[1], overhead[1])
    return low, high
