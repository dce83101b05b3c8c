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

from ics_maturity.models.design import FloatArray
from ics_maturity.models.inference import Equivalence, tost
from ics_maturity.models.pairs import Clusters, cluster_codes, paired
from ics_maturity.models.resampling import SignFlip, sign_flip
from ics_maturity.models.shift import Shift, clustered, paired_shift

MARGIN = 0.10
_SAME = 1e-9


@dataclass(frozen=True)
class Moderation:
    """Moderated less self-assessed, in points of the scale; one value per organisation.

    shift: paired mean difference, CR2 by ICS; sign_flip: permutation test that flips whole
    ICSs; equivalence: two one-sided tests against the margin; raised, lowered, unchanged: shares
    of organisations.
    """

    shift: Shift
    sign_flip: SignFlip
    equivalence: Equivalence
    margin: float
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
) -> Moderation:
    """What moderation changed within one round: a lower bound on the effect of peer review.

    Student (1908) paired, with CR2 by ICS; sign-flip permutation (Fisher 1935); two one-sided
    tests (Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15, 657-680) with
    a margin fixed before the data are seen. One row per organisation: average its returns first,
    or near-copies count twice. ValueError where no score was changed at all.
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
