"""Does the rural share of a system go with its score? One slope, tested six ways.

Rural share is an attribute of the system: nothing here says how rural and urban providers of
one system differ. Slopes are in score units for a rural share from 0 to 1.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ics_maturity.models.design import (
    FloatArray,
    IntArray,
    columns,
    full_rank,
    group_codes,
    group_sums,
    vector,
    with_intercept,
)
from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.inference import cr1, cr2, cv3, hc
from ics_maturity.models.permutation import PermutationTest, label_permutation
from ics_maturity.models.variance import group_level_coefficient, guarded, random_intercept
from ics_maturity.models.wild import WildBootstrap, wild_cluster_bootstrap

_RURAL = 1  # position of the rural share in the design matrix


@dataclass(frozen=True)
class ConfirmatorySet:
    """The slope of rural share by every confirmatory method.

    ``primary`` is REML on provider scores. The others use least squares on provider scores,
    but for ``hc3``, which uses system means. ``plain`` is printed only to show what clustered
    errors with the normal distribution would have claimed.
    """

    primary: Coefficient
    cr2: Coefficient
    cv3: Coefficient
    wild: WildBootstrap
    hc3: Coefficient
    permutation: PermutationTest
    plain: Coefficient

    def table(self) -> pd.DataFrame:
        """One row per method: role, method, estimate, se, df, statistic, p, low, high.

        Resampling methods leave se, df and the interval empty; the bootstrap's statistic is t,
        the permutation's F.
        """
        rows = [
            {"role": role, **asdict(coefficient)}
            for role, coefficient in (
                ("primary", self.primary),
                ("check", self.cr2),
                ("check", self.cv3),
                ("check", self.hc3),
                ("for comparison only", self.plain),
            )
        ]
        resampled = [
            {
                "role": "check",
                "method": "wild cluster bootstrap, Webb",
                "estimate": self.cr2.estimate,
                "statistic": self.wild.statistic,
                "p": self.wild.p,
            },
            {
                "role": "check",
                "method": "permutation of system labels",
                "statistic": self.permutation.statistic,
                "p": self.permutation.p,
            },
        ]
        rows[-1:-1] = resampled
        order = ["role", "method", "estimate", "se", "df", "statistic", "p", "low", "high"]
        return pd.DataFrame(rows)[order]


def confirmatory_set(
    scores: ArrayLike,
    rural: ArrayLike,
    ics: ArrayLike,
    rng: np.random.Generator,
    covariates: ArrayLike | None = None,
    draws: int = 9_999,
) -> ConfirmatorySet:
    """All confirmatory answers to one question, so that none can be chosen afterwards.

    Args:
        scores: provider scores (n,).
        rural: rural share of each provider's system (n,), constant within systems.
        ics: system per provider.
        rng: source of the bootstrap and permutation draws.
        covariates: further columns (n, k) without an intercept, e.g. indicators of settings,
            for the direct slope.

    Raises:
        ValueError: when ``rural`` varies within a system.
    """
    y, X, codes = _problem(scores, rural, ics, covariates)
    groups = int(codes.max()) + 1
    means = group_sums(np.column_stack([y, X]), codes, groups) / np.bincount(codes)[:, None]
    return ConfirmatorySet(
        primary=group_level_coefficient(guarded(y, X, codes), _RURAL),
        cr2=cr2(y, X, codes)[_RURAL],
        cv3=cv3(y, X, codes)[_RURAL],
        wild=wild_cluster_bootstrap(y, X, codes, _RURAL, rng, draws),
        hc3=hc(means[:, 0], means[:, 1:], "HC3")[_RURAL],
        permutation=label_permutation(
            y, X[:, _RURAL], codes, rng, nuisance=X[:, 2:] if X.shape[1] > 2 else None,
            draws=draws,
        ),
        plain=cr1(y, X, codes)[_RURAL],
    )  # fmt: skip


def slope(
    scores: ArrayLike, rural: ArrayLike, ics: ArrayLike, covariates: ArrayLike | None = None
) -> Coefficient:
    """The primary estimate alone: REML, system intercept, t with G - 2 df."""
    y, X, codes = _problem(scores, rural, ics, covariates)
    return group_level_coefficient(random_intercept(y, X, codes), _RURAL)


def leave_one_out(
    scores: ArrayLike,
    rural: ArrayLike,
    ics: ArrayLike,
    leave: ArrayLike,
    covariates: ArrayLike | None = None,
) -> pd.DataFrame:
    """The primary slope without each group of ``leave`` (systems or regions).

    Returns ``left_out``, ``estimate``, ``se``, ``p``, ``low``, ``high``, sorted by estimate:
    the ends are the groups that the slope hangs on.
    """
    y, X, codes = _problem(scores, rural, ics, covariates)
    names, left = group_codes(np.asarray(leave), y.size)
    rows = []
    for position, name in enumerate(names):
        stay = left != position
        fit = random_intercept(y[stay], X[stay], codes[stay])
        found = asdict(group_level_coefficient(fit, _RURAL))
        rows.append({"left_out": name, **{k: found[k] for k in ("estimate", "se", "p", "low",
                                                                "high")}})  # fmt: skip
    return pd.DataFrame(rows).sort_values(["estimate", "left_out"], ignore_index=True)


def curvature_test(
    scores: ArrayLike, rural: ArrayLike, ics: ArrayLike, covariates: ArrayLike | None = None
) -> Coefficient:
    """Is a straight line enough? Test of the bend of a natural spline with three knots.

    Knots lie at the 10th, 50th and 90th percentile of the systems' rural shares.

    Source: Harrell 2015, Regression Modeling Strategies, section 2.4.5.
    """
    y, X, codes = _problem(scores, rural, ics, covariates)
    bend = bend_column(X[:, _RURAL], codes)
    if bend is None:
        raise ValueError("curvature: the rural shares are too alike to place three knots")
    bent = np.column_stack([X, bend])
    fit = random_intercept(y, bent, codes)
    return group_level_coefficient(fit, bent.shape[1] - 1, group_columns=3)


def bend_column(rural: FloatArray, codes: IntArray) -> FloatArray | None:
    """The bend (n,) of that spline by row; none where the shares are too alike for three knots."""
    by_system = rural[np.unique(codes, return_index=True)[1]]
    knots = np.quantile(by_system, [0.1, 0.5, 0.9])
    return None if np.any(np.diff(knots) <= 0) else _bend(rural, knots)


def variance_inflation(X: ArrayLike) -> FloatArray:
    """Factor (k,) by which each covariate's variance grows because the others overlap with it.

    ``X`` (n, k) has no intercept column. Above about 5 an "adjusted" slope has little left to
    rest on.

    Source: Belsley, Kuh & Welsch 1980, Regression Diagnostics, chapter 3.
    """
    array = np.asarray(X)
    matrix = full_rank(with_intercept(array), array.shape[0])[:, 1:]
    return np.diag(np.linalg.inv(np.atleast_2d(np.corrcoef(matrix, rowvar=False))))


def _bend(x: FloatArray, knots: FloatArray) -> FloatArray:
    first, middle, last = knots

    def cube(value: FloatArray) -> FloatArray:
        return np.maximum(value, 0.0) ** 3

    bend = cube(x - first) - cube(x - middle) * (last - first) / (last - middle)
    return (bend + cube(x - last) * (middle - first) / (last - middle)) / (last - first) ** 2


def _problem(
    scores: ArrayLike, rural: ArrayLike, ics: ArrayLike, covariates: ArrayLike | None
) -> tuple[FloatArray, FloatArray, np.ndarray]:
    y = vector(scores, "scores")
    share = vector(rural, "rural share", y.size)
    names, codes = group_codes(np.asarray(ics), y.size)
    first = share[np.unique(codes, return_index=True)[1]]
    strays = np.flatnonzero(share != first[codes])
    if strays.size:
        raise ValueError(f"rural share varies within system {names[codes[strays[0]]]}")
    extra = [] if covariates is None else [columns(covariates, "covariates", y.size)]
    return y, with_intercept(share, *extra), codes
