"""Standard errors that do not trust the model: for unequal variances and for clusters.

All functions fit ordinary least squares and return one coefficient per column of X. With 42
systems the choice matters: plain cluster-robust errors with the normal distribution reject a
true null too often, which :func:`cr1` is here to show.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from ics_maturity.models.design import (
    FloatArray,
    IntArray,
    full_rank,
    group_codes,
    group_sums,
    vector,
)
from ics_maturity.models.estimate import Coefficient, t_coefficient, undecided

HCKind = Literal["HC0", "HC1", "HC2", "HC3", "HC4"]
_LEVERAGE_ONE = 1e-10  # 1 - leverage below this: no residual is left to learn from
_SEEN = 0.99  # least share of a coefficient's variance that the residuals must be able to show


@dataclass(frozen=True)
class Sandwich:
    """Least squares at one design with the errors of one method, before any response is seen.

    The variance of coefficient k is ``factor`` times the sum over groups of the squared sum of
    ``weights[:, k] * residual`` over the group's rows. So one design serves any number of
    responses: its weights and degrees of freedom do not depend on them.

    ``solver`` (p, n) takes a response to its coefficients; ``codes`` (n,) is the group of each
    row; ``df`` (p,) is nan where the method cannot know the coefficient's error.
    """

    method: str
    X: FloatArray
    solver: FloatArray
    weights: FloatArray
    codes: IntArray
    factor: float
    df: FloatArray

    def fit(self, Y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Coefficients and standard errors (p, B) of the responses ``Y`` (n, B)."""
        beta = self.solver @ Y
        residual = Y - self.X @ beta
        groups = int(self.codes.max()) + 1
        squares = [
            np.sum(group_sums(column[:, None] * residual, self.codes, groups) ** 2, axis=0)
            for column in self.weights.T
        ]
        return beta, np.sqrt(self.factor * np.array(squares))

    def coefficients(self, y: ArrayLike) -> tuple[Coefficient, ...]:
        """One coefficient per column of the design for the response ``y`` (n,)."""
        response = vector(y, "response", self.X.shape[0])
        beta, se = self.fit(response[:, None])
        return tuple(
            undecided(self.method, float(b))
            if np.isnan(d)
            else t_coefficient(self.method, float(b), float(s), float(d))
            for b, s, d in zip(beta[:, 0], se[:, 0], self.df, strict=True)
        )


def hc(y: ArrayLike, X: ArrayLike, kind: HCKind = "HC3") -> tuple[Coefficient, ...]:
    """Heteroskedasticity-consistent errors for independent rows, t with n - p df.

    Source: MacKinnon & White 1985, Journal of Econometrics 29:305-325; HC4 of Cribari-Neto
    2004, Computational Statistics & Data Analysis 45:215-233.

    Raises:
        ValueError: for HC2 to HC4 when a row has leverage 1 (no residual to learn from).
    """
    return hc_errors(_design(y, X), kind).coefficients(y)


def hc_errors(X: ArrayLike, kind: HCKind = "HC3") -> Sandwich:
    """The errors of :func:`hc` at the design ``X``."""
    design, solver, _ = _solved(X)
    n, p = design.shape
    leverage = np.einsum("np,pn->n", design, solver)
    if kind in ("HC2", "HC3", "HC4") and np.any(1 - leverage < _LEVERAGE_ONE):
        raise ValueError(f"{kind}: a row has leverage 1; it alone decides a coefficient")
    factor = {
        "HC0": lambda: np.ones(n),
        "HC1": lambda: np.full(n, n / (n - p)),
        "HC2": lambda: 1 / (1 - leverage),
        "HC3": lambda: 1 / (1 - leverage) ** 2,
        "HC4": lambda: (1 - leverage) ** -np.minimum(4, n * leverage / p),
    }[kind]()
    weights = solver.T * np.sqrt(factor)[:, None]
    return Sandwich(
        f"{kind}, t(n-p)", design, solver, weights, np.arange(n), 1.0, np.full(p, float(n - p))
    )


def cr1(y: ArrayLike, X: ArrayLike, clusters: ArrayLike) -> tuple[Coefficient, ...]:
    """Plain cluster-robust errors with the normal distribution: shown only because they fail.

    Source: Liang & Zeger 1986, Biometrika 73:13-22, with the usual factor
    G/(G-1) (n-1)/(n-p); why they fail: Cameron, Gelbach & Miller 2008, Review of Economics
    and Statistics 90:414-427.
    """
    return cr1_errors(_design(y, X), clusters).coefficients(y)


def cr1_errors(X: ArrayLike, clusters: ArrayLike) -> Sandwich:
    """The errors of :func:`cr1` at the design ``X``."""
    design, solver, _ = _solved(X)
    n, p = design.shape
    names, codes = _clusters(clusters, n)
    groups = len(names)
    factor = groups / (groups - 1) * (n - 1) / (n - p)
    return Sandwich("CR1, normal", design, solver, solver.T, codes, factor, np.full(p, np.inf))


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
    return cr2_errors(_design(y, X), clusters).coefficients(y)


