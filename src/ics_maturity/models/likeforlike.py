"""System scores made comparable: as if every system had the same mix of care settings.

Four answers stand side by side (crude, indirect, regression-standardised, empirical Bayes),
because they differ in what they assume, and a reader should see whether that matters.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ics_maturity.models.design import (
    FloatArray,
    full_rank,
    group_codes,
    group_sums,
    indicators,
    vector,
)
from ics_maturity.models.permutation import PermutationTest, freedman_lane
from ics_maturity.models.shrinkage import empirical_bayes
from ics_maturity.models.variance import random_intercept

Standard = Literal["rows", "providers", "equal"]
EMPTY_LIMIT = 0.5


@dataclass(frozen=True)
class Standardised:
    """Score of each group at the standard mix of settings, with its covariance.

    ``empty_weight`` is the share of the standard mix that falls on settings the group has no
    return in: there the score rests on the other groups' setting differences.
    """

    groups: NDArray
    estimate: FloatArray
    covariance: FloatArray
    empty_weight: FloatArray

    @property
    def se(self) -> FloatArray:
        """Standard errors of ``estimate``."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """Groups that rest on settings they do not have for more than half."""
        return self.empty_weight > EMPTY_LIMIT


def equal_provider_weights(providers: ArrayLike) -> FloatArray:
    """Weight per row so that every provider counts once, however many returns it files."""
    codes = group_codes(np.asarray(providers))[1]
    return 1 / np.bincount(codes)[codes]


def standard_mix(
    settings: ArrayLike, standard: Standard = "rows", providers: ArrayLike | None = None
) -> FloatArray:
    """National share of each setting, sorted by name; sums to 1.

    ``rows`` counts returns, ``providers`` gives each provider's returns together one vote,
    ``equal`` gives each setting the same share.
    """
    names, codes = group_codes(np.asarray(settings))
    if standard == "equal":
        return np.full(len(names), 1 / len(names))
    if standard == "rows":
        weights = np.ones(codes.size)
    elif standard == "providers" and providers is not None:
        weights = equal_provider_weights(providers)
    else:
        raise ValueError(f"standard mix: {standard!r} is not rows, equal, or providers with names")
    share = group_sums(weights, codes, len(names))
    return share / share.sum()


def crude(
    scores: ArrayLike, ics: ArrayLike, weights: ArrayLike | None = None
) -> tuple[NDArray, FloatArray]:
    """Groups and their weighted mean scores, as published: no adjustment."""
    response = vector(scores, "scores")
    names, codes = group_codes(np.asarray(ics), response.size)
    w = np.ones(response.size) if weights is None else vector(weights, "weights", response.size)
    return names, group_sums(w * response, codes, len(names)) / group_sums(w, codes, len(names))


def indirect(
    scores: ArrayLike, ics: ArrayLike, settings: ArrayLike, weights: ArrayLike | None = None
) -> tuple[NDArray, FloatArray]:
    """Groups and: own mean, less what their settings score nationally, plus the national mean.

    Source: the indirect standardisation of epidemiology, Breslow & Day 1987, Statistical
    Methods in Cancer Research II, chapter 2, for differences instead of ratios.
    """
    response = vector(scores, "scores")
    w = np.ones(response.size) if weights is None else vector(weights, "weights", response.size)
    setting_names, national = crude(response, settings, w)
    expected = national[np.searchsorted(setting_names, np.asarray(settings))]
    names, difference = crude(response - expected, ics, w)
    return names, difference + float(np.sum(w * response) / w.sum())


def standardised(
    scores: ArrayLike,
    ics: ArrayLike,
    settings: ArrayLike,
    mix: ArrayLike,
    providers: ArrayLike | None = None,
) -> Standardised:
    """Regression-standardised scores: additive group and setting effects, averaged over ``mix``.

    Equal to the estimated marginal means of R's emmeans with these weights.

    Args:
        scores: one per return (n,).
        ics: group per return.
        settings: care setting per return.
        mix: share of each setting, sorted by name, as :func:`standard_mix` gives.
        providers: when given, returns of one provider share a variance component, pooled over
            all groups; when not, or when each files one return, returns count as independent.

    Source: Searle, Speed & Milliken 1980, The American Statistician 34:216-221.
    """
    response = vector(scores, "scores")
    group_names, group_index = group_codes(np.asarray(ics), response.size)
    setting_names, setting_index = group_codes(np.asarray(settings), response.size)
    shares = vector(mix, "mix", len(setting_names))
    if not np.isclose(shares.sum(), 1) or np.any(shares < 0):
        raise ValueError("standard mix: shares must not be negative and must sum to 1")
    membership = indicators(setting_index)
    X = full_rank(np.column_stack([indicators(group_index), membership[:, 1:]]), response.size)
    bread = np.linalg.inv(X.T @ X)
    beta = bread @ (X.T @ response)
    if providers is None or np.unique(np.asarray(providers)).size == response.size:
        residual = response - X @ beta
        covariance = bread * float(residual @ residual) / (response.size - X.shape[1])
    else:
        components = random_intercept(response, X, providers)
        names, codes = group_codes(np.asarray(providers), response.size)
        sums = group_sums(X, codes, len(names))
        meat = components.sigma2 * X.T @ X + components.tau2 * sums.T @ sums
        covariance = bread @ meat @ bread
    groups = len(group_names)
    contrast = np.column_stack([np.eye(groups), np.tile(shares[1:], (groups, 1))])
    present = group_sums(membership, group_index, groups) > 0
    return Standardised(
        groups=group_names,
        estimate=contrast @ beta,
        covariance=contrast @ covariance @ contrast.T,
        empty_weight=(~present) @ shares,
    )


def additivity_test(
    scores: ArrayLike,
    acute_share: ArrayLike,
    ics: ArrayLike,
    rng: np.random.Generator,
    draws: int = 9_999,
) -> PermutationTest:
    """Is the difference between acute and other providers the same in every system?

    Standardisation assumes so. One row per provider; ``acute_share`` is the share of its
    returns that are acute. A small p says that one standardised score per system hides
    differences that depend on the setting. Where the share is the same for every provider nothing
    could differ, and p is 1.
    """
    share = vector(acute_share, "acute share")
    systems = np.asarray(ics)
    membership = indicators(systems)
    if np.ptp(share) == 0:
        return PermutationTest(0.0, (0, 0), 1.0, 0)
    return freedman_lane(
        scores,
        membership * share[:, None],
        np.column_stack([membership, share]),
        rng,
        blocks=systems,
        draws=draws,
    )


def like_for_like(
    rows: pd.DataFrame, standard: Standard = "rows", single_setting: str = "acute"
) -> pd.DataFrame:
    """All versions of the system scores side by side, one row per system, sorted by code.

    Args:
        rows: one row per return with ``ics_code``, ``provider_code``, ``care_setting``,
            ``score``.
        standard: which national mix to standardise to.
        single_setting: the setting whose returns alone make the last comparison.

    Returns:
        ``ics_code``, ``providers``, ``rows``, ``crude_row``, ``crude_provider``, ``indirect``,
        ``standardised``, ``standardised_se``, ``empirical_bayes``, ``shrinkage``,
        ``single_setting`` (missing where a system has none), ``empty_weight``, ``flagged``.
        Empirical Bayes shrinks the standardised scores.
    """
    score, ics = rows["score"].to_numpy(float), rows["ics_code"].to_numpy()
    setting, provider = rows["care_setting"].to_numpy(), rows["provider_code"].to_numpy()
    fit = standardised(score, ics, setting, standard_mix(setting, standard, provider), provider)
    shrunk = empirical_bayes(fit.estimate, fit.se**2)
    only = rows.loc[rows["care_setting"] == single_setting].groupby("ics_code")["score"].mean()
    by_system = rows.groupby("ics_code")
    return pd.DataFrame(
        {
            "ics_code": fit.groups,
            "providers": by_system["provider_code"].nunique().to_numpy(),
            "rows": by_system.size().to_numpy(),
            "crude_row": crude(score, ics)[1],
            "crude_provider": crude(score, ics, equal_provider_weights(provider))[1],
            "indirect": indirect(score, ics, setting)[1],
            "standardised": fit.estimate,
            "standardised_se": fit.se,
            "empirical_bayes": shrunk.estimate,
            "shrinkage": shrunk.shrinkage,
            "single_setting": only.reindex(fit.groups).to_numpy(),
            "empty_weight": fit.empty_weight,
            "flagged": fit.flagged,
        }
    )
