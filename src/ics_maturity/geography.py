"""Where the systems are: rural shares, neighbours, provider mix, and the two maps of systems."""

from collections.abc import Sequence

import pandas as pd

from ics_maturity.errors import InputError, Problem
from ics_maturity.models import space
from ics_maturity.reference_tables import RURAL_DEFINITIONS, VINTAGES, Reference

TERCILES = ("urban", "middle", "rural")


def systems_of(reference: Reference, vintage: int = VINTAGES[0]) -> pd.DataFrame:
    """The systems of one map (2022: 42 systems; 2026: 36), indexed by code.

    Raises:
        InputError: the reference folder does not hold that map.
    """
    systems = reference.systems
    chosen = systems[systems["vintage"] == vintage]
    if chosen.empty:
        raise InputError(
            Problem(f"the systems of vintage {vintage}", file="systems.csv", column="vintage",
                    value="none", fix="choose another vintage or add the systems")
        )  # fmt: skip
    return chosen.set_index("ics_code")


def rural_shares(
    reference: Reference, definition: str = "ruc2021", *, vintage: int = VINTAGES[0]
) -> pd.Series:
    """Share of residents in rural areas, 0 to 1, by system code.

    Args:
        reference: the reference folder.
        definition: a name in :data:`ics_maturity.reference_tables.RURAL_DEFINITIONS`.
        vintage: which map of systems; the map of 2026 has the definition ruc2021 only.

    Raises:
        InputError: the definition is unknown or not held for that map.
    """
    tables = dict(zip(VINTAGES, (reference.rurality, reference.rurality_2026), strict=True))
    table = tables[vintage]
    chosen = table[table["definition"] == definition]
    if chosen.empty:
        held = sorted(set(table["definition"])) or sorted(RURAL_DEFINITIONS)
        raise InputError(
            Problem(f"a definition held for vintage {vintage}: {', '.join(held)}",
                    file="rurality.csv", column="definition", value=definition,
                    fix="choose another definition or map")
        )  # fmt: skip
    return chosen.set_index("ics_code")["rural_share"].sort_index()


def rural_terciles(shares: pd.Series) -> pd.Series:
    """Systems in three equal groups by rural share: urban, middle, rural.

    Ties (several systems have no rural area at all) are ordered by code, so the groups are the
    same in every run.
    """
    ranks = shares.sort_index().rank(method="first")
    return pd.qcut(ranks, len(TERCILES), labels=list(TERCILES)).astype("str").rename("tercile")


def bordering(adjacency: pd.DataFrame, codes: Sequence[str]) -> list[str]:
    """Those of the systems that border another of them, in the order given."""
    known = adjacency["ics_code_a"].isin(codes) & adjacency["ics_code_b"].isin(codes)
    neighbours = set(adjacency.loc[known, ["ics_code_a", "ics_code_b"]].to_numpy().ravel())
    return [code for code in codes if code in neighbours]


def border_weights(adjacency: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame:
    """Spatial weights by shared border, each row summing to 1.

    Args:
        adjacency: the table of that name in the reference folder; each pair once or both ways.
        codes: the systems, in the order wanted.

    Returns:
        Square frame labelled by ``codes``; 0 on the diagonal.

    Raises:
        InputError: a system borders none of the others.
    """
    order = list(codes)
    known = adjacency["ics_code_a"].isin(order) & adjacency["ics_code_b"].isin(order)
    pairs = adjacency.loc[known, ["ics_code_a", "ics_code_b"]]
    neighbours = set(bordering(adjacency, order))
    islands = [code for code in order if code not in neighbours]
    if islands:
        raise InputError(
            [Problem("a neighbour among the systems analysed", file="adjacency.csv", value=code,
                     fix="add a neighbour or leave the system out") for code in islands]
        )  # fmt: skip
    weights = space.border_weights(list(pairs.itertuples(index=False, name=None)), order)
    return pd.DataFrame(weights, index=order, columns=order)


def nearest_weights(centroids: pd.DataFrame, codes: Sequence[str], k: int = 4) -> pd.DataFrame:
    """Spatial weights by the ``k`` nearest centres, each 1/k; not symmetric.

    Args:
        centroids: the table of that name in the reference folder (kilometres on a plane).
        codes: the systems, in the order wanted; the earlier one wins a tie.

    Raises:
        InputError: a system has no centre, or there are not more than ``k`` systems.
    """
    order = list(codes)
    points = centroids.set_index("ics_code")[["x", "y"]].reindex(order)
    missing = points.index[points["x"].isna()]
    if len(missing) or len(order) <= k:
        raise InputError(
            [Problem("a centre for every system", file="centroids.csv", value=code,
                     fix="add the row") for code in missing]
            or Problem(f"more than {k} systems", value=str(len(order)), fix="choose a smaller k")
        )  # fmt: skip
    weights = space.nearest_weights(points, k)
    return pd.DataFrame(weights, index=order, columns=order)


def mix(frame: pd.DataFrame, column: str, *, by: str = "ics_code") -> pd.DataFrame:
    """What each system is made of: shares of its rows by the values of one column.

    With return scores and ``care_setting`` this is the mix of returns; with the table of
    providers and ``trust_type`` the mix of providers.

    Returns:
        One row per system, one column per value, both sorted; shares sum to 1 in each row.
    """
    counts = pd.crosstab(frame[by], frame[column])
    return counts.div(counts.sum(axis=1), axis=0)
