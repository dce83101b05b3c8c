"""Reference tables of a small world: two systems, two providers, and one that merged."""

import csv
from pathlib import Path

from ics_maturity.reference_tables import TABLES

SYSTEM = {"region": "South", "ons_code_2022": "E1", "ons_code_2024": "E1"}
ROWS: dict[str, list[dict[str, object]]] = {
    "systems": [
        {"vintage": vintage, "ics_code": code, "ics_name": f"System {code}", "short_name": code,
         **SYSTEM}
        for vintage, code in ((2022, "QA1"), (2022, "QB2"), (2026, "QNEW"))
    ],
    "providers": [
        {"provider_code": code, "provider_name": f"{name} NHS TRUST", "ics_code": ics,
         "ics_code_2026": "QNEW", "ics_code_ods": ics, "region": "South", "trust_type": "Acute",
         "opened": "2001-04-01", "closed": "", "match": "exact"}
        for code, name, ics in (("RAA", "ALPHA", "QA1"), ("RBB", "BETA", "QB2"))
    ],
    "rurality": [
        {"ics_code": code, "definition": "ruc2021", "population": 100, "rural_population": 25,
         "rural_share": 0.25}
        for code in ("QA1", "QB2")
    ],
    "adjacency": [{"ics_code_a": "QA1", "ics_code_b": "QB2"}],
    "tiles": [{"ics_code": code, "tile_row": 0, "tile_column": i}
              for i, code in enumerate(("QA1", "QB2"))],
    "successions": [
        {"round": year, "code_returned": "RCC", "name_returned": "Gamma NHS Trust",
         "provider_code": "RBB", "weight": 1, "kind": "merged", "effective_date": "2020-04-01",
         "path": "RCC>RBB", "basis": "test", "reason": ""}
        for year in (2016, 2017)
    ],
    "boundary_changes": [
        {"ics_code_2022": code, "ics_code_2026": "QNEW", "providers": 1, "kind": "merged"}
        for code in ("QA1", "QB2")
    ],
}  # fmt: skip


def write_reference(folder: Path) -> Path:
    """Write the tables into a folder that is made for them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, listed in ROWS.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(TABLES[name].fields))
            writer.writeheader()
            writer.writerows({"source": "test", **row} for row in listed)
    return folder
