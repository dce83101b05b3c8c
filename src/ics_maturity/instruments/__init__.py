"""What each assessment round asked, how it scored, and who checked: one TOML file per round.

An instrument is added by adding a file. Everything here is a fact about a questionnaire, with
its source; nothing is provider data.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from ics_maturity.instruments.model import Instrument, Item, Pillar, Section, Theme

__all__ = [
    "IDS",
    "Instrument",
    "Item",
    "Pillar",
    "Section",
    "Theme",
    "design_table",
    "find_round",
    "for_round",
    "load",
]

_FILES = resources.files(__name__)
IDS: tuple[str, ...] = tuple(
    sorted(file.name.removesuffix(".toml") for file in _FILES.iterdir() if file.suffix == ".toml")  # type: ignore[attr-defined]
)


def _read(instrument_id: str) -> dict[str, Any]:
    """The file's content over that of the instrument it inherits from."""
    if instrument_id not in IDS:
        raise KeyError(f"no instrument {instrument_id!r}; there are {', '.join(IDS)}")
    own = tomllib.loads((_FILES / f"{instrument_id}.toml").read_text(encoding="utf-8"))
    parent = own.pop("inherits", None)
    return (_read(parent) | own) if parent else own


@cache
def load(instrument_id: str) -> Instrument:
    """The instrument of that id, for example ``dma_2016``.

    Raises:
        KeyError: there is no such instrument.
        pydantic.ValidationError: the file breaks the model.
    """
    return Instrument.model_validate(_read(instrument_id))


@cache
def find_round(year: int) -> Instrument | None:
    """The instrument of a round, by the year it is called after, if one is on file."""
    for instrument_id in IDS:
        if _read(instrument_id)["round"] == year:
            return load(instrument_id)
    return None


def for_round(year: int) -> Instrument:
    """The instrument of a round, by the year it is called after.

    Raises:
        KeyError: no instrument is on file for that year.
    """
    instrument = find_round(year)
    if instrument is None:
        raise KeyError(f"no instrument for round {year}")
    return instrument


def design_table() -> pd.DataFrame:
    """One row per round: dates, instrument, scoring rule, items, scale, reviewer, incentive.

    The table that any claim about a shift between rounds has to be read against.
    """
    rows = []
    for instrument in sorted(map(load, IDS), key=lambda one: one.round):
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
    return pd.DataFrame(rows).astype({"scored_items": "Int64"})
