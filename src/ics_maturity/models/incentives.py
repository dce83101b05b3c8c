"""Did organisations with something to gain from a low score change differently?

Everything is conditioned on the round before the incentive, never on the round in which it
applied: who scored low in that round is part of what is asked. The same comparison one step
earlier, when there was nothing to gain, is the placebo; what both steps share (a group that
was simply different) cancels.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ics_maturity.models.design import FloatArray, vector, with_intercept
from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.pairs import Clusters, cluster_codes, paired
from ics_maturity.models.shift import clustered


@dataclass(frozen=True)
class Step:
    """Scores of the same organisations, in one order, in an earlier and a later round."""

    before_round: int
    after_round: int
    before: ArrayLike
    after: ArrayLike


@dataclass(frozen=True)
class IncentiveGap:
    """Difference in change between organisations with and without the incentive.

    main: in the step in which the incentive applied, given its baseline; placebo: the same one
    step earlier; beyond_placebo: main less placebo, with the two steps' dependence counted.
    main_both and beyond_both: the same with the main step given both earlier rounds.
    CR2 by ICS, 95% intervals, in the scores' units. Negative means incentivised organisations
    rose less or fell more.
    """

    main: Coefficient
    placebo: Coefficient
    beyond_placebo: Coefficient
    main_both: Coefficient
    beyond_both: Coefficient
    n: int
    incentivised: int

    def holds(self, alpha: float = 0.05) -> bool:
        """Whether all four readings of the gap reject zero in the same direction.

        Where the incentive went by the observed score of the first round, the reading given
        only the second is regression to the mean; where it went by true maturity, the one
        given both is nearer to zero. Only what survives every reading is claimed.
        """
        readings = (self.main, self.beyond_placebo, self.main_both, self.beyond_both)
        same_sign = len({reading.estimate > 0 for reading in readings}) == 1
        return same_sign and all(reading.p <= alpha for reading in readings)


@dataclass(frozen=True)
class RegionalDifference:
    """Mean change in one region less the mean change elsewhere, described.

    rank: place of this region's absolute difference among all regions' (1 largest); p: that
    rank over the number of regions, which cannot fall below smallest_p.
    """

    difference: float
    p: float
    smallest_p: float
    rank: int
    regions: pd.DataFrame


def incentive_gap(main: Step, placebo: Step, incentive: ArrayLike, ics: Clusters) -> IncentiveGap:
    """Heterogeneity by incentive, conditional on earlier rounds, against a placebo step.

    Change is regressed on the incentive (0 or 1) and the baseline in both steps at once, with
    coefficients free in each step; an organisation's two rows stay in one cluster. A noisy
    baseline leaves part of a true difference between the groups in each step; it cancels in
    beyond_placebo only as far as both baselines are equally reliable, and not where the
    incentive itself followed the first round's observed score: see IncentiveGap.holds.
    Lord (1967), Psychological Bulletin 68, 304-305, on why the conditioning must be stated.

    ValueError unless the placebo ends where the main step begins (so that the main step is
    conditioned on rounds before the incentive), and both groups have at least 5 members.
    """
    if not placebo.before_round < placebo.after_round == main.before_round < main.after_round:
        raise ValueError(
            f"the placebo step ({placebo.before_round} to {placebo.after_round}) must end where "
            f"the main step ({main.before_round} to {main.after_round}) begins: condition on "
            "the round before the incentive, never on the round in which it applied"
        )
    first, second = paired(main.before, main.after)
    placebo_first, placebo_second = paired(placebo.before, placebo.after)
    group = vector(incentive, "incentive", first.size)
    if not np.isin(group, (0.0, 1.0)).all():
        raise ValueError("incentive must be 0 or 1 for each organisation")
    if min(group.sum(), group.size - group.sum()) < 5:
        raise ValueError("at least 5 organisations with and 5 without the incentive are needed")
    if placebo_first.size != first.size:
        raise ValueError("both steps must hold the same organisations")
    codes = cluster_codes(ics, first.size)
    change, earlier_change = second - first, placebo_second - placebo_first

    def gaps(baseline: FloatArray) -> tuple[Coefficient, Coefficient]:
        alone = clustered(with_intercept(group, baseline), change, codes, 1)
        design = _stacked(group, baseline, placebo_first)
        both = np.concatenate([change, earlier_change])
        return alone, clustered(design, both, np.tile(codes, 2), 1)

    main_gap, beyond = gaps(first[:, None])
    main_both, beyond_both = gaps(np.column_stack([first, placebo_first]))
    return IncentiveGap(
        main_gap,
        clustered(with_intercept(group, placebo_first), earlier_change, codes, 1),
        beyond,
        main_both,
        beyond_both,
        first.size,
        int(group.sum()),
    )


def regional_difference(
    change: ArrayLike, region: Sequence[Hashable], chosen: Hashable
) -> RegionalDifference:
    """How one region's mean change stands among all regions' (a pilot in one region).

    The region is the unit: each region in turn is treated as the chosen one (Fisher 1935;
    Young 2019, Quarterly Journal of Economics 134, 557-598), so seven regions allow no p below
    1/7. Descriptive, since who took part in the pilot is not known.
    regions frame: region, n, mean_change, difference, largest absolute difference first.
    """
    values = vector(change, "change")
    frame = pd.DataFrame({"region": list(region), "change": values})
    if frame["region"].nunique() < 2 or chosen not in set(frame["region"]):
        raise ValueError(f"{chosen!r} must be one of at least two regions")
    table = frame.groupby("region", sort=True)["change"].agg(n="size", mean_change="mean")
    elsewhere = (values.sum() - table["n"] * table["mean_change"]) / (values.size - table["n"])
    table["difference"] = table["mean_change"] - elsewhere
    size = table["difference"].abs()
    own = table.loc[[chosen], "difference"].iloc[0]
    rank = int((size >= abs(own) - 1e-12).sum())
    order = size.sort_values(ascending=False, kind="stable").index
    return RegionalDifference(
        float(own), rank / len(table), 1 / len(table), rank, table.loc[order].reset_index()
    )


def _stacked(group: FloatArray, baseline: FloatArray, placebo_baseline: FloatArray) -> FloatArray:
    """Both steps' rows, main first: group, group in the main step only, then each step's own
    intercept and baselines. The second coefficient is main less placebo.
    """
    here, there = np.ones(group.size), np.zeros(group.size)
    main = [group, group, here, *baseline.T, there, there]
    placebo = [group, there, there, *np.zeros_like(baseline.T), here, placebo_baseline]
    return np.vstack([np.column_stack(main), np.column_stack(placebo)])
