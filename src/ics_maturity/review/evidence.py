"""Everything the claims ladder rests on, gathered once, so that a page can begin with it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ics_maturity import comparison, frames
from ics_maturity.comparison import Linked
from ics_maturity.margins import margin
from ics_maturity.models.gaming import SignGap
from ics_maturity.models.incentives import IncentiveGap
from ics_maturity.models.ladder import claims_ladder, level_reached
from ics_maturity.models.moderation import Moderation, moderation_effect
from ics_maturity.models.predecessors import Rule
from ics_maturity.models.resampling import Interval
from ics_maturity.page import Page
from ics_maturity.review.claims import ladder_findings
from ics_maturity.review.groups import incentive_effect
from ics_maturity.review.links import link_table
from ics_maturity.review.moderated import moderated_pairs, moderated_round
from ics_maturity.review.repeats import Repeat, rank_rungs, repeats, reworded
from ics_maturity.review.signs import sign_gaps


@dataclass(frozen=True)
class Evidence:
    """What the returns at hand hold, and what was found in it.

    ``pairs``: linked rounds before and after review; ``same``: rounds of one instrument;
    ``others``: questionnaire rounds that share sections; ``strength``: of the links; ``rungs``:
    rank agreement by pair of rounds; ``seen`` and ``moderation``: scores before and after review
    of one round; ``gap`` and ``signs``: change by incentive; ``ladder``: the claims. Missing parts
    are ``None`` or empty.
    """

    rounds: list[int]
    questionnaires: list[int]
    pairs: list[Linked]
    same: list[Repeat]
    others: list[Repeat]
    strength: pd.DataFrame
    rungs: dict[str, Interval]
    seen: pd.DataFrame | None
    moderation: Moderation | None
    gap: IncentiveGap | None
    signs: list[SignGap]
    ladder: pd.DataFrame

    @property
    def primary(self) -> Linked | None:
        """The last of the linked pairs: the nearest to the arrival of review."""
        return self.pairs[-1] if self.pairs else None

    @property
    def latest(self) -> Repeat | None:
        """The last two rounds of one instrument."""
        return self.same[0] if self.same else None


def gather(
    page: Page,
    before: int | None = None,
    after: int | None = None,
    link_rule: Rule = "unweighted",
    reliability: float = 0.8,
) -> Evidence:
    """Collect the evidence for the claims ladder from the processed tables.

    Args:
        page: gives the tables and one random generator per name.
        before, after: the linked pair; the nearest to 2016, 2019 -> 2023 where one is missing.
        link_rule: how several predecessors become one value.
        reliability: assumed share of a score's variance that is true.
    """
    rounds = page.rounds()
    questionnaires = comparison.questionnaires(page)
    chosen = [(before, after)] if before and after else comparison.official_pairs(page)
    pairs = [comparison.linked(page, *pair, rule=link_rule) for pair in chosen
             if pair[0] in questionnaires]  # fmt: skip
    same = repeats(page, questionnaires)
    others = reworded(page, questionnaires, same)
    rungs = rank_rungs(same, others, pairs, page.rng)
    seen, moderation = _moderation(page, page.rng)
    gap, signs = incentive_effect(page, questionnaires), sign_gaps(page, questionnaires)
    latest = f"between {same[0].before} and {same[0].after}" if same else ""
    stability = next(iter(rungs.values())) if same else None
    findings = ladder_findings(
        rounds, stability, reliability, latest, gap, signs, moderation, pairs[-1] if pairs else None
    )
    return Evidence(
        rounds, questionnaires, pairs, same, others, link_table(pairs, page.rng, reliability),
        rungs, seen, moderation, gap, signs, claims_ladder(findings),
    )  # fmt: skip


def name_ladder(page: Page, ladder: pd.DataFrame) -> None:
    """Name ladder.level_reached and ladder.reasons."""
    page.result("ladder.level_reached", level_reached(ladder), method="claims ladder")
    reasons = "; ".join(f"{row.level} {row.reached}" for row in ladder.itertuples())
    page.result("ladder.reasons", reasons, method="claims ladder, rung by rung")


def _moderation(
    page: Page, rng: Callable[[str], np.random.Generator]
) -> tuple[pd.DataFrame, Moderation] | tuple[None, None]:
    year = moderated_round(page)
    if year is None:
        return None, None
    seen = moderated_pairs(page, year)
    small = margin("moderation", frames.scale(page.read("returns"), year).span).margin
    found = moderation_effect(
        seen["before"], seen["after"], seen["ics_code"], rng("moderation"), margin=small
    )
    return seen, found
