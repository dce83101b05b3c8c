"""Opening files: every broken, disguised or oversized one is refused with one clear error."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from ics_maturity.errors import InputError
from ics_maturity.readers import guard
from ics_maturity.readers.result import Source
from ics_maturity.returns import QualityLog
from return_files import read, results_workbook, template_rows, write_book, write_csv, write_layout

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def source(path: Path, log: QualityLog | None = None) -> Source:
    return Source(path, 2023, "test", QualityLog() if log is None else log)


def repack(path: Path, change: Callable[[str, bytes], bytes], extra: dict[str, bytes]) -> None:
    """Rewrite the parts of a workbook, and add some."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (parts | extra).items():
            archive.writestr(name, change(name, content))


def workbook(folder: Path, change: Callable[[bytes], bytes] | None = None, extra: str = "") -> Path:
    """A valid results workbook whose first provider sheet is changed, with an extra part."""
    path = write_book(folder / "book.xlsx", results_workbook())
    repack(
        path,
        lambda name, xml: change(xml) if change and name.endswith("sheet2.xml") else xml,
        {extra: b"x"} if extra else {},
    )
    return path


def raw(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def truncated(folder: Path) -> Path:
    path = write_book(folder / "book.xlsx", results_workbook())
    return raw(folder, "cut.xlsx", path.read_bytes()[:-400])


def flipped(folder: Path) -> Path:
    """A workbook with a few bytes of a packed sheet overwritten."""
    path = write_book(folder / "book.xlsx", results_workbook())
    content = bytearray(path.read_bytes())
    content[300:320] = bytes(20)
    return raw(folder, "flipped.xlsx", bytes(content))


def kept_elsewhere(folder: Path) -> Path:
    """A workbook that keeps a sheet with an absurd address outside the usual folder."""
    path = write_book(folder / "book.xlsx", results_workbook())
    with zipfile.ZipFile(path) as archive:
        sheet = address("ZZZZZZZ2")(archive.read("xl/worksheets/sheet2.xml"))
    repack(
        path, lambda name, xml: xml.replace(b"/xl/worksheets/sheet2.xml", b"/hidden/a.dat"),
        {"hidden/a.dat": sheet},
    )  # fmt: skip
    return path


def folder_of_that_name(folder: Path) -> Path:
    path = folder / "folder.csv"
    path.mkdir()
    return path


def dimension(extent: str) -> Callable[[bytes], bytes]:
    return lambda xml: re.sub(
        rb'<dimension ref="[^"]+"', b'<dimension ref="%s"' % extent.encode(), xml
    )


def address(cell: str) -> Callable[[bytes], bytes]:
    return lambda xml: xml.replace(b'r="B2"', b'r="%s"' % cell.encode(), 1)


def entities(xml: bytes) -> bytes:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    body = re.sub(rb"^<\?xml[^>]*\?>", b"", xml)
    return b'<?xml version="1.0"?>' + bomb + body


REFUSED: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "missing file": ("template", lambda f: f / "absent.csv", "the file to exist"),
    "folder": ("template", folder_of_that_name, "a file, not a folder"),
    "zero bytes": ("template", lambda f: raw(f, "a.csv", b""), "a file with content"),
    "zero bytes, workbook": ("dma_workbook", lambda f: raw(f, "a.xlsx", b""), "with content"),
    "wrong ending": ("template", lambda f: raw(f, "a.txt", b"a,b\n1,2\n"), "ending in .csv"),
    "csv for a workbook": ("dma_workbook", lambda f: write_csv(f / "a.csv", template_rows()),
                           "ending in .xlsx"),
    "macros by ending": ("dma_workbook", lambda f: raw(f, "a.xlsm", b"PK\x03\x04"), ".xlsx file"),
    "macros inside": ("dma_workbook", lambda f: workbook(f, extra="xl/vbaProject.bin"),
                      "without macros"),
    "workbook named .csv": ("template", lambda f: workbook(f).rename(f / "b.csv"), "CSV text"),
    "csv named .xlsx": ("dma_workbook", lambda f: raw(f, "a.xlsx", b"a,b\n1,2\n"),
                        "an .xlsx workbook"),
    "old .xls renamed": ("dma_workbook", lambda f: raw(f, "a.xlsx", OLE), "an .xlsx workbook"),
    "password": ("dma_workbook", lambda f: raw(
        f, "a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le")), "without a password"),
    "truncated workbook": ("dma_workbook", truncated, "a workbook that can be read"),
    "damaged workbook": ("dma_workbook", flipped, "a workbook that can be read"),
    "zip of something else": ("dma_workbook", lambda f: _zip(f), "an .xlsx workbook"),
    "million columns claimed": ("dma_workbook", lambda f: workbook(f, dimension("A1:XFD1048576")),
                                "columns"),
    "extent that is none": ("dma_workbook", lambda f: workbook(f, dimension("everything")),
                            "a workbook that can be read"),
    "absurd column": ("dma_workbook", lambda f: workbook(f, address("ZZZZZZZ2")), "addresses"),
    "absurd row": ("dma_workbook", lambda f: workbook(f, address("B99999999999")), "addresses"),
    "absurd column, sheet kept elsewhere": ("dma_workbook", kept_elsewhere, "addresses"),
    "entities": ("dma_workbook", lambda f: workbook(f, entities), "a workbook that can be read"),
    "sheet in UTF-16": ("dma_workbook", lambda f: workbook(
        f, lambda xml: xml.decode().encode("utf-16")), "stored in UTF-8"),
    "sheet that is no XML": ("dma_workbook", lambda f: workbook(f, lambda xml: xml[:-200]),
                             "a workbook that can be read"),
    "semicolons": ("template", lambda f: raw(
        f, "a.csv", b"round;score\n2023;2.5\n"), "separated by commas"),
    "open quotation": ("template", lambda f: raw(f, "a.csv", b'a,b\n1,"2\n'), "well-formed CSV"),
    "UTF-16 without a mark": ("template", lambda f: raw(
        f, "a.csv", "round,score\n2023,2.5\n".encode("utf-16-le")), "text in UTF-8"),
    "bytes of no encoding": ("template", lambda f: raw(
        f, "a.csv", b"round,score\n\x81\x8d,2.5\n"), "text in UTF-8"),
    "huge cell": ("template", lambda f: raw(
        f, "a.csv", b"round,score\n" + b"9" * 200_000 + b",1\n"), "well-formed CSV"),
    "too many columns": ("template", lambda f: raw(
        f, "a.csv", b"," .join([b"a"] * 3000) + b"\n1\n"), "columns"),
}  # fmt: skip


