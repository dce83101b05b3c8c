"""Who a rule would support, who would belong if the truth were known, and what it takes to get in.

A rule sorts groups into tiers by their scores. Tier 0 is the one that gets the support. The same
rule is applied to the scores at hand and to worlds of true scores that they allow; the difference
between the two is what the rule gets wrong.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ics_maturity.models.design import BoolArray, FloatArray, IntArray, vector
from ics_maturity.models.ties import join_ties

Kind = Literal["lowest", "highest", "below", "cut_points", "quantiles"]


@dataclass(frozen=True)
class Rule:
    """How scores become tiers.

    ``lowest`` and ``highest`` support the ``count`` lowest or highest groups; ``below`` those whose
    score is less than the one of ``cuts``; ``cut_points`` makes a tier between every two ``cuts``
    (ascending; a score equal to a cut lies above it); ``quantiles`` makes ``count`` tiers of equal
    size, or as near to it as can be. Of groups with equal scores the one that comes first in order
    is taken first; :func:`edge` tells where that decides. ``names`` are what the tiers between cuts
    are called, if they have names, the lowest first.

    Raises:
        ValueError: a count or cuts that make no tiers.
    """

    kind: Kind
    count: int = 0
    cuts: tuple[float, ...] = ()
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        least = {"lowest": 1, "highest": 1, "quantiles": 2}.get(self.kind, 0)
        if self.count < least:
            raise ValueError(f"rule {self.kind}: needs a count of {least} or more")
        enough = {"below": len(self.cuts) == 1, "cut_points": len(self.cuts) >= 1}
        if not enough.get(self.kind, True):
            raise ValueError(f"rule {self.kind}: the cuts {self.cuts} do not fit it")
        if any(low >= high for low, high in pairwise(self.cuts)):
            raise ValueError(f"rule {self.kind}: the cuts {self.cuts} do not ascend")

    @property
    def slug(self) -> str:
        """A short name: lowest5, highest5, below, cut_points, quantiles3."""
        return f"{self.kind}{self.count or ''}"

    @property
    def tiers(self) -> int:
        """How many tiers there are."""
        if self.kind == "quantiles":
            return self.count
        return len(self.cuts) + 1 if self.kind == "cut_points" else 2

    def fits(self, groups: int) -> bool:
        """Whether the rule leaves a choice among that many groups."""
        return self.count < groups if self.kind != "quantiles" else self.count <= groups

    def places(self, groups: int) -> int | None:
        """How many groups get support, where the rule fixes it."""
        if self.kind in ("lowest", "highest"):
            return self.count
        return -(-groups // self.count) if self.kind == "quantiles" else None


def assign(scores: ArrayLike, rule: Rule) -> IntArray:
    """Tier (..., k) of each group by its score (..., k); tier 0 gets the support.

    Leading axes are worlds: the rule is applied to each by itself.

    Raises:
        ValueError: the rule leaves no choice among so few groups.
    """
    values = join_ties(scores)
    k = values.shape[-1]
    if not rule.fits(k):
        raise ValueError(f"rule {rule.slug}: leaves no choice among {k} groups")
    if rule.kind in ("below", "cut_points"):
        return np.searchsorted(np.array(rule.cuts), values, side="right").astype(np.int64)
    ascending = -values if rule.kind == "highest" else values
    order = np.argsort(ascending, axis=-1, kind="stable")
    by_place = np.arange(k) * rule.count // k if rule.kind == "quantiles" else None
    if by_place is None:
        by_place = (np.arange(k) >= rule.count).astype(np.int64)
    tiers = np.empty(values.shape, np.int64)
    np.put_along_axis(tiers, order, np.broadcast_to(by_place, values.shape), axis=-1)
    return tiers


def supported(scores: ArrayLike, rule: Rule) -> BoolArray:
    """Which groups (..., k) get the support."""
    return assign(scores, rule) == 0


def tier_probabilities(worlds: ArrayLike, rule: Rule) -> FloatArray:
    """Probability (k, tiers) that each group belongs to each tier.

    Args:
        worlds: true scores (draws, k) that the data allow, as
            :func:`ics_maturity.models.shrinkage.posterior_draws` gives them.

    Source: Laird & Louis 1989, Journal of Educational Statistics 14:29-46.
    """
    tiers = assign(worlds, rule)
    return np.stack([(tiers == tier).mean(axis=0) for tier in range(rule.tiers)], axis=1)


@dataclass(frozen=True)
class Expected:
    """What a choice gets wrong, in expectation over the worlds the data allow.

    ``wrong``: supported groups that do not belong to the group; ``missed``: groups that belong and
    get nothing; ``wrong_tier``: groups in another tier than their own; ``sure``: supported groups
    that belong with a probability of at least ``sure_from``. ``chosen`` counts the supported.
    """

    chosen: int
    wrong: float
    missed: float
    wrong_tier: float
    sure: int
    sure_from: float

    @property
    def wrong_share(self) -> float:
        """Wrong picks per supported group; not a number where nobody is supported."""
        return self.wrong / self.chosen if self.chosen else float("nan")

    @property
    def missed_share(self) -> float:
        """Misses per group that belongs, in expectation; 0 where none is expected to belong."""
        belong = self.chosen - self.wrong + self.missed
        return self.missed / belong if belong > 0 else 0.0

    @property
    def error_share(self) -> float:
        """The larger of both: a rule that picks one sure case and misses the rest is no good."""
        return max(self.missed_share, self.wrong_share) if self.chosen else float("nan")


def expected_errors(tiers: ArrayLike, probabilities: ArrayLike, sure_from: float = 0.8) -> Expected:
    """What the choice ``tiers`` (k,) gets wrong, by ``probabilities`` (k, tiers)."""
    placed = np.asarray(tiers)
    p = np.asarray(probabilities, np.float64)
    chosen = placed == 0
    return Expected(
        chosen=int(chosen.sum()),
        wrong=float(np.sum(1 - p[chosen, 0])),
        missed=float(np.sum(p[~chosen, 0])),
        wrong_tier=float(np.sum(1 - p[np.arange(placed.size), placed])),
        sure=int(np.sum(p[chosen, 0] >= sure_from)),
        sure_from=sure_from,
    )


def jaccard(first: ArrayLike, second: ArrayLike) -> float:
    """Overlap of two choices (..., k): those in both over those in either; 1 if both are empty.

    With leading axes, the mean over them.

    Source: Jaccard 1912, New Phytologist 11:37-50.
    """
    a, b = np.asarray(first, bool), np.asarray(second, bool)
    both, either = (a & b).sum(axis=-1), (a | b).sum(axis=-1)
    return float(np.mean(np.where(either == 0, 1.0, both / np.maximum(either, 1))))


def points_to_enter(scores: ArrayLike, rule: Rule) -> FloatArray:
    """Points (k,) by which each group's score would have to change to reach the supported tier.

    A fall for every rule but ``highest``, where it is a rise; 0 for those supported. At exactly
    that many points a group draws level with the last one supported; any more takes its place.
    """
    values = vector(scores, "scores")
    places = rule.places(values.size)
    if places is None:
        needed = values - rule.cuts[0]
    elif rule.kind == "highest":
        needed = np.sort(values)[-places] - values
    else:
        needed = values - np.sort(values)[places - 1]
    return np.where(supported(values, rule), 0.0, needed)


@dataclass(frozen=True)
class Edge:
    """Where a rule that counts places is decided by equal scores.

    ``tied`` (k,): groups that share the score of the last place, where more share it than there are
    places left; ``places`` are those left for them. None tied: the choice is plain.
    """

    tied: BoolArray
    places: int


def edge(scores: ArrayLike, rule: Rule) -> Edge:
    """The groups between which equal ``scores`` (k,) cannot decide who gets support."""
    values = join_ties(vector(scores, "scores"))
    places = rule.places(values.size)
    if places is None:
        return Edge(np.zeros(values.size, bool), 0)
    ordered = -values if rule.kind == "highest" else values
    last = np.sort(ordered)[places - 1]
    level, before = ordered == last, int(np.sum(ordered < last))
    left = places - before
    return Edge(level if level.sum() > left else np.zeros(values.size, bool), left)
