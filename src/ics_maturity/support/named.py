"""The named results of notebook 05: what its findings print and tests compare."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ics_maturity.margins import Margin
from ics_maturity.models.design import FloatArray
from ics_maturity.models.targeting import Expected, Rule
from ics_maturity.page import Page
from ics_maturity.support.honesty import DEMO_KEPT, DEMO_WORLDS, Calibration, size_correlation
from ics_maturity.support.rules import SURE, VIEWS, expected, words
from ics_maturity.support.scored import SCORES, Scored

_QUOTED = 0.7  # lower end of the bin of stated chances that prose quotes


def name_rules(
    page: Page,
    rules: Mapping[str, Rule],
    scored: Scored,
    worlds: Mapping[str, FloatArray],
    score: str,
    pot: float,
) -> dict[str, Expected]:
    """Name the wrong picks of every rule on one score; more of the first, the chosen one.

    Returns:
        What the chosen rule gets wrong, by view.
    """
    slug, chosen = next(iter(rules.items()))
    for name, rule in rules.items():
        for view, what in expected(scored, worlds, rule).items():
            page.result(f"targeting.expected_wrong_{name}_view_{view}", what.wrong,
                        unit="systems", n=what.chosen,
                        method=f"{words(rule)}, {SCORES[score]} score")  # fmt: skip
    page.result("targeting.rule", words(chosen), method="the rule chosen")
    page.result("targeting.slug", slug, method="short name of the rule in the names of results")
    page.result("targeting.score", SCORES[score], method="the score that the rule looks at")
    page.result("targeting.game", "over" if chosen.kind == "highest" else "under",
                method="which way a rating would have to be moved to get in")  # fmt: skip
    page.result("targeting.pot", pot, unit="GBP m", method="an example, shared equally")
    page.result("targeting.sure_from", SURE, unit="probability")
    found = expected(scored, worlds, chosen)
    page.result("targeting.chosen", found["a"].chosen, unit="systems", n=len(scored.codes))
    for view, what in found.items():
        _name_choice(page, view, what, pot)
    return found


def _name_choice(page: Page, view: str, found: Expected, pot: float) -> None:
    about: dict[str, Any] = {"n": found.chosen, "method": f"chosen rule, view {view}"}
    page.result(f"targeting.wrong_view_{view}", found.wrong, unit="systems", **about)
    page.result(f"targeting.missed_view_{view}", found.missed, unit="systems", **about)
    page.result(f"targeting.wrong_tier_view_{view}", found.wrong_tier, unit="systems", **about)
    page.result(f"targeting.sure_view_{view}", found.sure, unit="systems", **about)
    if found.chosen:
        page.result(f"targeting.wrong_share_view_{view}", found.wrong_share, unit="share", **about)
        page.result(f"targeting.pot_view_{view}", pot * found.wrong_share, unit="GBP m", **about)


def name_comparison(page: Page, compared: pd.DataFrame, limit: Margin) -> dict[str, int]:
    """Name how many rules keep within the margin and the least wrong one, by view.

    Args:
        compared: the frame of :func:`ics_maturity.support.rules.compare_rules`.

    Returns:
        By view that is known, how many keep within.
    """
    page.result("targeting.margin", limit.margin, unit="share", method=f"set on {limit.fixed_on}")
    within = {}
    for view in VIEWS:
        share = compared[f"share_{view}"].dropna()
        if share.empty:
            continue
        least = compared.loc[share.idxmin()]
        within[view] = int((share <= limit.margin).sum())
        page.result(f"targeting.within_view_{view}", within[view], unit="rules", n=len(share),
                    method="wrong picks and misses within the margin")  # fmt: skip
        page.result(f"targeting.least_wrong_view_{view}", least[f"share_{view}"], unit="share",
                    n=len(share), method=f"{least['rule']}, {least['score']} score")  # fmt: skip
    return within


def name_overlaps(page: Page, slug: str, stability: pd.DataFrame) -> None:
    """Name every overlap of :func:`ics_maturity.support.stability.choice_stability`."""
    for row in stability.itertuples():
        page.result(f"targeting.jaccard_{row.key}_{slug}", row.jaccard, unit="Jaccard",
                    n=int(row.first), method=f"{row.comparison}; n supported first")  # fmt: skip


def name_points(page: Page, slug: str, points: pd.DataFrame) -> pd.DataFrame:
    """Name how near the systems outside are to a place.

    Args:
        points: the frame of :func:`ics_maturity.support.incentive.points_by_system`.

    Returns:
        The rows of systems outside.
    """
    outside = points[~points["supported"]]
    n: dict[str, Any] = {"n": len(outside), "unit": "points"}
    method = "crude score, systems outside the group"
    for name in ("min", "median") if len(outside) else ():
        value = outside["points"].agg(name)
        page.result(f"targeting.points_to_enter_{slug}_{name}", value, method=method, **n)
        page.result(f"targeting.points_{name}", value, method=method, **n)
    alone = outside["one_provider"].dropna()
    page.result("targeting.one_provider_could", len(alone), n=len(outside), unit="systems",
                method="a single provider could move the system to a place")  # fmt: skip
    if len(alone):
        page.result("targeting.one_provider_median", alone.median(), n=len(alone), unit="points",
                    method="where a single provider could")  # fmt: skip
    return outside


def name_map(
    page: Page,
    slug: str,
    moved: pd.DataFrame,
    choice: pd.DataFrame,
    noise: Mapping[str, FloatArray],
) -> None:
    """Name what redrawing the map does, beside what another reading would do by error alone.

    Args:
        moved: the frame of :func:`ics_maturity.support.redrawn.moved_places`.
        choice: of :func:`ics_maturity.support.redrawn.map_choice`.
        noise: by view, moves (draws, k) of :func:`ics_maturity.support.redrawn.reread_moves`.
    """
    n: dict[str, Any] = {"n": len(moved), "unit": "places"}
    how = "largest move of a new system from an old system of its providers"
    page.result("boundaries.max_rank_move", moved["moved"].max(), method=how, **n)
    page.result("boundaries.median_rank_move", moved["moved"].median(), **n)
    same = moved[moved["unchanged"]]
    if len(same):
        how = "systems with exactly the providers of an old one"
        page.result("boundaries.unchanged_rank_move", same["moved"].max(), unit="places",
                    n=len(same), method=how)  # fmt: skip
    changed = int((choice[2022] != choice[2026]).sum())
    page.result(f"boundaries.changed_{slug}", changed, n=len(choice), unit="providers",
                method="in the supported group on one map only")  # fmt: skip
    for view, moves in noise.items():
        page.result(f"boundaries.reread_rank_move_view_{view}", moves.max(axis=1).mean(),
                    unit="places", n=moves.shape[1],
                    method="expected largest move by another reading on one map")  # fmt: skip
        page.result(f"boundaries.reread_median_move_view_{view}", float(np.median(moves)),
                    unit="places", n=moves.shape[1])  # fmt: skip


def name_calibration(page: Page, view: str, found: Calibration) -> pd.DataFrame:
    """Name what was stated and what was so; the bins with their view, for the table."""
    about: dict[str, Any] = {"n": found.worlds, "unit": "systems"}
    page.result(f"targeting.stated_wrong_view_{view}", found.stated_wrong, **about)
    page.result(f"targeting.actual_wrong_view_{view}", found.actual_wrong, **about)
    for row in found.bins.itertuples():
        if round(row.low, 1) == _QUOTED:
            name = f"targeting.belonged_of_70_to_80_view_{view}"
            page.result(name, row.happened, unit="share", n=int(row.cases),
                        method="of systems given a chance of 70 to 80%")  # fmt: skip
    return found.bins.assign(view=VIEWS[view])[["view", *found.bins.columns]]


def name_size(page: Page, scored: Scored, sizes: pd.Series) -> bool:
    """Name targeting.size_r: how score and number of providers go together; whether defined."""
    found = size_correlation(scored, sizes)
    if found is None:
        return False
    r, low, high = found
    page.result("targeting.size_r", r, low=low, high=high, n=len(scored.codes),
                method="Spearman, score and number of providers of a system")  # fmt: skip
    return True


def name_demo_worlds(page: Page) -> None:
    """Name targeting.CASE_stated and targeting.CASE_happened of the simulator's worlds."""
    for case, kept in DEMO_KEPT.items():
        for what, value in (("stated", kept.stated), ("happened", kept.happened)):
            page.result(f"targeting.{case}_{what}", value, unit="share", n=DEMO_WORLDS,
                        method="worlds of the demo's simulator, drawn by the tests")  # fmt: skip
