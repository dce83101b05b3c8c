"""The 2024/25 results workbook: found by headings, bounded by its footer."""

from pathlib import Path

import pytest

from ics_maturity.errors import InputError
from ics_maturity.returns import QualityLog
from return_files import read, results_workbook, write_book, write_layout

PILLARS = "SC - 2025 Pillar Summary"
OVERALL = "SC - 24 vs 25 Overall DMA"


def test_pillars_of_one_round_and_overall_scores_of_two(tmp_path: Path) -> None:
    result = read(write_layout(tmp_path, "dma_workbook"), "dma_workbook")
    counts = result.returns.groupby(["round", "level"]).size().to_dict()
    assert counts == {(2025, "pillar"): 21, (2025, "overall"): 3, (2024, "overall"): 3}
    assert set(result.returns.query("level == 'overall'")["construct"]) == {"overall_comparable"}
    assert set(result.returns["care_setting"]) == {"acute", "community", "mental_health"}
    assert set(result.returns["provider_code_returned"]) == {""}
    assert len(result.items) == 0


def test_scores_and_cells_are_those_of_the_workbook(tmp_path: Path) -> None:
    returns = read(write_layout(tmp_path, "dma_workbook"), "dma_workbook").returns
    pillar = returns.query("construct == 'ensure_smart_foundations'").iloc[2]
    assert (pillar["provider_name"], pillar["score"]) == ("BETA NHS TRUST", 2.4)
    assert pillar["source_locator"] == f"sheet '{PILLARS}' G7"
    earlier = returns.query("round == 2024").iloc[0]
    assert earlier["score"] == pytest.approx(69 / 28, abs=1e-14)  # 16 digits are stored
    assert earlier["source_locator"] == f"sheet '{OVERALL}' G5"


def test_places_say_where_the_workbook_puts_each_provider(tmp_path: Path) -> None:
    places = read(write_layout(tmp_path, "dma_workbook"), "dma_workbook").places
    assert places is not None
    assert places["provider_name"].tolist() == ["ALPHA NHS TRUST", "BETA NHS TRUST"]
    assert set(places["ics_name"]) == {"NHS EXAMPLE INTEGRATED CARE BOARD"}


def test_position_of_the_table_does_not_matter(tmp_path: Path) -> None:
    plain = ["source_locator"]
    usual = read(write_layout(tmp_path, "dma_workbook"), "dma_workbook").returns
    book = results_workbook()
    for name in (PILLARS, OVERALL):
        book[name] = [[]] * 20 + [["", "", *row] for row in book[name]]
        book[f" {name}!"] = book.pop(name)
    moved = read(write_book(tmp_path / "moved.xlsx", book), "dma_workbook").returns
    assert moved.drop(columns=plain).equals(usual.drop(columns=plain))
    assert (moved["source_locator"] != usual["source_locator"]).all()


def test_boards_own_returns_are_left_out_and_noted(tmp_path: Path) -> None:
    log = QualityLog()
    result = read(write_layout(tmp_path, "dma_workbook"), "dma_workbook", log)
    (entry,) = log.frame().query("kind == 'boards_own_returns'").itertuples()
    assert (entry.sheet, entry.value) == ("ICB - 2025 Pillar Summary", "1 rows")
    assert not result.returns["source_locator"].str.contains("ICB").any()


def test_text_and_rows_are_counted_against_each_other(tmp_path: Path) -> None:
    book = results_workbook()
    book["Introduction "][1][1] = "In scope: \n- 3 NHS Trusts \n- 1 Integrated Care Boards"
    log = QualityLog()
    read(write_book(tmp_path / "book.xlsx", book), "dma_workbook", log)
    (entry,) = log.frame().query("kind == 'count_differs'").itertuples()
    assert (entry.value, entry.row) == ("3 said, 2 found", 2)


def test_footers_of_several_cells_are_footers(tmp_path: Path) -> None:
    book = results_workbook()
    book[PILLARS].append(["", "1)", "Scores are rounded."])
    log = QualityLog()
    result = read(write_book(tmp_path / "book.xlsx", book), "dma_workbook", log)
    assert len(result.returns) == 27
    assert "1) | Scores are rounded." in log.frame().query("kind == 'footer'")["value"].tolist()


def test_a_workbook_without_overall_scores_is_read_and_noted(tmp_path: Path) -> None:
    book = results_workbook()
    del book[OVERALL]
    log = QualityLog()
    result = read(write_book(tmp_path / "book.xlsx", book), "dma_workbook", log)
    assert set(result.returns["level"]) == {"pillar"}
    assert "sheet_missing" in set(log.frame()["kind"])


def test_who_assessed_can_be_said_for_the_file(tmp_path: Path) -> None:
    path = write_layout(tmp_path, "dma_workbook")
    assert set(read(path, "dma_workbook").returns["assessed_by"]) == {"self"}
    moderated = read(path, "dma_workbook", assessed_by="moderated").returns
    assert set(moderated["assessed_by"]) == {"moderated"}


def test_a_round_without_pillars_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="an assessment with pillars"):
        read(write_layout(tmp_path, "dma_workbook"), "dma_workbook", round=2017)
