"""Two rounds side by side: who is the same, which questions are the same, on which scale.

Scores of different instruments are put on percent of the maximum possible (POMP, 0 to 100), which
lines up the ends of the scales and nothing else.
"""

from dataclasses import dataclass

import pandas as pd

from ics_maturity import frames, instruments
from ics_maturity.errors import InputError, Problem
from ics_maturity.models import bracket
from ics_maturity.models.change import pomp
from ics_maturity.models.predecessors import RULES as LINK_RULES
from ics_maturity.models.predecessors import SIZED_RULES, Predecessors, predecessor_values
from ics_maturity.models.predecessors import Rule as LinkRule
from ics_maturity.page import Page

FIRST_REVIEWED = 2023  # the first round with peer review
_MISSION = ((2016, 2023), (2019, 2023))
_SCORED_ITEM = ["organisation", "code_returned", "section", "item", "position", "verifiable",
                "score"]  # fmt: skip


def default_pairs(rounds: list[int]) -> list[tuple[int, int]]:
    """Pairs of a self-assessed and a peer-reviewed round, as near to 2016/2019 -> 2023 as possible.

    Where 2023 is present: 2016 and 2019 (or 2017) against it. Otherwise every earlier round
    against the last one.
    """
    earlier = [year for year in rounds if year < FIRST_REVIEWED]
    later = [year for year in rounds if year >= FIRST_REVIEWED]
    if not earlier or not later:
        return []
    wanted = [pair for pair in _MISSION if set(pair) <= set(rounds)]
    return wanted or [(year, later[-1]) for year in earlier]


def official_rounds(page: Page) -> list[int]:
    """The rounds present that are digital maturity assessments, as the workbook knows them.

    A round whose instrument came with the returns asked something else, and is neither before nor
    after the arrival of peer review.
    """
    known = page.instruments
    return [year for year in page.rounds() if known.find(year) and year not in known.own]


def official_pairs(page: Page) -> list[tuple[int, int]]:
    """The pairs of :func:`default_pairs` among the official rounds present."""
    return default_pairs(official_rounds(page))


def questionnaires(page: Page) -> list[int]:
    """The official rounds with answers to single questions."""
    return sorted(set(page.read("items")["round"]) & set(official_rounds(page)))


def years_between(before: int, after: int) -> float:
    """Years from the middle of one round's fieldwork to the middle of another's."""
    first, last = (instruments.for_round(year).design.midpoint for year in (before, after))
    return last - first


def own_codes(links: pd.DataFrame, year: int) -> pd.Series:
    """The organisation's own code in that round by the code returned (wrong codes corrected)."""
    listed = links[links["round"] == year].drop_duplicates("code_returned")
    corrected = listed["kind"] == "corrected"
    own = listed["provider_code"].where(corrected, listed["code_returned"])
    return pd.Series(own.to_numpy(), index=listed["code_returned"].to_numpy(), dtype="str")


def whole_returns(rows: pd.DataFrame, links: pd.DataFrame, year: int) -> pd.DataFrame:
    """Tidy rows of one round without extra returns, with ``organisation`` (own code).

    Returns for one setting are left out. Of an organisation with several whole returns the one
    under its own code is kept, else the first by code; a gap in it stays a gap, since another
    return speaks for another part of the organisation.
    """
    chosen = rows[(rows["round"] == year) & (rows["care_setting"] == "all")]
    codes = pd.Series(chosen["provider_code_returned"].unique(), dtype="str")
    own = codes.map(own_codes(links, year)).astype("str")
    listed = pd.DataFrame({"code": codes, "organisation": own, "extra": own != codes})
    kept = listed.sort_values(["organisation", "extra", "code"]).drop_duplicates("organisation")
    whole = chosen[chosen["provider_code_returned"].isin(kept["code"])]
    named = kept.set_index("code")["organisation"]
    return whole.assign(organisation=whole["provider_code_returned"].map(named))


def scored_items(items: pd.DataFrame, links: pd.DataFrame, year: int) -> pd.DataFrame:
    """Scored answers of whole organisations in one questionnaire round.

    Returns:
        organisation (own code), code_returned, section, item, position (order in the
        questionnaire), verifiable (a share or a format rather than agreement), score (0-100);
        extra returns are left out (:func:`whole_returns`).
    """
    items_asked = instruments.for_round(year).scored_items
    asked = pd.DataFrame(
        {
            "section": [item.section for item in items_asked],
            "position": range(len(items_asked)),
            "verifiable": [item.answers != "agreement" for item in items_asked],
        },
        index=[item.id for item in items_asked],
    )
    whole = whole_returns(items, links, year)
    kept = whole[whole["construct"].isin(asked.index)].join(asked, on="construct")
    named = kept.rename(columns={"provider_code_returned": "code_returned", "construct": "item"})
    frame = named[_SCORED_ITEM]
    return frame.sort_values(["organisation", "item"], kind="stable", ignore_index=True)


def by_code(items: pd.DataFrame, rule: bracket.Rule) -> pd.Series:
    """Score of each organisation (0-100) by the code returned, sections scored by ``rule``."""
    renamed = items[["code_returned", "section", "score"]]
    return bracket.organisation_scores(
        renamed.rename(columns={"code_returned": "organisation"}), rule
    )


