"""Files that are not what their name says: damaged, disguised, locked, or made to do harm."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from .case import (
    LAYOUTS,
    TEMPLATE_XLSX,
    WORKBOOKS,
    Case,
    Logged,
    Make,
    Read,
    Refused,
    valid,
    write,
)

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
CSV = tuple(layout for layout in LAYOUTS if layout not in WORKBOOKS)
PNG = b"\x89PNG\r\n\x1a\n\0\0" + b"\x81" * 50
SHEET_1 = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def raw(layout: str, change: Callable[[bytes], bytes], name: str = "") -> Make:
    """The valid file's bytes changed, under another name if one is given."""

    def make(folder: Path) -> Path:
        path = write(folder, layout, valid(layout))
        content = change(path.read_bytes())
        if name:
            path = folder / name
        path.write_bytes(content)
        return path

    return make


def repacked(layout: str, changes: dict[str, Callable[[bytes], bytes]]) -> Make:
    """A workbook with some of its parts changed, or added where they are not there."""

    def change(content: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted({*parts, *changes}):
                archive.writestr(name, changes.get(name, bytes)(parts.get(name, b"")))
        return packed.getvalue()

    return raw(layout, change)


def sheet(layout: str, change: Callable[[bytes], bytes]) -> Make:
    """A workbook whose first table's sheet is changed."""
    part = "xl/worksheets/sheet2.xml" if layout == "dma_workbook" else SHEET_1
    return repacked(layout, {part: change})


def rows(content: bytes) -> Callable[[bytes], bytes]:
    """Put these rows in place of the sheet's own."""
    return lambda xml: re.sub(
        rb"<sheetData>.*</sheetData>", lambda _: b"<sheetData>%s</sheetData>" % content, xml,
        flags=re.DOTALL,
    )  # fmt: skip


def dimension(extent: bytes) -> Callable[[bytes], bytes]:
    return lambda xml: re.sub(rb'<dimension ref="[^"]+"', b'<dimension ref="%s"' % extent, xml)


def address(cell: bytes) -> Callable[[bytes], bytes]:
    return lambda xml: re.sub(rb'<c r="[A-Z]+2"', b'<c r="%s"' % cell, xml, count=1)


def declared(entities: bytes) -> Callable[[bytes], bytes]:
    """Begin the part with a document type."""
    return lambda xml: (
        b'<?xml version="1.0"?><!DOCTYPE x [%s]>' % entities + re.sub(rb"^<\?xml[^>]*\?>", b"", xml)
    )


def folder_of_that_name(folder: Path) -> Path:
    path = folder / "returns.csv"
    path.mkdir()
    return path


def other_zip(folder: Path) -> Path:
    path = folder / "other.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    return path


ENTITIES = {
    "entities that multiply": b'<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">',
    "entity that reads a file": b'<!ENTITY a SYSTEM "file:///etc/passwd">',
    "document type elsewhere": b'<!ENTITY % a SYSTEM "http://example.invalid/a.dtd"> %a;',
}
UNREADABLE = Refused("a workbook that can be read", "cut off or damaged")


def _of_every_layout() -> list[Case]:
    cases = []
    for layout in LAYOUTS:
        book = layout in WORKBOOKS

        def case(name: str, make: Make, outcome: Refused | Logged | Read,
                 layout: str = layout) -> None:  # fmt: skip
            cases.append(Case("files", layout, name, make, outcome))

        case(
            "zero bytes",
            raw(layout, lambda b: b""),
            Refused("a file with content", "fetch or export", value="0 bytes"),
        )
        case(
            "cut off in the middle",
            raw(layout, lambda b: b[: len(b) // 2]),
            UNREADABLE if book else Refused("", ""),
        )
        case(
            "another ending",
            raw(layout, bytes, "returns.txt"),
            Refused(
                "",
                "save it as" if layout not in ("template", TEMPLATE_XLSX) else "save",
                value=".txt",
            ),
        )
        case(
            "password",
            raw(layout, lambda b: OLE + "EncryptedPackage".encode("utf-16-le")),
            Refused("a workbook without a password", "save a copy", value="password")
            if book
            else Refused("CSV text", "true ending", value="a workbook named .csv"),
        )
        case(
            "old .xls under a new name",
            raw(layout, lambda b: OLE),
            Refused("an .xlsx workbook", "save it as .xlsx", value="old .xls")
            if book
            else Refused("CSV text", "true ending", value="a workbook named .csv"),
        )
        case(
            "picture under a new name",
            raw(layout, lambda b: PNG),
            Refused("an .xlsx workbook", "export it again", value="not a workbook")
            if book
            else Refused("text in UTF-8", "export it as"),
        )
    return cases


def _csv() -> list[Case]:
    cases = []
    for layout in CSV:

        def case(name: str, make: Make, outcome: Refused | Logged | Read,
                 layout: str = layout) -> None:  # fmt: skip
            cases.append(Case("files", layout, name, make, outcome))

        def as_text(encoding: str, layout: str = layout) -> Make:
            return raw(layout, lambda b: b.decode().encode(encoding))

        case("byte order mark", as_text("utf-8-sig"), Read())
        case("lines that end in CR LF", raw(layout, lambda b: b.replace(b"\n", b"\r\n")), Read())
        case("lines that end in CR", raw(layout, lambda b: b.replace(b"\n", b"\r")), Read())
        case("no line end at the end", raw(layout, lambda b: b.rstrip(b"\n")), Read())
        case("UTF-16", as_text("utf-16"), Logged("encoding", "warning"))
        case(
            "UTF-16 without a mark",
            as_text("utf-16-le"),
            Refused("text in UTF-8", "export it as 'CSV UTF-8'", value="NUL"),
        )
        case(
            "workbook under a new name",
            raw("dma_workbook", bytes, "returns.csv"),
            Refused("CSV text", "true ending", value="a workbook named .csv"),
        )
        case(
            "quotation left open",
            raw(layout, lambda b: b + b'"'),
            Refused("well-formed CSV", "may be cut off"),
        )
    cases += [
        Case("files", "template", "missing file", lambda f: f / "returns.csv",
             Refused("the file to exist", "check the name")),
        Case("files", "template", "folder", folder_of_that_name,
             Refused("a file, not a folder", "give the path")),
        Case("files", "template", "Windows-1252",
             spoilt_text("template", "ALPHA", "ALPHÄ", "windows-1252"),
             Logged("encoding", "warning", "as given")),
        Case("files", "dma_2016_answers", "Latin-1",
             spoilt_text("dma_2016_answers", "ALPHA", "ALPHÄ", "latin-1"),
             Logged("encoding", "warning", "as given")),
        Case("files", "template", "bytes of no encoding", raw("template", lambda b: b.replace(
            b"ALPHA", b"ALPH\x81", 1)), Refused("text in UTF-8", "export it as")),
        Case("files", "template", "NUL in a cell", raw("template", lambda b: b.replace(
            b"ALPHA", b"ALPH\0", 1)), Refused("text in UTF-8", "export it as", value="NUL")),
        Case("files", "template", "semicolons", raw("template", lambda b: b.replace(b",", b";")),
             Refused("columns separated by commas", "export it with commas")),
        Case("files", "template", "tabs", raw("template", lambda b: b.replace(b",", b"\t")),
             Refused("columns separated by commas", "export it with commas")),
        Case("files", "template", "one cell of 200,000 letters", raw(
            "template", lambda b: b.replace(b"ALPHA", b"A" * 200_000, 1)),
            Refused("well-formed CSV", "")),
        Case("files", "template", "3,000 columns", raw(
            "template", lambda b: b.replace(b"round", b"a," * 3000 + b"round", 1)),
            Refused("at most 500,000 rows and 2,000 columns", "split the file",
                    value="3,008 columns")),
        Case("files", "template", "160 MB of text", raw(
            "template", lambda b: b + b"x" * 160_000_000),
            Refused("at most 150,000,000 bytes", "split the file"), slow=True),
        Case("files", "template", "600,000 rows", raw(
            "template", lambda b: b + b.splitlines(keepends=True)[1] * 600_000),
            Refused("at most 500,000 rows", "split the file"), slow=True),
        Case("files", "template", "30,000,000 commas", raw(
            "template", lambda b: b + (b"," * 1000 + b"\n") * 30_000),
            Refused("at most 10,000,000 cells", "split the file"), slow=True),
    ]  # fmt: skip
    return cases


def spoilt_text(layout: str, old: str, new: str, encoding: str) -> Make:
    return raw(layout, lambda b: b.decode().replace(old, new).encode(encoding))


def _workbooks() -> list[Case]:
    cases = []
    for layout in WORKBOOKS:

        def case(name: str, make: Make, outcome: Refused | Logged | Read,
                 layout: str = layout, slow: bool = False) -> None:  # fmt: skip
            cases.append(Case("files", layout, name, make, outcome, slow))

        case("bytes overwritten", raw(layout, lambda b: b[:300] + bytes(20) + b[320:]), UNREADABLE)
        case(
            "macros inside",
            repacked(layout, {"xl/vbaProject.bin": lambda _: b"x"}),
            Refused("a workbook without macros", "save a copy"),
        )
        case(
            "macros by its ending",
            raw(layout, bytes, "returns.xlsm"),
            Refused("", "save", value=".xlsm"),
        )
        case(
            "million columns claimed",
            sheet(layout, dimension(b"A1:XFD1048576")),
            Refused(
                "at most 500,000 rows and 2,000 columns",
                "delete the empty rows",
                value="XFD1048576",
            ),
        )
        case("extent that is none", sheet(layout, dimension(b"everything")), UNREADABLE)
        case("extent smaller than the table", sheet(layout, dimension(b"A1:B2")), Read())
        case(
            "column of seven letters",
            sheet(layout, address(b"ZZZZZZZ2")),
            Refused("cell addresses a spreadsheet can have", "save it again"),
        )
        case(
            "row of eleven digits",
            sheet(layout, address(b"B99999999999")),
            Refused("cell addresses a spreadsheet can have", "save it again"),
        )
        case(
            "cell in the last column and row a sheet can have",
            sheet(
                layout,
                lambda xml: xml.replace(
                    b"</sheetData>",
                    b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
                ),
            ),
            Refused("at most 500,000 rows", "delete the empty rows"),
        )
        case(
            "sheet in UTF-16",
            sheet(layout, lambda xml: xml.decode().encode("utf-16")),
            Refused("sheets stored in UTF-8", "save it again"),
        )
        case("sheet that is no XML", sheet(layout, lambda xml: xml[:-200]), UNREADABLE)
        case(
            "texts that unpack to 30 MB",
            repacked(layout, {"xl/styles.xml": lambda _: b"<a/>" * 7_500_000}),
            Refused("at most 20,000,000 bytes of styles", "copy the table", value="30,000,000"),
        )
        case(
            "link to another workbook",
            repacked(
                layout,
                {
                    "xl/externalLinks/externalLink1.xml": lambda _: (
                        b'<externalLink xmlns="%s"/>' % NAMESPACE.encode()
                    )
                },
            ),
            Read(),
        )
        for name, entities in ENTITIES.items():
            case(name, sheet(layout, declared(entities)), UNREADABLE)
        case(
            "entities in the list of sheets",
            repacked(layout, {"xl/workbook.xml": declared(ENTITIES["entities that multiply"])}),
            UNREADABLE,
        )
    bomb = b'<row r="%d"><c r="A%d"><v>1</v></c></row>'
    cases += [
        Case("files", "dma_workbook", "zip of something else", other_zip,
             Refused("an .xlsx workbook", "export it again", value="a zip of something else")),
        Case("files", "dma_workbook", "CSV under a new name", raw(
            "template", bytes, "returns.xlsx"),
            Refused("an .xlsx workbook", "export it again", value="not a workbook")),
        Case("files", "dma_workbook", "sheet kept in another folder", kept_elsewhere,
             Refused("cell addresses a spreadsheet can have", "save it again")),
        Case("files", "dma_workbook", "wide rows, nearly empty", sheet("dma_workbook", rows(
            b"".join(b'<row r="%d"><c r="XFD%d"/></row>' % (i, i) for i in range(1, 1200)))),
            Refused("10,000,000 cells", "remove what is not returns"), slow=True),
        Case("files", "dma_workbook", "sheet of 200 MB", sheet("dma_workbook", rows(
            (bomb % (1, 1)) * 5_000_000)),
            Refused("at most 150,000,000 bytes", "remove what is not returns"), slow=True),
        Case("files", "dma_workbook", "styles that take gigabytes", repacked("dma_workbook", {
            "xl/styles.xml": lambda _: b'<styleSheet xmlns="%s"><fonts>' % NAMESPACE.encode()
            + b"<font/>" * 2_800_000 + b"</fonts></styleSheet>"}),
            Refused("at most 300,000 tags of styles", "copy the table", value="2,8")),
    ]  # fmt: skip
    return cases


def kept_elsewhere(folder: Path) -> Path:
    """A workbook that keeps a sheet with an absurd address outside the usual folder."""
    absurd: list[bytes] = []

    def take(xml: bytes) -> bytes:
        absurd.append(address(b"ZZZZZZZ2")(xml))
        return xml

    sheet("dma_workbook", take)(folder)
    return repacked("dma_workbook", {
        "xl/_rels/workbook.xml.rels": lambda xml: xml.replace(
            b"/xl/worksheets/sheet2.xml", b"/hidden/a.dat"),
        "hidden/a.dat": lambda _: absurd[0],
        "[Content_Types].xml": lambda xml: xml.replace(
            b"/xl/worksheets/sheet2.xml", b"/hidden/a.dat"),
    })(folder)  # fmt: skip


CASES = [*_of_every_layout(), *_csv(), *_workbooks()]
