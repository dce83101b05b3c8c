"""The returns template: one row per score, as CSV or as a sheet, for any round and instrument.

It takes returns that no published layout fits: self-assessed and moderated scores side by side,
section, theme, pillar, overall or item level. An empty one can be written with its dictionary.

Spreadsheets kept by people are untidy in ways that leave no doubt what is meant, and in ways that
do. The first are accepted by rule, each with an entry in the quality log: rows above the header,
blank rows, remarks (a row with one filled cell), numbers typed as text, codes in small letters. The
second are refused with the cell and what to write: nothing is filled down, guessed or renamed.
"""

import difflib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from ics_maturity.errors import InputError, Problem
from ics_maturity.instruments import Instrument
from ics_maturity.instruments.wording import wording_key
from ics_maturity.readers.cells import NotANumber, is_code, is_filled, number, number_between, text
from ics_maturity.readers.frames import tidy
from ics_maturity.readers.guard import Sheet, read_csv, read_workbook
from ics_maturity.readers.headings import heading_problems, log_unheaded, positions
from ics_maturity.readers.lattice_check import log_off_lattice
from ics_maturity.readers.organisations import log_names_of_codes
from ics_maturity.readers.result import ReadResult, Source
from ics_maturity.returns import ASSESSORS, GRAIN, LEVELS, slug_problem


@dataclass(frozen=True)
class Field:
    """A column of the template."""

    name: str
    kind: str
    required: bool
    meaning: str
    example: str


FIELDS: tuple[Field, ...] = (
    Field("round", "integer", True, "Year the round is called after; the same in every row "
          "of a file.", "2023"),
    Field("provider_code", "string", False, "ODS code of the provider at the time; left empty, "
          "the provider is found by its name.", "RJ1"),
    Field("provider_name", "string", True, "Name of the provider.", "EXAMPLE NHS TRUST"),
    Field("ics_code", "string", False, "ODS Q-code of the system, if known.", "QWE"),
    Field("region", "string", False, "NHS England region, if known.", "London"),
    Field("care_setting", "string", True, "all, acute, mental_health, community, ambulance, or "
          "another setting in lower case with underscores.", "acute"),
    Field("level", "string", True, "What is scored: " + ", ".join(LEVELS) + ".", "pillar"),
    Field("construct", "string", True, "Name of the item, section, theme or pillar in lower "
          "case with underscores.", "well_led"),
    Field("score", "number", True, "The score, with a decimal point. Leave the row out if there "
          "is none.", "2.5"),
    Field("scale_min", "number", False, "Lowest possible score; needed for rounds whose "
          "instrument is not on file.", "1"),
    Field("scale_max", "number", False, "Highest possible score; needed for rounds whose "
          "instrument is not on file.", "5"),
    Field("assessed_by", "string", False, "self, or moderated after peer review; needed unless "
          "the profile says it for the whole file.", "self"),
)  # fmt: skip
_NAMES = [field.name for field in FIELDS]
_REQUIRED = {field.name for field in FIELDS if field.required}
_LOOKED_AT = 20
_MEANINGS = "columns"


def read_template(source: Source) -> ReadResult:
    """Scores from a filled-in template; item rows apart from the others.

    Raises:
        InputError: the file cannot be opened, columns are missing or unknown, or rows hold
            values that cannot be; every fault in the file is listed.
    """
    sheet, header_row = _table(source)
    wrong = heading_problems(
        sheet.rows[header_row],
        [field.name for field in FIELDS if field.required],
        source,
        allowed=_NAMES,
        sheet=sheet.name,
        row=header_row + 1,
    )
    if wrong:
        raise InputError(wrong)
    log_unheaded(sheet.rows[header_row], sheet.rows[header_row + 1 :], source, sheet=sheet.name)
    _log_above(source, sheet, header_row)
    instrument = source.instruments.find(source.round)
    if instrument is None:
        source.note(
            "instrument_unknown",
            "No instrument is on file for the round: names and scales are taken as given.",
            action="used as given",
            rule="no instrument file for the year",
        )
    columns = positions(sheet.rows[header_row])
    filled = _filled(source, sheet, header_row)
    body = _Body(source, sheet, columns, _whole(source, sheet, columns, filled))
    if not filled:
        raise InputError(
            source.problem("rows of scores", sheet=sheet.name, fix="fill in the template")
        )
    values = _values(body, _Rules(source, instrument))
    problems = body.problems() or _repeated(values, source, sheet)
    if problems:
        raise InputError(problems)
    _log_text_numbers(source, sheet, columns["score"], header_row)
    for column in ("provider_code", "ics_code"):
        _log_small_letters(source, sheet, column, columns.get(column), header_row)
    rows = [index + 1 for index in filled]
    log_names_of_codes(
        list(zip(rows, values["provider_code_returned"], values["provider_name"], strict=True)),
        source,
    )
    frame = tidy(values | {"source_id": source.source_id}, file=source.file)
    if instrument is not None:
        log_off_lattice(frame, instrument, source)
    is_item = frame["level"] == "item"
    return ReadResult(
        returns=frame[~is_item].reset_index(drop=True), items=frame[is_item].reset_index(drop=True)
    )


