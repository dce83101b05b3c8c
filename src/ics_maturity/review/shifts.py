"""How far the mean moved between rounds, and what else could have moved it."""

import itertools

import pandas as pd

from ics_maturity import comparison
from ics_maturity.comparison import Linked
from ics_maturity.models import bracket
from ics_maturity.models.incentives import RegionalDifference, regional_difference
from ics_maturity.models.shift import Shift, paired_shift
from ics_maturity.page import Page


def bracket_table(pairs: list[Linked]) -> pd.DataFrame:
    """Shift from the earlier to the later round under every scoring rule of the earlier answers.

    Returns:
        before, after, rule, n, earlier (mean, 0-100), later, shift, low, high (95% interval,
        CR2 by system).
    """
    rows = []
    for pair in pairs:
        for rule in ("theme_mean", *bracket.RULES):
            found = paired_shift(pair.frame[rule], pair.frame["after"], pair.frame["ics_code"])
            rows.append((pair.before, pair.after, rule, found.n, pair.frame[rule].mean(),
                         pair.frame["after"].mean(), found.change.estimate, found.change.low,
                         found.change.high))  # fmt: skip
    columns = ["before", "after", "rule", "n", "earlier", "later", "shift", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def scoring_bracket(pair: Linked) -> bracket.ScoringBracket:
    """The range of a pair's shift over the scoring rules."""
    return bracket.scoring_bracket(
        {rule: pair.frame[rule] for rule in bracket.RULES}, pair.frame["after"]
    )


def name_bracket(page: Page, pair: Linked, drift: float) -> tuple[bracket.ScoringBracket, Shift]:
    """Name the results of a pair's shift and of what would undo it.

    shift.observed (earlier answers averaged), shift.bracket_low and _high (over all rules),
    shift.stricter_low and _high (over the rules other than averaging), shift.tipping_sd (what would
    undo the end of the interval nearer to zero, in SDs of the earlier round) and, where one of the
    rules undoes the estimate, shift.tipping_share (share of the step to the strictest rule).
    """
    span = scoring_bracket(pair)
    whole = paired_shift(pair.frame["mean"], pair.frame["after"], pair.frame["ics_code"])
    words = f"{pair.before} to {pair.after}, percent of maximum"
    page.estimate("shift.observed", whole.change, unit="points of 100", n=whole.n)
    strict = span.by_rule.loc[span.by_rule["rule"] != "mean", "shift"]
    for name, value in (
        ("bracket_low", span.low),
        ("bracket_high", span.high),
        ("stricter_low", strict.min()),
        ("stricter_high", strict.max()),
    ):
        page.result(f"shift.{name}", value, unit="points of 100", n=whole.n, method=words)
    near = bracket.nearest_to_zero(whole.change.low, whole.change.high)
    page.result(
        "shift.tipping_sd",
        bracket.tipping_point(near, whole.sd_before, drift, span).sds,
        unit="SD of the earlier round",
        n=whole.n,
        method=f"what would undo the nearer end of the interval; {words}",
    )
    share = bracket.tipping_point(whole.change.estimate, whole.sd_before, drift, span)
    if 0 < share.share_of_bracket <= 1:
        page.result("shift.tipping_share", share.share_of_bracket, unit="share of the step")
    return span, whole


def questionnaire_shifts(page: Page, years: list[int]) -> pd.DataFrame:
    """Shifts between neighbouring questionnaire rounds, by theme, on common sections.

    Returns:
        before, after, theme, n, shift, low, high (CR2 by system), per_year.
    """
    returns, links = page.read("returns"), page.read("links")
    rows = []
    for before, after in itertools.pairwise(years):
        both = comparison.common_sections(returns, links, before, after)
        for theme, part in both.groupby("theme"):
            # An organisation that is on no map of systems is a cluster of its own.
            cluster = part["ics_code"].where(part["ics_code"] != "", part["organisation"])
            found = paired_shift(part["before"], part["after"], cluster).change
            rows.append((before, after, theme, len(part), found.estimate, found.low, found.high,
                         found.estimate / comparison.years_between(before, after)))  # fmt: skip
    columns = ["before", "after", "theme", "n", "shift", "low", "high", "per_year"]
    return pd.DataFrame(rows, columns=columns)


def drift_per_year(page: Page, years: list[int]) -> float:
    """Yearly slope of the mean self-assessed score from the first to the last such round.

    Organisations in both, sections in both; points of 100 a year. With one round there is none
    (0).
    """
    if len(years) < 2:
        return 0.0
    both = comparison.common_sections(page.read("returns"), page.read("links"), years[0], years[-1])
    overall = both.groupby("organisation")[["before", "after"]].mean()
    years_apart = comparison.years_between(years[0], years[-1])
    return float((overall["after"] - overall["before"]).mean() / years_apart)


def rule_means(shifts: pd.DataFrame, pair: Linked) -> pd.DataFrame:
    """Earlier mean of one pair under each scoring rule, for the figure: label, mean, n."""
    rows = shifts[(shifts["before"] == pair.before) & (shifts["after"] == pair.after)]
    rows = rows[rows["rule"] != "theme_mean"]
    rows = rows.rename(columns={"rule": "label", "earlier": "mean"})[["label", "mean", "n"]]
    return rows.assign(label=rows["label"].str.replace("_", " "))


def trend_table(page: Page, pair: Linked | None, years: list[int]) -> pd.DataFrame:
    """Shift of a pair left when the drift between questionnaire rounds is carried forward.

    Returns:
        multiple, drift, remaining, possible (whether the earlier mean plus the drift stays on
        0 to 100); no rows without a pair.
    """
    if pair is None:
        return possible_drift(bracket.trend_bracket(0, 0, 1), 0).head(0)
    shift = float((pair.frame["after"] - pair.frame["mean"]).mean())
    apart = comparison.years_between(pair.before, pair.after)
    trend = bracket.trend_bracket(shift, drift_per_year(page, years), apart)
    return possible_drift(trend, float(pair.frame["mean"].mean()))


def tipping_grid(page: Page, pair: Linked, years: list[int]) -> pd.DataFrame:
    """Shift left over shares of the change of scoring rule (x) and multiples of drift (y)."""
    slope, apart = drift_per_year(page, years), comparison.years_between(pair.before, pair.after)
    most = largest_multiple(float(pair.frame["mean"].mean()), slope, apart)
    steps = [k / 20 for k in range(21)]
    grid = bracket.tipping_grid(
        scoring_bracket(pair), slope, apart, steps, [most * step for step in steps]
    )
    return grid.set_axis(["x", "y", "shift"], axis=1)


def possible_drift(trend: pd.DataFrame, earlier: float) -> pd.DataFrame:
    """The trend bracket with ``possible``: whether mean plus drift stays on 0 to 100."""
    reached = earlier + trend["drift"]
    return trend.assign(possible=(reached >= 0) & (reached <= 100))


def largest_multiple(earlier: float, slope: float, years: float, most: float = 2.0) -> float:
    """Times the earlier pace, at most ``most``, at which the mean reaches the scale's end."""
    pace = slope * years
    if pace == 0:
        return most
    room = (100 - earlier) if pace > 0 else earlier
    return min(most, room / abs(pace))


def regional_pilot(page: Page, years: list[int], region: str) -> RegionalDifference | None:
    """One region's mean change between the first two questionnaire rounds, against the others.

    ``None`` where there are no two such rounds, or the region is not among the organisations'.
    """
    if len(years) < 2:
        return None
    both = comparison.common_sections(page.read("returns"), page.read("links"), *years[:2])
    both = both[both["region"] != ""]
    if region not in set(both["region"]):
        return None
    one = both.groupby("organisation").agg(
        before=("before", "mean"), after=("after", "mean"), region=("region", "first")
    )
    return regional_difference(one["after"] - one["before"], one["region"].to_numpy(), region)
