"""Write data/raw/examples/own: two untidy spreadsheets as somebody might have kept them.

The scores are those of some systems of the demo returns, for the rounds of 2019 (self-assessed) and
2023 (self-assessed and moderated). docs/own_returns.md walks from these files to a report, and a
test takes the same steps. Run after the demo returns change; a test compares what this writes.
"""

from datetime import date
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ics_maturity import readers
from ics_maturity.returns import QualityLog
from ics_maturity.simulate.files import write_workbook

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "data/raw/demo"
TARGET = ROOT / "data/raw/examples/own"
FILE_2019 = "Digital maturity 2019 FINAL v3.xlsx"
FILE_2023 = "DMA 2023 self and moderated.xlsx"
COLUMNS = ["round", "provider_code", "provider_name", "care_setting", "level", "construct",
           "score", "assessed_by"]  # fmt: skip
SYSTEMS = 14
CLOSED_CODE = "DR001"  # closed in 2018; its provider files as DX177 since
FIRST_ROW = 6  # of the scores: title, remark, blank row and header stand above

PROFILE = """\
# yaml-language-server: $schema=../../../docs/profile.schema.json
label: Example of own returns
banner: Invented returns of invented organisations, kept as somebody might keep them.
file_suffix: .own
reference: ../demo/reference  # the organisations are invented; leave this out for real ones
published: ../demo/published  # and so are the claims about them; leave this out as well
returns:
  - file: Digital maturity 2019 FINAL v3.xlsx
    layout: template
    round: 2019
    source_id: ours_2019
    assessed_by: self
  - file: DMA 2023 self and moderated.xlsx
    layout: template
    round: 2023
    source_id: ours_2023
"""


def main(target: Path = TARGET) -> None:
    """Write both workbooks and the profile."""
    target.mkdir(parents=True, exist_ok=True)
    systems = _systems()
    write_workbook(target / FILE_2019, _book_2019(_rows_2019(systems)))
    write_workbook(target / FILE_2023, _book_2023(_rows_2023(systems)))
    (target / "profile.yaml").write_text(PROFILE, encoding="utf-8", newline="\n")


def _systems() -> dict[str, str]:
    """System of each provider of the systems in the example."""
    providers = pd.read_csv(DEMO / "reference/providers.csv").set_index("provider_code")
    place = providers["ics_code"]
    kept = sorted({place["DX177"], place["DX100"], *sorted(set(place))[::3]})[:SYSTEMS]
    return place[place.isin(kept)].to_dict()


def _read(file: str, layout: str, year: int) -> pd.DataFrame:
    path = DEMO / "rounds" / file
    read = readers.read(path, layout, round=year, source_id="example", log=QualityLog())
    return read.returns.rename(columns={"provider_code_returned": "code"})


def _rows_2019(systems: dict[str, str]) -> list[list[object]]:
    """Theme and section scores of the organisations that became providers of the systems."""
    became = pd.read_csv(DEMO / "reference/successions.csv")
    became = became[became["round"] == 2019].drop_duplicates("code_returned")
    now = became.set_index("code_returned")["provider_code"]
    frame = _read("demo_2019_scores.csv", "dma_2017_scores", 2019)
    frame = frame[frame["code"].map(now).fillna(frame["code"]).isin(list(systems))]
    frame = frame[frame["care_setting"] == "all"].sort_values(["code", "level", "construct"])
    return _listed(frame, "self")


def _rows_2023(systems: dict[str, str]) -> list[list[object]]:
    """Pillar scores before and after review."""
    rows = []
    for who in ("self", "moderated"):
        frame = _read(f"demo_2023_{who}.xlsx", "template", 2023)
        frame = frame[frame["code"].isin(list(systems))]
        frame = frame.assign(code=frame["code"].replace("DX177", CLOSED_CODE))
        rows += _listed(frame, who)
    return rows


def _listed(frame: pd.DataFrame, who: str) -> list[list[object]]:
    columns = ["round", "code", "provider_name", "care_setting", "level", "construct", "score"]
    return [[*map(_plain, row), who] for row in frame[columns].itertuples(index=False)]


def _plain(value: object) -> object:
    """Whole scores as whole numbers, as they are typed."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _sheet(book: Workbook, title: str, remark: str, rows: list[list[object]]) -> Worksheet:
    """Title over merged cells, a remark, a blank row, the header, the rows, a source below."""
    sheet = book.create_sheet("Scores")
    sheet.merge_cells("A1:H1")
    sheet["A1"], sheet["A2"] = title, remark
    for at, name in enumerate(COLUMNS, start=1):
        sheet.cell(FIRST_ROW - 1, at, name)
    for index, row in enumerate(rows):
        for at, value in enumerate(row, start=1):
            sheet.cell(FIRST_ROW + index, at, value)
    last = FIRST_ROW + len(rows) - 1
    sheet.cell(last + 2, 1, "Source: returns of the trusts, as sent in")
    return sheet


def _book_2019(rows: list[list[object]]) -> Workbook:
    book = Workbook()
    book.active.title = "Cover"
    book.active["A1"] = "Digital maturity self-assessment 2019. All organisations are invented."
    rows = [[*row[:7], None] for row in rows]  # the profile says who assessed
    sheet = _sheet(book, "Digital maturity 2019, final", "Do not circulate", rows)
    for row in range(FIRST_ROW, FIRST_ROW + 18):
        sheet.cell(row, 2, str(sheet.cell(row, 2).value).lower())
        sheet.cell(row, 7, str(sheet.cell(row, 7).value))
    sheet.insert_rows(FIRST_ROW + 18)  # a blank row between two organisations
    sheet.merge_cells(start_row=27, end_row=29, start_column=3, end_column=3)
    sheet["G40"] = f"{sheet['G40'].value}%"
    sheet["F49"] = "leadershp"
    return book


def _book_2023(rows: list[list[object]]) -> Workbook:
    book = Workbook()
    book.remove(book.active)
    sheet = _sheet(
        book, "DMA 2023, self and moderated", "Self-assessed first, after review below", rows
    )
    sheet["G55"] = date(2023, 3, 2)  # 2.3, as a spreadsheet likes to read it
    sheet["D44"] = "Mental Helth"
    sheet["H61"] = "peer"
    last = sheet.max_row
    sheet.cell(last + 1, 3, "Mean of all")
    sheet.cell(last + 1, 7, 2.4)
    return book


if __name__ == "__main__":
    main()
