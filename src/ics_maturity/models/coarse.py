"""What can be learnt from rounded or partly published scores."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr

from ics_maturity.models.design import BoolArray, FloatArray, IntArray, full_rank, vector
from ics_maturity.models.estimate import Coefficient, t_coefficient

_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)
_STEPS = 100
_CLOSE = 1e-8  # squared length of a Newton step, in standard errors
_CERTAIN = -1e-6  # log likelihood at which every interval has all the probability


@dataclass(frozen=True)
class IntervalRegression:
    """Normal regression of values known only to lie between two ends.

    ``covariance`` is that of the coefficients and log sigma together (last row and column).
    """

    beta: FloatArray
    sigma: float
    log_likelihood: float
    covariance: FloatArray

    @property
    def se(self) -> FloatArray:
        """Standard errors of the coefficients, by maximum likelihood."""
        return np.sqrt(np.diag(self.covariance)[:-1])


def jackknife_coefficient(
    low: ArrayLike, high: ArrayLike, X: ArrayLike, position: int
) -> Coefficient:
    """One coefficient of :func:`interval_regression`, its error by leaving out each row.

    Means of two providers scatter more than means of sixteen, which the likelihood does not
    know: its own errors are too short. Tested by t(n - 1).

    Source: MacKinnon & White 1985, Journal of Econometrics 29:305-325.
    """
    lower, upper = vector(low, "lower ends"), vector(high, "upper ends")
    design = full_rank(X, lower.size)
    whole = interval_regression(lower, upper, design).beta[position]
    stay = ~np.eye(lower.size, dtype=bool)
    changes = [
        interval_regression(lower[rows], upper[rows], design[rows]).beta[position] - whole
        for rows in stay
    ]
    variance = (lower.size - 1) / lower.size * float(np.sum(np.square(changes)))
    return t_coefficient(
        "interval regression, jackknife t(n-1)", float(whole), math.sqrt(variance), lower.size - 1
    )


def interval_regression(low: ArrayLike, high: ArrayLike, X: ArrayLike) -> IntervalRegression:
    """Maximum likelihood from intervals: a score published as 2.3 lies in 2.25 to 2.35.

    Args:
        low: lower ends (n,).
        high: upper ends (n,), above the lower ends.
        X: design matrix (n, p) with its intercept column.

    Source: Stewart 1983, Review of Economic Studies 50:737-753.

    Raises:
        ValueError: when an interval is empty or the likelihood has no maximum.
    """
    lower = vector(low, "lower ends")
    upper = vector(high, "upper ends", lower.size)
    _refuse_empty(upper <= lower)
    design = full_rank(X, lower.size)
    basis, triangle = np.linalg.qr(design)
    middle = (lower + upper) / 2
    start = basis.T @ middle
    spread = math.sqrt(float(np.mean((middle - basis @ start) ** 2 + (upper - lower) ** 2)))
    # In (beta, 1) / sigma the log likelihood is concave (Olsen 1978, Econometrica 46:1211-1215),
    # so Newton's steps, halved where they overshoot, reach its only maximum.
    point = np.append(start / spread, 1 / spread)
    value, gradient, hessian = _likelihood(point, lower, upper, basis)
    for _ in range(_STEPS):
        if value > _CERTAIN:
            raise ValueError(
                "interval regression: no maximum; the covariates explain every interval exactly"
            )
        step = np.asarray(np.linalg.solve(-hessian, gradient), np.float64)
        if float(gradient @ step) < _CLOSE:
            point = point + step  # errors square with each step: this one leaves none
            value, _, hessian = _likelihood(point, lower, upper, basis)
            break
        point, (value, gradient, hessian) = _uphill(point, step, value, lower, upper, basis)
    else:
        raise ValueError(f"interval regression: no maximum found in {_STEPS} steps")
    precision = point[-1]
    jacobian = np.eye(point.size) / precision
    jacobian[:-1, -1] = -point[:-1] / precision**2
    jacobian[-1, -1] = -1 / precision
    back = np.eye(point.size)
    back[:-1, :-1] = np.linalg.inv(triangle)
    change = back @ jacobian
    return IntervalRegression(
        beta=back[:-1, :-1] @ point[:-1] / precision,
        sigma=float(1 / precision),
        log_likelihood=value,
        covariance=change @ np.linalg.inv(-hessian) @ change.T,
    )


def _uphill(
    point: FloatArray,
    step: FloatArray,
    value: float,
    lower: FloatArray,
    upper: FloatArray,
    X: FloatArray,
) -> tuple[FloatArray, tuple[float, FloatArray, FloatArray]]:
    """The longest of step, step/2, step/4, ... that does not lower the likelihood."""
    while True:
        trial = point + step
        if trial[-1] > 0:
            tried = _likelihood(trial, lower, upper, X)
            if tried[0] >= value:
                return trial, tried
        step = step / 2


def _likelihood(
    point: FloatArray, lower: FloatArray, upper: FloatArray, X: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Log likelihood, gradient and Hessian at (beta, 1) / sigma."""
    a = point[-1] * lower - X @ point[:-1]
    b = point[-1] * upper - X @ point[:-1]
    # The normal tail is exact on the left only: reflect intervals that lie to the right.
    flip = a > 0
    left, right = np.where(flip, -b, a), np.where(flip, -a, b)
    log_p = log_ndtr(right) + np.log1p(-np.exp(log_ndtr(left) - log_ndtr(right)))
    density_a = np.exp(-0.5 * a**2 - _LOG_ROOT_2PI - log_p)
    density_b = np.exp(-0.5 * b**2 - _LOG_ROOT_2PI - log_p)
    da, db = np.column_stack([-X, lower]), np.column_stack([-X, upper])
    score = db * density_b[:, None] - da * density_a[:, None]
    curvature = (da * (a * density_a)[:, None]).T @ da - (db * (b * density_b)[:, None]).T @ db
    return float(log_p.sum()), score.sum(axis=0), curvature - score.T @ score


