"""The invented map: 42 systems on hexagonal tiles, their regions and rural shares.

Fixed for every world. Rural share rises with the distance from four invented cities, so that
neighbours resemble each other as they do on the real map.
"""

import numpy as np
import pandas as pd

from ics_maturity.simulate import names

SOURCE = "simulated"

# Tile rows from north to south: (first column, number of tiles). Odd rows sit half a tile
# to the right, so that a tile touches up to six others.
_ROWS = ((2, 2), (1, 5), (1, 6), (0, 7), (0, 7), (0, 7), (1, 5), (0, 3))
_REGION_TILES = ((0, 2), (1, 5), (3, 1), (4, 6), (4, 3), (6, 4), (6, 0))
_CITY_TILES = ((4, 4), (1, 2), (3, 2), (2, 5))
# England's boards merged from 42 to 36 in April 2026; so do the invented ones.
_MERGERS_2026 = (("D01", "D02"), ("D08", "D09"), ("D19", "D20"), ("D30", "D31"),
                 ("D35", "D40", "D41"))  # fmt: skip
_TILE_KM = 60


def tiles() -> pd.DataFrame:
    """One row per system: ics_code, tile_row, tile_column, source."""
    places = [(row, first + step) for row, (first, width) in enumerate(_ROWS)
              for step in range(width)]  # fmt: skip
    return pd.DataFrame(
        {
            "ics_code": [f"D{k + 1:02d}" for k in range(len(places))],
            "tile_row": [row for row, _ in places],
            "tile_column": [column for _, column in places],
            "source": SOURCE,
        }
    )


def positions(table: pd.DataFrame) -> np.ndarray:
    """Centres of the tiles, shape (systems, 2): x to the east, y to the south, tile width 1."""
    row = table["tile_row"].to_numpy()
    return np.column_stack([table["tile_column"] + 0.5 * (row % 2), row * np.sqrt(3) / 2])


def _distances_to(table: pd.DataFrame, chosen: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Distance of every system to each chosen tile, shape (systems, chosen)."""
    at = positions(table)
    targets = positions(pd.DataFrame(chosen, columns=["tile_row", "tile_column"]))
    return np.linalg.norm(at[:, None, :] - targets[None, :, :], axis=2)


def adjacency(table: pd.DataFrame) -> pd.DataFrame:
    """Pairs of systems whose tiles touch, each pair once: ics_code_a, ics_code_b, source."""
    at, codes = positions(table), table["ics_code"].tolist()
    apart = np.linalg.norm(at[:, None, :] - at[None, :, :], axis=2)
    first, second = np.nonzero(np.triu(apart < 1.01, k=1))
    return pd.DataFrame(
        {
            "ics_code_a": [codes[k] for k in first],
            "ics_code_b": [codes[k] for k in second],
            "source": SOURCE,
        }
    )


def regions(table: pd.DataFrame) -> list[str]:
    """Region of each system: that of the nearest regional centre."""
    nearest = _distances_to(table, _REGION_TILES).argmin(axis=1)
    return [names.REGIONS[k] for k in nearest]


def rural_shares(table: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Rural share of each system (0 to 1): some wholly urban, the most rural a little over half.

    Systems are ordered by distance from the nearest city, with noise, and the order is laid
    on a curve of about the real spread.
    """
    remoteness = _distances_to(table, _CITY_TILES).min(axis=1) + rng.normal(0, 0.5, len(table))
    order = remoteness.argsort(kind="stable").argsort(kind="stable")
    urban = 5  # systems with no rural population at all
    return 0.56 * np.clip((order - urban) / (len(table) - 1 - urban), 0, None) ** 1.3


def centroids(table: pd.DataFrame) -> pd.DataFrame:
    """Centres of the tiles in kilometres: ics_code, x (east), y (north), source."""
    at = positions(table) * _TILE_KM
    return pd.DataFrame(
        {
            "ics_code": table["ics_code"],
            "x": at[:, 0].round(1),
            "y": (at[:, 1].max() - at[:, 1]).round(1),
            "source": SOURCE,
        }
    )


def rurality(
    codes: list[str], shares: np.ndarray, providers: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Three definitions of the rural share, as for the real map, from one invented one.

    ``ruc2011`` differs from ``ruc2021`` by a little noise; ``ruc2011_sparse`` is zero but in
    the most rural systems.
    """
    population = 150_000 + 230_000 * providers + rng.integers(0, 200_000, len(codes))
    noisy = np.clip(shares * (1 + rng.normal(0.03, 0.06, len(codes))), 0, 0.95)
    definitions = {
        "ruc2021": shares,
        "ruc2011": np.where(shares > 0, noisy, 0),
        "ruc2011_sparse": np.clip(shares - 0.30, 0, None) / 2,
    }
    tables = [
        pd.DataFrame(
            {
                "ics_code": codes,
                "definition": definition,
                "population": population,
                "rural_population": np.rint(population * share).astype(int),
            }
        )
        for definition, share in definitions.items()
    ]
    return _with_share(pd.concat(tables)).sort_values(["ics_code", "definition"])


def rurality_2026(before: pd.DataFrame) -> pd.DataFrame:
    """Rural shares of the systems of 2026: merged systems add up."""
    merged = merged_2026()
    primary = before[before["definition"] == "ruc2021"]
    after = primary.assign(ics_code=[merged.get(code, code) for code in primary["ics_code"]])
    counts = ["population", "rural_population"]
    return _with_share(after.groupby(["ics_code", "definition"], as_index=False)[counts].sum())


def _with_share(table: pd.DataFrame) -> pd.DataFrame:
    share = (table["rural_population"] / table["population"]).round(6)
    return table.assign(rural_share=share, source=SOURCE)


def merged_2026() -> dict[str, str]:
    """The code of 2026 for each system that merged."""
    return {old: f"D{51 + k}" for k, group in enumerate(_MERGERS_2026) for old in group}


def systems(table: pd.DataFrame) -> pd.DataFrame:
    """The register of systems: 42 of vintage 2022 and 36 of vintage 2026."""
    codes, merged = table["ics_code"].tolist(), merged_2026()
    before = pd.DataFrame(
        {"ics_code": codes, "short_name": names.SYSTEMS, "region": regions(table)}
    )
    after = before.assign(ics_code=[merged.get(code, code) for code in codes])
    after = after.groupby("ics_code", as_index=False).agg(
        short_name=("short_name", _joined), region=("region", "first")
    )
    both = pd.concat([before.assign(vintage=2022), after.assign(vintage=2026)], ignore_index=True)
    both["ics_name"] = both["short_name"].map(names.system_name)
    both["ons_code_2022"] = ("X22" + both["ics_code"]).where(both["vintage"] == 2022, "")
    both["ons_code_2024"] = ("X24" + both["ics_code"]).where(both["vintage"] == 2022, "")
    both["source"] = SOURCE
    return both[
        ["vintage", "ics_code", "ics_name", "short_name", "region",
         "ons_code_2022", "ons_code_2024", "source"]
    ]  # fmt: skip


def _joined(places: pd.Series) -> str:
    """Names of merged systems: 'A' stays 'A', several become 'A, B and C'."""
    parts = list(places)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
