"""A batch: the systems that have a page each, and what such a page is called.

Which systems have returns is known only after notebook 01 has read them, so a run has two parts:
first the notebooks that give one page, then the batch, one page for each system that 01 listed.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ics_maturity.errors import InputError, Problem
from ics_maturity.report.plan import Each, Planned

DIRECTORY = "Profiles: one page for each ICS"
REGISTER = "systems.csv"
_CODE = re.compile(r"[A-Za-z0-9_\-]{1,20}")
_COLUMNS = ("ics_code", "ics_name", "short_name", "region", "providers")


@dataclass(frozen=True)
class System:
    """A system with returns: its code, names and region, and how many providers returned."""

    code: str
    name: str
    short_name: str
    region: str
    providers: int


def listed(processed: Path, each: Each) -> tuple[System, ...]:
    """The systems with returns as notebook 01 wrote them, by code; none before it has run.

    Raises:
        InputError: the table lacks a column, or a code cannot name a file.
    """
    path = processed / f"{each.table}.csv"
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if absent := [c for c in _COLUMNS if c not in (reader.fieldnames or ())]:
            raise InputError(Problem(f"a column {absent[0]}", path.name))
        systems = [_system(row) for row in reader]
    for system in systems:
        if not _CODE.fullmatch(system.code):
            raise InputError(
                Problem(
                    "a code of up to 20 letters, digits, - and _, which names the system's page",
                    path.name,
                    column="ics_code",
                    value=system.code,
                )
            )
    return tuple(sorted(systems, key=lambda system: system.code))


def _system(row: dict[str, str]) -> System:
    code, name, short_name, region, providers = (row[column] for column in _COLUMNS)
    return System(code, name, short_name, region, int(providers))


def refuse_unregistered(reference: Path, codes: Sequence[str]) -> None:
    """Raise InputError for a code that is not in the register of systems, whatever the map.

    This is asked before anything runs; whether the system has returns is for :func:`chosen`.
    """
    if codes and (reference / REGISTER).is_file():
        with (reference / REGISTER).open(encoding="utf-8", newline="") as file:
            known = {row["ics_code"] for row in csv.DictReader(file)}
        _refuse(codes, sorted(known))


def chosen(systems: Sequence[System], codes: Sequence[str]) -> tuple[System, ...]:
    """The systems of these codes, or all where no code is given.

    Raises:
        InputError: a code of no system with returns; the known ones are listed.
    """
    _refuse(codes, [system.code for system in systems])
    return tuple(system for system in systems if not codes or system.code in codes)


def _refuse(codes: Sequence[str], known: Sequence[str]) -> None:
    wrong = sorted(set(codes) - set(known))
    expected = "one of " + ", ".join(known) if known else "a system with returns; there is none"
    if wrong:
        raise InputError([Problem(expected, column="--ics", value=code) for code in wrong])


def pages(planned: Planned, systems: Sequence[System]) -> tuple[Planned, ...]:
    """The notebook of a batch once for each system."""
    return tuple(replace(planned, code=system.code) for system in systems)


def title(question: str, system: System) -> str:
    """The title of a system's page.

    A batch's notebook is titled ``One ICS: the question?``; on a page, the system's name and code
    take the place of what stands before the colon.
    """
    subject = f"{system.short_name} ({system.code})"
    _, colon, rest = question.partition(": ")
    return f"{subject}: {rest}" if colon else f"{subject}. {question}"
