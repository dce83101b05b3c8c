"""The later returns in the layout of the published 2024/25 workbook and of the template.

Sheet names, offsets, headings and footers are those of the published workbook, for the very
same reader; every name and score in them is invented.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ics_maturity.instruments import load
from ics_maturity.simulate.design import Design
from ics_maturity.simulate.files import write_workbook
from ics_maturity.simulate.returns import Later
from ics_maturity.simulate.truth import PILLARS

_FIRST_ROW, _FIRST_COLUMN = 12, 2  # of the data, below the headings of row 11
_FOOTER = ("Source: simulated. No finding about any real organisation.",)
_OVERALL_NOTES = (
    "Notes:",
    "1) Comparable domains are only included here when calculating these scores.",
)
_PRIMARY_CARE = ("Well Led", "Ensuring Smart Foundations", "Support People", "Empower People",
                 "Improve care")  # fmt: skip
_TEMPLATE = ("round", "provider_code", "provider_name", "care_setting", "level", "construct",
             "score", "assessed_by")  # fmt: skip


def write_results_workbook(
    path: Path, later: Later, design: Design, systems: pd.DataFrame, boards: np.random.Generator
) -> None:
    """The results of 2024 and 2025 as one workbook.

    Args:
        systems: ics_code, ics_name and region of each system.
        boards: draws the boards' own returns, which no analysis reads.
    """
    named = systems.set_index("ics_code")["ics_name"].str.upper()
    roster = design.roster.assign(
        system=design.roster["ics_code"].map(named),
        upper=design.roster["region"].str.upper(),
        setting=design.roster["care_setting"].map(_setting_names()),
    )
    who = roster[["upper", "system", "provider_name", "setting"]]
    pillars = who.join(pd.DataFrame(later.pillars_2025))
    overall = who.assign(now=later.overall_2025, before=later.overall_2024)
    places = pd.DataFrame({"upper": systems["region"].str.upper(),
                           "system": systems["ics_name"].str.upper()})  # fmt: skip
    own = places.join(pd.DataFrame(boards.integers(4, 21, (len(places), len(PILLARS))) / 4)
                      .map(_tenth))  # fmt: skip
    own_overall = places.assign(now=boards.integers(14, 61, len(places)) / 14,
                                before=boards.integers(14, 61, len(places)) / 14)  # fmt: skip
    primary = places.join(pd.DataFrame(boards.integers(1, 6, (len(places), len(_PRIMARY_CARE)))))
    headings = [pillar.heading for pillar in load("dma_2025").pillars]
    provider, board = ["Region", "ICS", "Provider", "Care Setting"], ["Region", "ICS"]
    years = ["2025 Average", "2024 Average"]
    by_place = ["system", "provider_name", "setting"]

    book = Workbook()
    _introduction(book)
    _sheet(book, "SC - 2025 Pillar Summary",
           "2025 DMA: Secondary Care Provider Response Data",
           "DMA Pillar Scores - Containing all DMA domains",
           provider, headings, pillars.sort_values(by_place), _FOOTER)  # fmt: skip
    _sheet(book, "SC - 24 vs 25 Overall DMA",
           "2024 and 2025 DMA: Secondary Care Provider Response Data - "
           "Comparable DMA domains only ",
           "Overall DMA Score - for comparable domains only 1",
           provider, years, overall.sort_values(["system", "setting", "provider_name"]),
           (*_OVERALL_NOTES, "", *_FOOTER))  # fmt: skip
    _sheet(book, "ICB - 2025 Pillar Summary", "2025 DMA: ICB Response Data",
           "DMA Pillar Scores - Containing all DMA domains", board, headings, own,
           _FOOTER)  # fmt: skip
    _sheet(book, "ICB -24 vs 25 Overall DMA ",
           "2024 and 2025 DMA: ICB Response Data - Comparable DMA domains only ",
           "Overall DMA Score - for comparable domains only", board, years, own_overall,
           _FOOTER)  # fmt: skip
    hidden = _sheet(book, "2025 Pillar Summary (ICB PC)",
                    "2025 DMA: ICB Response Data (Primary Care)", "DMA Pillar Scores",
                    board, _PRIMARY_CARE, primary, _FOOTER)  # fmt: skip
    hidden.sheet_state = "hidden"
    write_workbook(path, book)


def _setting_names() -> dict[str, str]:
    return {setting.id: setting.names[0] for setting in load("dma_2025").settings}


def _tenth(score: float) -> float:
    """Rounded half up to one decimal."""
    return float(np.floor(score * 10 + 0.5) / 10)


def _introduction(book: Workbook) -> None:
    """The cover sheet; its published name ends in a blank."""
    sheet = book.worksheets[0]
    sheet.title = "Introduction "
    for row, text in (
        (6, "Digital Maturity Assessment 2025"),
        (7, "Demo data in the layout of the published report"),
        (11, "Introduction"),
        (12, "Every organisation and every score in this workbook is invented. It shows how the "
             "published workbook is read; it says nothing about any real organisation."),
    ):  # fmt: skip
        sheet.cell(row, _FIRST_COLUMN, text)


def _sheet(
    book: Workbook,
    title: str,
    heading: str,
    scores_heading: str,
    who: Sequence[str],
    scores: Sequence[str],
    rows: pd.DataFrame,
    footer: Sequence[str],
) -> Worksheet:
    """One results sheet: title in row 2, headings in row 11, data below, then the footer."""
    sheet = book.create_sheet(title)
    sheet.cell(2, _FIRST_COLUMN, heading)
    sheet.cell(9, _FIRST_COLUMN, "Demo data")
    sheet.cell(10, _FIRST_COLUMN, "Organisation Details")
    sheet.cell(10, _FIRST_COLUMN + len(who), scores_heading)
    for column, name in enumerate([*who, *scores], start=_FIRST_COLUMN):
        sheet.cell(11, column, name)
    for row, values in enumerate(rows.itertuples(index=False), start=_FIRST_ROW):
        for column, value in enumerate(values, start=_FIRST_COLUMN):
            sheet.cell(row, column, value)
    for row, text in enumerate(footer, start=_FIRST_ROW + len(rows) + 1):
        sheet.cell(row, _FIRST_COLUMN, text or None)
    return sheet


def write_template(path: Path, scores: np.ndarray, design: Design, assessed_by: str) -> None:
    """Pillar scores of 2023 in the layout of the returns template, as a workbook.

    Args:
        scores: shape (returns, 7).
        assessed_by: self or moderated.
    """
    who = design.roster[["provider_code", "provider_name", "care_setting"]]
    long = who.join(pd.DataFrame(scores, columns=list(PILLARS))).melt(
        list(who.columns), var_name="construct", value_name="score"
    )
    table = (
        long.assign(round=2023, level="pillar", assessed_by=assessed_by)
        .sort_values(["provider_code", "care_setting"], kind="stable")
        .loc[:, [*_TEMPLATE]]
    )
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "returns"
    sheet.append(list(_TEMPLATE))
    for row in table.itertuples(index=False):
        sheet.append(list(row))
    write_workbook(path, book)
