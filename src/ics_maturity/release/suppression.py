"""Which systems and rows are too small to be shown, and which would give those away.

A mean of all systems and the means of all but one give that one by subtraction. So nothing is
suppressed alone: at least two systems are, in the country and in each region that has a second
one, and together they hold enough providers (primary and complementary suppression; Hundepool
et al., Statistical Disclosure Control, Wiley 2012, chapter 4).
"""

import pandas as pd


def provider_counts(returns: pd.DataFrame, rounds: list[int]) -> pd.DataFrame:
    """Providers of each system, in that of the rounds where it had fewest.

    Args:
        returns: tidy returns with provider and system codes.
        rounds: years of the rounds that count.

    Returns:
        ics_code, region, providers, sorted by code.
    """
    rows = returns[(returns["ics_code"] != "") & returns["round"].isin(rounds)]
    counted = rows.groupby(["ics_code", "round"])["provider_code"].nunique()
    region = rows.groupby("ics_code")["region"].first()
    counts = counted.groupby(level="ics_code").min().rename("providers").to_frame()
    return counts.join(region).reset_index()[["ics_code", "region", "providers"]]


def suppressed_systems(counts: pd.DataFrame, least: int) -> set[str]:
    """Systems with fewer than ``least`` providers, and those that would give them away.

    Args:
        counts: the frame of :func:`provider_counts`.
        least: fewest providers of a system that is shown.
    """
    ordered = counts.sort_values(["providers", "ics_code"])
    chosen = set(ordered.loc[ordered["providers"] < least, "ics_code"])
    for _, region in ordered.groupby("region", sort=True):
        chosen |= _complement(region, chosen, least)
    return chosen | _complement(ordered, chosen, least)


def _complement(ordered: pd.DataFrame, chosen: set[str], least: int) -> set[str]:
    """The next smallest systems that hide the chosen ones of these among others."""
    inside = ordered["ics_code"].isin(chosen)
    hidden = ordered[inside]
    if hidden.empty:
        return set()
    added: list[str] = []
    together, number = int(hidden["providers"].sum()), len(hidden)
    for row in ordered[~inside].itertuples():
        if number >= 2 and together >= least:
            break
        added.append(str(row.ics_code))
        together, number = together + int(row.providers), number + 1
    return set(added)


def without_small_rows(frame: pd.DataFrame, count: str, least: int) -> pd.DataFrame:
    """The rows that rest on at least ``least`` units; where one is left out, so is the next.

    Args:
        frame: one row per group, shown beside a total.
        count: the column with the number of units; a row without one is kept.
        least: fewest units of a row that is shown.
    """
    units = frame[count].astype("Float64")
    small = (units < least).fillna(False)
    if small.sum() == 1 and (~small).any():
        small |= frame.index == units[~small].idxmin()
    return frame[~small.astype(bool)]
