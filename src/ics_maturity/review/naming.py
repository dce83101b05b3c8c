"""Names the results that the page's summary and its sections print."""

from ics_maturity import comparison
from ics_maturity.models import bracket
from ics_maturity.page import Page
from ics_maturity.review.evidence import Evidence, name_ladder
from ics_maturity.review.links import name_links
from ics_maturity.review.moderated import name_moderation
from ics_maturity.review.shifts import drift_per_year, name_bracket
from ics_maturity.review.signs import REVERSALS


def name_evidence(page: Page, found: Evidence) -> None:
    """Name what the ladder rests on: links, drift, shift and bracket, moderation, incentives."""
    name_ladder(page, found.ladder)
    name_links(page, found.strength)
    slope = drift_per_year(page, found.questionnaires)
    page.result("shift.drift_per_year", slope, unit="points of 100 a year",
                method="common sections")  # fmt: skip
    name_national(page, found.questionnaires)
    if found.primary:
        name_bracket(page, found.primary, slope)
    if found.moderation is not None and found.seen is not None:
        name_moderation(page, found.moderation, found.seen)
    if found.gap is not None:
        last, n = found.questionnaires[-1], found.gap.n
        page.estimate(f"gaming.excess_{last}", found.gap.beyond_placebo, unit="points of 100", n=n)
        page.result("gaming.incentivised", found.gap.incentivised, unit="organisations", n=n)
    for sign in found.signs:
        if sign.sign == REVERSALS:
            for name, gap in (("gap", sign.main), ("gap_beyond", sign.beyond)):
                page.result(f"gaming.reversal_{name}_{found.questionnaires[-1]}",
                            100 * gap.estimate, low=100 * gap.low, high=100 * gap.high, n=sign.n,
                            unit="percentage points", method=gap.method)  # fmt: skip


def name_national(page: Page, questionnaires: list[int]) -> None:
    """Name the national mean of each questionnaire round as scored and by its lowest items."""
    items, links = page.read("items"), page.read("links")
    for year in questionnaires:
        answers = comparison.scored_items(items, links, year)
        n = answers["organisation"].nunique()
        for name, value, method in (
            ("observed", bracket.observed_national(answers),
             "mean over organisations of the mean of their section means"),
            ("rescored", bracket.rescored_national(answers),
             "the same, each section scored by its lowest item"),
        ):  # fmt: skip
            page.result(f"shift.{name}_{year}_national", value, unit="points of 100", n=n,
                        method=method)  # fmt: skip