def _table(source: Source) -> tuple[Sheet, int]:
    """The sheet and row (0-based) of the header: the row with most of the column names.

    Raises:
        InputError: several sheets have a whole header: which of them to read is not guessed.
    """
    is_workbook = source.path.suffix.lower() == ".xlsx"
    sheets = read_workbook(source) if is_workbook else [read_csv(source)]
    found = [(sheet, *_header(sheet)) for sheet in sheets]
    whole = [sheet.name for sheet, _, names in found if names >= _REQUIRED]
    if len(whole) > 1:
        raise InputError(
            source.problem(
                "scores on one sheet",
                value=", ".join(whole),
                fix="put all rows on one sheet (assessed_by tells self from moderated), or save "
                "each sheet as a file of its own",
            )
        )
    chosen, row, _ = max(found, key=lambda one: len(one[2]))
    _log_other_sheets(source, [sheet for sheet in sheets if sheet is not chosen])
    return chosen, row


def _header(sheet: Sheet) -> tuple[int, set[str]]:
    """The row (0-based) with most of the column names, and these."""
    rows = [set(positions(row)) & set(_NAMES) for row in sheet.rows[:_LOOKED_AT]]
    best = max(range(len(rows)), key=lambda index: len(rows[index]), default=0)
    return best, rows[best] if rows else set()


def _log_other_sheets(source: Source, sheets: Sequence[Sheet]) -> None:
    for sheet in sheets:
        # The sheet of meanings belongs to every file that grew from the empty template.
        if any(any(row) for row in sheet.rows) and sheet.name != _MEANINGS:
            source.note(
                "sheet_not_read",
                "The sheet has no header of the template.",
                sheet=sheet.name,
                action="not read",
                rule="header found by its column names",
            )


def _filled(source: Source, sheet: Sheet, header_row: int) -> list[int]:
    """Numbers (0-based) of the rows of scores; blank ones and remarks are noted.

    A row with a single filled cell can be no score, which takes a provider, a construct and a
    figure: it is a remark, such as a source below the table.
    """
    filled = []
    for index in range(header_row + 1, len(sheet.rows)):
        cells = list(islice(filter(is_filled, sheet.rows[index]), 2))
        if len(cells) > 1:
            filled.append(index)
        elif cells:
            source.note(
                "remark",
                "The row holds one filled cell: a remark, not a score.",
                sheet=sheet.name,
                row=index + 1,
                value=text(cells[0]),
                action="not read",
                rule="one filled cell",
            )
        elif sheet.name:  # of a CSV they are noted when it is opened
            source.note(
                "blank_row",
                "The row is blank.",
                sheet=sheet.name,
                row=index + 1,
                action="skipped",
                rule="no cell with content",
            )
    return filled


def _whole(
    source: Source, sheet: Sheet, columns: Mapping[str, int], filled: Sequence[int]
) -> dict[int, Problem | None]:
    """By row (0-based), none where at least half of the required cells are filled, else why not."""
    required = sorted((columns[name], name) for name in _REQUIRED)
    found: dict[int, Problem | None] = {}
    for index in filled:
        cells = sheet.rows[index]
        empty = [name for at, name in required if at >= len(cells) or not is_filled(cells[at])]
        found[index] = None
        if 2 * len(empty) > len(_REQUIRED):
            found[index] = source.problem(
                "a row of scores, or none",
                sheet=sheet.name,
                row=index + 1,
                column=", ".join(empty),
                value=" ".join(filter(None, map(text, cells))),
                fix="clear the row if it is a total or a remark, or fill in what is empty",
            )
    return found


