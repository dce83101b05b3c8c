"""From return files to processed tables: read, identify, check, and write, losing nothing unsaid.

Notebook 01 calls :func:`clean` and shows what comes back; the other notebooks read only what
:meth:`Cleaned.write` wrote.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ics_maturity import instruments, readers
from ics_maturity.claims.register import (
    PRESS_DICTIONARY,
    Register,
    claims_schema,
    load_register,
    press_statements,
)
from ics_maturity.errors import InputError, Problem
from ics_maturity.instruments import Catalogue, Instrument
from ics_maturity.instruments.catalogue import INSTRUMENTS_DICTIONARY
from ics_maturity.organisations import LINKS_DICTIONARY, accounted_for, identify, normalise_name
from ics_maturity.presence import PRESENT_DICTIONARY, systems_present
from ics_maturity.profiles import Profile, ReturnFile
from ics_maturity.readers.result import ReadResult
from ics_maturity.readers.scoring import compare_scores
from ics_maturity.redrawn import on_map_of_2026
from ics_maturity.reference import load_reference
from ics_maturity.reference_tables import Reference, table_schema
from ics_maturity.returns import RETURNS_DICTIONARY, QualityLog, empty_returns, sort_returns
from ics_maturity.scores import exact_pillars

PUBLISHED_KEY = "dma_2016_published_scores"
_SERVICES = ["round", "provider_code_returned", "provider_name", "service", "source_locator"]
_ITEM_MATCH = ["item_2016", "item_2017", "section", "theme", "verbatim_identical"]


@dataclass(frozen=True)
class Cleaned:
    """Everything notebook 01 writes, and the checks it shows.

    ``files``: one row per file read (source_id, file, layout, round, score_rows, item_rows).
    ``compared``: published scores beside those computed again from the answers (may be empty).
    ``lattice``: pillar scores with the unrounded mean behind each (see
    :func:`ics_maturity.scores.exact_pillars`). ``links``: where every organisation ended up.
    ``register``: published claims, for the notebook that checks them.
    """

    returns: pd.DataFrame
    items: pd.DataFrame
    services: pd.DataFrame
    item_match: pd.DataFrame
    links: pd.DataFrame
    reference: Reference
    register: Register
    vintage: int
    instruments: Catalogue
    files: pd.DataFrame
    compared: pd.DataFrame
    lattice: pd.DataFrame
    log: QualityLog = field(repr=False)

    def tables(self) -> dict[str, tuple[pd.DataFrame, dict[str, Any]]]:
        """The processed tables by name, each with its data dictionary."""
        reference = {
            name: (getattr(self.reference, name), table_schema(name))
            for name in (
                "systems",
                "providers",
                "rurality",
                "rurality_2026",
                "adjacency",
                "centroids",
                "tiles",
                "boundary_changes",
                "incentives",
                "sizes",
            )
        }
        present = systems_present(self.returns, self.reference.systems, self.vintage)
        asked = self.instruments.table({*self.returns["round"], *self.items["round"]})
        return reference | {
            "systems_present": (present, PRESENT_DICTIONARY),
            "returns": (self.returns, RETURNS_DICTIONARY),
            "items": (self.items, RETURNS_DICTIONARY),
            "instruments": (asked, INSTRUMENTS_DICTIONARY),
            "links": (self.links, LINKS_DICTIONARY),
            "services": (self.services, _dictionary(self.services)),
            "item_match": (self.item_match, _dictionary(self.item_match)),
            "claims": (self.register.claims, claims_schema("claims")),
            "statements": (self.register.statements, claims_schema("statements")),
            "press_statements": (self._press_statements(), PRESS_DICTIONARY),
            "quality_log": (self.log.frame(), _dictionary(self.log.frame())),
        }

    def _press_statements(self) -> pd.DataFrame:
        """What the claims leave open to each system; they speak of the first map."""
        systems = self.reference.systems
        first = systems[systems["vintage"] == systems["vintage"].min()]
        return press_statements(self.register, list(first["ics_code"]))

    def write(self, folder: Path) -> None:
        """Write every processed table with its dictionary, each file whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, (frame, dictionary) in self.tables().items():
            _replace(folder / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
            text = json.dumps(dictionary, ensure_ascii=False, indent=1) + "\n"
            _replace(folder / f"{name}.schema.json", text)


def clean(profile: Profile, *, vintage: int = 2022) -> Cleaned:
    """Read every return of a profile, identify who returned it, and check it.

    Args:
        profile: which files, and which reference folder.
        vintage: the map of systems: 2022 (used until 2025) or 2026.

    Raises:
        InputError: a file or table that cannot be used, with every fault found in it.
    """
    profile.check()
    known = instruments.with_own(profile.instruments)
    log = QualityLog()
    reference = load_reference(profile.reference)
    names = _known_names(reference)
    read = [(entry, _read(entry, names, known, log)) for entry in profile.returns]
    answers = [result for entry, result in read if entry.layout != PUBLISHED_KEY]
    scored = _together([result.returns for result in answers])
    items = _together([result.items for result in answers])
    returns = identify(scored, reference, log, vintage=vintage)
    _refuse_repeats(returns)
    matches = [r.item_match for _, r in read if r.item_match is not None]
    services = [r.services for _, r in read if r.services is not None]
    return Cleaned(
        returns=sort_returns(returns),
        # The same organisations as in the scores, so what is odd about them is logged already.
        items=sort_returns(identify(items, reference, QualityLog(), vintage=vintage)),
        services=_concat(services, _SERVICES),
        item_match=_concat(matches, _ITEM_MATCH),
        links=accounted_for(scored, reference.successions, reference.providers),
        reference=on_map_of_2026(reference) if vintage == 2026 else reference,
        register=load_register(profile.published),
        vintage=vintage,
        instruments=known,
        files=_files(read),
        compared=_compared(read, scored),
        lattice=_lattice(returns, known),
        log=log,
    )


def _read(
    entry: ReturnFile, names: dict[str, str], known: Catalogue, log: QualityLog
) -> ReadResult:
    return readers.read(
        entry.path,
        entry.layout,
        round=entry.round or 0,
        source_id=entry.source_id,
        log=log,
        names=names,
        assessed_by=entry.assessed_by,
        instruments=known,
    )


def _known_names(reference: Reference) -> dict[str, str]:
    """Code by normalised name, to notice a row whose code belongs to another organisation."""
    earlier = reference.successions
    known = dict(
        zip(earlier["name_returned"].map(normalise_name), earlier["code_returned"], strict=True)
    )
    now = reference.providers
    return known | dict(
        zip(now["provider_name"].map(normalise_name), now["provider_code"], strict=True)
    )


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return empty_returns()
    together = pd.concat(filled, ignore_index=True)
    keys = [c for c in together.columns if c not in ("source_id", "source_locator", "score")]
    twice = together[together.duplicated(keys, keep=False)]
    if len(twice):
        first = twice.iloc[0]
        raise InputError(
            Problem(
                "each score in one file only",
                file=" and ".join(sorted(set(twice["source_id"]))),
                column=str(first["construct"]),
                value=f"{first['provider_name']} in round {first['round']} more than once",
                fix="list only one of the files in profile.yaml, or correct the round",
            )
        )
    return together


def _refuse_repeats(returns: pd.DataFrame) -> None:
    """Refuse a score that counts twice because its provider's name is spelt in two ways.

    Organisations with codes of their own may have become one provider; they stay apart.
    """
    code = returns["provider_code_returned"]
    who = returns.assign(who=code.where(code != "", returns["provider_code"]))
    keys = ["who", "round", "care_setting", "level", "construct", "assessed_by"]
    twice = who[who.duplicated(keys, keep=False)].sort_values([*keys, "provider_name"])
    if len(twice):
        first = twice.head(2)
        raise InputError(
            Problem(
                "each score once",
                file=" and ".join(sorted(set(twice["source_id"]))),
                column=str(first["construct"].iloc[0]),
                value=f"{first['who'].iloc[0]} as {' and '.join(first['provider_name'])}",
                fix="keep the return that was accepted, under one name",
            )
        )


def _concat(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    if not frames:
        return pd.DataFrame(columns=columns, dtype="str")
    return pd.concat(frames, ignore_index=True)


def _files(read: list[tuple[ReturnFile, ReadResult]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "source_id": entry.source_id,
                "file": entry.label,
                "layout": entry.layout,
                "round": entry.round,
                "score_rows": len(result.returns),
                "item_rows": len(result.items),
            }
            for entry, result in read
        ]
    ).astype({"round": "Int64"})


def _compared(read: list[tuple[ReturnFile, ReadResult]], scored: pd.DataFrame) -> pd.DataFrame:
    """Published scores of each answer key beside those computed from its round's answers."""
    parts = [
        compare_scores(scored[scored["round"] == entry.round], result.returns)
        for entry, result in read
        if entry.layout == PUBLISHED_KEY
    ]
    columns = [
        "organisation",
        "care_setting",
        "level",
        "construct",
        "recomputed",
        "published",
        "equal",
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _lattice(returns: pd.DataFrame, known: Catalogue) -> pd.DataFrame:
    """Pillar scores of every round with the unrounded mean behind each, where it can be told."""
    years = sorted(set(returns.loc[returns["level"] == "pillar", "round"])) or [0]
    return pd.concat(
        [
            exact_pillars(returns[returns["round"] == year], _domain_count(known.find(year)))
            for year in years
        ],
        ignore_index=True,
    )


def _domain_count(instrument: Instrument | None) -> Callable[[str, str], int | None]:
    """Number of domains by pillar and setting; not known for a round without an instrument."""
    return instrument.domain_count if instrument else lambda pillar, care_setting: None


def _dictionary(frame: pd.DataFrame) -> dict[str, Any]:
    """A table schema from the frame's own types, for tables whose columns name themselves."""
    kinds = {"i": "integer", "u": "integer", "f": "number", "b": "boolean"}
    fields = [{"name": c, "type": kinds.get(frame[c].dtype.kind, "string")} for c in frame]
    return {"fields": fields, "missingValues": [""]}


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.part")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    temporary.replace(path)
