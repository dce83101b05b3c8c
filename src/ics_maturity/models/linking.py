"""Linking rounds: organisations across mergers, scales across instruments, and how weak it is.

Two questions that must not be mixed up. *Which organisation of the earlier round is which
provider of the later one* is answered by a dated succession table. *What an earlier score
would be on the later scale* cannot be answered for instruments that ask different things;
what is offered here are scales whose forced results are stated with them.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ics_maturity.models import counted
from ics_maturity.models.design import FloatArray, vector
from ics_maturity.models.pairs import Clusters, paired
from ics_maturity.models.resampling import cluster_bca
from ics_maturity.models.ties import join_ties

Scale = Literal["published", "pomp", "crosswalk", "z", "equipercentile"]

FORCED_TO_ZERO: dict[str, tuple[str, ...]] = {
    "published": (),
    "pomp": (),
    "crosswalk": (),
    "z": ("mean shift", "variance shift"),
    "equipercentile": ("mean shift", "variance shift", "shift in shape"),
}
MINIMUM_REDUCTION = 0.5


class LinkTooWeakError(ValueError):
    """The link between two instruments is too weak to speak of single organisations."""


@dataclass(frozen=True)
class LinkedScores:
    """Two rounds on one scale; ``forced_to_zero`` names what that scale cannot show."""

    before: FloatArray
    after: FloatArray
    scale: Scale
    forced_to_zero: tuple[str, ...]


@dataclass(frozen=True)
class LinkStrength:
    """How much knowing the earlier score narrows down the later one.

    r: correlation, with its interval (whole ICSs resampled); disattenuated: r divided by the
    root of both reliabilities, which may exceed 1 where these are understated; reduction:
    1 - sqrt(1 - r^2) of the observed r; allowed: whether organisation-level linked change
    may be shown.
    """

    r: float
    low: float
    high: float
    disattenuated: float
    reduction: float
    allowed: bool
    n: int


def require_free(scale: Scale, question: str) -> None:
    """ValueError where ``scale`` makes the answer to ``question`` zero by construction."""
    if scale not in FORCED_TO_ZERO:
        raise ValueError(f"unknown scale {scale!r}; expected one of {sorted(FORCED_TO_ZERO)}")
    forced = FORCED_TO_ZERO[scale]
    if forced:
        raise ValueError(
            f"{question} on the {scale} scale is 0 by construction: linking forces "
            f"{', '.join(forced)} to zero. Use the published or percent-of-maximum scores."
        )


def z_link(before: ArrayLike, after: ArrayLike) -> LinkedScores:
    """Each round standardised by its own mean and standard deviation (n - 1).

    Keeps each organisation's position within its round and nothing else: the mean shift and
    the variance shift are exactly 0 whatever happened. ValueError where a round is constant.
    Kolen and Brennan (2014), Test Equating, Scaling, and Linking, chapter 2 (linear linking).
    """
    first, second = paired(before, after)
    return LinkedScores(_standardise(first), _standardise(second), "z", FORCED_TO_ZERO["z"])


def equipercentile_link(before: ArrayLike, after: ArrayLike) -> LinkedScores:
    """Earlier scores replaced by the later scores that hold the same rank in their round.

    The two samples need not be the same organisations or of the same size. Percentile ranks
    are mid-ranks (share below plus half the share equal), inverted by linear interpolation;
    beyond the outermost mid-ranks the outermost later score stands. Without ties and with equal
    n the linked scores have exactly the later round's distribution, so mean, variance and shape
    cannot shift; ties leave small remainders that mean nothing.
    Kolen and Brennan (2014), chapter 2; Braun and Holland (1982).
    """
    first, second = vector(before, "before"), vector(after, "after")
    if min(first.size, second.size) < 3:
        raise ValueError("equipercentile linking needs at least 3 scores in each round")
    later, counts = np.unique(join_ties(second), return_counts=True)
    later_ranks = (np.cumsum(counts) - counts / 2) / second.size
    linked = np.interp(_mid_ranks(join_ties(first)), later_ranks, later)
    return LinkedScores(linked, second, "equipercentile", FORCED_TO_ZERO["equipercentile"])


def reduction_in_uncertainty(r: float) -> float:
    """Share by which a link of correlation ``r`` shrinks the error of prediction.

    1 - sqrt(1 - r^2): Dorans (2004), Applied Psychological Measurement 28, 227-246, who asks
    for at least .5 (r of .866) before one score may stand in for another. ``r`` in [-1, 1].
    """
    if not -1.0 <= r <= 1.0:
        raise ValueError(f"a correlation lies between -1 and 1, got {r}")
    return float(1.0 - np.sqrt(1.0 - r**2))


def organisation_level_allowed(reduction: float) -> bool:
    """Whether a reduction in uncertainty lets single organisations' linked change be shown."""
    return bool(reduction >= MINIMUM_REDUCTION)


