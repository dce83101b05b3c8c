"""Matched scores: the checks every comparison of two rounds starts from.

Nothing is dropped here. A gap, or lengths that do not match, is an error, because a model that
quietly leaves organisations out answers another question than the one it was asked.
"""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ics_maturity.models.design import FloatArray, IntArray, group_codes, vector

Clusters = Sequence[Hashable] | NDArray | None


def paired(before: ArrayLike, after: ArrayLike, minimum: int = 3) -> tuple[FloatArray, FloatArray]:
    """Both rounds' scores of the same organisations, in the same order.

    ValueError where lengths differ, a value is missing, or fewer than ``minimum`` pairs remain.
    """
    first = vector(before, "before")
    second = vector(after, "after", first.size)
    if first.size < minimum:
        raise ValueError(f"{first.size} matched organisations; at least {minimum} are needed")
    return first, second


def cluster_codes(clusters: Clusters, n: int) -> IntArray:
    """Whole numbers 0..G-1 naming each organisation's cluster; each its own where None."""
    if clusters is None:
        return np.arange(n)
    return group_codes(np.asarray(clusters), n)[1]
