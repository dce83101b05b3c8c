"""Standard errors that do not trust the model: for unequal variances and for clusters.

All functions fit ordinary least squares and return one coefficient per column of X. With 42
systems the choice matters: plain cluster-robust errors with the normal distribution reject a
true null too often, which :func:`cr1` is here to show.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ics_maturity.models.design import FloatArray, IntArray, full_rank, group_codes, vector
from ics_maturity.models.estimate import Coefficient, t_coefficient, undecided

HCKind = Literal["HC0", "HC1", "HC2", "HC3", "HC4"]
_LEVERAGE_ONE = 1e-10  # 1 - leverage below this: no residual is left to learn from
_SEEN = 0.99  # least share of a coefficient's variance that the residuals must be able to show


@dataclass(frozen=True)
class _Ols:
    """Least squares with rows sorted by cluster; ``parts`` are the clusters' row ranges."""

    X: FloatArray
    beta: FloatArray
    residual: FloatArray
    bread: FloatArray  # (X'X)^-1
    names: NDArray
    parts: list[slice]


def hc(y: ArrayLike, X: ArrayLike, kind: HCKind = "HC3") -> tuple[Coefficient, ...]:
    """Heteroskedasticity-consistent errors for independent rows, t with n - p df.

    Source: MacKinnon & White 1985, Journal of Econometrics 29:305-325; HC4 of Cribari-Neto
    2004, Computational Statistics & Data Analysis 45:215-233.

    Raises:
        ValueError: for HC2 to HC4 when a row has leverage 1 (no residual to learn from).
    """
    fit = _fit(y, X, None)
    n, p = fit.X.shape
    leverage = np.einsum("np,pq,nq->n", fit.X, fit.bread, fit.X)
    if kind in ("HC2", "HC3", "HC4") and np.any(1 - leverage < _LEVERAGE_ONE):
        raise ValueError(f"{kind}: a row has leverage 1; it alone decides a coefficient")
    factor = {
        "HC0": lambda: np.ones(n),
        "HC1": lambda: np.full(n, n / (n - p)),
        "HC2": lambda: 1 / (1 - leverage),
        "HC3": lambda: 1 / (1 - leverage) ** 2,
        "HC4": lambda: (1 - leverage) ** -np.minimum(4, n * leverage / p),
    }[kind]()
    meat = (fit.X * (factor * fit.residual**2)[:, None]).T @ fit.X
    return _coefficients(f"{kind}, t(n-p)", fit, fit.bread @ meat @ fit.bread, [n - p] * p)


def cr1(y: ArrayLike, X: ArrayLike, clusters: ArrayLike) -> tuple[Coefficient, ...]:
    """Plain cluster-robust errors with the normal distribution: shown only because they fail.

    Source: Liang & Zeger 1986, Biometrika 73:13-22, with the usual factor
    G/(G-1) (n-1)/(n-p); why they fail: Cameron, Gelbach & Miller 2008, Review of Economics
    and Statistics 90:414-427.
    """
    fit = _fit(y, X, clusters)
    n, p = fit.X.shape
    groups = len(fit.parts)
    scores = np.array([fit.X[rows].T @ fit.residual[rows] for rows in fit.parts])
    factor = groups / (groups - 1) * (n - 1) / (n - p)
    covariance = factor * fit.bread @ (scores.T @ scores) @ fit.bread
    return _coefficients("CR1, normal", fit, covariance, [np.inf] * p)


def cr2(y: ArrayLike, X: ArrayLike, clusters: ArrayLike) -> tuple[Coefficient, ...]:
    """Bias-reduced cluster-robust errors with Satterthwaite degrees of freedom.

    Residuals of cluster j are multiplied by (I - H_jj)^(-1/2), which makes the variance
    unbiased under independent errors; its degrees of freedom are matched to the same case.
    The inverse root is taken in the p columns, so work is linear in the number of rows.
    A coefficient that rests on a cluster without residuals of its own (leverage 1) has no error
    to learn from there: where that hides more than a hundredth of its variance, its error, p
    and interval are nan.

    Source: Bell & McCaffrey 2002, Survey Methodology 28:169-181; Pustejovsky & Tipton 2018,
    Journal of Business & Economic Statistics 36:672-683.
    """
    fit = _fit(y, X, clusters)
    root = np.linalg.cholesky(fit.bread)
    adjusted = [_inverse_root_times(fit.X[rows] @ root, fit.X[rows]) for rows in fit.parts]
    scores = np.array(
        [a.T @ fit.residual[rows] for a, rows in zip(adjusted, fit.parts, strict=True)]
    )
    covariance = fit.bread @ (scores.T @ scores) @ fit.bread
    # a_j' (I - H_ij) a_i for the vectors a_j = A_j X_j (X'X)^-1 c, all columns c at once.
    own = np.array([np.einsum("np,nq->pq", a, a) for a in adjusted])
    own_norm = np.einsum("pc,gpq,qc->cg", fit.bread, own, fit.bread)
    crossed = np.array(
        [fit.X[rows].T @ a @ fit.bread for a, rows in zip(adjusted, fit.parts, strict=True)]
    )
    df = []
    for column in range(fit.X.shape[1]):
        shared = crossed[:, :, column]
        inner = np.diag(own_norm[column]) - shared @ fit.bread @ shared.T
        # The trace is the share of the model variance the estimator can see; 1 if unhindered.
        seen = np.trace(inner) / fit.bread[column, column]
        df.append(float(np.trace(inner) ** 2 / np.sum(inner**2)) if seen > _SEEN else np.nan)
    return _coefficients("CR2, Satterthwaite t", fit, covariance, df)


