"""Implausible reversals: durable capabilities that an organisation says it lost.

A hospital does not unlearn wireless networks in eighteen months. Answers on matched questions
that fall by half the scale or more are therefore errors, changes of respondent, changes of
wording, or answers shaped by incentives; how often they occur without an incentive is the
base rate against which a later round is held.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ics_maturity.models import counted
from ics_maturity.models.resampling import cluster_bca

IMPLAUSIBLE_FALL = 50.0


@dataclass(frozen=True)
class ReversalRate:
    """Share of matched answers that fell by at least ``fall`` points of 100.

    rate: over all matched answers, 95% interval resampling organisations; rate_at_risk: over
    those that started high enough to fall so far; rise_rate: share that rose by as much.
    """

    rate: float
    low: float
    high: float
    reversals: int
    pairs: int
    rate_at_risk: float
    at_risk: int
    rise_rate: float
    organisations: int
    items: int
    fall: float


def matched_items(before: pd.DataFrame, after: pd.DataFrame, key: pd.DataFrame) -> pd.DataFrame:
    """Answers to the same question in two rounds.

    before and after: organisation, item, score (0-100, answered and scored items only).
    key: item_before, item_after. Result: organisation, item (the later id), before, after,
    sorted; only answers given in both rounds. ValueError on a repeated answer or key.
    """
    for frame, columns in ((before, ["organisation", "item"]), (after, ["organisation", "item"]),
                           (key, ["item_before"]), (key, ["item_after"])):  # fmt: skip
        if frame.duplicated(columns).any():
            first = frame[frame.duplicated(columns)].iloc[0][columns].tolist()
            raise ValueError(f"{', '.join(map(str, first))} occurs more than once")
    earlier = before.merge(key, left_on="item", right_on="item_before")
    joined = earlier[["organisation", "item_after", "score"]].merge(
        after[["organisation", "item", "score"]],
        left_on=["organisation", "item_after"],
        right_on=["organisation", "item"],
        suffixes=("_before", "_after"),
    )
    renamed = joined.rename(columns={"score_before": "before", "score_after": "after"})
    columns = ["organisation", "item", "before", "after"]
    return renamed[columns].sort_values(columns[:2]).reset_index(drop=True)


def reversal_rate(
    matched: pd.DataFrame, rng: np.random.Generator, fall: float = IMPLAUSIBLE_FALL,
    resamples: int = 2000,
) -> ReversalRate:  # fmt: skip
    """How often a capability that should last fell by half the scale or more.

    matched: organisation, item, before, after (0-100), one row per answer in both rounds; keep
    only items that cannot plausibly be lost. The rate depends on how much room there was to
    fall, hence the rate at risk. With no reversal at all the upper limit is
    Clopper and Pearson's (1934) with organisations as trials, since resampling shows nothing.
    """
    fell = (matched["before"] - matched["after"] >= fall).to_numpy()
    able = (matched["before"] >= fall).to_numpy()
    by_organisation = pd.DataFrame(
        {"fell": fell, "pairs": 1}
    ).groupby(matched["organisation"].to_numpy(), sort=True).sum()  # fmt: skip
    count = len(by_organisation)
    interval = cluster_bca(
        counted.ratio, (by_organisation["fell"], by_organisation["pairs"]), None, rng, resamples
    )
    high = interval.high if fell.any() else float(stats.beta.ppf(0.975, 1, count))
    return ReversalRate(
        rate=interval.estimate,
        low=interval.low,
        high=high,
        reversals=int(fell.sum()),
        pairs=len(matched),
        rate_at_risk=float(fell.sum() / able.sum()) if able.any() else float("nan"),
        at_risk=int(able.sum()),
        rise_rate=float((matched["after"] - matched["before"] >= fall).mean()),
        organisations=count,
        items=int(matched["item"].nunique()),
        fall=fall,
    )


def reversals_by_organisation(matched: pd.DataFrame, fall: float = IMPLAUSIBLE_FALL) -> pd.Series:
    """Share of each organisation's matched answers that fell by at least ``fall``."""
    fell = matched["before"] - matched["after"] >= fall
    return fell.groupby(matched["organisation"], sort=True).mean().rename("reversals")
