"""Derive the tables of data/raw/reference from the published files.

    python -m ics_maturity.reference_build PUBLISHED_FILES data/raw/reference

Every row says where it comes from. What no published file holds (names of the systems of April
2026, three dates, the split of one trust, the places of the tiles) is typed below, once, with its
source. A test derives the tables again and requires the committed ones.
"""

import argparse
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ics_maturity.reference_tables import TABLES

_ODS_2025 = "ODS list of NHS trusts, July 2025"
_ODS_2026 = "ODS list of NHS trusts, July 2026"
_WORKBOOK = "NHS England, Digital Maturity Assessment 2024 and 2025, data file v2"
_ERIC = "NHS England, ERIC 2024/25 trust table"
_ONS_LOOKUP = "ONS lookups of ICBs, 2022 and 2024 (Open Government Licence)"
_RUC_2021 = "ONS RUC 2021 by LSOA 2021, Census 2021 residents (Open Government Licence)"
_RUC_2011 = "ONS RUC 2011 by LSOA 2011, mid-2020 residents (Open Government Licence)"
_BOUNDARIES = "ONS ICB boundaries of July 2022 (Open Government Licence; contains OS data)"
_STATEMENT = "written ministerial statement on ICB boundaries, 9 September 2025"
_SUCCESSIONS = "ODS succession list of October 2022 and ODS trust lists of July 2025 and July 2026"

RURAL_2021 = ("RLN1", "RLF1", "RSN1", "RSF1")
RURAL_2011 = {"ruc2011": ("D1", "D2", "E1", "E2"), "ruc2011_sparse": ("C2", "D2", "E2")}

# Shorter than the full name where that is too long for a row label of a figure.
_SHORT_NAMES = {
    "QE1": "Lancashire and S Cumbria",
    "QGH": "Herefordshire and Worcs",
    "QHG": "Beds, Luton and M Keynes",
    "QHM": "North East and N Cumbria",
    "QJG": "Suffolk and NE Essex",
    "QK1": "Leicestershire and Rutland",
    "QM7": "Herts and West Essex",
    "QNC": "Staffordshire and Stoke",
    "QOC": "Shropshire and Telford",
    "QOQ": "Humber and N Yorkshire",
    "QOX": "Bath, Swindon and Wiltshire",
    "QRL": "Hampshire and Isle of Wight",
    "QT1": "Nottinghamshire",
    "QT6": "Cornwall and Scilly",
    "QU9": "Bucks, Oxon and W Berks",
    "QUE": "Cambs and Peterborough",
    "QUY": "Bristol, N Somerset, S Glos",
}

# The ODS lists give the six new boards of April 2026 a code and no name.
_NAMES_2026 = {
    "D7T5G": ("Essex", _STATEMENT),
    "S0E4D": ("Thames Valley", _STATEMENT),
    "S1Y5D": ("Central East", _STATEMENT),
    "S9B9J": ("Surrey and Sussex", _STATEMENT),
    "T6Y0W": ("Norfolk and Suffolk", _STATEMENT),
    "Z9B2Z": (
        "West and North London",
        f"{_STATEMENT}, as North West and North Central London; this name in the local press",
    ),
}

# Where the three systems that were divided went, by sub-ICB location and, for the one that is a
# single location, by district: the new boards follow county lines (the same statement).
_SPLIT_AREAS = {
    "06K": "S1Y5D",
    "06N": "S1Y5D",
    "07H": "D7T5G",
    "06L": "T6Y0W",
    "07K": "T6Y0W",
    "06T": "D7T5G",
    "Bracknell Forest": "S0E4D",
    "Slough": "S0E4D",
    "Windsor and Maidenhead": "S0E4D",
    "Guildford": "S9B9J",
    "Runnymede": "S9B9J",
    "Surrey Heath": "S9B9J",
    "Waverley": "S9B9J",
    "Hart": "QRL",
    "Rushmoor": "QRL",
}

# Days that the succession table does not give.
_DATES = {
    "RYK": ("2020-04-01", "day from the trust's own account of its formation"),
    "TAF": ("2024-11-01", f"day {_ODS_2025} opens G6V2S"),
}

