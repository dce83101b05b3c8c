"""Finding the tables of the results workbook, and the scores in them, by their headings."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl.utils import get_column_letter

from ics_maturity.errors import InputError, Problem
from ics_maturity.instruments import Instrument
from ics_maturity.instruments.wording import wording_key
from ics_maturity.readers.cells import NotANumber, number_between, text
from ics_maturity.readers.guard import Sheet
from ics_maturity.readers.headings import heading_problems, log_unheaded, positions
from ics_maturity.readers.result import Source

OVERALL = "overall_comparable"
PLACE_HEADINGS = ("Region", "ICS")
PROVIDER_HEADINGS = ("Provider", "Care Setting")
_AVERAGE = re.compile(r"(20\d\d) average")
_LOOKED_AT = 60  # header rows sit below a title, well within this


@dataclass(frozen=True)
class Column:
    """A column of scores: where, and what and which round it scores."""

    position: int
    level: str
    construct: str
    round: int


@dataclass(frozen=True)
class Table:
    """A sheet with its header found: identifying columns and score columns by position."""

    sheet: Sheet
    header_row: int  # 0-based
    columns_by_key: Mapping[str, int]
    columns: Sequence[Column]


@dataclass(frozen=True)
class Fact:
    """One score of the workbook with its cell."""

    round: int
    level: str
    construct: str
    provider: str
    ics_name: str
    region: str
    setting: str
    score: float
    sheet: str
    row: int
    column: int

    @property
    def locator(self) -> str:
        """The cell, as a spreadsheet names it."""
        return f"sheet '{self.sheet}' {get_column_letter(self.column + 1)}{self.row}"


def find_tables(
    sheets: Sequence[Sheet], instrument: Instrument, source: Source
) -> tuple[list[Table], list[Table]]:
    """The sheets of providers' returns and those of the boards' own returns.

    Raises:
        InputError: a header row with headings missing, unknown or repeated.
    """
    providers: list[Table] = []
    boards: list[Table] = []
    problems: list[Problem] = []
    for sheet in sheets:
        header_row = _header_row(sheet, instrument)
        if header_row is None:
            continue
        header = sheet.rows[header_row]
        at = positions(header)
        columns = _score_columns(at, instrument, source.round)
        lists_providers = any(wording_key(name) in at for name in PROVIDER_HEADINGS)
        required = [*PLACE_HEADINGS, *(PROVIDER_HEADINGS if lists_providers else ())]
        if any(column.level == "pillar" for column in columns):
            required += [pillar.heading for pillar in instrument.pillars]
        averages = [text(cell) for cell in header if _AVERAGE.fullmatch(wording_key(text(cell)))]
        problems += heading_problems(
            header,
            required,
            source,
            allowed=averages,
            sheet=sheet.name,
            row=header_row + 1,
        )
        table = Table(sheet, header_row, at, columns)
        (providers if lists_providers else boards).append(table)
    if problems:
        raise InputError(problems)
    return providers, boards


def _header_row(sheet: Sheet, instrument: Instrument) -> int | None:
    """The row with the most headings of this layout; at least three, two of them scores or so."""
    known = {wording_key(name) for name in (*PLACE_HEADINGS, *PROVIDER_HEADINGS)}
    known |= {wording_key(pillar.heading) for pillar in instrument.pillars}
    best, most = None, 2
    for index, row in enumerate(sheet.rows[:_LOOKED_AT]):
        keys = {wording_key(text(cell)) for cell in row}
        found = len(keys & known) + sum(bool(_AVERAGE.fullmatch(key)) for key in keys)
        if found > most:
            best, most = index, found
    return best


def _score_columns(at: Mapping[str, int], instrument: Instrument, round: int) -> list[Column]:
    columns = [
        Column(at[key], "pillar", pillar.id, round)
        for pillar in instrument.pillars
        if (key := wording_key(pillar.heading)) in at
    ]
    columns += [
        Column(place, "overall", OVERALL, int(match[1]))
        for key, place in at.items()
        if (match := _AVERAGE.fullmatch(key))
    ]
    return columns


def scores_of(
    table: Table, instrument: Instrument, source: Source, problems: list[Problem]
) -> list[Fact]:
    """The scores of one sheet; what is wrong with its rows is added to ``problems``.

    Blank rows between returns and the footer below them are noted in the log.
    """
    last = _last_return(table)
    header, returns = table.sheet.rows[table.header_row], slice(table.header_row + 1, last + 1)
    log_unheaded(header, table.sheet.rows[returns], source, sheet=table.sheet.name)
    facts: list[Fact] = []
    for index, row in enumerate(table.sheet.rows):
        if index <= table.header_row:
            continue
        filled = [text(cell) for cell in row if text(cell)]
        if filled and index <= last:
            facts += _row_facts(table, row, index + 1, instrument, source, problems)
        elif filled or index < last:
            source.note(
                "footer" if filled else "blank_row",
                "Text below the table." if filled else "The row is blank.",
                sheet=table.sheet.name,
                row=index + 1,
                value=" | ".join(filled),
                action="ignored",
                rule="after the last row with a provider or a score"
                if filled
                else "no cell with content, between rows with returns",
            )
    return facts


def _last_return(table: Table) -> int:
    """The last row (0-based) with a provider or a score: what follows is footer."""
    telling = [table.columns_by_key[wording_key("Provider")]]
    telling += [column.position for column in table.columns]
    last = table.header_row
    for index, row in enumerate(table.sheet.rows):
        if index > table.header_row and any(text(_cell(row, position)) for position in telling):
            last = index
    return last


def _cell(row: Sequence[object], position: int) -> object:
    """The cell at a position; rows are stored without their trailing empty cells."""
    return row[position] if position < len(row) else None


def _row_facts(
    table: Table,
    row: Sequence[object],
    number: int,
    instrument: Instrument,
    source: Source,
    problems: list[Problem],
) -> list[Fact]:
    place: dict[str, Any] = {"sheet": table.sheet.name, "row": number}
    written = {
        name: text(_cell(row, table.columns_by_key[wording_key(name)]))
        for name in (*PLACE_HEADINGS, *PROVIDER_HEADINGS)
    }
    for name, entry in written.items():
        if not entry:
            problems.append(
                source.problem(
                    "no empty cell in a row with scores",
                    column=name,
                    value="",
                    fix=f"fill in the {name.lower()}, or remove the row",
                    **place,
                )
            )
    setting = instrument.setting_named(written["Care Setting"])
    if setting is None and written["Care Setting"]:
        known = ", ".join(name for one in instrument.settings for name in one.names)
        problems.append(
            source.problem(
                f"one of {known}",
                column="Care Setting",
                value=written["Care Setting"],
                fix="correct the care setting",
                **place,
            )
        )
    facts = []
    for column in table.columns:
        value = _cell(row, column.position)
        try:
            score = number_between(value, instrument.scale_min, instrument.scale_max)
        except NotANumber as error:
            problems.append(
                source.problem(
                    f"a score from {instrument.scale_min:g} to {instrument.scale_max:g}",
                    column=text(table.sheet.rows[table.header_row][column.position]),
                    value="an empty cell" if not text(value) else str(value),
                    fix=str(error),
                    **place,
                )
            )
            continue
        facts.append(
            Fact(
                column.round,
                column.level,
                column.construct,
                written["Provider"],
                written["ICS"],
                written["Region"],
                setting or "",
                score,
                table.sheet.name,
                number,
                column.position,
            )
        )
    return facts
