"""From return files to processed tables: nothing lost unsaid, everything written."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import return_files
from ics_maturity.clean import clean
from ics_maturity.errors import InputError
from ics_maturity.page import read_table
from ics_maturity.profiles import Profile, ReturnFile
from ics_maturity.report.plan import CLEANED
from ics_maturity.returns import validate
from small_reference import write_reference

KEY = "dma_2016_published_scores"
ALL = ("dma_2016_answers", KEY, "dma_2017_scores", "question_key", "dma_workbook", "template")


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two systems, two providers, and one that merged into the second."""
    return write_reference(tmp_path_factory.mktemp("reference"))


def profile(folder: Path, reference: Path, layouts: tuple[str, ...] = ALL) -> Profile:
    """A profile of valid files, one of each layout named."""
    files = []
    for layout in layouts:
        path = return_files.write_layout(folder, layout)
        year = None if layout == "question_key" else return_files.ROUNDS[layout]
        files.append(ReturnFile(path, f"rounds/{path.name}", layout, year, layout))  # type: ignore[arg-type]
    return Profile(
        name="own", label="Test", banner="", file_suffix="", returns=files,
        described=folder / "profile.yaml", reference=reference, raw=folder,
        published=folder / "none", processed=folder / "processed", reports=folder / "reports",
    )  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, reference: Path) -> Profile:
    return profile(tmp_path_factory.mktemp("returns"), reference)


@pytest.fixture(scope="module")
def cleaned(whole: Profile):
    return clean(whole)


def test_every_round_is_read_and_the_key_is_no_second_set_of_returns(cleaned) -> None:
    validate(cleaned.returns)
    validate(cleaned.items)
    held = cleaned.returns.groupby("round")["level"].agg(set).to_dict()
    assert held == {
        2016: {"section", "theme"}, 2017: {"section", "theme"}, 2023: {"pillar"},
        2024: {"overall"}, 2025: {"overall", "pillar"},
    }  # fmt: skip
    assert set(cleaned.items["round"]) == {2016, 2017}
    assert KEY not in set(cleaned.returns["source_id"])
    files = cleaned.files.set_index("layout")
    assert list(files.index) == list(ALL)
    assert files.loc["dma_2016_answers", "score_rows"] == files.loc[KEY, "score_rows"]
    assert files.loc["question_key", ["score_rows", "item_rows"]].tolist() == [0, 0]
    assert pd.isna(files.loc["question_key", "round"])
    not_key = files.drop(KEY)
    assert not_key["score_rows"].sum() == len(cleaned.returns)
    assert not_key["item_rows"].sum() == len(cleaned.items)


def test_scores_computed_again_stand_beside_the_published_ones(cleaned) -> None:
    compared = cleaned.compared
    assert compared["organisation"].nunique() == 3
    assert len(compared) == 3 * 16  # 13 sections and 3 themes
    assert compared["equal"].all()


def test_a_score_that_the_answers_do_not_give_is_shown(reference: Path, tmp_path: Path) -> None:
    chosen = profile(tmp_path, reference, ("dma_2016_answers", KEY))
    grid = return_files.published_2016()
    at = return_files.column(grid, "readiness")
    grid[2][at] = str(int(grid[2][at]) + 1)
    return_files.write_csv(chosen.returns[1].path, grid)
    compared = clean(chosen).compared
    wrong = compared[~compared["equal"].eq(True)]
    assert wrong[["organisation", "construct"]].to_numpy().tolist() == [["RBB", "readiness"]]
    assert wrong["published"].iloc[0] == wrong["recomputed"].iloc[0] + 1


def test_organisations_reach_their_provider_and_system(cleaned) -> None:
    returns = cleaned.returns
    early = returns[(returns["round"] == 2016) & (returns["provider_code_returned"] == "RCC")]
    assert set(early["provider_code"]) == {"RBB"}
    places = dict(zip(returns["provider_code"], returns["ics_code"], strict=True))
    assert places == {"RAA": "QA1", "RBB": "QB2"}
    assert set(cleaned.items.loc[cleaned.items["provider_code_returned"] == "RCC",
                                 "provider_code"]) == {"RBB"}  # fmt: skip
    assert cleaned.links["accounted"].all()
    ended = cleaned.links.set_index(["round", "code_returned"])["kind"]
    assert (ended[2016, "RCC"], ended[2016, "RAA"]) == ("merged", "same")


def test_the_map_of_systems_can_be_the_later_one(whole: Profile, cleaned) -> None:
    later = clean(whole, vintage=2026)
    assert set(later.returns["ics_code"]) == {"QNEW"}
    assert later.vintage == 2026
    assert len(later.returns) == len(cleaned.returns)


