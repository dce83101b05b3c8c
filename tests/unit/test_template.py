"""Our own template: empty ones to fill in, filled ones to read."""

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ics_maturity.errors import InputError
from ics_maturity.readers.template import FIELDS, template_dictionary, write_template
from ics_maturity.returns import ASSESSORS, LEVELS, QualityLog
from return_files import read, template_rows, write_book, write_csv, write_layout


def test_csv_and_workbook_give_the_same(tmp_path: Path) -> None:
    as_csv = read(write_layout(tmp_path, "template"), "template").returns
    book = write_book(tmp_path / "a.xlsx", {"notes": [["anything"]], "returns": template_rows()})
    as_book = read(book, "template").returns
    plain = ["source_locator"]
    assert as_book.drop(columns=plain).equals(as_csv.drop(columns=plain))
    assert as_csv["source_locator"].iloc[0] == "row 2 column 7"
    assert as_book["source_locator"].iloc[0] == "sheet 'returns' G2"


def test_numbers_may_be_typed_as_numbers(tmp_path: Path) -> None:
    grid = template_rows()
    for row in grid[1:]:
        row[0], row[6] = 2023, float(str(row[6]))
    book = write_book(tmp_path / "a.xlsx", {"returns": grid})
    assert read(book, "template").returns["score"].tolist() == [2.5, 2.5, 2.25, 2.25] * 2


def test_the_scale_is_the_instruments(tmp_path: Path) -> None:
    returns = read(write_layout(tmp_path, "template"), "template").returns
    assert set(returns["scale_min"]) == {1.0}
    assert set(returns["scale_max"]) == {5.0}
    assert set(returns["assessed_by"]) == set(ASSESSORS)


def filled(**changes: object) -> list[list[object]]:
    """A template with every column and one row."""
    row = {field.name: field.example for field in FIELDS} | changes
    return [list(row), list(row.values())]


def test_the_examples_of_the_dictionary_are_valid(tmp_path: Path) -> None:
    returns = read(write_csv(tmp_path / "a.csv", filled()), "template").returns
    assert returns.iloc[0]["ics_code"] == "QWE"


def test_a_round_without_an_instrument_needs_its_scale(tmp_path: Path) -> None:
    log = QualityLog()
    new = filled(round="2030", construct="my_measure", scale_min="0", scale_max="10", score="7")
    result = read(write_csv(tmp_path / "a.csv", new), "template", log, round=2030)
    assert result.returns["scale_max"].tolist() == [10.0]
    assert "instrument_unknown" in set(log.frame()["kind"])
    lacking = filled(round="2030", construct="my_measure", scale_min="", scale_max="10", score="7")
    with pytest.raises(InputError, match="scale_min"):
        read(write_csv(tmp_path / "b.csv", lacking), "template", round=2030)


def test_a_scale_that_is_not_the_instruments_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the scale of 2023"):
        read(write_csv(tmp_path / "a.csv", filled(scale_max="7")), "template")


