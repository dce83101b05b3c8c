"""Signs of shaped answers: against an earlier step, and against those with nothing to gain."""

from collections.abc import Callable

import pandas as pd

from ics_maturity import comparison
from ics_maturity.models import gaming, reversals
from ics_maturity.page import Page
from ics_maturity.review.answers import matched_answers
from ics_maturity.review.groups import at_stake
from ics_maturity.review.repeats import common_overall

REVERSALS = "implausible reversals"
_OF_A_ROUND: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "lowest answers where nobody could check": gaming.low_end_bunching,
    "answers that do not fit together": gaming.guttman_errors,
}


def sign_values(page: Page, years: list[int]) -> dict[str, tuple[pd.Series, pd.Series]]:
    """Each sign in the last step between questionnaire rounds and in the step before.

    Returns:
        by sign, its value or rise by organisation: in the last step, in the one before. Reversals
        are counted over a step; the other signs belong to a round, and their rise is taken.
    """
    first, middle, last = years[-3:]
    items, links = page.read("items"), page.read("links")
    answers = {year: comparison.scored_items(items, links, year) for year in years[-3:]}
    shares = [
        reversals.reversals_by_organisation(matched_answers(page, *step))
        for step in ((middle, last), (first, middle))
    ]
    found = {REVERSALS: (shares[0], shares[1])}
    for name, sign in _OF_A_ROUND.items():
        by_year = {year: sign(answers[year]) for year in years[-3:]}
        found[name] = (by_year[last] - by_year[middle], by_year[middle] - by_year[first])
    return found


def sign_gaps(page: Page, years: list[int]) -> list[gaming.SignGap]:
    """Each sign where funding was at stake, against other organisations and the step before.

    Empty where fewer than three questionnaire rounds are present, or nobody is known to have had
    funding at stake. Honest drift moves every one of these signs, which is why they are compared
    between groups and not with nothing.
    """
    if len(years) < 3:
        return []
    stake = at_stake(page, years[-1])
    if not stake.any():
        return []
    systems = common_overall(page, years[-2], years[-1]).set_index("organisation")["ics_code"]
    return [
        gaming.sign_gap(name, main, placebo, stake, systems)
        for name, (main, placebo) in sign_values(page, years).items()
    ]