def test_an_unknown_organisation_is_set_aside_and_said_so_once(
    reference: Path, tmp_path: Path
) -> None:
    chosen = profile(tmp_path, reference, ("dma_2016_answers",))
    grid = return_files.answers_2016()
    grid[1][:2] = ["DELTA NHS TRUST", "RDD"]
    return_files.write_csv(chosen.returns[0].path, grid)
    cleaned = clean(chosen)
    assert "RDD" not in set(cleaned.returns["provider_code_returned"])
    assert "RDD" not in set(cleaned.items["provider_code_returned"])
    log = cleaned.log.frame()
    entry = log[log["severity"] == "quarantined"]
    assert entry["provider_code"].tolist() == ["RDD"]
    lost = cleaned.links[~cleaned.links["accounted"]]
    assert lost["code_returned"].tolist() == ["RDD"]


def test_the_same_scores_in_two_files_are_refused(reference: Path, tmp_path: Path) -> None:
    chosen = profile(tmp_path, reference, ("template",))
    again = replace(chosen.returns[0], source_id="another")
    with pytest.raises(InputError) as caught:
        clean(replace(chosen, returns=[*chosen.returns, again]))
    message = str(caught.value)
    assert "another and template" in message
    assert "2023" in message
    assert "profile.yaml" in message


def test_moderated_scores_in_a_second_file_are_no_repetition(
    reference: Path, tmp_path: Path
) -> None:
    chosen = profile(tmp_path, reference, ("dma_workbook",))
    files = [replace(chosen.returns[0], source_id=by, assessed_by=by)
             for by in ("self", "moderated")]  # fmt: skip
    cleaned = clean(replace(chosen, returns=files))
    counts = cleaned.returns["assessed_by"].value_counts()
    assert counts["self"] == counts["moderated"]


def test_an_absent_file_is_found_before_anything_is_read(reference: Path, tmp_path: Path) -> None:
    chosen = profile(tmp_path, reference, ("template", "dma_workbook"))
    chosen.returns[1].path.unlink()
    chosen.returns[0].path.write_text("not to be read", encoding="utf-8")
    with pytest.raises(InputError, match=r"rounds/results\.xlsx") as caught:
        clean(chosen)
    assert "template" not in str(caught.value)


def test_pillars_show_what_lies_behind_their_rounding(cleaned) -> None:
    lattice = cleaned.lattice
    assert set(lattice["round"]) == {2023, 2025}
    assert len(lattice) == (cleaned.returns["level"] == "pillar").sum()
    known = lattice[(lattice["round"] == 2025) & (lattice["construct"] == "well_led")]
    assert set(known["status"]) == {"exact"}
    # 2023 is published without a number of domains.
    assert set(lattice.loc[lattice["round"] == 2023, "status"]) == {"unknown"}


def test_everything_written_can_be_read_again_as_it_was(cleaned, tmp_path: Path) -> None:
    cleaned.write(tmp_path)
    tables = cleaned.tables()
    assert set(tables) == set(CLEANED)
    for name, (frame, _) in tables.items():
        again = read_table(tmp_path, name)
        pd.testing.assert_frame_equal(
            again, frame.reset_index(drop=True), check_dtype=False, obj=name
        )
    numbers = read_table(tmp_path, "returns").dtypes
    assert (str(numbers["round"]), str(numbers["score"])) == ("int64", "float64")
    assert read_table(tmp_path, "item_match")["verbatim_identical"].dtype == "boolean"
    assert not list(tmp_path.glob("*.part"))


def test_the_data_dictionaries_name_the_columns_in_order(cleaned, tmp_path: Path) -> None:
    cleaned.write(tmp_path)
    for name, (frame, _) in cleaned.tables().items():
        schema = json.loads((tmp_path / f"{name}.schema.json").read_text(encoding="utf-8"))
        assert [field["name"] for field in schema["fields"]] == list(frame.columns), name


def test_writing_again_replaces_what_was_there(cleaned, tmp_path: Path) -> None:
    (tmp_path / "returns.csv").write_text("old", encoding="utf-8")
    cleaned.write(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    cleaned.write(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert first["returns.csv"] != b"old"


def test_what_a_profile_lacks_is_an_empty_table_with_its_columns(
    reference: Path, tmp_path: Path
) -> None:
    cleaned = clean(profile(tmp_path, reference, ("dma_workbook",)))
    cleaned.write(tmp_path / "processed")
    for name in (
        "items",
        "services",
        "item_match",
        "links",
        "incentives",
        "press_statements",
        "sizes",
    ):
        table = read_table(tmp_path / "processed", name)
        assert table.empty, name
        assert len(table.columns) > 2, name
    assert cleaned.compared.empty
    assert "equal" in cleaned.compared
