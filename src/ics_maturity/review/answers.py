"""The same questions in two rounds, and how often an answer fell further than is plausible."""

import pandas as pd

from ics_maturity import comparison
from ics_maturity.models import reversals
from ics_maturity.page import Page


def matched_answers(page: Page, before: int, after: int, identical: bool = False) -> pd.DataFrame:
    """Answers to the same question in two questionnaire rounds (see :mod:`models.reversals`).

    2016 is matched to later rounds by the published key; later rounds share their items.
    ``identical`` keeps only questions worded the same.
    """
    items, links = page.read("items"), page.read("links")
    one, two = (comparison.scored_items(items, links, year) for year in (before, after))
    if before == 2016:
        key = page.read("item_match")
        key = key[key["verbatim_identical"].astype(bool)] if identical else key
        key = key.rename(columns={"item_2016": "item_before", "item_2017": "item_after"})
    else:
        shared = sorted(set(one["item"]) & set(two["item"]))
        key = pd.DataFrame({"item_before": shared, "item_after": shared})
    columns = ["organisation", "item", "score"]
    asked = key[
        key["item_before"].isin(set(one["item"])) & key["item_after"].isin(set(two["item"]))
    ]
    return reversals.matched_items(one[columns], two[columns], asked[["item_before", "item_after"]])


def name_reversals(page: Page, before: int, after: int) -> bool | None:
    """Name the share of matched answers that fell by half the scale or more.

    gaming.reversal_rate_BEFORE_AFTER with the number of questions, over all matched questions and
    (with _identical) over those worded the same.

    Returns:
        whether the rate is no lower without rewording; ``None`` where the rounds are not both
        there.
    """
    if not {before, after} <= set(page.read("items")["round"]):
        return None
    rates = []
    for name, identical in (("", False), ("_identical", True)):
        answers = matched_answers(page, before, after, identical)
        rate = reversals.reversal_rate(answers, page.rng(f"reversal{name}"))
        page.result(f"gaming.reversal_rate_{before}_{after}{name}", rate.rate, low=rate.low,
                    high=rate.high, n=rate.pairs, unit="share of matched answers",
                    method="fell by half the scale or more; organisations resampled")  # fmt: skip
        page.result(f"gaming.reversal_items{name}", rate.items, n=rate.organisations, unit="items")
        rates.append(rate)
    whole, same_words = rates
    return same_words.rate >= whole.low
