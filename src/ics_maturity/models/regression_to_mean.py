"""Regression to the mean: the change that would appear if nothing had changed.

Organisations that scored low by bad luck score higher next time. The functions here say what
is left of a change, or of its slope on the baseline, once that is allowed for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from ics_maturity.models.change import free_pair
from ics_maturity.models.design import FloatArray, IntArray, with_intercept
from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.linking import Scale
from ics_maturity.models.pairs import Clusters, cluster_codes
from ics_maturity.models.shift import clustered
from ics_maturity.models.ties import join_ties

RELIABILITIES = (0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Blomqvist:
    """Slope of true change on true baseline under one assumed reliability, 95% interval."""

    reliability: float
    slope: float
    low: float
    high: float
    df: float
    n: int


@dataclass(frozen=True)
class KelleyTables:
    """Observed and merely-regressing change by baseline group, forwards and time-reversed."""

    forward: pd.DataFrame
    backward: pd.DataFrame
    reliability: float


def blomqvist(
    before: ArrayLike,
    after: ArrayLike,
    ics: Clusters,
    reliabilities: Sequence[float] = RELIABILITIES,
    scale: Scale = "published",
) -> tuple[Blomqvist, ...]:
    """Slope of change on baseline, freed of the baseline's error, for assumed reliabilities.

    (b + 1 - reliability) / reliability, b being the observed slope of change on baseline, so
    that reliability 1 gives b itself. Blomqvist (1977), Journal of the American Statistical
    Association 72, 746-749. Reliability is the share of the baseline's variance that is true;
    it is assumed, not estimated, and the interval (CR2 by ICS) takes it as known.
    """
    first, second = free_pair(before, after, scale)
    codes = cluster_codes(ics, first.size)
    fit = clustered(with_intercept(first), second - first, codes, 1)
    return tuple(_corrected(fit, reliability, first.size) for reliability in reliabilities)


def kelley_tables(
    before: ArrayLike,
    after: ArrayLike,
    reliability: float,
    groups: int = 5,
    scale: Scale = "published",
) -> KelleyTables:
    """Change by baseline group beside what regression to the mean alone would give.

    Kelley (1947), Fundamentals of Statistics: the best guess of a true score is
    mean + reliability * (score - mean), so the predicted change of an organisation is the mean
    change - (1 - reliability) * (baseline - mean baseline). The backward table repeats this
    with time reversed (groups by the later score, change from later to earlier): a pattern
    that appears in both directions is regression, not catching up. Campbell and Kenny (1999),
    A Primer on Regression Artifacts. Scores that are equal share a group, so groups may differ
    in size.

    Frames: group (1 lowest), n, baseline_mean, observed_change, predicted_change, excess.
    """
    _check_reliability(reliability)
    first, second = free_pair(before, after, scale, minimum=2 * groups)
    return KelleyTables(
        _kelley(first, second, reliability, groups),
        _kelley(second, first, reliability, groups),
        reliability,
    )


def equal_groups(scores: FloatArray, groups: int) -> IntArray:
    """Group 1 (lowest) to ``groups`` for each score, by rank; equal scores share a group."""
    twice_rank = 2 * stats.rankdata(join_ties(scores))  # whole even with ties
    twice_rank = np.rint(twice_rank).astype(np.int64)
    return (twice_rank - 1) * groups // (2 * scores.size) + 1


def _kelley(
    baseline: FloatArray, other: FloatArray, reliability: float, groups: int
) -> pd.DataFrame:
    change = other - baseline
    predicted = change.mean() - (1 - reliability) * (baseline - baseline.mean())
    frame = pd.DataFrame(
        {
            "group": equal_groups(baseline, groups),
            "baseline_mean": baseline,
            "observed_change": change,
            "predicted_change": predicted,
        }
    )
    by_group = frame.groupby("group", sort=True)
    table = by_group.mean()
    table.insert(0, "n", by_group.size())
    table["excess"] = table["observed_change"] - table["predicted_change"]
    return table.reset_index()


def _corrected(fit: Coefficient, reliability: float, n: int) -> Blomqvist:
    _check_reliability(reliability)
    slope, low, high = (
        float((bound + 1 - reliability) / reliability)
        for bound in (fit.estimate, fit.low, fit.high)
    )
    return Blomqvist(reliability, slope, low, high, fit.df, n)


def _check_reliability(reliability: float) -> None:
    if not 0 < reliability <= 1:
        raise ValueError(f"a reliability lies above 0 and at most at 1, got {reliability}")
