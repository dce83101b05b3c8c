"""Did scores spread out or draw together? Tests of equal variances, paired and unpaired.

A variance is in the units of its instrument, so rounds of different instruments are refused:
the answer would be about the instruments.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from ics_maturity.models.change import PitmanMorgan, pitman_morgan
from ics_maturity.models.design import FloatArray, vector
from ics_maturity.models.linking import Scale
from ics_maturity.models.pairs import paired

HEAVY_TAILS = 1.0


@dataclass(frozen=True)
class BonettSeier:
    """Later over earlier mean absolute deviation from the median, 95% interval, test of 1."""

    ratio: float
    low: float
    high: float
    z: float
    p: float
    n: int


@dataclass(frozen=True)
class BrownForsythe:
    """Test that several independent groups vary equally."""

    f: float
    df1: int
    df2: int
    p: float


@dataclass(frozen=True)
class DispersionChange:
    """Both paired tests, and which one leads.

    excess_kurtosis: the larger of the two rounds' (0 for normal scores); above HEAVY_TAILS the
    test on mean absolute deviations leads, because Pitman-Morgan then rejects too readily.
    """

    pitman_morgan: PitmanMorgan
    bonett_seier: BonettSeier
    excess_kurtosis: float
    leading: str

    @property
    def leading_p(self) -> float:
        """The p-value of the test that leads."""
        robust = self.leading == "bonett_seier"
        return self.bonett_seier.p if robust else self.pitman_morgan.p


def dispersion_change(
    before: ArrayLike, after: ArrayLike, *, same_instrument: bool, scale: Scale = "published"
) -> DispersionChange:
    """Change of spread between two rounds of the same organisations.

    ValueError unless ``same_instrument``, and on a linked scale. Both tests take organisations
    as independent.
    """
    if not same_instrument:
        raise ValueError(
            "spread can be compared only between rounds of one instrument; between instruments "
            "a difference in spread is a difference in scales"
        )
    first, second = paired(before, after)
    kurtosis = max(float(stats.kurtosis(x, bias=False)) for x in (first, second))
    return DispersionChange(
        pitman_morgan(first, second, scale),
        bonett_seier(first, second),
        kurtosis,
        "bonett_seier" if kurtosis > HEAVY_TAILS else "pitman_morgan",
    )


def bonett_seier(before: ArrayLike, after: ArrayLike) -> BonettSeier:
    """Ratio of dispersions in paired scores, robust to heavy tails and skew.

    Bonett and Seier (2003), Journal of Educational and Behavioral Statistics 28, 21-30: log
    ratio of mean absolute deviations from the median, with large-sample variance.
    ValueError where a round does not vary.
    """
    first, second = paired(before, after)
    (mad1, var1, deviations1), (mad2, var2, deviations2) = map(_log_deviation, (first, second))
    together = np.corrcoef(deviations1, deviations2)[0, 1] * np.sqrt(var1 * var2)
    log_ratio, se = np.log(mad2 / mad1), np.sqrt(var1 + var2 - 2 * together)
    if not se > 0:
        return BonettSeier(1.0, 1.0, 1.0, 0.0, 1.0, first.size)
    z, half = float(log_ratio / se), stats.norm.ppf(0.975) * se
    low, high = np.exp(log_ratio - half), np.exp(log_ratio + half)
    p = float(2 * stats.norm.sf(abs(z)))
    return BonettSeier(float(np.exp(log_ratio)), float(low), float(high), z, p, first.size)


def brown_forsythe(*groups: ArrayLike) -> BrownForsythe:
    """Equal variances in independent groups, by deviations from each group's median.

    Brown and Forsythe (1974), Journal of the American Statistical Association 69, 364-367.
    ValueError with fewer than two groups or a group of fewer than two scores.
    """
    arrays = [vector(group, f"group {i + 1}") for i, group in enumerate(groups)]
    if len(arrays) < 2 or min(array.size for array in arrays) < 2:
        raise ValueError("at least two groups of at least two scores each are needed")
    result = stats.levene(*arrays, center="median")
    total = sum(array.size for array in arrays)
    return BrownForsythe(
        float(result.statistic), len(arrays) - 1, total - len(arrays), float(result.pvalue)
    )


def _log_deviation(scores: FloatArray) -> tuple[float, float, FloatArray]:
    """Mean absolute deviation from the median, variance of its log, and the deviations."""
    median = float(np.median(scores))
    deviations = np.abs(scores - median)
    mad = float(deviations.mean())
    if mad == 0:
        raise ValueError("a round does not vary: no ratio of dispersions exists")
    skew = (float(scores.mean()) - median) / mad
    tails = float(scores.var(ddof=1)) / mad**2
    return mad, (skew**2 + tails - 1) / scores.size, deviations
