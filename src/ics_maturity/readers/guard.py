"""Opening a spreadsheet or CSV that may be broken, huge, or hostile.

Everything is checked before a parser sees it: size, kind by content, declared dimensions,
unpacked size, cell addresses. What passes comes out as plain rows of values; formulas are
never read, only the values a workbook stores for them. XML is parsed through defusedxml, and a
workbook of more than ordinary size in a process of its own (see
:mod:`ics_maturity.readers.contained`).
"""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NoReturn

import openpyxl

from ics_maturity.errors import InputError, Problem
from ics_maturity.readers import contained
from ics_maturity.readers.result import Source

MAX_FILE_BYTES = 150_000_000
MAX_UNZIPPED_BYTES = 150_000_000
MAX_PART_BYTES = 20_000_000  # styles, shared strings and the like: openpyxl holds them whole
# Of a part in KEPT_WHOLE. A spreadsheet holds at most 65,490 cell formats of a few
# tags each; openpyxl makes an object of every one, at fifty microseconds and a kilobyte.
MAX_PART_TAGS = 300_000
# What openpyxl keeps of a workbook besides sheets and texts, wherever these lie.
KEPT_WHOLE = re.compile(r"xl/(styles|workbook)\.xml|\[Content_Types\]\.xml|docProps/.*|.*\.rels")
MAX_MEMBERS = 2_000
MAX_ROWS = 500_000
MAX_COLUMNS = 2_000
MAX_CELLS = 10_000_000  # with the gaps before the last cell of a row, which take memory too
MAX_CELL_TEXT = 32_767  # what a spreadsheet can hold in a cell
# Up to this size unpacked, whatever is inside costs seconds and tens of megabytes at most.
ORDINARY_BYTES = 1_000_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension\s[^>]*ref\s*=\s*["\']([^"\']{1,60})["\']')
_LAST_CELL = re.compile(r"^(?:[A-Z]+\d+:)?([A-Z]+)(\d+)$")
_ENCODING = re.compile(rb'^[^>]*encoding\s*=\s*["\']([\w.-]+)["\']')
# No spreadsheet has a column of four letters or a row below 1,048,576 (1,100,000 is near enough).
_ABSURD_ADDRESS = re.compile(
    rb'\sr\s*=\s*["\'](?:[A-Za-z]{4,}|[A-Za-z]{0,3}(?:\d{8,}|[2-9]\d{6}|1[1-9]\d{5}))'
)
# A row below MAX_ROWS: openpyxl would make every row above it, which takes minutes.
_FAR_ADDRESS = re.compile(rb'\sr\s*=\s*["\'](?:[A-Za-z]{1,3})?(?:[5-9]\d{5}|\d{7,})["\']')
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Sheet:
    """One table of raw values. ``rows[0]`` is the spreadsheet's row 1.

    CSV cells are text; workbook cells are text, numbers, dates, booleans or ``None``. Trailing
    empty cells are cut off each row.
    """

    file: str
    name: str
    rows: list[list[object]]


def _refuse(
    source: Source, expected: str, fix: str, value: str | None = None, sheet: str = ""
) -> NoReturn:
    raise InputError(source.problem(expected, sheet=sheet, value=value, fix=fix))


def _bytes_of(source: Source, suffix: str) -> bytes:
    """The file's bytes, once it is sure to be a file of that kind and of bearable size."""
    path = source.path
    if path.suffix.lower() in {".xlsm", ".xltm", ".xlsb"}:
        _refuse(source, f"a {suffix} file", "save a copy as .xlsx without macros", path.suffix)
    if path.suffix.lower() != suffix:
        _refuse(source, f"a file name ending in {suffix}", f"save it as {suffix}", path.suffix)
    try:
        size = path.stat().st_size
        if not path.is_file():
            _refuse(source, "a file, not a folder", "give the path of the file itself")
        if size == 0:
            _refuse(source, "a file with content", "fetch or export the file again", "0 bytes")
        if size > MAX_FILE_BYTES:
            _refuse(
                source,
                f"at most {MAX_FILE_BYTES:,} bytes",
                "split the file, or remove what is not returns",
                f"{size:,} bytes",
            )
        return path.read_bytes()
    except FileNotFoundError:
        _refuse(source, "the file to exist", "check the name in the profile, or fetch it")
    except OSError as error:
        _refuse(source, "a file that can be read", "check its permissions", error.strerror or "")