# Pennine Acute ran four main hospitals; one went one way and three the other. The hospitals are
# the weights because no activity by hospital is published with the assessment.
_PENNINE = {
    "R0A": (0.25, "2021-04-01", "North Manchester General to Manchester University"),
    "RM3": (0.75, "2021-10-01", "Oldham, Bury and Rochdale to the Northern Care Alliance"),
}
_PENNINE_BASIS = (
    "{}; assumption: weight is the share of the trust's four main hospitals; days from the "
    "trust's own account of the transactions"
)
_ABSENT_2025 = (
    "a trust of 2025, but its return is not on the published sheets of that round "
    "(the cover counts 205 trusts, the sheets hold 204)"
)

# Equal tiles; neighbours stay near one another and London stays together.
_TILES = """
 .   .   QHM .   .   .   .
 .   QE1 QWO QOQ .   .   .
 .   QOP QF7 .   QJM .   .
 QYG QNC QJ2 QT1 .   QMM .
 QOC QUA QHL QK1 QUE QJG .
 .   QGH QWU QPM QHG QM7 QH8
 .   QUY QR1 QU9 QRV QMJ QMF
 .   QSL QOX QNQ QWE QKK .
 .   QJK QVV QRL QXU QKS .
 QT6 .   .   .   QNX .   .
"""


def _read(path: Path, **options: Any) -> pd.DataFrame:
    return pd.read_csv(path, dtype="str", keep_default_na=False, **options)


def _ods(sources: Path, name: str) -> pd.DataFrame:
    """An ODS trust list (published without a header): code, name, system, open and close days."""
    columns = {0: "code", 1: "name", 2: "region", 3: "ics_code", 10: "opened", 11: "closed"}
    listed = _read(sources / "organisations" / name, header=None, usecols=list(columns))
    listed = listed.rename(columns=columns).set_index("code")
    for day in ("opened", "closed"):
        listed[day] = listed[day].str.replace(r"(\d{4})(\d\d)(\d\d)", r"\1-\2-\3", regex=True)
    return listed


def _english(listed: pd.DataFrame) -> pd.DataFrame:
    """Without the trusts of Wales, which have no region or W00 and no English system or Q99."""
    return listed[~listed["region"].isin(["", "W00"])]


def _register(sources: Path) -> pd.DataFrame:
    return _read(sources / "geography" / "icb_reference_42.csv").set_index("icb_ods_code")


def _providers_published(sources: Path) -> pd.DataFrame:
    return _read(sources / "organisations" / "dma2025_provider_to_ods.csv").set_index("ods_code")


def _short(full: str) -> str:
    return full.removeprefix("NHS ").removesuffix(" Integrated Care Board")


def systems(sources: Path) -> pd.DataFrame:
    """The 42 systems of 2022 from the ONS lookups, and the 36 of April 2026 by the ODS list.

    The codes of ONS describe boundaries, which the merged map does not share: empty for 2026.
    """
    register = _register(sources)
    rows = [
        (2022, code, row["icb_name"], _SHORT_NAMES.get(code, _short(row["icb_name"])),
         row["region"], row["icb22_ons_code"], row["icb24_ons_code"], _ONS_LOOKUP)
        for code, row in register.iterrows()
    ]  # fmt: skip
    listed = _english(_ods(sources, "etr_2026-07.csv"))
    regions = register.drop_duplicates("nhser_ods_code").set_index("nhser_ods_code")["region"]
    for code, trusts in listed.groupby("ics_code"):
        region = regions[trusts["region"].mode()[0]]
        if code in register.index:
            full = register.loc[code, "icb_name"]
            short, source = _SHORT_NAMES.get(code, _short(full)), f"code: {_ODS_2026}"
        else:
            short, name_source = _NAMES_2026[code]
            full = f"NHS {short} Integrated Care Board"
            source = f"code: {_ODS_2026} (no name there); name: {name_source}"
        rows.append((2026, code, full, short, region, "", "", source))
    return pd.DataFrame(rows, columns=list(TABLES["systems"].fields))


