"""Seven pillars are tested together: p-values that pay for looking seven times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import false_discovery_control

from ics_maturity.models.design import FloatArray, columns, vector
from ics_maturity.models.permutation import at_least, permuted_shares, weighted_means


def holm(p: ArrayLike) -> FloatArray:
    """Adjusted p-values that bound the chance of any false finding (primary).

    The smallest of n is multiplied by n, the next by n - 1, and so on; none falls below the one
    before. Written out because statsmodels collects garbage on every call, which takes longer
    than some analyses here.

    Source: Holm 1979, Scandinavian Journal of Statistics 6:65-70.
    """
    values = _p_values(p)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(values.size, 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def benjamini_hochberg(p: ArrayLike) -> FloatArray:
    """Adjusted p-values that bound the expected share of false findings (secondary).

    Source: Benjamini & Hochberg 1995, JRSS B 57:289-300; computed by scipy.
    """
    return np.asarray(false_discovery_control(_p_values(p)))


@dataclass(frozen=True)
class WestfallYoung:
    """Per response: its own permutation p, and the step-down max-T p for all together."""

    p: FloatArray
    p_adjusted: FloatArray
    draws: int


def westfall_young(
    Y: ArrayLike,
    covariate: ArrayLike,
    groups: ArrayLike,
    rng: np.random.Generator,
    nuisance: ArrayLike | None = None,
    draws: int = 9_999,
) -> WestfallYoung:
    """Step-down max-T over the columns of ``Y`` (n, K) for a group-level covariate.

    Each column is tested as :func:`~ics_maturity.models.permutation.label_permutation` does,
    and every column sees the same permutations of whole groups, so that the correlation
    between pillars stays as it is. Unlike Holm's method this does not count seven copies of
    one fact as seven. All columns have the same degrees of freedom, so their F compare.

    Source: Westfall & Young 1993, Resampling-Based Multiple Testing, algorithm 4.1.
    """
    array = np.asarray(Y)
    responses = columns(array, "responses", array.shape[0])
    seed = int(rng.integers(2**63))  # one seed for all columns: the same orders for each
    observed = np.empty(responses.shape[1])
    null = np.empty((draws, responses.shape[1]))
    for k, response in enumerate(responses.T):
        means = weighted_means(response, covariate, groups, nuisance)
        observed[k], null[:, k], _ = permuted_shares(
            *means, np.random.default_rng(seed), draws=draws
        )
    order = np.argsort(-observed, kind="stable")
    # Largest among the responses still in play: those no stronger than the one at hand.
    remaining = np.maximum.accumulate(null[:, order[::-1]], axis=1)[:, ::-1]
    counts = np.sum(at_least(remaining, observed[order]), axis=0)
    stepped = np.maximum.accumulate((1 + counts) / (draws + 1))
    adjusted = np.empty_like(stepped)
    adjusted[order] = stepped
    single = (1 + np.sum(at_least(null, observed), axis=0)) / (draws + 1)
    return WestfallYoung(p=single, p_adjusted=adjusted, draws=draws)


def _p_values(p: ArrayLike) -> FloatArray:
    values = vector(p, "p-values")
    if np.any((values < 0) | (values > 1)):
        raise ValueError("p-values must lie between 0 and 1")
    return values