@dataclass(frozen=True)
class SlopeBounds:
    """Least and greatest least-squares slope that the intervals allow; exact and attained."""

    low: float
    high: float


def slope_bounds(low: ArrayLike, high: ArrayLike, x: ArrayLike) -> SlopeBounds:
    """Bounds of the slope on ``x`` when each response is only known to lie in its interval.

    A slope is a weighted sum of responses, so its extremes take one end of each interval. For
    press lists, give an unnamed system the whole interval that the text leaves open to it:
    the named ones were chosen by a journalist, and no estimate should pretend otherwise.

    Source: Manski 2003, Partial Identification of Probability Distributions, chapter 1.
    """
    lower = vector(low, "lower ends")
    upper = vector(high, "upper ends", lower.size)
    _refuse_empty(upper < lower)
    covariate = vector(x, "covariate", lower.size)
    centred = covariate - covariate.mean()
    if not np.any(centred):
        raise ValueError("slope bounds: the covariate does not vary")
    weight = centred / float(centred @ centred)
    return SlopeBounds(
        low=float(np.sum(weight * np.where(weight > 0, lower, upper))),
        high=float(np.sum(weight * np.where(weight > 0, upper, lower))),
    )


def rank_bounds(low: ArrayLike, high: ArrayLike) -> tuple[IntArray, IntArray]:
    """Best and worst rank (k,) that each group can have, whatever its interval hides.

    Rank 1 is the highest. Two systems both published as 2.3 are tied in print only; their
    order is unknown, not equal. Intervals that only touch leave the order open.
    """
    lower = vector(low, "lower ends")
    upper = vector(high, "upper ends", lower.size)
    _refuse_empty(upper < lower)
    best = 1 + np.sum(lower[None, :] > upper[:, None], axis=1)
    worst = lower.size - np.sum(upper[None, :] < lower[:, None], axis=1)
    return best, worst


def rounding_interval(published: ArrayLike, decimals: int) -> tuple[FloatArray, FloatArray]:
    """Ends between which a value lay before it was rounded to ``decimals``."""
    values = vector(published, "published values")
    half = 0.5 * 10.0**-decimals
    return values - half, values + half


def _refuse_empty(empty: BoolArray) -> None:
    if np.any(empty):
        raise ValueError(f"interval in row {np.flatnonzero(empty)[0]} is empty")
