"""What each assessment round asked, how it scored, and who checked: one TOML file per round.

An instrument is added by adding a file: to a data profile, which may hold instruments of its own
(:class:`Catalogue`), or here. Everything here is a fact about a questionnaire, with its source;
nothing is provider data.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from ics_maturity.instruments.catalogue import Catalogue
from ics_maturity.instruments.files import parse, read_instruments
from ics_maturity.instruments.model import Instrument, Item, Pillar, Section, Theme, Tiers

__all__ = [
    "IDS",
    "Catalogue",
    "Instrument",
    "Item",
    "Pillar",
    "Section",
    "Theme",
    "Tiers",
    "find_round",
    "for_round",
    "load",
    "packaged",
    "parse",
    "with_own",
]

_FILES = resources.files(__name__)
IDS: tuple[str, ...] = tuple(
    sorted(file.name.removesuffix(".toml") for file in _FILES.iterdir() if file.suffix == ".toml")  # type: ignore[attr-defined]
)


@cache
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
        InputError: the file breaks the model.
    """
    return parse(_read(instrument_id), f"{instrument_id}.toml")


@cache
def packaged() -> Catalogue:
    """The instruments that come with the workbook."""
    return Catalogue(tuple(sorted(map(load, IDS), key=lambda one: one.round)))


def with_own(files: Mapping[str, Path]) -> Catalogue:
    """The packaged instruments and those of a data profile's files, which take their years.

    Args:
        files: TOML files by the name that messages use.

    Raises:
        InputError: every fault in every file; see :func:`.files.read_instruments`.
    """
    if not files:
        return packaged()
    return packaged().with_own(read_instruments(files, {one: _read(one) for one in IDS}))


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
