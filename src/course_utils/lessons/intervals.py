"""How sure a measured share is: the range in which the true one lies, 95 times in 100.

Left out: Bayesian intervals, and intervals for differences of shares.
"""

import math
from numbers import Integral

from course_utils.runtime import CourseError

Z = 1.96  # 95 % of a normal distribution lie within so many standard deviations


def of_share(hits: int, n: int) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a share, after Wilson.

    It never leaves 0 to 1, and it has a width at 0 and n hits too, where the plain formula
    p ± 1.96·√(p(1 − p)/n) claims to be certain.

    Args:
        hits: how often it happened, from 0 to n.
        n: how often it could have happened, at least 1.

    Returns:
        The lower and the upper end, as shares.

    Raises:
        CourseError: if these are no such counts.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    >>> low, high = of_share(0, 20)
    >>> f"{low:.2f} to {high:.2f}"
    '0.00 to 0.16'
    """
    if not all(isinstance(x, Integral) for x in (hits, n)) or not 0 <= hits <= n or n < 1:
        raise CourseError(
            f"expected hits from 0 to n, and n of at least 1, got {hits!r} of {n!r}: give counts"
        )
    p, spread = hits / n, Z**2 / n
    middle = (p + spread / 2) / (1 + spread)
    half = math.sqrt(p * (1 - p) * spread + spread**2 / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
