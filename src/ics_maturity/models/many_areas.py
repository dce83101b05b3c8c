"""Moran's I for many responses on one map: each world is a column.

Each function gives what the function of :mod:`ics_maturity.models.space` gives for one response,
to rounding error.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from ics_maturity.models.design import FloatArray, full_rank
from ics_maturity.models.permutation import orders


def moran_many(
    Y: FloatArray, weights: FloatArray, rng: np.random.Generator, draws: int = 199
) -> tuple[FloatArray, FloatArray]:
    """p-values (B,) that neighbours are alike: by the normal distribution, and by permutation.

    Args:
        Y: one value per area and world (n, B).
        weights: row-standardised (n, n).
        rng, draws: of the permutations; all worlds see the same ones.

    Source: :func:`ics_maturity.models.space.moran`.
    """
    n, W = Y.shape[0], weights
    z = Y - Y.mean(axis=0)
    s0, squares = W.sum(), np.sum(z**2, axis=0)
    s1 = np.sum((W + W.T) ** 2) / 2
    s2 = np.sum((W.sum(axis=0) + W.sum(axis=1)) ** 2)
    kurtosis = n * np.sum(z**4, axis=0) / squares**2
    second = (
        n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
        - kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    ) / ((n - 1) * (n - 2) * (n - 3) * s0**2)
    expected = -1 / (n - 1)

    def statistic(values: FloatArray) -> FloatArray:
        return n / s0 * np.sum(values * (W @ values), axis=-2) / squares

    observed = statistic(z)
    normal = stats.norm.sf((observed - expected) / np.sqrt(second - expected**2))
    return normal, _by_permutation(z, observed, statistic, rng, draws)


def moran_residuals_many(
    Y: FloatArray, X: ArrayLike, weights: FloatArray, rng: np.random.Generator, draws: int = 199
) -> tuple[FloatArray, FloatArray]:
    """The same of least-squares residuals on X (n, p), which are correlated by construction.

    Source: :func:`ics_maturity.models.space.moran_residuals`.
    """
    design, W = full_rank(X, Y.shape[0]), weights
    n, k = design.shape
    maker = np.eye(n) - design @ np.linalg.pinv(design)
    s0, MW = W.sum(), maker @ W
    trace = float(np.trace(MW))
    expected = n / s0 * trace / (n - k)
    moment = np.trace(MW @ maker @ W.T) + np.trace(MW @ MW) + trace**2
    variance = (n / s0) ** 2 * float(moment) / ((n - k) * (n - k + 2)) - expected**2

    def statistic(values: FloatArray) -> FloatArray:
        again = maker @ values
        return n / s0 * np.sum(again * (W @ again), axis=-2) / np.sum(again**2, axis=-2)

    residual = maker @ Y
    observed = statistic(residual)
    normal = stats.norm.sf((observed - expected) / np.sqrt(variance))
    return normal, _by_permutation(residual, observed, statistic, rng, draws)


def _by_permutation(
    values: FloatArray,
    observed: FloatArray,
    statistic: Callable[[FloatArray], FloatArray],
    rng: np.random.Generator,
    draws: int,
) -> FloatArray:
    larger = np.zeros(values.shape[1])
    for chunk in orders(np.zeros(len(values), np.int64), draws, rng):
        for order in chunk:
            larger += statistic(values[order]) >= observed - 1e-12
    return (1 + larger) / (draws + 1)
