"""Do neighbouring systems score alike? Moran's I, on scores and on residuals.

With 42 systems the power is low: a large p is weak evidence of no pattern.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from ics_maturity.models.design import FloatArray, full_rank, vector


@dataclass(frozen=True)
class Moran:
    """Moran's I with its moments under no spatial pattern.

    ``p_greater`` is one-sided (neighbours alike) by the normal distribution; ``p_permutation``
    is the same by permutation, where drawn.
    """

    statistic: float
    expected: float
    variance: float
    z: float
    p_greater: float
    p_permutation: float | None = None


def border_weights(pairs: Sequence[tuple[str, str]], order: Sequence[str]) -> FloatArray:
    """Row-standardised weights (n, n) from pairs of neighbours, each pair named once or twice.

    Raises:
        ValueError: for a name not in ``order``, or an area without neighbours.
    """
    position = {name: i for i, name in enumerate(order)}
    matrix = np.zeros((len(order), len(order)))
    for a, b in pairs:
        unknown = [name for name in (a, b) if name not in position]
        if unknown:
            raise ValueError(f"spatial weights: {unknown[0]!r} is not among the areas")
        matrix[position[a], position[b]] = matrix[position[b], position[a]] = 1
    np.fill_diagonal(matrix, 0)
    islands = [name for name, row in zip(order, matrix, strict=True) if not row.any()]
    if islands:
        raise ValueError(f"spatial weights: no neighbour of {islands[0]!r}")
    return matrix / matrix.sum(axis=1, keepdims=True)


def nearest_weights(coordinates: ArrayLike, neighbours: int = 4) -> FloatArray:
    """Row-standardised weights of the nearest areas; ``coordinates`` (n, 2) on a flat map.

    Ties go to the area named first.
    """
    points = np.asarray(coordinates, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not np.all(np.isfinite(points)):
        raise ValueError("spatial weights: coordinates must be finite pairs (n, 2)")
    if not 0 < neighbours < len(points):
        raise ValueError(f"spatial weights: {neighbours} neighbours of {len(points)} areas")
    distance = np.sum((points[:, None] - points[None, :]) ** 2, axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :neighbours]
    matrix = np.zeros_like(distance)
    np.put_along_axis(matrix, nearest, 1 / neighbours, axis=1)
    return matrix


def moran(
    values: ArrayLike,
    weights: ArrayLike,
    rng: np.random.Generator | None = None,
    draws: int = 9_999,
    *,
    randomisation: bool = True,
) -> Moran:
    """Moran's I of ``values`` (n,) under ``weights`` (n, n).

    ``randomisation`` takes the moments over all arrangements of these values; otherwise the
    values are taken as independent normal draws. With ``rng`` the values are also permuted.

    Source: Cliff & Ord 1981, Spatial Processes, sections 1.5 and 2.3.
    """
    x, W = _checked(values, weights)
    n = x.size
    z = x - x.mean()
    if not np.any(z):
        raise ValueError("Moran's I: the values do not vary")
    s0 = W.sum()
    statistic = n / s0 * float(z @ W @ z) / float(z @ z)
    expected = -1 / (n - 1)
    s1 = np.sum((W + W.T) ** 2) / 2
    s2 = np.sum((W.sum(axis=0) + W.sum(axis=1)) ** 2)
    if randomisation:
        kurtosis = float(np.mean(z**4) / np.mean(z**2) ** 2)
        second = (
            n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
            - kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
        ) / ((n - 1) * (n - 2) * (n - 3) * s0**2)
    else:
        second = (n**2 * s1 - n * s2 + 3 * s0**2) / ((n**2 - 1) * s0**2)
    p_permutation = None
    if rng is not None:
        shuffled = rng.permuted(np.tile(z, (draws, 1)), axis=1)
        simulated = n / s0 * np.einsum("di,di->d", shuffled @ W, shuffled) / float(z @ z)
        p_permutation = _permutation_p(simulated, statistic)
    return _moran(statistic, expected, second - expected**2, p_permutation)


def moran_residuals(
    y: ArrayLike,
    X: ArrayLike,
    weights: ArrayLike,
    rng: np.random.Generator | None = None,
    draws: int = 9_999,
) -> Moran:
    """Moran's I of least-squares residuals, with moments that know they are residuals.

    Residuals are correlated by construction; plain moments would hide a pattern. With ``rng``
    the residuals are permuted and the regression is repeated on each draw (Freedman & Lane).

    Source: Cliff & Ord 1981, section 8.3.
    """
    response, W = _checked(y, weights)
    design = full_rank(X, response.size)
    n, k = design.shape
    maker = np.eye(n) - design @ np.linalg.pinv(design)
    residual = maker @ response
    s0 = W.sum()
    MW = maker @ W
    trace = float(np.trace(MW))
    expected = n / s0 * trace / (n - k)
    moment = np.trace(MW @ maker @ W.T) + np.trace(MW @ MW) + trace**2
    variance = (n / s0) ** 2 * float(moment) / ((n - k) * (n - k + 2)) - expected**2
    statistic = n / s0 * float(residual @ W @ residual) / float(residual @ residual)
    p_permutation = None
    if rng is not None:
        redone = rng.permuted(np.tile(residual, (draws, 1)), axis=1) @ maker
        top = np.einsum("di,di->d", redone @ W, redone)
        p_permutation = _permutation_p(n / s0 * top / np.sum(redone**2, axis=1), statistic)
    return _moran(statistic, expected, variance, p_permutation)


def _moran(
    statistic: float, expected: float, variance: float, p_permutation: float | None
) -> Moran:
    z = (statistic - expected) / np.sqrt(variance)
    return Moran(
        statistic=float(statistic),
        expected=float(expected),
        variance=float(variance),
        z=float(z),
        p_greater=float(stats.norm.sf(z)),
        p_permutation=p_permutation,
    )


def _permutation_p(simulated: FloatArray, statistic: float) -> float:
    return float((1 + np.sum(simulated >= statistic - 1e-12)) / (simulated.size + 1))


def _checked(values: ArrayLike, weights: ArrayLike) -> tuple[FloatArray, FloatArray]:
    x = vector(values, "values")
    W = np.asarray(weights, np.float64)
    if x.size < 4 or W.shape != (x.size, x.size):
        raise ValueError(f"Moran's I: {x.size} values need weights of shape ({x.size}, {x.size})")
    if np.any(W < 0) or np.any(np.diag(W) != 0) or not W.sum() > 0:
        raise ValueError("Moran's I: weights must not be negative, the diagonal must be zero")
    return x, W
