"""The same returns on two maps: who moves only because lines were redrawn."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from ics_maturity.models import targeting
from ics_maturity.models.design import FloatArray
from ics_maturity.models.targeting import Rule
from ics_maturity.models.ties import join_ties
from ics_maturity.support.scored import Scored, crude_scores

MAPS = {2022: "ics_code", 2026: "ics_code_2026"}


def on_maps(rows: pd.DataFrame, providers: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """The returns on the map of 2022 and on that of 2026; empty unless both are known.

    Args:
        rows: one row per return, on either map.
        providers: the processed table, with the system on both maps.

    Returns:
        By vintage, the rows of providers placed on both maps, ``ics_code`` being that map's.
    """
    known = providers.set_index("provider_code")
    placed = {year: rows["provider_code"].map(known[column]) for year, column in MAPS.items()}
    both = (placed[2022].fillna("") != "") & (placed[2026].fillna("") != "")
    if not both.any():
        return {}
    return {
        year: rows[both].assign(ics_code=codes[both]).reset_index(drop=True)
        for year, codes in placed.items()
    }


def moved_places(
    maps: Mapping[int, pd.DataFrame], averaging_rule: str, names: pd.Series
) -> pd.DataFrame:
    """How far redrawing the map moved each new system from the systems its providers came from.

    A place is the share of the other systems of the same map that score higher, 0 to 1, so that
    lists of different length compare; the move of a pair (old system, new system) is the difference
    of their places, times the steps of the older list (its systems less one). Nothing else differs:
    same returns, same averaging rule.

    Args:
        maps: of :func:`on_maps`.
        averaging_rule: how returns become a crude score.
        names: short names of the new systems by code.

    Returns:
        ics_code_2026, system, providers, old (systems of 2022 they come from), unchanged (the same
        providers as one old system), points (largest difference of score from an old system),
        moved (largest move over its old systems, in places of the older list), sorted by code.
    """
    before, after = (_placed(maps[year], averaging_rule) for year in MAPS)
    homes = pd.DataFrame({year: _homes(rows) for year, rows in maps.items()})
    pairs = homes.value_counts().rename("providers").reset_index().sort_values([2026, 2022])
    old, new = before.loc[pairs[2022]], after.loc[pairs[2026]]
    steps = len(before) - 1
    pairs["moved"] = steps * abs(old["place"].to_numpy() - new["place"].to_numpy())
    pairs["points"] = abs(old["score"].to_numpy() - new["score"].to_numpy())
    size = homes[2022].value_counts()
    pairs["whole"] = pairs["providers"] == pairs[2022].map(size)
    found = pairs.groupby(2026).agg(
        providers=("providers", "sum"),
        old=(2022, "size"),
        whole=("whole", "all"),
        points=("points", "max"),
        moved=("moved", "max"),
    )
    unchanged = (found["old"] == 1) & found["whole"]
    found.insert(0, "system", names.reindex(found.index).fillna("").to_numpy())
    found.insert(3, "unchanged", unchanged)
    return found.drop(columns="whole").rename_axis("ics_code_2026").reset_index()


def map_choice(maps: Mapping[int, pd.DataFrame], rule: Rule, averaging_rule: str) -> pd.DataFrame:
    """Whether each provider's system would be supported, on each map.

    Returns:
        One row per provider (index), one column of true or false per vintage.
    """
    chosen = {}
    for year, rows in maps.items():
        scores = crude_scores(rows, averaging_rule)
        within = pd.Series(targeting.supported(scores, rule), index=scores.index)
        chosen[year] = _homes(rows).map(within)
    return pd.DataFrame(chosen)


def reread_moves(
    scored: Scored, worlds: FloatArray, view: str, rng: np.random.Generator
) -> FloatArray:
    """Places (draws, k) that each system would move between the reading at hand and another one.

    What error alone does, for comparison with what a new map does.
    """
    again = scored.reread(worlds, view, rng)
    first, second = (stats.rankdata(-join_ties(x), axis=-1) for x in (scored.estimate, again))
    return np.asarray(np.abs(second - first))


def _homes(rows: pd.DataFrame) -> pd.Series:
    """The system of each provider."""
    return rows.drop_duplicates("provider_code").set_index("provider_code")["ics_code"].sort_index()


def _placed(rows: pd.DataFrame, averaging_rule: str) -> pd.DataFrame:
    """Score and place (0 highest, 1 lowest) of each system; equal scores share the mean place."""
    scores = crude_scores(rows, averaging_rule)
    place = (stats.rankdata(-join_ties(scores)) - 1) / (len(scores) - 1)
    return pd.DataFrame({"score": scores, "place": place})
