"""Self-assessed against moderated scores of one round."""

import pandas as pd

from ics_maturity import frames
from ics_maturity.models.moderation import Moderation, moderation_by
from ics_maturity.page import Page
from ics_maturity.review.detectable import detectable_change
from ics_maturity.review.groups import provider_groups


def moderated_round(page: Page) -> int | None:
    """The latest round that holds self-assessed and moderated scores, if any does."""
    both = [set(page.rounds(assessed_by=by, level="pillar")) for by in ("self", "moderated")]
    return max(both[0] & both[1], default=None)


def moderated_pairs(page: Page, year: int) -> pd.DataFrame:
    """Self-assessed (before) and moderated (after) provider scores of one round."""
    returns, none = page.read("returns"), pd.Series(dtype=float)
    one, two = (
        frames.analysis_round(returns, frames.all_domains(year, by), none).providers
        for by in ("self", "moderated")
    )
    return frames.paired_providers(one, two)


def name_moderation(page: Page, found: Moderation, seen: pd.DataFrame) -> None:
    """Name the results of the moderation estimate: effect, tests, share lowered, margin.

    And moderation.mde80, the smallest effect found four times out of five.
    """
    n = len(seen)
    least = detectable_change(seen, page.rng("moderation.mde80"))
    page.result("moderation.mde80", least.value, unit="points", n=n,
                method="found in 80% of simulated worlds, paired, CR2")  # fmt: skip
    page.estimate("moderation.effect", found.shift.change, n=n)
    page.result("moderation.sign_flip_p", found.sign_flip.p, n=n)
    page.result("moderation.lowered", found.lowered, unit="share", n=n)
    page.result("moderation.tost_p", found.equivalence.p, n=n)
    page.result("moderation.margin", found.margin, unit="points", method="margins.yaml")


def moderation_groups(page: Page, year: int) -> pd.DataFrame:
    """The moderation difference by care setting (per return) and by incentive (per provider).

    Returns:
        what (care setting, incentive) and the columns of
        :func:`ics_maturity.models.moderation.moderation_by`.
    """
    returns, none = page.read("returns"), pd.Series(dtype=float)
    one, two = (
        frames.analysis_round(returns, frames.all_domains(year, by), none).rows
        for by in ("self", "moderated")
    )
    keys = ["provider_code", "care_setting"]
    both = one[[*keys, "ics_code", "score"]].merge(
        two[[*keys, "score"]], on=keys, suffixes=("_self", "_moderated")
    )
    by_setting = moderation_by(
        both["score_self"], both["score_moderated"], both["ics_code"], both["care_setting"]
    )
    tables = [by_setting.assign(what="care setting")]
    groups = provider_groups(page)
    providers = moderated_pairs(page, year)
    group = providers["provider_code"].map(groups)
    if group.notna().any():
        known = providers[group.notna()]
        tables.append(
            moderation_by(
                known["before"], known["after"], known["ics_code"], group[group.notna()]
            ).assign(what="incentive")
        )
    table = pd.concat(tables, ignore_index=True)
    return table[["what", *(name for name in table.columns if name != "what")]]
