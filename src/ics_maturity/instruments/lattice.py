"""Which rounded means are possible when a score is the mean of n whole numbers.

A published pillar is the mean of n domain scores, whole numbers of one scale (1 to 5 in the
digital maturity assessments), rounded half up to one decimal. Few values can arise that way, so
a value that cannot is a sign of an error, and the values that do occur tell n.
"""

from collections.abc import Collection
from fractions import Fraction
from functools import cache

import numpy as np
import numpy.typing as npt


def half_up(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Nearest whole numbers, halves upwards, as the published scores are rounded."""
    return np.floor(np.asarray(values, dtype=float) + 0.5)


@cache
def possible_tenths(domains: int, low: int = 1, high: int = 5) -> frozenset[int]:
    """Every mean of ``domains`` whole numbers from ``low`` to ``high``, in rounded tenths.

    Exact arithmetic, because 2.25 and its like sit on the rounding edge.
    """
    half = Fraction(1, 2)
    return frozenset(
        int((Fraction(10 * total, domains) + half) // 1)
        for total in range(low * domains, high * domains + 1)
    )


def is_possible(value: float, domains: int, low: int = 1, high: int = 5) -> bool:
    """Whether ``value``, to one decimal, can be the mean of that many whole-number domains."""
    tenths = round(value * 10)
    return abs(value * 10 - tenths) < 1e-9 and tenths in possible_tenths(domains, low, high)


def smallest_domains(
    values: Collection[float], *, share: float = 0.98, largest: int = 7
) -> int | None:
    """The smallest number of domains that makes at least ``share`` of the values possible.

    ``None`` if none up to ``largest`` does: means of eight or more domains reach nearly every
    tenth, so the values cannot tell such numbers apart.
    """
    for domains in range(1, largest + 1):
        fitting = sum(is_possible(value, domains) for value in values)
        if fitting >= share * len(values):
            return domains
    return None