def boundary_changes(sources: Path) -> pd.DataFrame:
    """Which system of 2022 became which of April 2026, counted in trusts open on both lists."""
    before = _english(_ods(sources, "etr_2025-07.csv"))
    after = _english(_ods(sources, "etr_2026-07.csv"))
    both = before.merge(after, on="code", suffixes=("", "_2026"))
    # Closed means closed before the first list was drawn up: later closures are on both maps.
    both = both[(both["closed_2026"] == "") | (both["closed_2026"] >= "2025-07-01")]
    pairs = both.groupby(["ics_code", "ics_code_2026"]).size().rename("providers").reset_index()
    pairs = pairs.rename(columns={"ics_code": "ics_code_2022"})
    return pairs.assign(
        kind=[_change(row.ics_code_2022, row.ics_code_2026, pairs) for row in pairs.itertuples()],
        source=f"{_ODS_2025}, against {_ODS_2026}",
    )


def _change(old: str, new: str, pairs: pd.DataFrame) -> str:
    """What a pair of systems means; a system that kept its code was neither merged nor split."""
    if old == new:
        return "unchanged"
    if old in set(pairs["ics_code_2026"]):
        return "trust_moved"
    return "split" if (pairs["ics_code_2022"] == old).sum() > 1 else "merged"


def providers(sources: Path) -> pd.DataFrame:
    """The 204 providers of 2025: the published workbook places them, ODS stands beside it.

    The system of 2026 follows the trust on the two ODS lists where ODS and the workbook agree
    for 2025. Where they differ, it follows the workbook's system through the change of
    boundaries, so that a comparison of the two maps shows boundaries only; a workbook system
    that was split leaves the ODS list of 2026 to decide.
    """
    published = _providers_published(sources)
    eric = pd.read_csv(
        sources / "organisations" / "eric_2024_25_trust_data.csv",
        encoding="latin-1", usecols=["Trust Code", "Trust Type"], index_col="Trust Code",
    )["Trust Type"]  # fmt: skip
    regions = _register(sources)["region"]
    opened = _ods(sources, "etr_2025-07.csv")["opened"]
    later = _ods(sources, "etr_2026-07.csv")
    successors = _successor_systems(boundary_changes(sources))
    rows = []
    for code, row in published.iterrows():
        now = later["ics_code"].get(code, "")
        if row["ods_icb_2025_07"] != row["icb_ods_code"] or not now:
            now = successors.get(row["icb_ods_code"], now)
        rows.append(
            (code, row["Provider"], row["icb_ods_code"], now, row["ods_icb_2025_07"],
             regions[row["icb_ods_code"]], eric[code].capitalize(), opened.get(code, ""),
             later["closed"].get(code, ""), _match(row["match"]),
             f"name, system: {_WORKBOOK}; code, days, system by ODS: {_ODS_2025} and {_ODS_2026}; "
             f"type: {_ERIC}")
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(TABLES["providers"].fields))


def _successor_systems(changes: pd.DataFrame) -> dict[str, str]:
    """The one system of 2026 that each undivided system of 2022 became."""
    whole = changes[changes["kind"].isin(["unchanged", "merged"])]
    return dict(zip(whole["ics_code_2022"], whole["ics_code_2026"], strict=True))


def _match(published: str) -> str:
    return published.replace("etr.csv", "the ODS trust lists").replace("etr", "list of")


def rurality(sources: Path) -> pd.DataFrame:
    """Rural share of the 42 systems by three definitions."""
    areas = _areas(sources)
    by_category = areas.pivot_table(
        index="icb24_code_nhs", columns="ruc21_code", values="usual_residents", aggfunc="sum",
        fill_value=0,
    )  # fmt: skip
    tables = [_shares(by_category, "ruc2021", RURAL_2021, _RUC_2021)]
    older = pd.read_csv(
        sources / "geography" / "icb_ruc11_population_by_category.csv", index_col="icb22_code_h"
    )
    tables += [_shares(older, name, rural, _RUC_2011) for name, rural in RURAL_2011.items()]
    return pd.concat(tables, ignore_index=True)