def test_the_profile_may_say_who_assessed(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", filled(assessed_by=""))
    assert read(path, "template", assessed_by="moderated").returns["assessed_by"].tolist() == [
        "moderated"
    ]
    with pytest.raises(InputError, match="self or moderated"):
        read(path, "template")


def test_items_come_apart_from_other_levels(tmp_path: Path) -> None:
    grid = filled(round="2016", level="item", construct="2016.a1", score="75", scale_min="",
                  scale_max="", care_setting="all")  # fmt: skip
    section = dict(zip(grid[0], grid[1], strict=True)) | {
        "level": "section", "construct": "leadership"
    }  # fmt: skip
    grid.append(list(section.values()))
    result = read(write_csv(tmp_path / "a.csv", grid), "template", round=2016)
    assert result.items["construct"].tolist() == ["2016.a1"]
    assert result.returns["construct"].tolist() == ["leadership"]


def test_published_spellings_of_settings_are_understood(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", filled(care_setting="Mental Health"))
    assert read(path, "template").returns["care_setting"].tolist() == ["mental_health"]


def test_impossible_means_are_noted_for_2025(tmp_path: Path) -> None:
    log = QualityLog()
    path = write_csv(tmp_path / "a.csv", filled(round="2025", score="2.1"))
    assert read(path, "template", log, round=2025).returns["score"].tolist() == [2.1]
    assert log.frame()["kind"].tolist() == ["off_lattice"]


@pytest.mark.parametrize("name", ["template.csv", "template.xlsx"])
def test_an_empty_template_only_lacks_rows(name: str, tmp_path: Path) -> None:
    written = write_template(tmp_path / "new" / name)
    assert all(path.is_file() for path in written)
    with pytest.raises(InputError, match="rows of"):
        read(written[0], "template")
    with pytest.raises(InputError, match="a new file name"):
        write_template(tmp_path / "new" / name)


def test_a_filled_in_workbook_template_can_be_read(tmp_path: Path) -> None:
    (path,) = write_template(tmp_path / "template.xlsx")
    book = openpyxl.load_workbook(path)
    book["returns"].append([field.example for field in FIELDS])
    book.save(path)
    assert read(path, "template").returns["provider_name"].tolist() == ["EXAMPLE NHS TRUST"]


def test_templates_carry_their_dictionary(tmp_path: Path) -> None:
    _, schema = write_template(tmp_path / "template.csv")
    assert json.loads(schema.read_text()) == template_dictionary()
    (book,) = write_template(tmp_path / "template.xlsx")
    columns = pd.read_excel(book, sheet_name="columns")
    assert columns["column"].tolist() == [field.name for field in FIELDS]
    assert columns["meaning"].notna().all()
    rules = openpyxl.load_workbook(book)["returns"].data_validations.dataValidation
    assert [rule.formula1 for rule in rules] == [
        f'"{",".join(LEVELS)}"',
        f'"{",".join(ASSESSORS)}"',
    ]


def test_no_cell_of_a_workbook_template_is_a_formula(tmp_path: Path) -> None:
    (path,) = write_template(tmp_path / "template.xlsx")
    cells = [cell for sheet in openpyxl.load_workbook(path) for row in sheet for cell in row]
    assert len(cells) > 50
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]


def test_only_csv_and_xlsx_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ending in"):
        write_template(tmp_path / "template.ods")


# What people do to spreadsheets


def logged(log: QualityLog) -> dict[str, list[str]]:
    """Values by kind of entry."""
    frame = log.frame()
    return {kind: list(rows["value"]) for kind, rows in frame.groupby("kind")}


def test_untidiness_without_doubt_is_read_and_logged(tmp_path: Path) -> None:
    grid = template_rows()
    tidy = read(write_csv(tmp_path / "tidy.csv", grid), "template").returns
    for row in grid[1:]:
        row[1] = str(row[1]).lower()
    untidy = [["Digital maturity, final"], [], *grid[:5], [], *grid[5:], [], ["", "Source: us"]]
    log = QualityLog()
    book = write_book(tmp_path / "untidy.xlsx", {"Sheet1": untidy})
    found = read(book, "template", log).returns
    assert found.drop(columns="source_locator").equals(tidy.drop(columns="source_locator"))
    kinds = logged(log)
    assert kinds["above_header"] == ["Digital maturity, final"]
    assert kinds["remark"] == ["Source: us"]
    assert kinds["code_case"] == ["raa", "rbb"]
    assert kinds["number_as_text"] == ["2.5"]
    assert len(kinds["blank_row"]) == 2


def test_a_tidy_file_leaves_no_entry(tmp_path: Path) -> None:
    log = QualityLog()
    read(write_csv(tmp_path / "a.csv", template_rows()), "template", log)
    assert log.frame().empty


def test_a_merged_cell_is_refused_with_what_to_do(tmp_path: Path) -> None:
    grid = template_rows()
    name = grid[0].index("provider_name")
    grid[2][name] = ""  # what a workbook stores for all but the first cell of a merged range
    book = write_book(tmp_path / "a.xlsx", {"returns": grid})
    with pytest.raises(InputError) as raised:
        read(book, "template")
    (problem,) = raised.value.problems
    assert (problem.sheet, problem.row, problem.column) == ("returns", 3, "provider_name")
    assert "merged cell counts for its first row only" in problem.fix


def test_a_look_alike_letter_is_no_small_letter(tmp_path: Path) -> None:
    for code in ("r\u0430a", "\u00df1"):  # a Cyrillic letter; a letter whose capital is two
        with pytest.raises(InputError, match="letters and digits"):
            read(write_csv(tmp_path / "a.csv", filled(provider_code=code)), "template")


def test_a_remark_beside_a_score_is_no_remark(tmp_path: Path) -> None:
    grid = [*template_rows(), ["", "", "Mean of all", "", "", "", "2.4", ""]]
    with pytest.raises(InputError) as raised:
        read(write_csv(tmp_path / "a.csv", grid), "template")
    (problem,) = raised.value.problems
    assert (problem.row, problem.value) == (10, "Mean of all 2.4")
    assert problem.column == "round, care_setting, level, construct"
    assert "clear the row" in problem.fix


def test_scores_on_two_sheets_are_refused_and_a_cover_is_logged(tmp_path: Path) -> None:
    log = QualityLog()
    cover = write_book(tmp_path / "a.xlsx", {"Cover": [["Ours"]], "returns": template_rows()})
    read(cover, "template", log)
    entries = log.frame()
    assert list(entries.loc[entries["kind"] == "sheet_not_read", "sheet"]) == ["Cover"]
    sheets = {"self": template_rows(), "moderated": template_rows()}
    with pytest.raises(InputError, match=r"self, moderated.*scores on one sheet"):
        read(write_book(tmp_path / "b.xlsx", sheets), "template")
