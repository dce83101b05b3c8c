"""Does the choice hold: another year, average, score or map, another reading, coarser scores?"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from ics_maturity import frames
from ics_maturity.models import targeting
from ics_maturity.models.design import BoolArray, FloatArray
from ics_maturity.models.targeting import Rule
from ics_maturity.scores import AVERAGING_RULES, round_half_up
from ics_maturity.support.redrawn import map_choice
from ics_maturity.support.scored import Scored, crude_scores

PUBLISHED_DECIMALS = 1


def two_rounds(returns: pd.DataFrame, averaging_rule: str) -> pd.DataFrame:
    """Crude scores of the last two rounds on the domains they have in common, by system.

    Returns:
        One column per round, named by its year, systems with both as rows; no column when fewer
        than two rounds have such scores.
    """
    years = sorted(set(returns.loc[returns["construct"] == frames.COMPARABLE, "round"]))[-2:]
    if len(years) < 2:
        return pd.DataFrame()
    found = {}
    for year in years:
        measure = frames.comparable_domains(year)
        rows = frames.analysis_round(returns, measure, pd.Series(dtype=float)).rows
        found[year] = crude_scores(rows, averaging_rule)
    return pd.DataFrame(found).dropna()


def choice_stability(
    rows: pd.DataFrame,
    returns: pd.DataFrame,
    scored: Mapping[str, Scored],
    maps: Mapping[int, pd.DataFrame],
    rule: Rule,
    averaging_rule: str,
) -> pd.DataFrame:
    """The choice of a rule on crude scores, against choices made as reasonably in another way.

    Args:
        rows: one row per return of the round.
        returns: tidy returns of all rounds.
        scored: the scores by name.
        maps: the rows on both maps (:func:`ics_maturity.support.redrawn.on_maps`), or empty.
        rule: who gets support.
        averaging_rule: how returns become a crude score.

    Returns:
        key, comparison, unit (systems, or providers where the systems themselves differ), first and
        second (supported), both, jaccard. Comparisons that the data do not allow are left out.
    """
    chosen = targeting.supported(scored["crude"].used, rule)
    found = []
    years = two_rounds(returns, averaging_rule)
    if len(years.columns) and rule.fits(len(years)):
        first, last = (targeting.supported(years[year], rule) for year in years)
        key = "_".join(map(str, years))
        named = " and ".join(map(str, years)) + ", comparable domains"
        found.append(_overlap(key, named, "systems", first, last))
    for other in AVERAGING_RULES:
        if other != averaging_rule:
            again = targeting.supported(crude_scores(rows, other), rule)
            named = f"{_plain(averaging_rule)} and {_plain(other)} mean"
            found.append(_overlap(other, named, "systems", chosen, again))
    for other in ("like_for_like", "shrunken"):
        again = targeting.supported(scored[other].used, rule)
        named = f"crude and {_plain(other)} score"
        found.append(_overlap(other, named, "systems", chosen, again))
    if maps:
        on = map_choice(maps, rule, averaging_rule)
        named = "maps of 2022 and of April 2026"
        found.append(_overlap("maps", named, "providers", on[2022].to_numpy(), on[2026].to_numpy()))
    return pd.DataFrame(found)


def _overlap(
    key: str, comparison: str, unit: str, first: BoolArray, second: BoolArray
) -> dict[str, object]:
    return {
        "key": key,
        "comparison": comparison,
        "unit": unit,
        "first": int(first.sum()),
        "second": int(second.sum()),
        "both": int((first & second).sum()),
        "jaccard": targeting.jaccard(first, second),
    }


def reread_overlap(
    scored: Scored, worlds: FloatArray, view: str, rule: Rule, rng: np.random.Generator
) -> float:
    """Mean Jaccard of the choice made and the choice after another reading of the same truth."""
    again = targeting.supported(scored.reread(worlds, view, rng), rule)
    return targeting.jaccard(targeting.supported(scored.estimate, rule), again)


def lot_overlap(chosen: int, groups: int) -> float:
    """Expected Jaccard of a choice of ``chosen`` groups with as many drawn by lot."""
    shared = np.arange(chosen + 1)
    chance = stats.hypergeom.pmf(shared, groups, chosen, chosen)
    return float(np.sum(chance * shared / (2 * chosen - shared)))


def coarse_overlap(scores: FloatArray, rule: Rule) -> tuple[targeting.Edge, float]:
    """What is left of a choice when scores are published to one decimal.

    Returns:
        The systems tied at the edge of the group, and the expected Jaccard with the choice by exact
        scores when the places left are drawn by lot among them.
    """
    coarse = round_half_up(scores, PUBLISHED_DECIMALS)
    tie, exact = targeting.edge(coarse, rule), targeting.supported(scores, rule)
    rough = targeting.supported(coarse, rule)
    if not tie.tied.any():
        return tie, targeting.jaccard(exact, rough)
    sure, places = rough & ~tie.tied, int((rough & tie.tied).sum())
    hits = np.arange(places + 1)
    inside = int((exact & tie.tied).sum())
    chance = stats.hypergeom.pmf(hits, int(tie.tied.sum()), inside, places)
    both = int((exact & sure).sum()) + hits
    either = exact.sum() + sure.sum() + places - both
    return tie, float(np.sum(chance * both / either))


def _plain(slug: str) -> str:
    return slug.replace("_", " ")