def rurality_2026(sources: Path) -> pd.DataFrame:
    """Rural share of the 36 systems of April 2026, Rural Urban Classification 2021."""
    areas = _areas(sources)
    district = areas["lsoa21_name"].str[:-5]  # names end in a blank, three digits and a letter
    divided = areas["sicbl24_code_nhs"].map(_SPLIT_AREAS).fillna(district.map(_SPLIT_AREAS))
    whole = areas["icb24_code_nhs"].map(_successor_systems(boundary_changes(sources)))
    by_category = areas.assign(ics_code=whole.fillna(divided)).pivot_table(
        index="ics_code", columns="ruc21_code", values="usual_residents", aggfunc="sum",
        fill_value=0,
    )  # fmt: skip
    source = f"{_RUC_2021}; divided systems by sub-ICB location or district ({_STATEMENT})"
    return _shares(by_category, "ruc2021", RURAL_2021, source)


def _areas(sources: Path) -> pd.DataFrame:
    """The 33,755 small areas of England with their system, rural class and residents."""
    return pd.read_csv(sources / "geography" / "lsoa21_ruc21_icb24_census2021.csv.gz")


def _shares(
    by_category: pd.DataFrame, definition: str, rural: tuple[str, ...], source: str
) -> pd.DataFrame:
    population = by_category.sum(axis=1)
    rural_population = by_category[list(rural)].sum(axis=1)
    table = pd.DataFrame(
        {
            "definition": definition,
            "population": population,
            "rural_population": rural_population,
            "rural_share": rural_population / population,
            "source": source,
        }
    )
    return table.rename_axis("ics_code").reset_index()


def adjacency(sources: Path) -> pd.DataFrame:
    """Each pair of bordering systems once, the earlier code first."""
    listed = _read(sources / "geography" / "icb_adjacency.csv")
    to_ods = _register(sources).reset_index().set_index("icb22_ons_code")["icb_ods_code"]
    pairs = {tuple(sorted((to_ods[a], to_ods[b]))) for a, b in listed.to_numpy()}
    table = pd.DataFrame(sorted(pairs), columns=["ics_code_a", "ics_code_b"])
    return table.assign(source=f"{_BOUNDARIES}: within 500 m of one another")


def centroids(sources: Path) -> pd.DataFrame:
    """Centre of each system's area, in kilometres on a plane, to 0.1 km."""
    text = (sources / "geography" / "icb22_boundaries_ultra_generalised.geojson").read_text("utf-8")
    to_ods = _register(sources).reset_index().set_index("icb22_ons_code")["icb_ods_code"]
    rows = []
    for feature in json.loads(text)["features"]:
        x, y = _centre(feature["geometry"])
        code = to_ods[feature["properties"]["icb22_code"]]
        rows.append((code, round(x, 1), round(y, 1)))
    table = pd.DataFrame(rows, columns=["ics_code", "x", "y"])
    return table.assign(
        source=f"{_BOUNDARIES}: centre of area, transverse Mercator about 52 N 2 W, km"
    )


def _centre(geometry: Mapping[str, Any]) -> tuple[float, float]:
    """Centre of area of a GeoJSON polygon or multipolygon; holes count against it."""
    coordinates = geometry["coordinates"]
    polygons = [coordinates] if geometry["type"] == "Polygon" else coordinates
    moments = np.zeros(3)
    for rings in polygons:
        for position, ring in enumerate(rings):
            area, x, y = _ring_moments(_plane(np.asarray(ring)[:, :2]))
            sign = np.sign(area) * (1 if position == 0 else -1)
            moments += sign * np.array([area, x, y])
    return moments[1] / moments[0], moments[2] / moments[0]


def _plane(degrees: np.ndarray) -> np.ndarray:
    """Longitude and latitude to kilometres east and north of 52 N 2 W (spherical).

    A transverse Mercator along 2 W keeps distances in England true to about 1 in 1,000.
    """
    radius = 6371.0
    longitude, latitude = np.radians(degrees - [-2.0, 0.0]).T
    east = np.arctanh(np.cos(latitude) * np.sin(longitude))
    north = np.arctan2(np.tan(latitude), np.cos(longitude)) - np.radians(52.0)
    return radius * np.column_stack([east, north])


def _ring_moments(ring: np.ndarray) -> tuple[float, float, float]:
    """Signed area and its first moments in x and y, of a closed ring of points."""
    (x, y), (x1, y1) = ring[:-1].T, ring[1:].T
    cross = x * y1 - x1 * y
    return cross.sum() / 2, ((x + x1) * cross).sum() / 6, ((y + y1) * cross).sum() / 6


