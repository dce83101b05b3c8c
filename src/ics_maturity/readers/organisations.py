"""Checks on who returned a file: codes, names, and rows that belong to another row."""

import re
from collections.abc import Mapping, Sequence

from ics_maturity.errors import InputError, Problem
from ics_maturity.instruments.wording import wording_key
from ics_maturity.readers.cells import is_code, text
from ics_maturity.readers.questionnaire import Return
from ics_maturity.returns import QualityLog

_TRUST_CODE = re.compile(r"[A-Z][A-Z0-9]{2}", re.ASCII)
# Words that many names share say nothing about whose name it is.
_COMMON = {
    *("nhs", "trust", "foundation", "the", "of", "and", "for", "st", "royal", "general"),
    *("university", "hospital", "hospitals", "healthcare", "health", "care", "teaching"),
    *("partnership", "service", "services", "community", "mental", "ambulance"),
}


def code_and_name(
    cells: Sequence[object], code_at: int, name_at: int, *, file: str, row: int
) -> tuple[str, str, list[Problem]]:
    """Code and name of a row, blanks around them cut off, and what is wrong with them."""
    code, name = text(cells[code_at]), text(cells[name_at])
    problems = []
    if not is_code(code):
        problems.append(
            Problem(
                "an organisation code of capital letters and digits",
                file=file,
                row=row,
                column="organisation_id",
                value=str(cells[code_at]),
                fix="use the ODS code, for example RJ1",
            )
        )
    if not name:
        problems.append(
            Problem(
                "the name of the organisation",
                file=file,
                row=row,
                column="organisation_name",
                fix="fill in the name",
            )
        )
    return code, name, problems


def refuse_duplicates(returns: Sequence[Return], *, file: str) -> None:
    """Refuse two rows of one organisation and setting.

    Raises:
        InputError: every repeated row, with the row it repeats.
    """
    first: dict[tuple[str, str], Return] = {}
    problems = []
    for one in returns:
        earlier = first.setdefault((one.code, one.care_setting), one)
        if earlier is not one:
            problems.append(
                Problem(
                    "one row per organisation and care setting",
                    file=file,
                    row=one.row,
                    column="organisation_id",
                    value=f"{one.code} ({one.care_setting}), as in row {earlier.row}",
                    fix="keep the return that was accepted and remove the other",
                )
            )
    if problems:
        raise InputError(problems)


def log_organisations(
    returns: Sequence[Return],
    *,
    file: str,
    round: int,
    log: QualityLog,
    names: Mapping[str, str] | None = None,
) -> None:
    """Note codes and names that do not look right: odd codes, shared name stems, wrong owners.

    Args:
        names: known name by code (any register of codes); without it the check of names
            against codes is left out.
    """
    for one in {entry.code: entry for entry in returns}.values():
        if not _TRUST_CODE.fullmatch(one.code):
            log.note(
                "code_form",
                "The code is not a trust code; it may be part of a trust.",
                round=round,
                file=file,
                row=one.row,
                provider_code=one.code,
                value=one.name,
                action="kept",
                severity="warning",
                rule="a trust code is a letter and two letters or digits",
            )
    _log_shared_stems(returns, file=file, round=round, log=log)
    if names:
        _log_wrong_owners(returns, names, file=file, round=round, log=log)


def _log_shared_stems(returns: Sequence[Return], *, file: str, round: int, log: QualityLog) -> None:
    by_name: dict[str, Return] = {}
    for one in returns:
        by_name.setdefault(wording_key(one.name), one)
    for one in returns:
        stem = re.split(r"\s[-–—]\s|\s\(", wording_key(one.name))[0]
        other = by_name.get(stem)
        if other is not None and other.code != one.code:
            log.note(
                "duplicate_name_stem",
                f"The name extends that of {other.code} (row {other.row}): an extra row of "
                "the same organisation.",
                round=round,
                file=file,
                row=one.row,
                provider_code=one.code,
                value=one.name,
                action="kept as a row of its own",
                severity="warning",
                rule="name before a dash or bracket equals another row's name",
            )


def _log_wrong_owners(
    returns: Sequence[Return],
    names: Mapping[str, str],
    *,
    file: str,
    round: int,
    log: QualityLog,
) -> None:
    owner = {_words(name): code for code, name in sorted(names.items(), reverse=True)}
    for one in {entry.code: entry for entry in returns}.values():
        said, known = _words(one.name), names.get(one.code)
        belongs = owner.get(said)
        disagrees = known is not None and not (said & _words(known))
        if disagrees or (known is None and said and belongs):
            log.note(
                "code_name_disagreement",
                "The code does not belong to the name.",
                round=round,
                file=file,
                row=one.row,
                provider_code=one.code,
                value=f"{one.name}; "
                + (f"the code is that of {known}" if known else "the code is unknown")
                + (f"; the name is that of {belongs}" if belongs else ""),
                action="kept as returned",
                severity="warning",
                rule="no distinctive word in common with the register's name for the code",
            )


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", wording_key(name).replace("'", ""))) - _COMMON
