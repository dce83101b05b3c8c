"""Signs of shaped answers, and who could have gained from them."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ics_maturity import comparison
from ics_maturity.models import gaming, reversals
from ics_maturity.page import Page

Rng = Callable[[str], np.random.Generator]


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


def gaming_signs(page: Page, years: list[int], rng: Rng) -> list[gaming.Excess]:
    """Signs of shaped answers in the last step between questionnaire rounds, against the first.

    Needs three questionnaire rounds: the first step is the base rate. Signs: reversals, lowest
    answers where nobody could check, misfit; the last two compare the last round with the middle
    one. Long runs of one answer are left out: they grow with honest progress, as everybody nears
    the top of the scale.
    """
    first, middle, last = years[-3:]
    items, links = page.read("items"), page.read("links")
    answers = {y: comparison.scored_items(items, links, y) for y in (first, middle, last)}
    now = reversals.reversals_by_organisation(matched_answers(page, middle, last))
    base = reversals.reversals_by_organisation(matched_answers(page, first, middle))
    signs = [gaming.against_base("implausible reversals", now, base, rng("reversals"))]
    for name, sign in (
        ("lowest answers where nobody could check", gaming.low_end_bunching),
        ("answers that do not fit together", gaming.guttman_errors),
    ):
        signs.append(
            gaming.against_base(name, sign(answers[last]), sign(answers[middle]), rng(name))
        )
    return signs
