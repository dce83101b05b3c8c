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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from ics_maturity.readers.cells import NotANumber, is_code, number, number_between, text
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
    problems: list[Problem] = []
    filled = _filled(source, sheet, header_row)
    rows = [
        _Row(source, sheet, columns, index, instrument, problems).values()
        for index in filled
        if _whole(source, sheet, columns, index, problems)
    ]
    if not rows and not problems:
        problems = [source.problem("rows of scores", sheet=sheet.name, fix="fill in the template")]
    if not problems:
        problems = _repeated(rows, source, sheet)
    if problems:
        raise InputError(problems)
    _log_text_numbers(source, sheet, columns["score"], header_row)
    for column in ("provider_code", "ics_code"):
        _log_small_letters(source, sheet, column, columns.get(column), header_row)
    log_names_of_codes(
        [
            (index + 1, row["provider_code_returned"], row["provider_name"])
            for index, row in zip(filled, rows, strict=True)
        ],
        source,
    )
    values: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
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
        cells = [said for cell in sheet.rows[index] if (said := text(cell))]
        if len(cells) > 1:
            filled.append(index)
        elif cells:
            source.note(
                "remark",
                "The row holds one filled cell: a remark, not a score.",
                sheet=sheet.name,
                row=index + 1,
                value=cells[0],
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
    source: Source,
    sheet: Sheet,
    columns: Mapping[str, int],
    index: int,
    problems: list[Problem],
) -> bool:
    """Whether at least half of the required cells are filled; else one problem for the row."""
    cells = sheet.rows[index]
    empty = [
        name
        for name in sorted(_REQUIRED, key=lambda name: columns[name])
        if columns[name] >= len(cells) or not text(cells[columns[name]])
    ]
    if 2 * len(empty) <= len(_REQUIRED):
        return True
    problems.append(
        source.problem(
            "a row of scores, or none",
            sheet=sheet.name,
            row=index + 1,
            column=", ".join(empty),
            value=" ".join(filter(None, map(text, cells))),
            fix="clear the row if it is a total or a remark, or fill in what is empty",
        )
    )
    return False


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
class _Row:
    """One row of a filled-in template; what is wrong with it is added to ``problems``."""

    source: Source
    sheet: Sheet
    columns: Mapping[str, int]
    index: int
    instrument: Instrument | None
    problems: list[Problem]

    def values(self) -> dict[str, Any]:
        """The row's values under the names of the tidy returns."""
        low, high = self._scale_end("scale_min"), self._scale_end("scale_max")
        level = self._checked("level", self._said("level") in LEVELS, "one of " + ", ".join(LEVELS))
        who = self._said("assessed_by") or self.source.assessed_by
        self._checked("assessed_by", who in ASSESSORS, "self or moderated, here or in the profile")
        name = self._said("provider_name")
        self._checked("provider_name", name != "", "the name of the provider")
        self._checked(
            "round",
            self._said("round") == str(self.source.round),
            f"{self.source.round}, as the profile says",
        )
        return {
            "round": self.source.round,
            "provider_code_returned": self._code("provider_code"),
            "provider_name": name,
            "ics_code": self._code("ics_code"),
            "region": self._said("region"),
            "care_setting": self._setting(),
            "level": level,
            "construct": self._construct(level),
            "score": self._score(low, high),
            "scale_min": low,
            "scale_max": high,
            "assessed_by": who,
            "source_locator": self._locator("score"),
        }

    def _cell(self, column: str) -> object:
        position = self.columns.get(column)
        cells = self.sheet.rows[self.index]
        return cells[position] if position is not None and position < len(cells) else None

    def _said(self, column: str) -> str:
        return text(self._cell(column))

    def _checked(self, column: str, good: bool, expected: str, fix: str = "") -> str:
        """The cell's text; a problem is noted unless it is good."""
        said = self._said(column)
        if not good:
            self.problems.append(
                self.source.problem(
                    expected,
                    sheet=self.sheet.name,
                    row=self.index + 1,
                    column=column,
                    value=said or "an empty cell",
                    fix=fix or (f"correct the {column}" if said else _fill_in(column)),
                )
            )
        return said

    def _code(self, column: str) -> str:
        code = _capitals(self._said(column))
        self._checked(column, not code or is_code(code), "letters and digits, or an empty cell")
        return code

    def _setting(self) -> str:
        """The slug; the published spellings of a round on file are understood too."""
        said = self._said("care_setting")
        if self.instrument is None or not self.instrument.settings or said == "all":
            good = not slug_problem(said)
            return self._checked("care_setting", good, "lower-case words joined by underscores")
        known = [setting.id for setting in self.instrument.settings]
        slug = said if said in known else self.instrument.setting_named(said)
        self._checked("care_setting", slug is not None, "one of all, " + ", ".join(known))
        return slug or said

    def _construct(self, level: str) -> str:
        """The construct; where the round's instrument is on file it must be one of its own."""
        said = self._said("construct")
        known = self.instrument.constructs.get(level) if self.instrument else None
        if not known:
            good = not slug_problem(said.replace(".", "_"))
            return self._checked("construct", good, "lower-case words joined by underscores")
        near = [] if said in known else difflib.get_close_matches(said, sorted(known), n=1)
        fix = f"did you mean {near[0]}?" if near else f"use a {level} of that round"
        return self._checked("construct", said in known, f"a {level} of {self.source.round}", fix)

    def _scale_end(self, column: str) -> float:
        """An end of the scale: the instrument's where it is on file, else the cell's."""
        own = getattr(self.instrument, column, None)
        cell = self._cell(column)
        try:
            end = own if own is not None and not text(cell) else number(cell)
        except NotANumber as error:
            self._checked(column, False, "a number, the end of the scale", str(error))
            return float("nan")
        self._checked(column, own in (None, end), f"{own}, the scale of {self.source.round}")
        return end

    def _score(self, low: float, high: float) -> float:
        try:
            return number_between(self._cell("score"), low, high)
        except NotANumber as error:
            self._checked("score", False, f"a score from {low:g} to {high:g}", str(error))
            return float("nan")

    def _locator(self, column: str) -> str:
        position = self.columns[column]
        if self.sheet.name:
            return f"sheet '{self.sheet.name}' {get_column_letter(position + 1)}{self.index + 1}"
        return f"row {self.index + 1} column {position + 1}"


def _fill_in(column: str) -> str:
    return f"write the {column} in this row too; a merged cell counts for its first row only"


def _repeated(rows: Sequence[Mapping[str, Any]], source: Source, sheet: Sheet) -> list[Problem]:
    """Rows that score the same thing twice, under whatever spelling of the provider's name."""
    first: dict[tuple[object, ...], Mapping[str, Any]] = {}
    problems = []
    others = [name for name in GRAIN if not name.startswith("provider_")]
    for row in rows:
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