def by_code_over_themes(items: pd.DataFrame, year: int) -> pd.Series:
    """Mean over themes of the mean of section means, by the code returned (0-100).

    Another average of the same answers: the few sections of a short theme weigh more.
    """
    theme = {section.id: section.theme for section in instruments.for_round(year).sections}
    sections = items.groupby(["code_returned", "section"], as_index=False)["score"].mean()
    sections["theme"] = sections["section"].map(theme)
    return sections.groupby(["code_returned", "theme"])["score"].mean().groupby(level=0).mean()


def common_sections(
    returns: pd.DataFrame, links: pd.DataFrame, before: int, after: int
) -> pd.DataFrame:
    """Theme scores of two questionnaire rounds over the sections both have, same organisations.

    Returns:
        organisation, ics_code, region, theme, before, after: unrounded means of published
        section scores.
    """
    sections = returns[returns["level"] == "section"]
    first, second = (whole_returns(sections, links, year) for year in (before, after))
    theme = {s.id: s.theme for s in instruments.for_round(before).sections}
    merged = first.merge(second, on=["organisation", "construct"])
    merged["theme"] = merged["construct"].map(theme)
    grouped = merged.groupby(["organisation", "theme"], as_index=False)
    return grouped.agg(
        ics_code=("ics_code_y", "first"),
        region=("region_y", "first"),
        before=("score_x", "mean"),
        after=("score_y", "mean"),
    )


@dataclass(frozen=True)
class Linked:
    """Earlier and later scores of the providers that have both, on 0 to 100.

    ``frame``: provider_code, ics_code, region, after, and one column per scoring rule of the
    earlier answers (mean, lower_quartile, all_elements_met, lowest_item), and theme_mean, the mean
    over themes instead of sections. ``attrition``: what was
    lost on the way.
    """

    before: int
    after: int
    frame: pd.DataFrame
    attrition: pd.DataFrame


def later_scores(returns: pd.DataFrame, year: int) -> pd.DataFrame:
    """Provider scores of a later round as percent of maximum.

    Returns:
        provider_code, ics_code, region, score (0-100).
    """
    measure = frames.primary_measure(returns, year)
    rows = returns[returns["round"] == year]
    low, high = float(rows["scale_min"].min()), float(rows["scale_max"].max())
    providers = frames.analysis_round(returns, measure, pd.Series(dtype=float)).providers
    return providers.assign(score=pomp(providers["score"], low, high))[
        ["provider_code", "ics_code", "region", "score"]
    ]


def earlier_scores(page: Page, year: int) -> dict[str, pd.Series]:
    """Scores of a questionnaire round (0-100) by the code returned, under every scoring rule.

    Returns:
        by name: the rules of :data:`ics_maturity.models.bracket.RULES`, each averaged over
        sections, and theme_mean.
    """
    items = scored_items(page.read("items"), page.read("links"), year)
    scored: dict[str, pd.Series] = {rule: by_code(items, rule) for rule in bracket.RULES}
    scored["theme_mean"] = by_code_over_themes(items, year)
    return scored


def sizes_of(page: Page, year: int) -> pd.Series:
    """Size of each organisation of a round by the code returned; empty where none is known."""
    sizes = page.read("sizes")
    return sizes[sizes["round"] == year].set_index("code_returned")["size"]


def possible_rules(page: Page, year: int) -> list[LinkRule]:
    """The link rules for which everything is known: some need every organisation's size."""
    links = page.read("links")
    codes = set(links.loc[links["round"] == year, "code_returned"])
    sized = codes <= set(sizes_of(page, year).index)
    return [rule for rule in LINK_RULES if sized or rule not in SIZED_RULES]


def linked(page: Page, before: int, after: int, rule: LinkRule = "unweighted") -> Linked:
    """Earlier answers, under every scoring rule, beside the later score of the same provider.

    Args:
        page: gives the processed returns, items, links and sizes.
        before: a questionnaire round with item answers.
        after: a later round.
        rule: how several predecessors become one value.

    Raises:
        InputError: the rule needs sizes that the reference folder does not hold.
    """
    if rule not in possible_rules(page, before):
        raise InputError(
            Problem(
                f"the size of every organisation of {before}, for the link rule {rule}",
                file="sizes.csv",
                fix="add the sizes to the reference folder and run 01 again, or choose "
                "link_rule=unweighted or drop_merged",
            )
        )
    earlier, later = earlier_scores(page, before), later_scores(page.read("returns"), after)
    return link(page, before, after, rule, earlier, later)


def link(
    page: Page,
    before: int,
    after: int,
    rule: LinkRule,
    earlier: dict[str, pd.Series],
    later: pd.DataFrame,
) -> Linked:
    """As :func:`linked`, of scores at hand.

    Args:
        page: gives the processed links and sizes.
        before, after, rule: as there; a rule for which everything is known.
        earlier: :func:`earlier_scores`, or those of them that are wanted; ``mean`` among them.
        later: :func:`later_scores`.
    """
    links, sizes = page.read("links"), sizes_of(page, before)
    routes, scored_later = links[links["round"] == before], set(later["provider_code"])
    found: dict[str, Predecessors] = {
        name: predecessor_values(values, routes, rule, sizes, scored_later)
        for name, values in earlier.items()
    }
    frame = later.rename(columns={"score": "after"})
    for scoring, one in found.items():
        values = one.by_provider.set_index("provider_code")["score"]
        frame[scoring] = frame["provider_code"].map(values)
    frame = frame.dropna().sort_values("provider_code", ignore_index=True)
    return Linked(before, after, frame, found["mean"].attrition)