def _log_above(source: Source, sheet: Sheet, header_row: int) -> None:
    """Note what stands above the header, such as a title."""
    for index, cells in enumerate(sheet.rows[:header_row]):
        if said := " ".join(filter(None, map(text, cells))):
            source.note(
                "above_header",
                "The row stands above the header.",
                sheet=sheet.name,
                row=index + 1,
                value=said,
                action="not read",
                rule="header found by its column names",
            )


def _log_text_numbers(source: Source, sheet: Sheet, column: int, header_row: int) -> None:
    """Note scores that a workbook holds as text; in CSV every cell is text."""
    below = sheet.rows[header_row + 1 :]
    typed = [cells[column] for cells in below if column < len(cells)]
    as_text = [cell for cell in typed if isinstance(cell, str) and text(cell)]
    if sheet.name and as_text:
        source.note(
            "number_as_text",
            f"{len(as_text)} scores are typed as text.",
            sheet=sheet.name,
            column="score",
            value=as_text[0],
            action="read as the numbers they show",
            rule="a plain number with a decimal point",
        )


def _log_small_letters(
    source: Source, sheet: Sheet, name: str, column: int | None, header_row: int
) -> None:
    """Note each code that is not in capitals, once."""
    if column is None:
        return
    below = sheet.rows[header_row + 1 :]
    codes = Counter(text(cells[column]) for cells in below if column < len(cells))
    for code, count in sorted(codes.items()):
        if is_code(_capitals(code)) and not is_code(code):
            source.note(
                "code_case",
                f"The code is not in capital letters, in {count} rows.",
                sheet=sheet.name,
                column=name,
                value=code,
                action=f"read as {_capitals(code)}",
                rule="codes do not depend on case",
            )


def _capitals(code: str) -> str:
    """The code in capitals; other alphabets stay, so that a look-alike letter is refused."""
    return code.upper() if code.isascii() else code


@dataclass(frozen=True)
class _Found:
    """What a cell holds; ``expected`` and ``fix`` say what it should, if it cannot be used."""

    value: Any
    expected: str = ""
    fix: str = ""


@dataclass(frozen=True)
class _Body:
    """The rows of scores below the header, read column by column.

    ``rows`` are their numbers (0-based), each with what is wrong with it as a whole.
    """

    source: Source
    sheet: Sheet
    columns: Mapping[str, int]
    rows: Mapping[int, Problem | None]

    @cached_property
    def _faults(self) -> list[tuple[int, int, Problem]]:
        return []

    @cached_property
    def indexes(self) -> list[int]:
        """The rows that can be read."""
        return [index for index, fault in self.rows.items() if fault is None]

    def cells(self, column: str) -> list[object]:
        """The column's cells; none where there is no such column, or the row ends before it."""
        at = self.columns.get(column)
        rows = (self.sheet.rows[index] for index in self.indexes)
        return [row[at] if at is not None and at < len(row) else None for row in rows]

    def read(
        self, column: str, rule: Callable[..., _Found], *others: Sequence[object]
    ) -> list[Any]:
        """The column's values by a rule, which is asked once for cells that recur.

        Args:
            others: what the rule needs to know besides, for each row.
        """
        cells = self.cells(column)
        answers: dict[object, _Found] = {}
        values = []
        for place, asked in enumerate(zip(cells, *others, strict=True)):
            key = tuple(map(type, asked)), asked  # 1, 1.0 and True are equal
            if key not in answers:
                answers[key] = rule(*asked)
            found = answers[key]
            values.append(found.value)
            if found.expected:
                self._fault(column, self.indexes[place], text(cells[place]), found)
        return values

    def _fault(self, column: str, index: int, said: str, found: _Found) -> None:
        problem = self.source.problem(
            found.expected,
            sheet=self.sheet.name,
            row=index + 1,
            column=column,
            value=said or "an empty cell",
            fix=found.fix or (f"correct the {column}" if said else _fill_in(column)),
        )
        self._faults.append((index, len(self._faults), problem))

    def problems(self) -> list[Problem]:
        """Everything wrong that was found, in the order of the rows."""
        unread = [(index, -1, fault) for index, fault in self.rows.items() if fault is not None]
        return [fault for _, _, fault in sorted([*unread, *self._faults], key=itemgetter(0, 1))]

    def locators(self, column: str) -> list[str]:
        """Where each of the column's values stands."""
        at = self.columns[column] + 1
        if self.sheet.name:
            letter = get_column_letter(at)
            return [f"sheet '{self.sheet.name}' {letter}{index + 1}" for index in self.indexes]
        return [f"row {index + 1} column {at}" for index in self.indexes]


