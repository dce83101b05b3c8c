"""Change against where an organisation started, and how far rank order held.

For two rounds of one instrument on a free scale: a scale that links the rounds by force is
refused, because it fixes the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from ics_maturity.models import counted
from ics_maturity.models.design import FloatArray, vector
from ics_maturity.models.linking import Scale, constant, correlation, require_free
from ics_maturity.models.pairs import Clusters, paired
from ics_maturity.models.resampling import Interval, cluster_bca
from ics_maturity.models.ties import join_ties


@dataclass(frozen=True)
class PitmanMorgan:
    """Test that two rounds of the same organisations vary equally.

    r: Oldham's correlation of change with the mean of the two; t with df, two-sided p;
    variance_ratio: later over earlier, with its 95% interval.
    """

    r: float
    t: float
    df: int
    p: float
    variance_ratio: float
    low: float
    high: float
    n: int


def pomp(scores: ArrayLike, minimum: float, maximum: float) -> FloatArray:
    """Percent of maximum possible: 0 at the scale's lowest, 100 at its highest value.

    Puts units of two instruments side by side; it does not make them measure the same thing.
    Cohen, Cohen, Aiken and West (1999), Multivariate Behavioral Research 34, 315-346.
    ValueError where a score lies outside the scale.
    """
    values = vector(scores, "scores")
    if not minimum < maximum:
        raise ValueError(f"a scale needs minimum < maximum, got {minimum} and {maximum}")
    if values.size and (values.min() < minimum or values.max() > maximum):
        raise ValueError(f"a score lies outside the scale {minimum} to {maximum}")
    return 100.0 * (values - minimum) / (maximum - minimum)


def free_pair(
    before: ArrayLike, after: ArrayLike, scale: Scale, minimum: int = 3
) -> tuple[FloatArray, FloatArray]:
    """Both rounds, checked to be free of a scale that fixes the answer.

    ValueError on a linked scale and on scores that look z-linked, besides those of ``paired``.
    """
    question = "change against baseline"
    require_free(scale, question)
    first, second = paired(before, after, minimum)
    if _standardised(first) and _standardised(second):
        raise ValueError(
            f"both rounds have mean 0 and standard deviation 1: {question} on z-linked scores "
            "is 0 by construction. Use the published or percent-of-maximum scores."
        )
    return first, second


def naive_r(before: ArrayLike, after: ArrayLike) -> float:
    """Correlation of change with baseline: negative by construction when readings err.

    Shown only to be explained. With equal spread in both rounds it is -sqrt((1 - r) / 2)
    for a between-round correlation r, whoever improved. Oldham (1962).
    """
    first, second = paired(before, after)
    return _defined(correlation(second - first, first))


def oldham_r(before: ArrayLike, after: ArrayLike, scale: Scale = "published") -> float:
    """Correlation of change with the mean of both rounds.

    Above 0 where the later round is more spread out, below where less, 0 exactly where the
    variances are equal. Oldham (1962), Journal of Chronic Diseases 15, 969-977. ValueError on
    a linked scale, where it is 0 by construction, and on scores that look z-linked.
    """
    first, second = free_pair(before, after, scale)
    return _defined(correlation(second - first, (first + second) / 2))


def pitman_morgan(before: ArrayLike, after: ArrayLike, scale: Scale = "published") -> PitmanMorgan:
    """Test of equal variances in paired scores, through Oldham's correlation.

    Pitman (1939) and Morgan (1939), Biometrika 31, 9-12 and 13-19; exact for normal scores
    from independent organisations, too ready to reject under heavy tails (see dispersion).
    For an interval of r that respects ICSs, resample it with cluster_bca.
    ValueError as in oldham_r, and where a round does not vary.
    """
    first, second = free_pair(before, after, scale)
    if constant(first) or constant(second):
        raise ValueError("a round does not vary: no ratio of variances exists")
    n = first.size
    r, df = oldham_r(first, second, scale), n - 2
    with np.errstate(divide="ignore"):
        t = float(r * np.sqrt(df) / np.sqrt(1 - r**2)) if abs(r) < 1 else float(np.inf * r)
    ratio = float(second.var(ddof=1) / first.var(ddof=1))
    between = correlation(first, second)
    critical = stats.t.ppf(0.975, df)
    k = 1 + 2 * (1 - between**2) * critical**2 / df
    width = k + np.sqrt(k**2 - 1)
    p = float(2 * stats.t.sf(abs(t), df))
    return PitmanMorgan(r, t, df, p, ratio, float(ratio / width), float(ratio * width), n)


def spearman_r(before: ArrayLike, after: ArrayLike) -> float:
    """Rank correlation; Spearman (1904). nan where a round is constant."""
    return correlation(*(stats.rankdata(join_ties(scores)) for scores in (before, after)))


def expected_spearman(r: float) -> float:
    """Rank correlation of two normal variables whose Pearson correlation is ``r``.

    (6 / pi) arcsin(r / 2): Pearson (1907), On Further Methods of Determining Correlation.
    """
    return float(6 / np.pi * np.arcsin(r / 2))


def stability(
    before: ArrayLike,
    after: ArrayLike,
    ics: Clusters,
    rng: np.random.Generator,
    resamples: int = 2000,
) -> Interval:
    """Spearman's correlation between rounds, BCa interval resampling whole ICSs."""
    return cluster_bca(counted.spearman, paired(before, after), ics, rng, resamples)


def stability_ladder(rungs: Mapping[str, Interval]) -> pd.DataFrame:
    """Rank stability of several pairs of rounds, most stable first, as benchmarks.

    Frame: pair, spearman, low, high, n, ics.
    """
    rows = [(k, v.estimate, v.low, v.high, v.n, v.clusters) for k, v in rungs.items()]
    frame = pd.DataFrame(rows, columns=["pair", "spearman", "low", "high", "n", "ics"])
    ordered = frame.sort_values(["spearman", "pair"], ascending=[False, True])
    return ordered.reset_index(drop=True)


def _standardised(scores: FloatArray) -> bool:
    spreads = (scores.std(ddof=0), scores.std(ddof=1))
    return bool(abs(scores.mean()) < 1e-9 and min(abs(s - 1) for s in spreads) < 1e-9)


def _defined(r: float) -> float:
    if not np.isfinite(r):
        raise ValueError("no correlation: the change or the baseline is the same for everyone")
    return r
