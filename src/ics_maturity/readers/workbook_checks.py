"""What may be odd in a results workbook although every cell of it can be read."""

import re
from collections.abc import Iterator, Sequence

from ics_maturity.errors import Problem
from ics_maturity.instruments.wording import wording_key
from ics_maturity.readers.cells import text
from ics_maturity.readers.guard import Sheet
from ics_maturity.readers.result import Source
from ics_maturity.readers.workbook_tables import Fact, Table

_SAID = re.compile(
    r"\b(\d{1,4})\s+(?:NHS\s+)?(trusts|integrated\s+care\s+boards)\b", re.IGNORECASE | re.ASCII
)


def repeated(facts: Sequence[Fact], source: Source) -> list[Problem]:
    """A provider and care setting scored twice for the same thing: one problem per row."""
    first: dict[tuple[object, ...], Fact] = {}
    rows: dict[tuple[str, int], Problem] = {}
    for fact in facts:
        key = (fact.round, fact.level, fact.construct, wording_key(fact.provider), fact.setting)
        earlier = first.setdefault(key, fact)
        if earlier is not fact:
            rows[fact.sheet, fact.row] = source.problem(
                "one row per provider and care setting",
                sheet=fact.sheet,
                row=fact.row,
                column="Provider",
                value=f"{fact.provider} ({fact.setting}), as in row {earlier.row} of sheet "
                f"'{earlier.sheet}'",
                fix="keep the return that was accepted and remove the other",
            )
    return list(rows.values())


def moved(facts: Sequence[Fact], source: Source) -> list[Problem]:
    """A provider put in two systems: one problem per provider."""
    first: dict[str, Fact] = {}
    found: dict[str, Problem] = {}
    for fact in facts:
        earlier = first.setdefault(fact.provider, fact)
        if (earlier.ics_name, earlier.region) != (fact.ics_name, fact.region):
            found[fact.provider] = source.problem(
                "one system and region per provider",
                sheet=fact.sheet,
                row=fact.row,
                column="ICS",
                value=f"{fact.provider} in {fact.ics_name}, {fact.region}; in row {earlier.row} "
                f"of sheet '{earlier.sheet}' in {earlier.ics_name}, {earlier.region}",
                fix="put all its rows in the system that accepted the return",
            )
    return list(found.values())


def log_boards(boards: Sequence[Table], source: Source) -> None:
    for table in boards:
        rows = sum(
            sum(bool(text(cell)) for cell in row) > 1
            for row in table.sheet.rows[table.header_row + 1 :]
        )
        source.note(
            "boards_own_returns",
            "The sheet holds the boards' own returns, not their providers'.",
            sheet=table.sheet.name,
            value=f"{rows} rows",
            action="ignored",
            rule="columns for region and system but none for providers",
        )


def log_counts(sheets: Sequence[Sheet], facts: Sequence[Fact], source: Source) -> None:
    """Note where a number of trusts or boards in the workbook's text differs from its rows."""
    counted = {
        "trusts": len({fact.provider for fact in facts}),
        "integrated care boards": len({fact.ics_name for fact in facts}),
    }
    noted: set[tuple[int, str]] = set()
    for sheet, row, number, of_what in _numbers_said(sheets):
        if number == counted[of_what] or (number, of_what) in noted:
            continue
        noted.add((number, of_what))
        source.note(
            "count_differs",
            f"The text says {number} {of_what}; the rows hold {counted[of_what]}.",
            sheet=sheet,
            row=row,
            value=f"{number} said, {counted[of_what]} found",
            action="rows used",
            severity="warning",
            rule="number before 'NHS Trusts' or 'Integrated Care Boards'",
        )


def _numbers_said(sheets: Sequence[Sheet]) -> Iterator[tuple[str, int, int, str]]:
    """Every number of trusts or boards in a text cell: sheet, row, number, of what."""
    for sheet in sheets:
        for row, cells in enumerate(sheet.rows, start=1):
            for cell in cells:
                if isinstance(cell, str):
                    for number, of_what in _SAID.findall(cell):
                        yield sheet.name, row, int(number), wording_key(of_what)


def log_coverage(facts: Sequence[Fact], source: Source) -> None:
    """Note returns that one of the two kinds of sheet has and the other has not."""
    kinds = {fact.level: fact for fact in facts}
    have = {
        level: {(fact.provider, fact.setting) for fact in facts if fact.level == level}
        for level in ("pillar", "overall")
    }
    if "overall" not in kinds:
        source.note(
            "sheet_missing",
            "No sheet holds overall scores over comparable domains.",
            action="pillar scores only",
            severity="warning",
            rule="no provider sheet with a column '<year> Average'",
        )
        return
    for provider, setting in sorted(have["pillar"] ^ have["overall"]):
        level = "pillar" if (provider, setting) in have["pillar"] else "overall"
        source.note(
            "return_in_one_sheet",
            f"The return has {level} scores only.",
            value=f"{provider} ({setting})",
            action="used as given",
            severity="warning",
            rule="provider and care setting in one of the two provider sheets only",
        )
