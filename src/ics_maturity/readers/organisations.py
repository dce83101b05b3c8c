"""Checks on who returned a file: codes, names, and rows that belong to another row."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from ics_maturity.errors import InputError, Problem
from ics_maturity.instruments.wording import wording_key
from ics_maturity.readers.cells import is_code, text
from ics_maturity.readers.questionnaire import Return
from ics_maturity.readers.result import Source

_STATUS = {"nhs", "foundation", "trust", "the"}  # change without the organisation changing
# Words that many names share say nothing about whose name it is.
_COMMON = {
    *("of", "and", "for", "st", "royal", "general", "university", "hospital", "hospitals"),
    *("healthcare", "health", "care", "teaching", "partnership", "service", "services"),
    *("community", "mental", "ambulance"),
}


def code_and_name(
    cells: Sequence[object], code_at: int, name_at: int, row: int, source: Source
) -> tuple[str, str, list[Problem]]:
    """Code and name of a row, blanks around them cut off, and what is wrong with them."""
    code, name = text(cells[code_at]), text(cells[name_at])
    problems = []
    if not is_code(code):
        problems.append(
            source.problem(
                "an organisation code of capital letters and digits",
                row=row,
                column="organisation_id",
                value=str(cells[code_at]),
                fix="use the ODS code, for example RJ1",
            )
        )
    if not name:
        problems.append(
            source.problem(
                "the name of the organisation",
                row=row,
                column="organisation_name",
                fix="fill in the name",
            )
        )
    return code, name, problems


def refuse_duplicates(returns: Sequence[Return], source: Source) -> None:
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
                source.problem(
                    "one row per organisation and care setting",
                    row=one.row,
                    column="organisation_id",
                    value=f"{one.code} ({one.care_setting}), as in row {earlier.row}",
                    fix="keep the return that was accepted and remove the other",
                )
            )
    if problems:
        raise InputError(problems)


def log_organisations(returns: Sequence[Return], source: Source) -> None:
    """Note codes and names that do not look right: odd codes, shared name stems, wrong owners.

    Names are held against codes only where the source comes with known names.
    """
    usual = Counter(len(one.code) for one in returns).most_common(1)
    for one in {entry.code: entry for entry in returns}.values():
        if len(one.code) != usual[0][0]:
            source.note(
                "code_form",
                "The code is not as long as the others; it may be part of an organisation.",
                row=one.row,
                provider_code=one.code,
                value=one.name,
                action="kept",
                severity="warning",
                rule="length of the code against the usual length in the file",
            )
    _log_shared_stems(returns, source)
    if source.names:
        _log_wrong_owners([(one.row, one.code, one.name) for one in returns], source.names, source)


def log_names_of_codes(rows: Sequence[tuple[int, str, str]], source: Source) -> None:
    """Note codes that come with more than one name, and codes that do not belong to their names.

    Args:
        rows: row number, code and name; rows without a code are found by their name alone.
        source: names are held against codes only where it comes with known names.
    """
    coded = [row for row in rows if row[1]]
    spellings: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row, code, name in coded:
        spellings[code].setdefault(name, row)
    for code, names in spellings.items():
        if len(names) > 1:
            source.note(
                "names_of_one_code",
                "Rows of one code give the organisation different names.",
                row=max(names.values()),
                provider_code=code,
                value=" | ".join(names),
                action="taken as one organisation",
                severity="warning",
                rule="names of the rows with that code",
            )
    if source.names:
        _log_wrong_owners(coded, source.names, source)


def _log_shared_stems(returns: Sequence[Return], source: Source) -> None:
    by_name: dict[str, Return] = {}
    for one in returns:
        by_name.setdefault(wording_key(one.name), one)
    for one in returns:
        stem = re.split(r"\s[-–—]\s|\s\(", wording_key(one.name))[0]
        other = by_name.get(stem)
        if other is not None and other.code != one.code:
            source.note(
                "duplicate_name_stem",
                f"The name extends that of {other.code} (row {other.row}): an extra row of "
                "the same organisation.",
                row=one.row,
                provider_code=one.code,
                value=one.name,
                action="kept as a row of its own",
                severity="warning",
                rule="name before a dash or bracket equals another row's name",
            )


def _log_wrong_owners(
    rows: Sequence[tuple[int, str, str]], names: Mapping[str, str], source: Source
) -> None:
    owners: defaultdict[frozenset[str], set[str]] = defaultdict(set)
    known: defaultdict[str, set[str]] = defaultdict(set)
    for name, code in names.items():
        owners[frozenset(_words(name))].add(code)
        known[code] |= _words(name)
    for row, code, name in {entry[1]: entry for entry in rows}.values():
        said = _words(name)
        others = owners.get(frozenset(said), {code})
        distinctive = known[code] - _COMMON
        another_name = bool(distinctive) and not (said & distinctive)
        if code not in others or another_name:
            source.note(
                "code_name_disagreement",
                "The code does not belong to the name.",
                row=row,
                provider_code=code,
                value=name + "".join(f"; the name is that of {c}" for c in sorted(others - {code})),
                action="kept as returned",
                severity="warning",
                rule="the register has the name under another code, or no distinctive word of "
                "it under this code",
            )


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", re.sub(r"['’]", "", wording_key(name)))) - _STATUS
