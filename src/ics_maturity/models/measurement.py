"""How exactly one return measures a provider: internal consistency and test-retest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ics_maturity.models.design import FloatArray, columns, vector


@dataclass(frozen=True)
class Consistency:
    """Do the parts (columns) of a score measure one thing?

    ``alpha`` is Cronbach's, ``alpha_standardised`` the same from correlations;
    ``first_eigenvalue_share`` (0 to 1) is how much of the parts' standardised variance one
    dimension carries. ``sem`` is the standard error of measurement of the mean of the parts,
    in score units: its spread times sqrt(1 - alpha).
    """

    alpha: float
    alpha_standardised: float
    first_eigenvalue_share: float
    sem: float
    n: int
    parts: int


def consistency(parts: ArrayLike) -> Consistency:
    """Consistency of ``parts`` (n, k): one row per return, one column per pillar.

    Source: Cronbach 1951, Psychometrika 16:297-334; standard error of measurement: Lord &
    Novick 1968, section 3.4.
    """
    array = np.asarray(parts)
    scores = columns(array, "parts", array.shape[0])
    n, k = scores.shape
    if k < 2 or n < 3:
        raise ValueError(f"consistency: needs two parts and three rows, found {k} and {n}")
    covariance = np.cov(scores, rowvar=False)
    if np.any(np.diag(covariance) == 0):
        raise ValueError("consistency: a part does not vary")
    alpha = k / (k - 1) * (1 - np.trace(covariance) / covariance.sum())
    correlation = np.corrcoef(scores, rowvar=False)
    mean_r = (correlation.sum() - k) / (k * (k - 1))
    spread = float(np.std(scores.mean(axis=1), ddof=1))
    return Consistency(
        alpha=float(alpha),
        alpha_standardised=float(k * mean_r / (1 + (k - 1) * mean_r)),
        first_eigenvalue_share=float(np.linalg.eigvalsh(correlation)[-1] / k),
        sem=spread * float(np.sqrt(max(0.0, 1 - alpha))),
        n=n,
        parts=k,
    )


@dataclass(frozen=True)
class Retest:
    """Two readings of the same providers a year apart.

    ``sem`` is the spread of the differences over sqrt 2. It counts real change as error, so
    it is an upper bound of the error of one reading.
    """

    correlation: float
    sem: float
    mean_change: float
    n: int


def retest(first: ArrayLike, second: ArrayLike) -> Retest:
    """Standard error of measurement from two readings (n,) of the same providers.

    Source: Bland & Altman 1996, BMJ 313:744.
    """
    a = vector(first, "first reading")
    b = vector(second, "second reading", a.size)
    if a.size < 3:
        raise ValueError("test-retest: needs three providers with both readings")
    change = b - a
    return Retest(
        correlation=float(np.corrcoef(a, b)[0, 1]),
        sem=float(np.std(change, ddof=1) / np.sqrt(2)),
        mean_change=float(change.mean()),
        n=a.size,
    )


def measurement_variances(sem: float, returns: ArrayLike) -> FloatArray:
    """Variance of a mean of ``returns`` independent readings per group (view B)."""
    counts = vector(returns, "number of returns")
    if sem <= 0 or np.any(counts < 1):
        raise ValueError("measurement variances: the error and the counts must be positive")
    return sem**2 / counts