def read_csv(source: Source) -> Sheet:
    """The cells of a CSV file as text.

    UTF-8 with or without a byte order mark, UTF-16 with one, and Windows-1252 are understood;
    anything but plain UTF-8 is noted in the log.

    Raises:
        InputError: the file is missing, empty, too large, not comma-separated text, cut off
            inside a quotation, or has rows longer or shorter than its header.
    """
    text = _decode(source, _bytes_of(source, ".csv"))
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in csv.reader(_lines(text), strict=True):
            cells += len(row)
            if cells > MAX_CELLS:
                _refuse(source, f"at most {MAX_CELLS:,} cells", "split the file", "more")
            rows.append(row)
    except csv.Error as error:
        _refuse(
            source,
            "well-formed CSV",
            "the file may be cut off: fetch or export it again",
            str(error),
        )
    return Sheet(source.file, "", _rectangular(source, rows))


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends, one at a time: a second copy of the file could be gigabytes."""
    return (found[0] for found in _LINE.finditer(text) if found[0])


def _decode(source: Source, raw: bytes) -> str:
    if raw.startswith((_OLE, _ZIP)):
        _refuse(
            source,
            "CSV text",
            "give it its true ending, or export it as CSV",
            "a workbook named .csv",
        )
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        try:
            encoding, text = "windows-1252", raw.decode("windows-1252")
        except UnicodeDecodeError as error:
            _refuse(source, "text in UTF-8", "export it as 'CSV UTF-8'", str(error))
    if "\x00" in text:
        _refuse(source, "text in UTF-8", "export it as 'CSV UTF-8'", "text with NUL characters")
    if encoding != "utf-8-sig":
        source.note(
            "encoding",
            f"The file is not UTF-8; it was read as {encoding}.",
            value=encoding,
            action="read",
            severity="warning",
            rule="not decodable as UTF-8, or marked as UTF-16",
        )
    return text


def _rectangular(source: Source, rows: list[list[str]]) -> list[list[object]]:
    """Rows all as long as the header; blank rows emptied and logged."""
    if not rows or not any(cell.strip() for cell in rows[0]):
        _refuse(source, "a header in row 1", "remove blank rows above the header")
    width = len(rows[0])
    if width == 1 and re.search(r"[;\t|]", rows[0][0]):
        _refuse(source, "columns separated by commas", "export it with commas", rows[0][0])
    if width > MAX_COLUMNS or len(rows) > MAX_ROWS:
        _refuse(
            source,
            f"at most {MAX_ROWS:,} rows and {MAX_COLUMNS:,} columns",
            "split the file",
            f"{len(rows):,} rows, {width:,} columns",
        )
    if len(rows) == 1:
        _refuse(source, "rows of returns below the header", "export the file again", "header only")
    problems: list[Problem] = []
    kept: list[list[object]] = []
    for number, row in enumerate(rows, start=1):
        blank = not any(cell.strip() for cell in row)
        if blank:
            source.note(
                "blank_row",
                "The row is blank.",
                row=number,
                action="skipped",
                rule="no cell with text",
            )
        elif len(row) != width:
            problems.append(
                source.problem(
                    f"{width} cells, as in the header",
                    row=number,
                    value=f"{len(row)} cells",
                    fix="the row is shifted or cut off: compare it with its source",
                )
            )
        kept.append([] if blank else list(row))
    if problems:
        raise InputError(problems)
    return kept


def read_workbook(source: Source) -> list[Sheet]:
    """The visible sheets of an .xlsx workbook, values only. Hidden sheets are noted, not read.

    Raises:
        InputError: missing, empty, truncated, password-protected, an old .xls, too large
            packed or unpacked, absurd cell addresses, or not readable as a workbook.
    """
    raw = _bytes_of(source, ".xlsx")
    _check_kind(source, raw)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            unpacked = _check_sizes(source, archive)
        if unpacked > ORDINARY_BYTES:
            tables = contained.read(source.path)
        else:
            tables = parse_workbook(source, raw)
    except InputError as error:
        # What a process of its own has found does not know the file's name here.
        raise InputError(replace(found, file=source.file) for found in error.problems) from None
    except contained.BeyondLimitsError as error:
        _refuse(
            source,
            f"a workbook that can be read within {error.limits}",
            "remove what is not returns, or export the table as CSV",
            str(error),
        )
    except Exception as error:  # a damaged workbook fails in too many ways to list
        _refuse(
            source,
            "a workbook that can be read",
            "it may be cut off or damaged: fetch it again, or open it and save it as .xlsx",
            f"{type(error).__name__}: {error}",
        )
    sheets = [Sheet(source.file, t.name, t.rows) for t in tables if t.state == "visible"]
    for table in tables:
        if table.state != "visible":
            source.note(
                "hidden_sheet",
                "The sheet is hidden.",
                sheet=table.name,
                value=table.state,
                action="ignored",
                rule="sheet state is not visible",
            )
    if not any(any(row) for sheet in sheets for row in sheet.rows):
        _refuse(source, "at least one visible sheet with content", "export the file again")
    return sheets


def parse_workbook(source: Source, raw: bytes) -> list[contained.RawTable]:
    """Every sheet as it stands, hidden ones without their rows.

    Raises:
        InputError: a sheet is larger than the limits, or has addresses no spreadsheet has.
        Exception: whatever a damaged workbook does to openpyxl.
    """
    tables = []
    with zipfile.ZipFile(io.BytesIO(raw)) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # openpyxl on features it leaves out
        book = openpyxl.load_workbook(
            io.BytesIO(raw), read_only=True, data_only=True, keep_links=False
        )
        for sheet in book.worksheets:
            rows: list[list[object]] = []
            if sheet.sheet_state == "visible":
                # A workbook may keep a sheet anywhere; check the very part about to be parsed.
                _check_sheet(source, archive, sheet._worksheet_path.lstrip("/"))
                rows = _values(source, sheet)
            tables.append(contained.RawTable(sheet.title, sheet.sheet_state, rows))
        book.close()
    return tables


def _values(source: Source, sheet: object) -> list[list[object]]:
    """All rows of a sheet, without trailing empty cells and rows."""
    # The declared dimension may be too small, which would silently cut rows off.
    sheet.reset_dimensions()  # type: ignore[attr-defined]
    rows: list[list[object]] = []
    title = sheet.title  # type: ignore[attr-defined]
    seen = 0
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):  # type: ignore[attr-defined]
        row = list(cells)
        seen += len(row)
        while row and (row[-1] is None or row[-1] == ""):
            row.pop()
        if len(row) > MAX_COLUMNS or (row and number > MAX_ROWS) or seen > MAX_CELLS:
            _refuse(
                source,
                f"at most {MAX_ROWS:,} rows, {MAX_COLUMNS:,} columns and {MAX_CELLS:,} cells",
                "remove what is not returns",
                f"row {number:,} with {len(row):,} columns",
                sheet=title,
            )
        if any(isinstance(cell, str) and len(cell) > MAX_CELL_TEXT for cell in row):
            _refuse(
                source,
                f"at most {MAX_CELL_TEXT:,} characters in a cell",
                "remove what is not returns",
                f"a longer text in row {number:,}",
                sheet=title,
            )
        if number <= MAX_ROWS:
            rows.append(row)
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _check_kind(source: Source, raw: bytes) -> None:
    """Whether the bytes can be an .xlsx workbook at all, and what they are if not."""
    if raw.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in raw:
            _refuse(
                source,
                "a workbook without a password",
                "save a copy without a password",
                "a password-protected file",
            )
        _refuse(source, "an .xlsx workbook", "open it and save it as .xlsx", "an old .xls workbook")
    if not raw.startswith(_ZIP):
        _refuse(source, "an .xlsx workbook", "export it again as .xlsx", "not a workbook")


def _check_sizes(source: Source, archive: zipfile.ZipFile) -> int:
    """What the archive says of its parts, before any of them is unpacked; their size in bytes.

    An archive cannot say less than it holds: unpacking stops at the size it gives.
    """
    members = archive.infolist()
    names = [member.filename for member in members]
    if "xl/workbook.xml" not in names:
        _refuse(source, "an .xlsx workbook", "export it again as .xlsx", "a zip of something else")
    if "xl/vbaProject.bin" in names:
        _refuse(source, "a workbook without macros", "save a copy as .xlsx without macros")
    unzipped = sum(member.file_size for member in members)
    parts = [m.file_size for m in members if not m.filename.startswith("xl/worksheets/")]
    largest = max(parts, default=0)
    if largest > MAX_PART_BYTES:
        _refuse(
            source,
            f"at most {MAX_PART_BYTES:,} bytes of styles, names or texts",
            "copy the table, values only, into a new workbook",
            f"a part of {largest:,} bytes",
        )
    if len(members) > MAX_MEMBERS or unzipped > MAX_UNZIPPED_BYTES:
        _refuse(
            source,
            f"at most {MAX_UNZIPPED_BYTES:,} bytes in {MAX_MEMBERS:,} parts when unpacked",
            "remove what is not returns",
            f"{unzipped:,} bytes in {len(members):,} parts",
        )
    _check_tags(source, archive)
    return unzipped


def _check_tags(source: Source, archive: zipfile.ZipFile) -> None:
    """How many tags the parts hold that openpyxl keeps whole, styles before all."""
    for name in archive.namelist():
        if not KEPT_WHOLE.fullmatch(name):
            continue
        with archive.open(name) as stream:
            tags = sum(chunk.count(b"<") for chunk in iter(lambda: stream.read(_CHUNK), b""))
        if tags > MAX_PART_TAGS:
            _refuse(
                source,
                f"at most {MAX_PART_TAGS:,} tags of styles or names",
                "copy the table, values only, into a new workbook",
                f"a part of {tags:,} tags",
            )


def _check_sheet(source: Source, archive: zipfile.ZipFile, part: str) -> None:
    """Declared dimension and every cell address of one sheet, before openpyxl allocates rows."""
    with archive.open(part) as stream:
        head = stream.read(_CHUNK)
        encoding = _ENCODING.search(head[:200])
        if not head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") or (
            encoding and encoding[1].lower() not in (b"utf-8", b"us-ascii")
        ):
            _refuse(
                source,
                "sheets stored in UTF-8",
                "open it and save it again as .xlsx",
                part,
            )
        if declared := _DIMENSION.search(head):
            _check_dimension(source, part, declared[1].decode("ascii", "replace"))
        tail = b""
        while head:
            if found := _ABSURD_ADDRESS.search(tail + head):
                _refuse(
                    source,
                    "cell addresses a spreadsheet can have",
                    "open it and save it again as .xlsx",
                    found[0].decode("ascii", "replace").strip(),
                    sheet=part,
                )
            if found := _FAR_ADDRESS.search(tail + head):
                _refuse_extent(source, part, f"a cell or row at{found[0].decode()}")
            tail, head = head[-100:], stream.read(_CHUNK)


def _check_dimension(source: Source, part: str, declared: str) -> None:
    last = _LAST_CELL.match(declared.replace("$", "").upper())
    if last is None:  # says nothing; rows and addresses are checked one by one anyway
        return
    columns = 0
    for letter in last[1]:
        columns = columns * 26 + ord(letter) - ord("A") + 1
    if columns > MAX_COLUMNS or int(last[2]) > MAX_ROWS:
        _refuse_extent(source, part, f"a sheet that claims {declared}")


def _refuse_extent(source: Source, part: str, found: str) -> NoReturn:
    _refuse(
        source,
        f"at most {MAX_ROWS:,} rows and {MAX_COLUMNS:,} columns",
        "delete the empty rows and columns beyond the table and save again",
        found,
        sheet=part,
    )
