"""What the tables of a reference folder hold: columns, meanings, keys, and the words used in them.

The real tables are in data/raw/reference; the invented ones of the demonstration have the same
columns.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

VINTAGES = (2022, 2026)
RURAL_DEFINITIONS = {
    "ruc2021": "Rural Urban Classification 2021, Census 2021 residents; rural is larger rural "
    "and smaller rural (RLN1, RLF1, RSN1, RSF1)",
    "ruc2011": "Rural Urban Classification 2011, mid-2020 residents; rural is town and fringe, "
    "village and dispersed, sparse or not (D1, D2, E1, E2)",
    "ruc2011_sparse": "Rural Urban Classification 2011, mid-2020 residents; only the sparse "
    "settings, a town in a sparse setting included (C2, D2, E2)",
}
INCENTIVES = {
    "funding_at_stake": "a low score could bring funding",
    "already_funded": "funding was granted, whatever the score",
    "no_scheme": "nothing hung on the score",
    "no_record": "no electronic record years later; whether anything hung on a score is not known",
}
SUCCESSION_KINDS = {
    "same": "the organisation is a provider of 2025 under the code it returned",
    "recoded": "one organisation, another code",
    "merged": "joined with others into the provider of 2025",
    "split": "divided among several providers of 2025",
    "corrected": "the code in the published file is not the organisation's own",
    "none": "no provider of 2025; the reason is given",
}


@dataclass(frozen=True)
class Field:
    """One column of a table: its type, its meaning, and the text its cells must match."""

    meaning: str
    expected: str
    pattern: str
    kind: Literal["string", "integer", "number"] = "string"


@dataclass(frozen=True)
class Table:
    """One table of the folder: its columns in order, its key, and whether it may be absent."""

    fields: dict[str, Field]
    key: tuple[str, ...]
    required: bool = True


def _code(meaning: str) -> Field:
    return Field(meaning, "a code of capital letters and digits", r"[A-Z0-9]{1,12}")


def _code_or_empty(meaning: str) -> Field:
    return Field(meaning, "a code of capital letters and digits, or empty", r"[A-Z0-9]{0,12}")


def _name(meaning: str) -> Field:
    # A name that starts like a formula would run when the table is opened in a spreadsheet.
    return Field(meaning, "printable text that does not start with = + - @",
                 r"[^=+\-@\x00-\x1f\x7f\s][^\x00-\x1f\x7f]{0,199}")  # fmt: skip


def _text(meaning: str) -> Field:
    return Field(meaning, "printable text, at most 500 characters", r"[^\x00-\x1f\x7f]{0,500}")


def _day(meaning: str) -> Field:
    return Field(meaning, "a day as YYYY-MM-DD, or empty", r"(\d{4}-\d{2}-\d{2})?")


def _one_of(meaning: str, choices: Iterable[object]) -> Field:
    options = [str(choice) for choice in choices]
    return Field(meaning, "one of " + ", ".join(options), "|".join(options))


def _number(meaning: str) -> Field:
    return Field(meaning, "a number", r"-?\d+(\.\d+)?([eE][+-]?\d+)?", "number")


def _integer(meaning: str) -> Field:
    return Field(meaning, "a whole number, 0 or more", r"\d{1,9}", "integer")


_SOURCE = Field("Where the row comes from", "the source in words", r"[^\x00-\x1f\x7f]{1,500}")
_ROUND = Field("Round as a year (2015/16 is 2016)", "a year", r"20\d{2}", "integer")
_VINTAGE = Field("Year the map of systems came into force", "2022 or 2026", "2022|2026", "integer")
_RURALITY = {
    "ics_code": _code("Code of the system"),
    "definition": _one_of("Definition of rural", RURAL_DEFINITIONS),
    "population": _integer("Residents"),
    "rural_population": _integer("Residents of areas that are rural by the definition"),
    "rural_share": _number("Rural residents as a share of residents, 0 to 1"),
    "source": _SOURCE,
}

TABLES: dict[str, Table] = {
    "systems": Table(
        {
            "vintage": _VINTAGE,
            "ics_code": _code("ODS code of the Integrated Care Board"),
            "ics_name": _name("Full name"),
            "short_name": _name("Name for tables and figures"),
            "region": _name("NHS England region"),
            "ons_code_2022": _code_or_empty("ONS code of the boundaries of 2022"),
            "ons_code_2024": _code_or_empty("ONS code of the boundaries of 2024"),
            "source": _SOURCE,
        },
        key=("vintage", "ics_code"),
    ),
    "providers": Table(
        {
            "provider_code": _code("ODS code of the provider in 2025"),
            "provider_name": _name("Name as in the published workbook"),
            "ics_code": _code("System of the map of 2022, as the published workbook places it"),
            "ics_code_2026": _code_or_empty("System of the map of April 2026"),
            "ics_code_ods": _code_or_empty("System as the ODS list of July 2025 places it"),
            "region": _name("NHS England region"),
            "trust_type": _text("Type of trust in the estates return of 2024/25"),
            "opened": _day("Day the code opened"),
            "closed": _day("Day the code closed, empty while open"),
            "match": _text("How name and code were matched"),
            "source": _SOURCE,
        },
        key=("provider_code",),
    ),
    "rurality": Table(_RURALITY, key=("ics_code", "definition")),
    "rurality_2026": Table(_RURALITY, key=("ics_code", "definition"), required=False),
    "adjacency": Table(
        {
            "ics_code_a": _code("One system"),
            "ics_code_b": _code("A system it borders"),
            "source": _SOURCE,
        },
        key=("ics_code_a", "ics_code_b"),
    ),
    "centroids": Table(
        {
            "ics_code": _code("Code of the system"),
            "x": _number("Kilometres east of the map's origin"),
            "y": _number("Kilometres north of the map's origin"),
            "source": _SOURCE,
        },
        key=("ics_code",),
        required=False,
    ),
    "tiles": Table(
        {
            "ics_code": _code("Code of the system"),
            "tile_row": _integer("Row of the tile, 0 at the top"),
            "tile_column": _integer("Column of the tile, 0 at the left"),
            "source": _SOURCE,
        },
        key=("ics_code",),
    ),
    "successions": Table(
        {
            "round": _ROUND,
            "code_returned": _code("Code in the published file of the round"),
            "name_returned": _name("Name in the published file of the round"),
            "provider_code": _code_or_empty("Provider of 2025, empty when there is none"),
            "weight": _number("Share of the organisation that went to the provider, 0 to 1"),
            "kind": _one_of("What became of the organisation", SUCCESSION_KINDS),
            "effective_date": _day("Day of the change: the successor's first, or the last before"),
            "path": _text("Codes from the organisation's own to the provider's"),
            "basis": _text("What the succession rests on"),
            "reason": _text("Why there is no provider of 2025"),
            "source": _SOURCE,
        },
        key=("round", "code_returned", "provider_code"),
    ),
    "boundary_changes": Table(
        {
            "ics_code_2022": _code("System of the map of 2022"),
            "ics_code_2026": _code("System of the map of April 2026"),
            "providers": _integer("Trusts open on both lists that went this way"),
            "kind": _one_of("What happened", ("unchanged", "merged", "split", "trust_moved")),
            "source": _SOURCE,
        },
        key=("ics_code_2022", "ics_code_2026"),
    ),
    "incentives": Table(
        {
            "round": Field(
                "Round in whose codes the organisation is named", "a year", r"20\d{2}", "integer"
            ),
            "provider_code": _code("Code of the organisation in that round"),
            "group": _one_of("What hung on its scores", INCENTIVES),
            "since": Field(
                "Day from which the group held; it explains no earlier answer",
                "a day as YYYY-MM-DD",
                r"\d{4}-\d{2}-\d{2}",
            ),
            "source": _SOURCE,
        },
        key=("round", "provider_code"),
        required=False,
    ),
    "sizes": Table(
        {
            "round": _ROUND,
            "code_returned": _code("Code in the published file of the round"),
            "size": Field(
                "Size of the organisation at the time", "a number above 0", r"\d+(\.\d+)?", "number"
            ),
            "unit": _name("What the size counts: staff, beds, attendances, ..."),
            "source": _SOURCE,
        },
        key=("round", "code_returned"),
        required=False,
    ),
}


@dataclass(frozen=True)
class Reference:
    """The checked tables of one reference folder, each sorted by its key.

    ``rurality_2026``, ``centroids``, ``incentives`` and ``sizes`` are empty where the folder does
    not hold them.
    """

    systems: pd.DataFrame
    providers: pd.DataFrame
    rurality: pd.DataFrame
    rurality_2026: pd.DataFrame
    adjacency: pd.DataFrame
    centroids: pd.DataFrame
    tiles: pd.DataFrame
    successions: pd.DataFrame
    boundary_changes: pd.DataFrame
    incentives: pd.DataFrame
    sizes: pd.DataFrame


def table_schema(name: str) -> dict[str, Any]:
    """The Frictionless table schema of one table, for the data dictionary beside it."""
    return schema_of(TABLES[name])


def schema_of(table: Table) -> dict[str, Any]:
    """The Frictionless table schema of a declared table."""
    described = [
        {"name": column, "type": field.kind, "description": field.meaning}
        for column, field in table.fields.items()
    ]
    return {"fields": described, "primaryKey": list(table.key), "missingValues": [""]}
