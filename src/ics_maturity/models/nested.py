"""Variance components at three levels: ICS, provider within ICS, return within provider."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from ics_maturity.models.design import FloatArray, IntArray, full_rank, group_codes, vector
from ics_maturity.models.spectral import (
    GroupSpectrum,
    group_spectrum,
)

_GRID = np.linspace(math.log(1e-6), math.log(1e6), 25)
_NEAR, _KNOWN = 0.02, 1e-5  # in the logarithm of a ratio


@dataclass(frozen=True)
class NestedComponents:
    """REML fit of y = X b + u_upper + v_lower + e, variances in squared response units."""

    beta: FloatArray
    covariance: FloatArray
    tau2_upper: float
    tau2_lower: float
    sigma2: float
    log_likelihood: float

    @property
    def se(self) -> FloatArray:
        """Standard errors of ``beta``."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def shares(self) -> tuple[float, float, float]:
        """Shares of the total variance: upper, lower, residual."""
        total = self.tau2_upper + self.tau2_lower + self.sigma2
        return self.tau2_upper / total, self.tau2_lower / total, self.sigma2 / total


def nested_components(
    y: ArrayLike, X: ArrayLike, upper: ArrayLike, lower: ArrayLike
) -> NestedComponents:
    """Exact REML for rows nested in ``lower`` groups nested in ``upper`` groups.

    For a given lower ratio the rows can be whitened group by group, which leaves a
    random-intercept model whose upper ratio is found exactly; one search over the lower ratio
    does the rest.

    Args:
        y: responses (n,).
        X: design matrix (n, p) with its intercept column.
        upper: label per row, e.g. the ICS.
        lower: label per row, e.g. the provider; several rows per provider.

    Raises:
        ValueError: when a lower group lies in two upper groups, or no lower group has two rows.

    Source: Searle, Casella & McCulloch 1992, Variance Components, chapter 6.
    """
    response = vector(y, "response")
    design = full_rank(X, response.size)
    upper_names, upper_codes = group_codes(np.asarray(upper), response.size)
    lower_names, lower_codes = group_codes(np.asarray(lower), response.size)
    sizes = np.bincount(lower_codes).astype(np.float64)
    _check_nesting(upper_codes, lower_codes, lower_names, sizes)
    data = np.column_stack([response, design])

    def whitened(lower_ratio: float) -> GroupSpectrum:
        shrink = 1 - 1 / np.sqrt(1 + sizes * lower_ratio)
        white = data - _group_means(data, lower_codes, sizes) * shrink[lower_codes, None]
        return group_spectrum(
            white[:, :1], white[:, 1:], upper_codes, len(upper_names), 1 - shrink[lower_codes]
        )

    def best(spectrum: GroupSpectrum, lower_ratio: float) -> tuple[FloatArray, float, float]:
        """Upper ratio, residual variance and log likelihood at their best for a lower ratio."""
        profile = spectrum.reml()
        ratio = profile.best_ratio()
        sigma2 = float(profile.residual_ss(ratio)[0]) / spectrum.df
        logs = np.log1p(spectrum.eigenvalues * ratio[0]).sum()
        determinant = float(logs + np.log1p(sizes * lower_ratio).sum()) + spectrum.log_det_xx
        return (
            ratio,
            sigma2,
            -0.5 * (spectrum.df * (math.log(2 * math.pi * sigma2) + 1) + determinant),
        )

    def fit(lower_ratio: float) -> NestedComponents:
        spectrum = whitened(lower_ratio)
        ratio, sigma2, log_likelihood = best(spectrum, lower_ratio)
        beta, unscaled = spectrum.gls(ratio)
        return NestedComponents(
            beta=beta[0],
            covariance=sigma2 * unscaled[0],
            tau2_upper=float(ratio[0]) * sigma2,
            tau2_lower=lower_ratio * sigma2,
            sigma2=sigma2,
            log_likelihood=log_likelihood,
        )

    def criterion(log_ratio: float) -> float:
        lower_ratio = math.exp(log_ratio)
        return -best(whitened(lower_ratio), lower_ratio)[2]

    start = _GRID[np.argmin([criterion(value) for value in _GRID])]
    step = _GRID[1] - _GRID[0]
    found = minimize_scalar(
        criterion, bounds=(start - step, start + step), method="bounded", options={"xatol": 1e-7}
    )
    inside, boundary = fit(math.exp(_sharpened(criterion, float(found.x)))), fit(0.0)
    return inside if inside.log_likelihood > boundary.log_likelihood else boundary


def _sharpened(criterion: Callable[[float], float], lowest: float) -> float:
    """The lowest point near one that is known to some six digits.

    So near it the criterion is flat to its own last digit, and a search by values ends where the
    processor's rounding has it end. The slope of a polynomial through wider points says more.
    """
    around = [lowest - _NEAR, lowest + _NEAR]
    slope = Chebyshev.interpolate(np.vectorize(criterion), 6, domain=around).deriv()
    level = np.asarray(slope.roots(), np.complex128)
    near = level[np.abs(level - lowest) < _KNOWN]
    return float(near[0].real) if near.size else lowest


def _group_means(data: FloatArray, codes: IntArray, sizes: FloatArray) -> FloatArray:
    sums = np.column_stack([np.bincount(codes, weights=column) for column in data.T])
    return (sums / sizes[:, None])[codes]


def _check_nesting(upper: IntArray, lower: IntArray, names: np.ndarray, sizes: FloatArray) -> None:
    home = np.full(sizes.size, -1)
    home[lower] = upper
    strays = np.unique(lower[home[lower] != upper])
    if strays.size:
        raise ValueError(f"nesting: {names[strays[0]]} has rows in more than one upper group")
    if sizes.max() < 2:
        raise ValueError("nesting: no lower group has two rows, so its variance is not identified")