def link_strength(
    before: ArrayLike,
    after: ArrayLike,
    ics: Clusters,
    rng: np.random.Generator,
    reliability_before: float = 1.0,
    reliability_after: float = 1.0,
    resamples: int = 2000,
) -> LinkStrength:
    """Correlation between two rounds, corrected and uncorrected, and what it allows.

    Disattenuation: Spearman (1904), American Journal of Psychology 15, 72-101. The decision
    uses the observed r, because observed scores are what would be published; a link that runs
    backwards (r below 0) allows nothing. Reliabilities in (0, 1].
    """
    for reliability in (reliability_before, reliability_after):
        if not 0.0 < reliability <= 1.0:
            raise ValueError(f"a reliability lies above 0 and at most at 1, got {reliability}")
    first, second = paired(before, after)
    interval = cluster_bca(counted.correlation, (first, second), ics, rng, resamples)
    r = interval.estimate
    reduction = reduction_in_uncertainty(r)
    allowed = r > 0 and organisation_level_allowed(reduction)
    corrected = r / float(np.sqrt(reliability_before * reliability_after))
    return LinkStrength(r, interval.low, interval.high, corrected, reduction, allowed, first.size)


def organisation_changes(linked: LinkedScores, strength: LinkStrength) -> FloatArray:
    """Each organisation's linked change; LinkTooWeakError unless the link allows it."""
    if not strength.allowed:
        raise LinkTooWeakError(
            f"no organisation-level linked change may be shown: r = {strength.r:.2f} reduces "
            f"uncertainty by {strength.reduction:.2f}, and {MINIMUM_REDUCTION} is needed"
        )
    first, second = paired(linked.before, linked.after)
    return second - first


def crosswalk(scores: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Earlier themes averaged into the later pillars that a small published table names.

    scores: organisation, theme, score. table: theme, pillar, weight (0 or more). Result:
    organisation, pillar, score, themes (how many were averaged), sorted; a pillar's score
    exists only where the organisation has every theme the table asks for. A theme of ``scores``
    that the table does not use, or a pillar the table does not name, has no row.
    ValueError on a repeated organisation and theme or on a negative weight.
    """
    if scores.duplicated(["organisation", "theme"]).any():
        twice = scores[scores.duplicated(["organisation", "theme"])].iloc[0]
        raise ValueError(f"{twice['organisation']} has theme {twice['theme']} more than once")
    if (table["weight"] < 0).any() or table.groupby("pillar")["weight"].sum().le(0).any():
        raise ValueError("crosswalk weights must not be negative, and some above 0 per pillar")
    needed = table[table["weight"] > 0]
    joined = needed.merge(scores, on="theme")
    joined["weighted"] = joined["score"] * joined["weight"]
    sums = joined.groupby(["organisation", "pillar"], as_index=False).agg(
        weighted=("weighted", "sum"), weight=("weight", "sum"), themes=("theme", "size")
    )
    complete = sums["themes"] == sums["pillar"].map(needed.groupby("pillar").size())
    result = sums[complete].copy()
    result["score"] = result["weighted"] / result["weight"]
    return result[["organisation", "pillar", "score", "themes"]].reset_index(drop=True)


def correlation(x: FloatArray, y: FloatArray) -> float:
    """Pearson correlation of two checked arrays; nan where one does not vary."""
    if constant(x) or constant(y):
        return float("nan")
    first, second = x - x.mean(), y - y.mean()
    r = first @ second / np.sqrt((first @ first) * (second @ second))
    return float(min(1.0, max(-1.0, r)))


def constant(scores: FloatArray) -> bool:
    """Whether scores differ by no more than rounding error."""
    return bool(np.ptp(scores) <= 1e-12 * max(1.0, float(np.abs(scores).max())))


def _standardise(scores: FloatArray) -> FloatArray:
    if constant(scores):
        raise ValueError("all scores of a round are equal: nothing to standardise")
    return (scores - scores.mean()) / scores.std(ddof=1)


def _mid_ranks(scores: FloatArray) -> FloatArray:
    ordered = np.sort(scores)
    below = np.searchsorted(ordered, scores, side="left")
    upto = np.searchsorted(ordered, scores, side="right")
    return (below + upto) / (2 * scores.size)
