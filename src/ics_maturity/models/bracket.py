"""How far a shift between instruments could be the scoring rule, or drift, and not a change.

2016, 2017 and 2019 averaged answers, so a strong answer made up for a weak one; from 2023 a
level counts only if all its elements are met. Scoring the earlier answers by stricter rules
shows how much of a fall that alone would produce. Neither bracket is a confidence interval:
each is the range of shifts left when one thing that changed with the instrument is allowed for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ics_maturity.models.pairs import paired

Rule = Literal["mean", "lower_quartile", "all_elements_met", "lowest_item"]
RULES: tuple[Rule, ...] = get_args(Rule)
THRESHOLDS = (25.0, 50.0, 75.0, 100.0)
DRIFT_MULTIPLES = (0.0, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class ScoringBracket:
    """Shift under each rule for the earlier round, and the range they span.

    by_rule: rule, before (mean), shift. low and high are the smallest and largest shift.
    """

    unadjusted: float
    low: float
    high: float
    by_rule: pd.DataFrame
    n: int

    @property
    def far_end(self) -> float:
        """The end of the bracket that lies towards (or beyond) no shift."""
        return self.high if self.unadjusted < 0 else self.low


@dataclass(frozen=True)
class TippingPoint:
    """What would have to be true for the shift to vanish.

    pomp: points of 100 that something other than change must have moved scores; sds: the same
    in standard deviations of the earlier round; years_of_drift: years of the earlier yearly
    drift (negative: that drift ran the other way, so more of it deepens the shift; infinite:
    no drift); share_of_bracket: share of the step from the averaging to the strictest rule
    (above 1: not even the strictest rule suffices; infinite: no rule helps).
    """

    pomp: float
    sds: float
    years_of_drift: float
    share_of_bracket: float


def section_scores(
    items: pd.DataFrame, rule: Rule, thresholds: Sequence[float] = THRESHOLDS
) -> pd.DataFrame:
    """One score per organisation and section from its item scores (0-100).

    items: organisation, section, score, one row per answered and scored item. Rules: mean;
    lower_quartile (linear interpolation, Hyndman and Fan's type 7); all_elements_met, the
    highest threshold that every item reaches, else 0; lowest_item. Result: organisation,
    section, score, sorted. ValueError on a missing or out-of-range score or an unknown rule.
    """
    scores = items["score"]
    if scores.isna().any() or not scores.between(0, 100).all():
        raise ValueError("item scores must be numbers from 0 to 100; leave unscored items out")
    grouped = items.groupby(["organisation", "section"], sort=True, observed=True)["score"]
    if rule == "mean":
        result = grouped.mean()
    elif rule == "lower_quartile":
        result = grouped.quantile(0.25)
    elif rule == "lowest_item":
        result = grouped.min()
    elif rule == "all_elements_met":
        levels = np.concatenate([[0.0], np.sort(np.asarray(thresholds, dtype=float))])
        lowest = grouped.min()
        reached = levels[np.searchsorted(levels, lowest, side="right") - 1]
        result = pd.Series(reached, lowest.index, name="score")
    else:
        raise ValueError(f"unknown scoring rule {rule!r}; expected one of {RULES}")
    return result.reset_index()


def organisation_scores(
    items: pd.DataFrame, rule: Rule, thresholds: Sequence[float] = THRESHOLDS
) -> pd.Series:
    """Unweighted mean over an organisation's sections, by organisation (sorted)."""
    sections = section_scores(items, rule, thresholds)
    return sections.groupby("organisation", sort=True)["score"].mean()


def observed_national(items: pd.DataFrame) -> float:
    """Mean over organisations of the unweighted mean of their section means (0-100)."""
    return float(organisation_scores(items, "mean").mean())


def rescored_national(items: pd.DataFrame) -> float:
    """The same with each section scored by its lowest item: every element must be met."""
    return float(organisation_scores(items, "lowest_item").mean())


def rescoring_table(items: pd.DataFrame, thresholds: Sequence[float] = THRESHOLDS) -> pd.DataFrame:
    """National mean and spread of one round under every rule.

    Frame: rule, mean, sd (between organisations, n - 1), organisations.
    """
    rows = []
    for rule in RULES:
        scores = organisation_scores(items, rule, thresholds)
        rows.append((rule, float(scores.mean()), float(scores.std()), len(scores)))
    return pd.DataFrame(rows, columns=["rule", "mean", "sd", "organisations"])


def scoring_bracket(before_by_rule: Mapping[Rule, ArrayLike], after: ArrayLike) -> ScoringBracket:
    """Range of the mean shift when the earlier round is scored by each rule.

    before_by_rule: earlier scores (0-100) of the same organisations in the same order, by rule;
    "mean", the rule the round was published under, must be among them. after: their later
    scores as percent of maximum. The range bounds the part of a shift that a change from
    averaging to all-elements-met could account for, with the answers themselves unchanged.
    """
    if "mean" not in before_by_rule:
        raise ValueError("the bracket needs the round's own rule, 'mean', among the rules")
    rows = []
    for rule, before in before_by_rule.items():
        first, second = paired(before, after)
        rows.append((rule, float(first.mean()), float((second - first).mean())))
    table = pd.DataFrame(rows, columns=["rule", "before", "shift"])
    unadjusted = float(table.loc[table["rule"] == "mean", "shift"].iloc[0])
    low, high = float(table["shift"].min()), float(table["shift"].max())
    return ScoringBracket(unadjusted, low, high, table, second.size)


def trend_bracket(
    shift: float,
    slope_per_year: float,
    years: float,
    multiples: Sequence[float] = DRIFT_MULTIPLES,
) -> pd.DataFrame:
    """Shift left after earlier drift is carried forward at stated multiples of its pace.

    Frame: multiple, drift (multiple * slope * years), remaining (shift - drift). How far the
    past trend may be exceeded is assumed, not estimated: Rambachan and Roth (2023), Review of
    Economic Studies 90, 2555-2591 (relative magnitudes). A slope from two rounds is one
    difference and not a trend.
    """
    if years <= 0:
        raise ValueError(f"the later round must follow the earlier one, got {years} years")
    factors = np.asarray(multiples, dtype=float)
    drift = factors * slope_per_year * years
    return pd.DataFrame({"multiple": factors, "drift": drift, "remaining": shift - drift})


def tipping_point(
    shift: float, sd_before: float, slope_per_year: float, bracket: ScoringBracket
) -> TippingPoint:
    """How much of something else would make ``shift`` vanish, in four units.

    ``shift`` is in points of 100: the estimate, or the end of its interval that lies nearer
    to 0 (0 itself if the interval holds 0). ``sd_before`` is in the same points.
    """
    if sd_before <= 0:
        raise ValueError(f"a standard deviation is above 0, got {sd_before}")
    step = bracket.far_end - bracket.unadjusted
    return TippingPoint(
        pomp=float(shift),
        sds=float(shift / sd_before),
        years_of_drift=_quotient(shift, slope_per_year),
        share_of_bracket=_quotient(-shift, step),
    )


def tipping_grid(
    bracket: ScoringBracket,
    slope_per_year: float,
    years: float,
    shares: Sequence[float],
    multiples: Sequence[float],
) -> pd.DataFrame:
    """Shift left over a grid of assumptions, for the contour figure.

    Frame: share (of the step to the far end of the scoring bracket), multiple (of the earlier
    yearly drift), remaining. The line remaining = 0 is the tipping line.
    """
    share, multiple = np.meshgrid(
        np.asarray(shares, dtype=float), np.asarray(multiples, dtype=float), indexing="ij"
    )
    rescored = bracket.unadjusted + share * (bracket.far_end - bracket.unadjusted)
    remaining = rescored - multiple * slope_per_year * years
    return pd.DataFrame(
        {"share": share.ravel(), "multiple": multiple.ravel(), "remaining": remaining.ravel()}
    )


def _quotient(part: float, whole: float) -> float:
    if part == 0:
        return 0.0
    return float(part / whole) if whole else float("inf")


def nearest_to_zero(low: float, high: float) -> float:
    """End of an interval that lies nearer to 0; 0 where the interval holds it."""
    if low > high:
        raise ValueError(f"an interval needs low <= high, got {low} and {high}")
    return 0.0 if low <= 0 <= high else min(low, high, key=abs)
