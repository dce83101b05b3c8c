"""What hung on the scores of whom, and whether they changed differently."""

import itertools

import pandas as pd

from ics_maturity import comparison, instruments
from ics_maturity.models.incentives import IncentiveGap, Step, incentive_gap
from ics_maturity.models.moderation import moderation_by
from ics_maturity.models.reversals import reversals_by_organisation
from ics_maturity.page import Page
from ics_maturity.review.answers import matched_answers
from ics_maturity.review.repeats import common_overall

NOT_LISTED = "not_listed"
_CHANGES = ["before", "after", "group", "beforehand", "n", "systems", "earlier", "change", "low",
            "high", "predicted", "reversals"]  # fmt: skip
PROVIDERS = 2025  # the round whose codes are those of today's providers


def provider_groups(page: Page) -> pd.Series:
    """Group of each provider of 2025 that the table of incentives names."""
    table = page.read("incentives")
    return table[table["round"] == PROVIDERS].set_index("provider_code")["group"]


def incentive_groups(page: Page, year: int) -> pd.DataFrame:
    """What hung on the scores of a questionnaire round's organisations.

    An organisation that the table names in that round's codes has the group named there; others
    have the group of the provider they became. Organisations of neither are absent.

    Returns:
        group, since, beforehand (whether the group held before the round was answered), by the
        organisation's own code.
    """
    table = page.read("incentives").set_index("provider_code")[["round", "group", "since"]]
    links = page.read("links")
    route = links[links["round"] == year].drop_duplicates("code_returned")
    own = route["code_returned"].map(comparison.own_codes(links, year)).to_numpy()
    became = table[table["round"] == PROVIDERS].reindex(route["provider_code"]).set_axis(own)
    named = table[table["round"] == year].reindex(own) if year != PROVIDERS else became
    found = named.fillna(became)[["group", "since"]].dropna()
    found = found[~found.index.duplicated()].sort_index()
    answered = instruments.for_round(year).design.midpoint
    return found.assign(beforehand=_years(found["since"]) < answered)


def _years(days: pd.Series) -> pd.Series:
    """Days as years with decimals, as rounds are dated."""
    dated = pd.to_datetime(days, format="%Y-%m-%d")
    return dated.dt.year + (dated.dt.day_of_year - 1) / 365.25


def at_stake(page: Page, year: int) -> pd.Series:
    """1 where funding hung on the score of that round, 0 for other known groups.

    Only groups that held before the round was answered count: what came later cannot have
    shaped an answer.
    """
    groups = incentive_groups(page, year)
    groups = groups[groups["beforehand"]]
    return (groups["group"] == "funding_at_stake").astype(float)


def incentive_effect(page: Page, years: list[int]) -> IncentiveGap | None:
    """Change by incentive in the last self-assessed step, against the step before it.

    ``None`` where fewer than three questionnaire rounds are present, or nobody is known to have
    had funding at stake. Organisations in all three rounds; themes of common sections; points of
    100.
    """
    if len(years) < 3:
        return None
    first, middle, last = years[-3:]
    stake = at_stake(page, last)
    if not stake.any():
        return None
    returns, links = page.read("returns"), page.read("links")
    steps = [
        comparison.common_sections(returns, links, *pair).groupby("organisation").agg(
            before=("before", "mean"), after=("after", "mean"), ics_code=("ics_code", "first"))
        for pair in ((first, middle), (middle, last))
    ]  # fmt: skip
    placebo, main = steps
    both = placebo.join(main, how="inner", suffixes=("_placebo", ""))
    both = both.join(stake.rename("at_stake"), how="inner")
    return incentive_gap(
        Step(middle, last, both["before"], both["after"]),
        Step(first, middle, both["before_placebo"], both["after_placebo"]),
        both["at_stake"],
        both["ics_code"].to_numpy(),
    )


def group_changes(page: Page, before: int, after: int, reliability: float) -> pd.DataFrame:
    """Change between two questionnaire rounds by incentive group, described.

    Organisations were put into groups for reasons of their own, some of them for what they scored
    before, so that groups that differ at the start regress differently: what regression alone
    would give stands beside the change.

    Returns:
        before, after, group (not listed where the table of incentives is silent), beforehand
        (whether the group held before the later round), n, systems, earlier (mean, points of 100),
        change, low, high (CR2 by system, missing for fewer than five systems), predicted (mean
        change less what Kelley's prediction takes off the start), reversals (mean share of
        matched answers that fell by half the scale or more).
    """
    scores = common_overall(page, before, after).set_index("organisation")
    named = incentive_groups(page, after).reindex(scores.index)
    scores["group"] = named["group"].fillna(NOT_LISTED)
    scores["beforehand"] = named["beforehand"].astype("boolean")
    change = scores["after"] - scores["before"]
    start = scores["before"] - scores["before"].mean()
    scores["predicted"] = change.mean() - (1 - reliability) * start
    scores["reversals"] = reversals_by_organisation(matched_answers(page, before, after))
    table = moderation_by(
        scores["before"], scores["after"], scores["ics_code"].to_numpy(), scores["group"].to_numpy()
    ).set_index("group")
    by_group = scores.groupby("group")
    means = by_group[["before", "predicted", "reversals"]].mean()
    shown = table[["n", "systems", "mean_difference", "low", "high"]].join(
        means.rename(columns={"before": "earlier"})
    )
    shown = shown.rename(columns={"mean_difference": "change"}).reset_index()
    shown["beforehand"] = shown["group"].map(by_group["beforehand"].first())
    shown = shown.assign(before=before, after=after)
    return shown[_CHANGES]


def group_table(page: Page, years: list[int], reliability: float) -> pd.DataFrame:
    """:func:`group_changes` for every step between questionnaire rounds; none listed, no rows."""
    parts = [group_changes(page, *step, reliability) for step in itertools.pairwise(years)]
    kept = [part for part in parts if set(part["group"]) != {NOT_LISTED}]
    if not kept:
        return pd.DataFrame(columns=_CHANGES)
    return pd.concat(kept, ignore_index=True)


def group_sources(page: Page) -> pd.DataFrame:
    """What the table of incentives holds: group, since, round, n (organisations), source."""
    table = page.read("incentives")
    keys = ["group", "since", "round", "source"]
    counted = table.groupby(keys, as_index=False).agg(n=("provider_code", "size"))
    return counted[["group", "since", "round", "n", "source"]]
