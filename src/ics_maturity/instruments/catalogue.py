"""The instruments of one run, by the year of their round."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ics_maturity.instruments.model import Instrument

_COLUMNS = {
    "round": ("integer", "Year the round is called after"),
    "instrument_id": ("string", "Identifier of the instrument"),
    "title": ("string", "What the assessment is called"),
    "own": ("boolean", "Whether the instrument came with the returns and not with the workbook"),
    "definition": ("string", "The whole instrument, as JSON"),
}
_DESIGN = ("round", "instrument", "fieldwork", "published", "scoring_rule", "items", "scored_items",
           "scale", "reviewer", "incentive", "source")  # fmt: skip
INSTRUMENTS_DICTIONARY: dict[str, Any] = {
    "fields": [
        {"name": name, "type": kind, "description": meaning}
        for name, (kind, meaning) in _COLUMNS.items()
    ],
    "primaryKey": ["round"],
    "missingValues": [""],
}


@dataclass(frozen=True)
class Catalogue:
    """Instruments with at most one for each year.

    ``own``: the years whose instrument comes with the returns (a file of the data profile) and
    not with the workbook.
    """

    instruments: tuple[Instrument, ...]
    own: frozenset[int] = field(default_factory=frozenset)

    def find(self, year: int) -> Instrument | None:
        """The instrument of a round, by the year it is called after, if one is on file."""
        return next((one for one in self.instruments if one.round == year), None)

    def of(self, year: int) -> Instrument:
        """The instrument of a round.

        Raises:
            KeyError: none is on file for that year.
        """
        instrument = self.find(year)
        if instrument is None:
            raise KeyError(f"no instrument for round {year}")
        return instrument

    def titles(self, year: int) -> dict[str, str]:
        """Names of the pillars, themes and sections of a round as its instrument prints them.

        Empty where no instrument is on file.
        """
        instrument = self.find(year)
        if instrument is None:
            return {}
        parts = (*instrument.pillars, *instrument.themes, *instrument.sections)
        return {part.id: part.title for part in parts}

    def with_own(self, own: Iterable[Instrument]) -> "Catalogue":
        """These instruments, with others in the place of those of the same years."""
        theirs = tuple(own)
        years = frozenset(one.round for one in theirs)
        kept = tuple(one for one in self.instruments if one.round not in years)
        ordered = sorted((*kept, *theirs), key=lambda one: one.round)
        return Catalogue(tuple(ordered), self.own - years | years)

    def design_table(self) -> pd.DataFrame:
        """One row per round: dates, instrument, scoring rule, items, scale, reviewer, incentive.

        The table that any claim about a shift between rounds has to be read against.
        """
        rows = []
        for instrument in self.instruments:
            design = instrument.design
            rows.append(
                {
                    "round": instrument.round,
                    "instrument": instrument.title,
                    "fieldwork": design.fieldwork,
                    "published": design.published,
                    "scoring_rule": instrument.scoring.rule,
                    "items": design.items,
                    "scored_items": len(instrument.scored_items) or None,
                    "scale": design.scale,
                    "reviewer": design.reviewer,
                    "incentive": design.incentive,
                    "source": design.source,
                }
            )
        return pd.DataFrame(rows, columns=list(_DESIGN)).astype({"scored_items": "Int64"})

    def table(self, years: Iterable[int]) -> pd.DataFrame:
        """The instruments of some rounds as the processed table ``instruments``.

        ``definition`` is the whole instrument as JSON, so that a later notebook needs no file
        but this one.
        """
        wanted = set(years)
        rows = [
            (one.round, one.id, one.title, one.round in self.own, one.model_dump_json())
            for one in self.instruments
            if one.round in wanted
        ]
        types = {"integer": "int64", "boolean": "bool", "string": "str"}
        return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(
            {name: types[kind] for name, (kind, _) in _COLUMNS.items()}
        )

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> "Catalogue":
        """The catalogue that :meth:`table` wrote."""
        instruments = tuple(
            Instrument.model_validate(json.loads(text)) for text in table["definition"]
        )
        return cls(instruments, frozenset(table.loc[table["own"].astype(bool), "round"].tolist()))
