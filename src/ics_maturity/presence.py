"""Which systems of a map have returns: the systems that get a page each."""

from typing import Any

import pandas as pd

PRESENT_DICTIONARY: dict[str, Any] = {
    "fields": [
        {"name": "vintage", "type": "integer", "description": "Map that the returns are placed on"},
        {"name": "ics_code", "type": "string", "description": "ODS code of the system"},
        {"name": "ics_name", "type": "string", "description": "Full name"},
        {"name": "short_name", "type": "string", "description": "Name for tables and figures"},
        {"name": "region", "type": "string", "description": "NHS England region"},
        {"name": "first_round", "type": "integer", "description": "First round with returns"},
        {"name": "last_round", "type": "integer", "description": "Last round with returns"},
        {
            "name": "providers",
            "type": "integer",
            "description": "Providers with returns in the last round",
        },
    ],
    "primaryKey": ["ics_code"],
    "missingValues": [""],
}


def systems_present(returns: pd.DataFrame, systems: pd.DataFrame, vintage: int) -> pd.DataFrame:
    """One row per system of the map with at least one return, sorted by code.

    Args:
        returns: tidy returns placed on the map (``ics_code`` empty where there is no system).
        systems: the register of systems of every map.
        vintage: the map.
    """
    placed = returns.loc[returns["ics_code"] != "", ["ics_code", "round", "provider_code"]]
    years = placed.groupby("ics_code")["round"].agg(first_round="min", last_round="max")
    last = placed[placed["round"] == placed["ics_code"].map(years["last_round"])]
    years["providers"] = last.groupby("ics_code")["provider_code"].nunique()
    names = systems[systems["vintage"] == vintage]
    present = names.merge(years.reset_index(), on="ics_code").sort_values("ics_code")
    return present[[field["name"] for field in PRESENT_DICTIONARY["fields"]]].reset_index(drop=True)
