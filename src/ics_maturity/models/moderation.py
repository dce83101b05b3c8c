"""Self-assessed and moderated scores of one round: the only clean estimate of what review does.

Instrument, scoring rule, date and organisation are the same, so the difference is what the
reviewers changed. It is a LOWER BOUND on the effect of peer review: everyone knew before
answering that a review was coming, so answers that review deterred were never given and
cannot appear as a difference. Nor does it say which of the two scores is right.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from ics_maturity.models.design import FloatArray
from ics_maturity.models.inference import Equivalence, tost
from ics_maturity.models.pairs import Clusters, cluster_codes, paired
from ics_maturity.models.resampling import Interval, SignFlip, cluster_bca, sign_flip
from ics_maturity.models.shift import Shift, clustered, paired_shift

MARGIN = 0.10
_SAME = 1e-9
_Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True)
class Moderation:
    """Moderated less self-assessed, in points of the scale; one value per organisation.

    shift: paired mean difference, CR2 by ICS; sign_flip: permutation test that flips whole
    ICSs; equivalence: two one-sided tests against the margin; lower_limit and upper_limit:
    Bland-Altman limits of agreement; raised, lowered, unchanged: shares of organisations.
    """

    shift: Shift
    sign_flip: SignFlip
    equivalence: Equivalence
    margin: float
    lower_limit: Interval
    upper_limit: Interval
    raised: float
    lowered: float
    unchanged: float


def moderation_effect(
    self_assessed: ArrayLike,
    moderated: ArrayLike,
    ics: Clusters,
    rng: np.random.Generator,
    margin: float = MARGIN,
    draws: int = 9999,
    resamples: int = 2000,
) -> Moderation:
    """What moderation changed within one round: a lower bound on the effect of peer review.

    Student (1908) paired, with CR2 by ICS; sign-flip permutation (Fisher 1935); two one-sided
    tests (Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15, 657-680) with
    a margin fixed before the data are seen; limits of agreement (Bland and Altman 1986, Lancet
    327, 307-310), their intervals by resampling ICSs. One row per organisation: average its
    returns first, or near-copies count twice. ValueError where no score was changed at all.
    """
    first, second = paired(self_assessed, moderated)
    difference = second - first
    if not (np.abs(difference) > _SAME).any():
        raise ValueError("no moderated score differs from its self-assessed score")
    shift = paired_shift(first, second, ics)
    raised, lowered, unchanged = _moved(difference)
    return Moderation(
        shift=shift,
        sign_flip=sign_flip(difference, ics, rng, draws),
        equivalence=tost(shift.change, margin),
        margin=margin,
        lower_limit=cluster_bca(_lower_limit, (difference,), ics, rng, resamples),
        upper_limit=cluster_bca(_upper_limit, (difference,), ics, rng, resamples),
        raised=raised,
        lowered=lowered,
        unchanged=unchanged,
    )


def moderation_by(
    self_assessed: ArrayLike,
    moderated: ArrayLike,
    ics: Clusters,
    groups: Sequence[Hashable],
) -> pd.DataFrame:
    """The same difference within each group (care setting, incentive), described.

    Frame: group, n, systems, raised, lowered, unchanged, mean_difference, low, high, sorted by
    group; the CR2 interval is missing where a group spans fewer than five ICSs or does not
    vary. Differences between groups are not tested here.
    """
    first, second = paired(self_assessed, moderated)
    codes = cluster_codes(ics, first.size)
    labels = np.asarray(groups)
    rows = [_describe(g, (second - first)[labels == g], codes[labels == g])
            for g in sorted(set(labels.tolist()))]  # fmt: skip
    names = ["group", "n", "systems", "raised", "lowered", "unchanged",
             "mean_difference", "low", "high"]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def _describe(group: Hashable, difference: FloatArray, codes: np.ndarray) -> tuple:
    systems = len(np.unique(codes))
    low = high = float("nan")
    if systems >= 5 and np.ptp(difference) > _SAME:
        fit = clustered(np.ones((difference.size, 1)), difference, codes, 0)
        low, high = fit.low, fit.high
    return (group, difference.size, systems, *_moved(difference),
            float(difference.mean()), low, high)  # fmt: skip


def _moved(difference: FloatArray) -> tuple[float, float, float]:
    """Shares raised, lowered and unchanged."""
    up, down = difference > _SAME, difference < -_SAME
    return float(up.mean()), float(down.mean()), float((~up & ~down).mean())


def _lower_limit(difference: FloatArray) -> float:
    return float(difference.mean() - _Z * difference.std(ddof=1))


def _upper_limit(difference: FloatArray) -> float:
    return float(difference.mean() + _Z * difference.std(ddof=1))
