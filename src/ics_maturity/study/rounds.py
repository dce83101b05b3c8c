"""What was scored, of whom: systems, pillars and the averages of a round."""

import pandas as pd

from ics_maturity import frames
from ics_maturity.instruments import Catalogue
from ics_maturity.page import Page
from ics_maturity.scores import AVERAGING_RULES, system_scores


def systems(page: Page, definition: str = "ruc2021") -> pd.DataFrame:
    """The systems of the processed map with their rural share, by code.

    Returns:
        ics_name, short_name, region, rural_share (0 to 1), indexed by ``ics_code``, sorted.
    """
    table = page.read("systems")
    present = set(page.read("returns")["ics_code"])
    vintage = max(table["vintage"].unique(), key=lambda v: _held(table, v, present))
    chosen = table[table["vintage"] == vintage].set_index("ics_code").sort_index()
    name = "rurality" if vintage == min(table["vintage"]) else "rurality_2026"
    rural = page.read(name)
    shares = rural[rural["definition"] == definition].set_index("ics_code")["rural_share"]
    return chosen[["ics_name", "short_name", "region"]].assign(rural_share=shares)


def _held(table: pd.DataFrame, vintage: int, codes: set[str]) -> int:
    """How many of the returns' systems are on that map."""
    return len(codes & set(table.loc[table["vintage"] == vintage, "ics_code"]))


def pillar_scores(returns: pd.DataFrame, measure: frames.Measure) -> pd.DataFrame:
    """Provider by construct: the mean over the provider's returns, providers sorted by code."""
    kept = returns[
        (returns["round"] == measure.round)
        & (returns["level"] == measure.level)
        & (returns["ics_code"] != "")
    ]
    if measure.assessed_by is not None:
        kept = kept[kept["assessed_by"] == measure.assessed_by]
    wide = kept.pivot_table(
        index="provider_code", columns="construct", values="score", aggfunc="mean"
    )
    return wide.dropna()


def system_means(providers: pd.DataFrame, systems: pd.DataFrame) -> pd.DataFrame:
    """Mean provider score by system: ics_code, short_name, rural_share, score, n."""
    grouped = providers.groupby("ics_code")["score"].agg(score="mean", n="size")
    return systems[["short_name", "rural_share"]].join(grouped, how="inner").reset_index()


def scores_by_rule(filed: pd.DataFrame, systems: pd.DataFrame) -> pd.DataFrame:
    """Crude score of each system under every averaging rule, and how far they lie apart.

    Returns:
        system, row, provider, setting_balanced, apart (largest less smallest), sorted by system.
    """
    rules = list(AVERAGING_RULES)
    table = pd.DataFrame(
        {rule: system_scores(filed, rule).set_index("ics_code")["score"] for rule in rules}
    )
    table["apart"] = table.max(axis=1) - table.min(axis=1)
    table.insert(0, "system", systems["short_name"].reindex(table.index))
    return table.sort_values("system", ignore_index=True)


def map_moves(filed: pd.DataFrame, providers: pd.DataFrame, rule: str) -> pd.DataFrame:
    """What redrawing the map does to the score of the system a provider sits in.

    Args:
        filed: return scores on the map of 2022.
        providers: the processed table, with the system on both maps.
        rule: the averaging rule.

    Returns:
        ics_code_2026, providers, score (on the new map), smallest and largest score of the old
        systems its providers come from, old (how many), sorted by code.
    """
    new = filed["provider_code"].map(providers.set_index("provider_code")["ics_code_2026"])
    old_scores = system_scores(filed, rule).set_index("ics_code")["score"]
    moved = filed.assign(old=filed["ics_code"], ics_code=new.fillna(""))
    after = system_scores(moved, rule).set_index("ics_code")
    came_from = moved[moved["ics_code"] != ""].groupby("ics_code")["old"].unique()
    return pd.DataFrame(
        {
            "ics_code_2026": after.index,
            "providers": after["providers"].to_numpy(),
            "old": came_from.map(len).to_numpy(),
            "smallest": came_from.map(lambda codes: old_scores[codes].min()).to_numpy(),
            "largest": came_from.map(lambda codes: old_scores[codes].max()).to_numpy(),
            "score": after["score"].to_numpy(),
        }
    )


def lattice_table(returns: pd.DataFrame, round: int, known: Catalogue) -> pd.DataFrame:
    """How coarse the published pillar scores are: possible and seen values by pillar and setting.

    Args:
        returns: tidy returns.
        round: which round.
        known: the instruments, for titles and numbers of domains.

    Returns:
        pillar, care_setting, domains (inferred; missing where not told), possible (values of the
        scale that a mean of that many domains can take), seen (different values published),
        returns.
    """
    instrument, named = known.find(round), known.titles(round)
    pillars = returns[(returns["round"] == round) & (returns["level"] == "pillar")]
    scale = frames.scale(returns, round)
    rows = []
    for (pillar, setting), part in pillars.groupby(["construct", "care_setting"]):
        domains = instrument.domain_count(pillar, setting) if instrument else None
        possible = None if domains is None else int(scale.span) * domains + 1
        rows.append((named.get(pillar, pillar), setting, domains, possible,
                     part["score"].nunique(), len(part)))  # fmt: skip
    columns = ["pillar", "care_setting", "domains", "possible", "seen", "returns"]
    return pd.DataFrame(rows, columns=columns).astype({"domains": "Int64", "possible": "Int64"})
