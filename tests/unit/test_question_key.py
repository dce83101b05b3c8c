"""The question key: matched by number, not by position."""

from pathlib import Path

from ics_maturity.returns import QualityLog
from return_files import question_key, read, write_book


def test_questions_match_by_number(tmp_path: Path) -> None:
    log = QualityLog()
    path = write_book(tmp_path / "key.xlsx", {"Sheet1": question_key()})
    match = read(path, "question_key", log).item_match
    assert match is not None
    assert match.to_numpy().tolist() == [
        ["2016.a1", "2017.y1", "strategic_alignment", "readiness", True],
        ["2016.a3", "2017.y3", "strategic_alignment", "readiness", False],
        ["2016.a16", "2017.y19", "governance", "readiness", True],
    ]
    (entry,) = log.frame().query("kind == 'question_without_match'").itertuples()
    assert (entry.column, entry.value) == ("2016.a21", "z1")


def test_a_listing_out_of_step_changes_nothing_and_is_noted(tmp_path: Path) -> None:
    grid = question_key()
    straight = read(write_book(tmp_path / "a.xlsx", {"S": grid}), "question_key").item_match
    grid[4][1:4] = ["", "x1", "x3"]
    log = QualityLog()
    slipped = read(write_book(tmp_path / "b.xlsx", {"S": grid}), "question_key", log).item_match
    assert straight is not None
    assert straight.equals(slipped)
    found = log.frame().query("kind == 'key_out_of_step'")
    assert found["value"].tolist() == ["x1 beside y3", "x3 beside y19"]