@dataclass(frozen=True)
class _Rules:
    """What each cell of a row of scores may hold; without an ``instrument`` on file, any slug."""

    source: Source
    instrument: Instrument | None

    def level(self, cell: object) -> _Found:
        return _good_if(text(cell) in LEVELS, text(cell), "one of " + ", ".join(LEVELS))

    def assessor(self, cell: object) -> _Found:
        who = text(cell) or self.source.assessed_by
        return _good_if(who in ASSESSORS, who, "self or moderated, here or in the profile")

    def name(self, cell: object) -> _Found:
        return _good_if(text(cell) != "", text(cell), "the name of the provider")

    def year(self, cell: object) -> _Found:
        year = self.source.round
        return _good_if(text(cell) == str(year), year, f"{year}, as the profile says")

    def code(self, cell: object) -> _Found:
        code = _capitals(text(cell))
        return _good_if(not code or is_code(code), code, "letters and digits, or an empty cell")

    def setting(self, cell: object) -> _Found:
        """The slug; the published spellings of a round on file are understood too."""
        said = text(cell)
        if self.instrument is None or not self.instrument.settings or said == "all":
            return _good_if(not slug_problem(said), said, "lower-case words joined by underscores")
        known = [setting.id for setting in self.instrument.settings]
        slug = said if said in known else self.instrument.setting_named(said)
        return _good_if(slug is not None, slug or said, "one of all, " + ", ".join(known))

    def construct(self, cell: object, level: str) -> _Found:
        """The construct; where the round's instrument is on file it must be one of its own."""
        said = text(cell)
        known = self.instrument.constructs.get(level) if self.instrument else None
        if not known:
            good = not slug_problem(said.replace(".", "_"))
            return _good_if(good, said, "lower-case words joined by underscores")
        near = [] if said in known else difflib.get_close_matches(said, sorted(known), n=1)
        fix = f"did you mean {near[0]}?" if near else f"use a {level} of that round"
        return _good_if(said in known, said, f"a {level} of {self.source.round}", fix)

    def lowest(self, cell: object) -> _Found:
        return self._scale_end(cell, getattr(self.instrument, "scale_min", None))

    def highest(self, cell: object) -> _Found:
        return self._scale_end(cell, getattr(self.instrument, "scale_max", None))

    def _scale_end(self, cell: object, own: float | None) -> _Found:
        """An end of the scale: the instrument's where it is on file, else the cell's."""
        try:
            end = own if own is not None and not text(cell) else number(cell)
        except NotANumber as error:
            return _Found(float("nan"), "a number, the end of the scale", str(error))
        return _good_if(own in (None, end), end, f"{own}, the scale of {self.source.round}")

    def score(self, cell: object, low: float, high: float) -> _Found:
        try:
            return _Found(number_between(cell, low, high))
        except NotANumber as error:
            return _Found(float("nan"), f"a score from {low:g} to {high:g}", str(error))


def _good_if(good: bool, value: object, expected: str, fix: str = "") -> _Found:
    return _Found(value) if good else _Found(value, expected, fix)


def _values(body: _Body, rules: _Rules) -> dict[str, list[Any]]:
    """The rows' values under the names of the tidy returns."""
    low, high = body.read("scale_min", rules.lowest), body.read("scale_max", rules.highest)
    level = body.read("level", rules.level)
    return {
        "round": body.read("round", rules.year),
        "provider_code_returned": body.read("provider_code", rules.code),
        "provider_name": body.read("provider_name", rules.name),
        "ics_code": body.read("ics_code", rules.code),
        "region": [text(cell) for cell in body.cells("region")],
        "care_setting": body.read("care_setting", rules.setting),
        "level": level,
        "construct": body.read("construct", rules.construct, level),
        "score": body.read("score", rules.score, low, high),
        "scale_min": low,
        "scale_max": high,
        "assessed_by": body.read("assessed_by", rules.assessor),
        "source_locator": body.locators("score"),
    }