def _zip(folder: Path) -> Path:
    path = folder / "other.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    return path


@pytest.mark.parametrize("name", REFUSED)
def test_file_is_refused(name: str, tmp_path: Path) -> None:
    layout, make, says = REFUSED[name]
    path = make(tmp_path)
    with pytest.raises(InputError) as caught:
        read(path, layout)
    (problem,) = caught.value.problems
    assert problem.file == path.name
    assert says in problem.expected
    assert problem.fix
    assert str(path.parent) not in str(caught.value)


@pytest.mark.parametrize(
    ("limit", "value"),
    [("MAX_FILE_BYTES", 100), ("MAX_UNZIPPED_BYTES", 100), ("MAX_PART_BYTES", 100),
     ("MAX_MEMBERS", 2), ("MAX_ROWS", 3), ("MAX_COLUMNS", 3)],
)  # fmt: skip
def test_limits_hold_for_workbooks(
    limit: str, value: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_layout(tmp_path, "dma_workbook")
    read(path, "dma_workbook")
    monkeypatch.setattr(guard, limit, value)
    with pytest.raises(InputError, match="at most"):
        read(path, "dma_workbook")


@pytest.mark.parametrize(
    ("limit", "value"), [("MAX_FILE_BYTES", 100), ("MAX_ROWS", 3), ("MAX_COLUMNS", 3)]
)
def test_limits_hold_for_csv(
    limit: str, value: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_layout(tmp_path, "template")
    read(path, "template")
    monkeypatch.setattr(guard, limit, value)
    with pytest.raises(InputError, match="at most"):
        read(path, "template")


def test_a_sheet_larger_than_it_declares_is_read_whole(tmp_path: Path) -> None:
    whole = read(workbook(tmp_path), "dma_workbook").returns
    understated = read(workbook(tmp_path, dimension("A1:B2")), "dma_workbook").returns
    assert understated.equals(whole)


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1252"])
def test_other_encodings_are_read_and_noted(encoding: str, tmp_path: Path) -> None:
    grid = template_rows()
    for row in grid[1:]:
        row[2] = "CAFÉ NHS TRUST"
    log = QualityLog()
    got = read(write_csv(tmp_path / "a.csv", grid, encoding), "template", log).returns
    assert set(got["provider_name"]) == {"CAFÉ NHS TRUST"}
    assert log.frame()["kind"].tolist() == ["encoding"]


@pytest.mark.parametrize("change", [b"\xef\xbb\xbf".__add__, lambda b: b.replace(b"\n", b"\r\n")])
def test_byte_order_mark_and_line_ends_change_nothing(
    change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    plain = write_layout(tmp_path, "template")
    other = raw(tmp_path, "other.csv", change(plain.read_bytes()))
    log = QualityLog()
    assert read(other, "template", log).returns.equals(read(plain, "template").returns)
    assert len(log) == 0


def test_hidden_sheets_are_noted_and_left_out(tmp_path: Path) -> None:
    book = results_workbook()
    book["Old scores"] = [list(row) for row in book["SC - 2025 Pillar Summary"]]
    log = QualityLog()
    path = write_book(tmp_path / "book.xlsx", book, hidden=["Old scores"])
    got = read(path, "dma_workbook", log)
    assert got.returns.equals(read(write_layout(tmp_path, "dma_workbook"), "dma_workbook").returns)
    (entry,) = log.frame().query("kind == 'hidden_sheet'").itertuples()
    assert entry.sheet == "Old scores"


def test_formulas_are_never_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["=1+1", "plain"])
    book.save(path)
    (sheet,) = guard.read_workbook(source(path))
    assert sheet.rows == [[None, "plain"]]


def test_xml_is_parsed_with_defusedxml() -> None:
    assert openpyxl.DEFUSEDXML


def test_messages_show_no_control_characters(tmp_path: Path) -> None:
    grid = template_rows()
    grid[1][6] = "\x1b[2J\x07"
    with pytest.raises(InputError) as caught:
        read(write_csv(tmp_path / "a.csv", grid), "template")
    assert "\x1b" not in str(caught.value)
    assert "\\x1b" in str(caught.value)


def test_a_row_far_below_the_others_is_not_lost(tmp_path: Path) -> None:
    far = '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    end = b"</sheetData>"
    path = workbook(tmp_path, lambda xml: dimension("A1:B2")(xml).replace(end, far.encode() + end))
    with pytest.raises(InputError, match="at most"):
        guard.read_workbook(source(path))


def test_unreadable_bytes_keep_their_cause(tmp_path: Path) -> None:
    path = raw(tmp_path, "a.xlsx", b"PK\x03\x04" + io.BytesIO(b"rubbish").read())
    with pytest.raises(InputError, match="cut off or damaged"):
        guard.read_workbook(source(path))