def tiles() -> pd.DataFrame:
    """The tile map: one equal tile per system of 2022, our own layout."""
    grid = [line.split() for line in _TILES.strip().splitlines()]
    rows = [
        (code, row, column, "our own layout")
        for row, line in enumerate(grid)
        for column, code in enumerate(line)
        if code != "."
    ]
    return pd.DataFrame(rows, columns=list(TABLES["tiles"].fields))


def successions(sources: Path) -> pd.DataFrame:
    """What became of every organisation of 2016 and 2017, dated where a day is known."""
    listed = _read(sources / "organisations" / "org_succession_2016_2017_to_2025.csv")
    closed = _ods(sources, "etr_2026-07.csv")["closed"]
    predecessors = listed.groupby("ods_code_2025")["ods_code"].nunique()
    rows: list[tuple[object, ...]] = []
    for row in listed.itertuples():
        kind = _kind(row, predecessors[row.ods_code_2025])
        start = (int(row.round), row.organisation_id_published, row.organisation_name)
        if kind == "split":
            rows += [
                (*start, to, weight, kind, day, f"{row.ods_code}>{to}",
                 _PENNINE_BASIS.format(what), "", _SUCCESSIONS)
                for to, (weight, day, what) in _PENNINE.items()
            ]  # fmt: skip
            continue
        none = kind == "none"
        day, basis = _dated(row.organisation_id_published, kind, row.basis, closed)
        rows.append(
            (*start, "" if none else row.ods_code_2025, 1.0, kind, day, row.path, basis,
             _ABSENT_2025 if none else "", _SUCCESSIONS)
        )  # fmt: skip
    return _date_stale_codes(pd.DataFrame(rows, columns=list(TABLES["successions"].fields)))


def _kind(row: Any, predecessors: int) -> str:
    """The kind of one organisation's succession, from the columns of the published table."""
    if row.in_dma2025 == "0":
        return "none"
    code, path, basis = row.ods_code, row.path, row.basis
    if row.code_corrected == "1" or basis.startswith("extra"):
        return "corrected"
    if basis.startswith("split"):
        return "split"
    if path == code:
        return "same"
    return "merged" if predecessors > 1 else "recoded"


def _dated(code: str, kind: str, basis: str, closed: pd.Series) -> tuple[str, str]:
    """Day of a succession and what it rests on: the basis text, else the day the code closed."""
    if kind in ("same", "corrected", "none"):
        return "", basis
    if code in _DATES:
        day, what = _DATES[code]
        return day, f"{basis}; {what}"
    days = re.findall(r"\d{4}-\d{2}-\d{2}", basis)
    if days:
        return days[-1], basis
    return closed[code], f"{basis}; day {_ODS_2026} closes {code}"


def _date_stale_codes(table: pd.DataFrame) -> pd.DataFrame:
    """Date a correction by the same code's own succession to the same provider, if it had one."""
    dated = table[table["effective_date"] != ""]
    days = dated.drop_duplicates(["code_returned", "provider_code"]).set_index(
        ["code_returned", "provider_code"]
    )["effective_date"]
    keys = zip(table["code_returned"], table["provider_code"], strict=True)
    known = [days.get(key, "") for key in keys]
    corrected = table["kind"] == "corrected"
    return table.assign(effective_date=table["effective_date"].where(~corrected, known))


def build(sources: Path) -> dict[str, pd.DataFrame]:
    """Every table of the reference folder, derived from the folder of published files."""
    tables = {
        "systems": systems(sources),
        "providers": providers(sources),
        "rurality": rurality(sources),
        "rurality_2026": rurality_2026(sources),
        "adjacency": adjacency(sources),
        "centroids": centroids(sources),
        "tiles": tiles(),
        "successions": successions(sources),
        "boundary_changes": boundary_changes(sources),
    }
    return {
        name: table[list(TABLES[name].fields)].sort_values(
            list(TABLES[name].key), kind="stable", ignore_index=True
        )
        for name, table in tables.items()
    }


def main() -> None:
    """Write the tables: first argument the published files, second the reference folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("sources", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    for name, table in build(arguments.sources).items():
        path = arguments.folder / f"{name}.csv"
        table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
        print(f"{path}: {len(table)} rows")


if __name__ == "__main__":
    main()
