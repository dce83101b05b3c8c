"""Borders, places and tiles on the map of April 2026, from those of the map of 2022.

There is no published list of borders between the systems of 2026. They follow from the old ones:
a new system borders what its parts bordered. The parts of a divided system are taken to border
each other and all that it bordered, which may be a border too many. Trusts that moved to another
system without any ground moving do not count.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from ics_maturity.errors import InputError, Problem
from ics_maturity.reference_tables import Reference

_SOURCE = "derived from the map of 2022 through boundary_changes.csv"
_GROUND = ("unchanged", "merged", "split")


def on_map_of_2026(reference: Reference) -> Reference:
    """The reference tables with adjacency, centroids and tiles for the systems of 2026.

    Raises:
        InputError: a system of 2026 could not be given a tile of one of its parts.
    """
    changes = reference.boundary_changes
    parts = changes[changes["kind"].isin(_GROUND)]
    return replace(
        reference,
        adjacency=_adjacency(reference.adjacency, parts),
        centroids=_centroids(reference.centroids, parts),
        tiles=_tiles(reference.tiles, parts),
    )


def _adjacency(adjacency: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Each pair of neighbours once, sorted."""
    new = parts[["ics_code_2022", "ics_code_2026"]]
    a = new.rename(columns={"ics_code_2022": "ics_code_a", "ics_code_2026": "a"})
    b = new.rename(columns={"ics_code_2022": "ics_code_b", "ics_code_2026": "b"})
    across = adjacency.merge(a, on="ics_code_a").merge(b, on="ics_code_b")[["a", "b"]]
    divided = new.merge(new, on="ics_code_2022").drop(columns="ics_code_2022")
    divided.columns = ["a", "b"]
    pairs = np.sort(pd.concat([across, divided]).to_numpy(str), axis=1)
    table = pd.DataFrame(pairs, columns=["ics_code_a", "ics_code_b"], dtype="str")
    table = table[table["ics_code_a"] != table["ics_code_b"]].drop_duplicates()
    return table.sort_values(["ics_code_a", "ics_code_b"], ignore_index=True).assign(source=_SOURCE)


def _centroids(centroids: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """The mean place of a new system's parts, each counted by its providers."""
    if centroids.empty:
        return centroids
    placed = parts.merge(centroids, left_on="ics_code_2022", right_on="ics_code")
    weight = placed["providers"].clip(lower=1)
    sums = placed.assign(x=placed["x"] * weight, y=placed["y"] * weight, weight=weight)
    sums = sums.groupby("ics_code_2026")[["x", "y", "weight"]].sum()
    means = sums[["x", "y"]].div(sums["weight"], axis=0).rename_axis("ics_code").reset_index()
    return means.assign(source=_SOURCE)


def _tiles(tiles: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """To each new system the tile of one of its parts, so that most providers stay in place."""
    if tiles.empty:
        return tiles
    kept = parts.pivot_table(
        index="ics_code_2026", columns="ics_code_2022", values="providers", aggfunc="sum"
    )
    # A part without providers still counts more than a tile of another system.
    value = (kept + 1).fillna(0).to_numpy()
    new, old = linear_sum_assignment(value, maximize=True)
    own = value[new, old] > 0
    chosen = pd.DataFrame({"new": kept.index[new[own]], "ics_code": kept.columns[old[own]]})
    if lost := sorted(set(kept.index) - set(chosen["new"])):
        raise InputError(
            Problem("a tile for each system of 2026", "tiles.csv", value=", ".join(lost))
        )
    moved = chosen.merge(tiles, on="ics_code").drop(columns="ics_code")
    return moved.rename(columns={"new": "ics_code"}).assign(source=_SOURCE)