def cv3(
    y: ArrayLike, X: ArrayLike, clusters: ArrayLike, *, scaled: bool = True
) -> tuple[Coefficient, ...]:
    """Leave-one-cluster-out jackknife errors, t with G - 1 df.

    ``scaled=False`` leaves out the factor (G - 1)/G, which gives the CR3 of other programs.

    Source: MacKinnon, Nielsen & Webb 2023, Journal of Applied Econometrics 38:671-694.

    Raises:
        ValueError: when a coefficient cannot be estimated without one of the clusters.
    """
    fit = _fit(y, X, clusters)
    groups = len(fit.parts)
    changes = np.empty((groups, fit.X.shape[1]))
    information = np.linalg.inv(fit.bread)
    for g, rows in enumerate(fit.parts):
        own = fit.X[rows]
        rest = information - own.T @ own
        # Relative to the whole, so that the units of a column do not matter.
        if np.linalg.eigvals(fit.bread @ rest).real.min() < _LEVERAGE_ONE:
            raise ValueError(f"CV3: no estimate without cluster {fit.names[g]}")
        changes[g] = np.linalg.solve(rest, own.T @ fit.residual[rows])
    factor = (groups - 1) / groups if scaled else 1.0
    label = "CV3 jackknife, t(G-1)" if scaled else "CR3, t(G-1)"
    return _coefficients(label, fit, factor * changes.T @ changes, [groups - 1] * fit.X.shape[1])


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests that an effect lies inside (-margin, margin).

    ``p`` is the larger of the two; ``equivalent`` says whether it is at most ``alpha``.
    ``low`` and ``high`` bound the matching 1 - 2 alpha interval.
    """

    margin: float
    p_lower: float
    p_upper: float
    p: float
    low: float
    high: float
    equivalent: bool


def tost(coefficient: Coefficient, margin: float, alpha: float = 0.05) -> Equivalence:
    """Is the effect smaller than ``margin``? Not rejecting zero is no answer to that.

    Source: Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15:657-680.
    """
    if not margin > 0:
        raise ValueError(f"equivalence: the margin must be positive, found {margin}")
    reference = stats.norm if np.isinf(coefficient.df) else stats.t(coefficient.df)
    p_lower = float(reference.sf((coefficient.estimate + margin) / coefficient.se))
    p_upper = float(reference.cdf((coefficient.estimate - margin) / coefficient.se))
    half = float(reference.ppf(1 - alpha)) * coefficient.se
    p = max(p_lower, p_upper)
    return Equivalence(
        margin=margin,
        p_lower=p_lower,
        p_upper=p_upper,
        p=p,
        low=coefficient.estimate - half,
        high=coefficient.estimate + half,
        equivalent=p <= alpha,
    )


def _fit(y: ArrayLike, X: ArrayLike, clusters: ArrayLike | None) -> _Ols:
    response = vector(y, "response")
    design = full_rank(X, response.size)
    names, parts = np.array([]), list[slice]()
    if clusters is not None:
        names, codes = group_codes(np.asarray(clusters), response.size)
        if len(names) < 2:
            raise ValueError("cluster-robust errors need at least two clusters")
        order = np.argsort(codes, kind="stable")
        response, design = response[order], design[order]
        parts = _ranges(codes[order])
    basis, triangle = np.linalg.qr(design)
    inverse = np.linalg.inv(triangle)
    beta = inverse @ (basis.T @ response)
    return _Ols(design, beta, response - design @ beta, inverse @ inverse.T, names, parts)


def _ranges(sorted_codes: IntArray) -> list[slice]:
    edges = np.flatnonzero(np.diff(sorted_codes)) + 1
    starts = [0, *edges.tolist()]
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], sorted_codes.size], strict=True)]


def _inverse_root_times(half_hat: FloatArray, own: FloatArray) -> FloatArray:
    """(I - BB')^(-1/2) X for B (n_j, p): the identity outside the columns of B.

    Directions with leverage 1 have no residual; the generalised inverse leaves them out.
    """
    values, vectors = np.linalg.eigh(half_hat.T @ half_hat)
    free = 1 - values
    seen = values > _LEVERAGE_ONE
    root = np.where(free > _LEVERAGE_ONE, 1 / np.sqrt(np.maximum(free, _LEVERAGE_ONE)), 0.0)
    stretch = np.where(seen, (root - 1) / np.where(seen, values, 1.0), 0.5)
    along = half_hat @ vectors
    return own + along @ (stretch[:, None] * (along.T @ own))


def _coefficients(
    method: str, fit: _Ols, covariance: FloatArray, df: list[float] | list[int]
) -> tuple[Coefficient, ...]:
    se = np.sqrt(np.diag(covariance))
    return tuple(
        undecided(method, float(b)) if np.isnan(d) else t_coefficient(method, float(b), float(s), d)
        for b, s, d in zip(fit.beta, se, df, strict=True)
    )