def cr2_errors(X: ArrayLike, clusters: ArrayLike) -> Sandwich:
    """The errors of :func:`cr2` at the design ``X``."""
    design, solver, bread = _solved(X)
    names, codes = _clusters(clusters, design.shape[0])
    # a_j' (I - H_ij) a_i for the vectors a_j = A_j X_j (X'X)^-1 c, all columns c at once.
    weights = _adjusted(design, bread, codes) @ bread
    shared = _crossed(design, weights, codes, len(names)).transpose(2, 0, 1)
    # These products are a diagonal less a matrix of rank p, D - S B S': its trace and its sum of
    # squares need no matrix of clusters by clusters, which for many providers fits no memory.
    diagonal = group_sums(weights**2, codes, len(names)).T
    hidden = np.einsum("cgp,pq,cgq->cg", shared, bread, shared, optimize=True)
    inner = bread @ (shared.transpose(0, 2, 1) @ shared)
    trace = np.sum(diagonal - hidden, axis=1)
    squares = np.sum(diagonal * (diagonal - 2 * hidden), axis=1)
    squares += np.sum(inner * inner.transpose(0, 2, 1), axis=(1, 2))
    # The trace is the share of the model variance the estimator can see; 1 if unhindered.
    seen = trace / np.diag(bread) > _SEEN
    df = np.full(trace.shape, np.nan)
    df[seen] = trace[seen] ** 2 / squares[seen]
    return Sandwich("CR2, Satterthwaite t", design, solver, weights, codes, 1.0, df)


def cv3(
    y: ArrayLike, X: ArrayLike, clusters: ArrayLike, *, scaled: bool = True
) -> tuple[Coefficient, ...]:
    """Leave-one-cluster-out jackknife errors, t with G - 1 df.

    ``scaled=False`` leaves out the factor (G - 1)/G, which gives the CR3 of other programs.

    Source: MacKinnon, Nielsen & Webb 2023, Journal of Applied Econometrics 38:671-694.

    Raises:
        ValueError: when a coefficient cannot be estimated without one of the clusters.
    """
    return cv3_errors(_design(y, X), clusters, scaled=scaled).coefficients(y)


def cv3_errors(X: ArrayLike, clusters: ArrayLike, *, scaled: bool = True) -> Sandwich:
    """The errors of :func:`cv3` at the design ``X``."""
    design, solver, bread = _solved(X)
    names, codes = _clusters(clusters, design.shape[0])
    groups = len(names)
    weights = np.empty_like(design)
    information = np.linalg.inv(bread)
    for name, rows in zip(names, _rows_by_cluster(codes), strict=True):
        own = design[rows]
        rest = information - own.T @ own
        # Relative to the whole, so that the units of a column do not matter.
        if np.linalg.eigvals(bread @ rest).real.min() < _LEVERAGE_ONE:
            raise ValueError(f"CV3: no estimate without cluster {name}")
        weights[rows] = np.linalg.solve(rest, own.T).T
    factor = (groups - 1) / groups if scaled else 1.0
    label = "CV3 jackknife, t(G-1)" if scaled else "CR3, t(G-1)"
    df = np.full(design.shape[1], float(groups - 1))
    return Sandwich(label, design, solver, weights, codes, factor, df)


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
    p_lower = float(stdtr(coefficient.df, -(coefficient.estimate + margin) / coefficient.se))
    p_upper = float(stdtr(coefficient.df, (coefficient.estimate - margin) / coefficient.se))
    half = float(stdtrit(coefficient.df, 1 - alpha)) * coefficient.se
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


def _design(y: ArrayLike, X: ArrayLike) -> FloatArray:
    """The design, checked against a checked response."""
    return full_rank(X, vector(y, "response").size)


def _solved(X: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Design (n, p), solver (X'X)^-1 X' (p, n) and bread (X'X)^-1."""
    array = np.asarray(X)
    design = full_rank(array, array.shape[0])
    basis, triangle = np.linalg.qr(design)
    inverse = np.linalg.inv(triangle)
    return design, inverse @ basis.T, inverse @ inverse.T


def _clusters(clusters: ArrayLike, rows: int) -> tuple[NDArray, IntArray]:
    names, codes = group_codes(np.asarray(clusters), rows)
    if len(names) < 2:
        raise ValueError("cluster-robust errors need at least two clusters")
    return names, codes


def _rows_by_cluster(codes: IntArray) -> list[IntArray]:
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _crossed(left: FloatArray, right: FloatArray, codes: IntArray, groups: int) -> FloatArray:
    """left_j' right_j for the rows of each cluster j, shape (groups, p, q)."""
    products = left[:, :, None] * right[:, None, :]
    flat = group_sums(products.reshape(codes.size, -1), codes, groups)
    return flat.reshape(groups, left.shape[1], right.shape[1])


def _adjusted(design: FloatArray, bread: FloatArray, codes: IntArray) -> FloatArray:
    """(I - H_jj)^(-1/2) X_j for every cluster j.

    H_jj is BB' for B = X_j R (n_j, p) with RR' = (X'X)^-1, the ``bread``; the inverse
    root is the identity outside the columns of B. Directions with leverage 1 have no residual;
    the generalised inverse leaves them out.
    """
    half_hat = design @ np.linalg.cholesky(bread)
    groups = int(codes.max()) + 1
    values, vectors = np.linalg.eigh(_crossed(half_hat, half_hat, codes, groups))
    free = 1 - values
    seen = values > _LEVERAGE_ONE
    inverse = np.where(free > _LEVERAGE_ONE, 1 / np.sqrt(np.maximum(free, _LEVERAGE_ONE)), 0.0)
    stretch = np.where(seen, (inverse - 1) / np.where(seen, values, 1.0), 0.5)
    inside = (vectors * stretch[:, None, :]) @ vectors.transpose(0, 2, 1)
    step = inside @ _crossed(half_hat, design, codes, groups)
    return design + np.einsum("np,npq->nq", half_hat, step[codes])
