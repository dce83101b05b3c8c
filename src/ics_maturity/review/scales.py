"""Scores of two instruments on one scale: what each scale can show, and what it forces to zero.

None of them makes two instruments measure the same thing.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ics_maturity import comparison, instruments
from ics_maturity.comparison import Linked
from ics_maturity.models.change import pomp
from ics_maturity.models.linking import (
    MINIMUM_REDUCTION,
    crosswalk,
    equipercentile_link,
    reduction_in_uncertainty,
    z_link,
)
from ics_maturity.models.predecessors import Rule, predecessor_values
from ics_maturity.page import Page


@dataclass(frozen=True)
class Scale:
    """A scale in words."""

    name: str
    can_show: str
    cannot_show: str


POMP = Scale(
    "percent of maximum",
    "a mean shift, if the ends of both scales are taken to mean the same",
    "that they do",
)
CROSSWALK = Scale(
    "crosswalk",
    "which themes and pillars go together, and a mean shift on the same condition",
    "that a theme and its pillar ask for the same",
)
Z = Scale(
    "z-scores",
    "a change of relative position",
    "a shift of mean or spread: both are zero by construction",
)
EQUIPERCENTILE = Scale(
    "equal percentiles",
    "a change of relative position",
    "a shift of mean, spread or shape: zero by construction but for ties",
)


def scale_table(page: Page, pairs: list[Linked], rule: Rule, reliability: float) -> pd.DataFrame:
    """Every pair of rounds on every scale (:func:`scale_meanings` says what each can show).

    Args:
        page: gives the processed tables.
        pairs: linked rounds.
        rule: how several predecessors become one value.
        reliability: assumed share of a score's variance that is true, in both rounds.

    Returns:
        before, after, scale, compared, n, shift (mean difference in the scale's units), r,
        disattenuated, reduction, allowed.
    """
    rows = [
        (pair.before, pair.after, scale.name, compared, *_strength(first, second, reliability))
        for pair in pairs
        for scale, compared, first, second in _scaled(page, pair, rule)
    ]  # fmt: skip
    columns = ["before", "after", "scale", "compared", "n", "shift", "r", "disattenuated",
               "reduction", "allowed"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def scale_meanings() -> pd.DataFrame:
    """Every scale in words: scale, can_show, cannot_show."""
    rows = [(one.name, one.can_show, one.cannot_show)
            for one in (POMP, CROSSWALK, Z, EQUIPERCENTILE)]  # fmt: skip
    return pd.DataFrame(rows, columns=["scale", "can_show", "cannot_show"])


def crosswalk_scores(page: Page, pair: Linked, rule: Rule) -> pd.DataFrame:
    """Earlier themes beside the later pillars that the instrument files name as nearest.

    Returns:
        provider_code, pillar, before (the theme's score), after (the pillar's), both 0-100.
    """
    named = [
        (link.theme, pillar, 1.0)
        for link in instruments.for_round(pair.before).crosswalk
        for pillar in link.main
    ]
    table = pd.DataFrame(named, columns=["theme", "pillar", "weight"])
    earlier = crosswalk(_earlier_themes(page, pair, rule), table)
    both = earlier.rename(columns={"organisation": "provider_code", "score": "before"}).merge(
        _later_pillars(page, pair.after), on=["provider_code", "pillar"]
    )
    return both[["provider_code", "pillar", "before", "after"]]


def _earlier_themes(page: Page, pair: Linked, rule: Rule) -> pd.DataFrame:
    """Theme scores (means of section means) carried to the later providers."""
    links = page.read("links")
    items = comparison.scored_items(page.read("items"), links, pair.before)
    theme = {one.id: one.theme for one in instruments.for_round(pair.before).sections}
    sections = items.groupby(["code_returned", "section"], as_index=False)["score"].mean()
    sections["theme"] = sections["section"].map(theme)
    by_theme = sections.groupby(["theme", "code_returned"])["score"].mean()
    routes, sizes = links[links["round"] == pair.before], comparison.sizes_of(page, pair.before)
    parts = [
        predecessor_values(by_theme[name], routes, rule, sizes)
        .by_provider.rename(columns={"provider_code": "organisation"})
        .assign(theme=name)
        for name in by_theme.index.unique("theme")
    ]
    return pd.concat(parts)[["organisation", "theme", "score"]]


def _later_pillars(page: Page, year: int) -> pd.DataFrame:
    """Mean of a provider's returns in each pillar, percent of maximum, as last assessed."""
    returns = page.read("returns")
    rows = returns[(returns["round"] == year) & (returns["level"] == "pillar")]
    if "moderated" in set(rows["assessed_by"]):
        rows = rows[rows["assessed_by"] == "moderated"]
    if rows.empty:
        return pd.DataFrame(columns=["provider_code", "pillar", "after"])
    means = rows.groupby(["provider_code", "construct"], as_index=False)["score"].mean()
    low, high = float(rows["scale_min"].min()), float(rows["scale_max"].max())
    means["after"] = pomp(means["score"], low, high)
    return means.rename(columns={"construct": "pillar"})[["provider_code", "pillar", "after"]]


def _scaled(
    page: Page, pair: Linked, rule: Rule
) -> list[tuple[Scale, str, np.ndarray, np.ndarray]]:
    """Each scale with what is compared on it, and the scores of both rounds."""
    first, second = (pair.frame[name].to_numpy(dtype=float) for name in ("mean", "after"))
    whole = "overall score"
    walked = crosswalk_scores(page, pair, rule)
    later = instruments.find_round(pair.after)
    titles = {one.id: one.title for one in later.pillars} if later else {}
    parts = [
        (CROSSWALK, titles.get(str(pillar), str(pillar)), part["before"].to_numpy(),
         part["after"].to_numpy())
        for pillar, part in walked.groupby("pillar", sort=True)
    ]  # fmt: skip
    standard, equal = z_link(first, second), equipercentile_link(first, second)
    return [
        (POMP, whole, first, second),
        *parts,
        (Z, whole, standard.before, standard.after),
        (EQUIPERCENTILE, whole, equal.before, equal.after),
    ]


def _strength(first: np.ndarray, second: np.ndarray, reliability: float) -> tuple:
    r = float(np.corrcoef(first, second)[0, 1])
    reduction = reduction_in_uncertainty(r)
    shift = round(float((second - first).mean()), 9)  # a forced 0 is 0 on every machine
    return (len(first), shift, r, r / reliability, reduction,
            r > 0 and reduction >= MINIMUM_REDUCTION)  # fmt: skip