def _fill_in(column: str) -> str:
    return f"write the {column} in this row too; a merged cell counts for its first row only"


def _repeated(values: Mapping[str, list[Any]], source: Source, sheet: Sheet) -> list[Problem]:
    """Rows that score the same thing twice, under whatever spelling of the provider's name."""
    first: dict[tuple[object, ...], Mapping[str, Any]] = {}
    problems = []
    others = [name for name in GRAIN if not name.startswith("provider_")]
    for cells in zip(*values.values(), strict=True):
        row = dict(zip(values, cells, strict=True))
        who = row["provider_code_returned"] or wording_key(row["provider_name"])
        earlier = first.setdefault((who, *(row[name] for name in others)), row)
        if earlier is not row:
            problems.append(
                source.problem(
                    "one row per provider, care setting, construct and assessor",
                    sheet=sheet.name,
                    column="construct",
                    value=f"{row['provider_name']}, {row['care_setting']}, {row['construct']}: "
                    f"{row['score']:g} at {row['source_locator']}, {earlier['score']:g} at "
                    f"{earlier['source_locator']}",
                    fix="keep the row that was accepted and remove the other",
                )
            )
    return problems


def template_dictionary() -> dict[str, Any]:
    """The template's columns as a Frictionless table schema."""
    return {
        "fields": [
            {
                "name": field.name,
                "type": field.kind,
                "description": field.meaning,
                "example": field.example,
                "constraints": {"required": field.required},
            }
            for field in FIELDS
        ],
        "missingValues": [""],
    }


def write_template(path: Path) -> list[Path]:
    """Write an empty template and its data dictionary; returns the files written.

    An ``.xlsx`` holds both, the dictionary as the sheet ``columns``; beside a ``.csv`` the
    dictionary is a table schema, ``NAME.schema.json``.

    Raises:
        InputError: another ending, or a file of that name exists.
    """
    written = [path] if path.suffix == ".xlsx" else [path, path.with_suffix(".schema.json")]
    if path.suffix not in (".csv", ".xlsx"):
        raise InputError(
            Problem("a name ending in .csv or .xlsx", file=path.name, fix="change the ending")
        )
    for file in written:
        if file.exists():
            raise InputError(
                Problem(
                    "a new file name",
                    file=file.name,
                    value="a file that exists",
                    fix="move the filled-in file away, or choose another name",
                )
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".xlsx":
        _workbook().save(path)
    else:
        pd.DataFrame(columns=_NAMES).to_csv(path, index=False, lineterminator="\n")
        text_of = json.dumps(template_dictionary(), indent=2, ensure_ascii=False) + "\n"
        written[1].write_text(text_of, encoding="utf-8", newline="\n")
    return written


def _workbook() -> Workbook:
    """Sheet ``returns`` with the header and drop-down lists, sheet ``columns`` with meanings."""
    book = Workbook()
    sheet = book.active
    sheet.title = "returns"
    sheet.append(_NAMES)
    sheet.freeze_panes = "A2"
    for column, choices in (("level", LEVELS), ("assessed_by", ASSESSORS)):
        rule = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True)
        letter = get_column_letter(_NAMES.index(column) + 1)
        rule.add(f"{letter}2:{letter}5000")
        sheet.add_data_validation(rule)
    meanings = book.create_sheet(_MEANINGS)
    meanings.append(["column", "type", "required", "meaning", "example"])
    for field in FIELDS:
        required = "yes" if field.required else "no"
        meanings.append([field.name, field.kind, required, field.meaning, field.example])
    for page in (sheet, meanings):
        for cell in page[1]:
            cell.font = Font(bold=True)
            page.column_dimensions[cell.column_letter].width = 18
    meanings.column_dimensions["D"].width = 80
    for row in meanings.iter_rows(min_row=2, min_col=4, max_col=4):
        row[0].alignment = Alignment(wrap_text=True, vertical="top")
    return book
