"""Opening files: limits, encodings, hidden sheets, and reading in a process of its own.

Broken, disguised and hostile files are in the corpus; see test_bad_input.py.
"""

import datetime
import io
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from ics_maturity.errors import InputError
from ics_maturity.readers import contained, guard
from ics_maturity.readers.result import Source
from ics_maturity.returns import QualityLog
from return_files import read, results_workbook, template_rows, write_book, write_csv, write_layout


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


def dimension(extent: str) -> Callable[[bytes], bytes]:
    return lambda xml: re.sub(
        rb'<dimension ref="[^"]+"', b'<dimension ref="%s"' % extent.encode(), xml
    )


@pytest.mark.parametrize(
    ("limit", "value"),
    [("MAX_FILE_BYTES", 100), ("MAX_UNZIPPED_BYTES", 100), ("MAX_PART_BYTES", 100),
     ("MAX_MEMBERS", 2), ("MAX_ROWS", 3), ("MAX_COLUMNS", 3), ("MAX_CELLS", 20),
     ("MAX_CELL_TEXT", 10)],
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


# In a process of its own


@pytest.fixture
def contained_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "ORDINARY_BYTES", 0)


def test_another_process_reads_the_same_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = ["x", 1, 2.5, True, "é \u202e", datetime.datetime(2025, 2, 5, 1, 2),
             datetime.time(2, 30), datetime.timedelta(hours=30), 1e300]  # fmt: skip
    path = write_book(tmp_path / "a.xlsx", {"one": [cells], "two": [["y"]]}, hidden=["two"])
    here_log, there_log = QualityLog(), QualityLog()
    here = guard.read_workbook(source(path, here_log))
    monkeypatch.setattr(guard, "ORDINARY_BYTES", 0)
    there = guard.read_workbook(source(path, there_log))
    assert there == here
    assert [type(cell) for cell in there[0].rows[0]] == [type(cell) for cell in here[0].rows[0]]
    assert there_log.frame().equals(here_log.frame())
    assert there_log.frame()["kind"].tolist() == ["hidden_sheet"]


@pytest.mark.usefixtures("contained_always")
def test_what_another_process_finds_names_the_file(tmp_path: Path) -> None:
    path = workbook(tmp_path, dimension("A1:XFD1048576"))
    with pytest.raises(InputError, match=r"book\.xlsx.*at most 500,000 rows"):
        guard.read_workbook(source(path))
    path = workbook(tmp_path, lambda xml: xml[:-100])
    with pytest.raises(InputError, match=r"book\.xlsx.*cut off or damaged"):
        guard.read_workbook(source(path))


@pytest.mark.usefixtures("contained_always")
def test_a_workbook_that_takes_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contained, "MAX_SECONDS", 0.001)
    with pytest.raises(InputError, match="within 2 GB of memory"):
        guard.read_workbook(source(workbook(tmp_path)))


@pytest.mark.usefixtures("contained_always")
def test_another_process_that_dies_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contained.sys, "executable", shutil.which("false"))
    with pytest.raises(InputError, match="too much memory"):
        guard.read_workbook(source(workbook(tmp_path)))
