"""Tidy returns and the quality log."""

from pathlib import Path

import pandas as pd
import pytest

from ics_maturity.errors import InputError, Problem
from ics_maturity.returns import (
    COLUMNS,
    GRAIN,
    RETURNS_DICTIONARY,
    QualityLog,
    empty_returns,
    read_returns,
    sort_returns,
    validate,
    write_returns,
)

ROW = {
    "round": 2025, "provider_code": "RAA", "provider_code_returned": "RAA",
    "provider_name": "ALPHA, \"THE\" TRUST", "ics_code": "QAA", "region": "SOUTH WEST",
    "care_setting": "acute", "level": "pillar", "construct": "well_led", "score": 2.25,
    "scale_min": 1.0, "scale_max": 5.0, "assessed_by": "self", "source_id": "a_file",
    "source_locator": "sheet 'A' F12",
}  # fmt: skip


def frame(*changes: dict) -> pd.DataFrame:
    """Rows that differ from a valid one."""
    return pd.DataFrame([ROW | change for change in changes])


VALID = frame({}, {"construct": "safe_practice", "score": 5.0}, {"care_setting": "community"})


def test_valid_rows_pass_unchanged() -> None:
    assert validate(VALID).equals(VALID)
    assert list(validate(empty_returns()).columns) == list(COLUMNS)


@pytest.mark.parametrize(
    ("column", "value"),
    [("round", 1999), ("provider_code", "r-1"), ("provider_code", "RAA\n"), ("ics_code", "Q 1"),
     ("provider_name", ""), ("provider_name", "=A1"), ("provider_name", "@A1"),
     ("provider_name", "+A1"), ("provider_name", "-A1"), ("provider_name", "A\x07"),
     ("provider_name", "A" * 201), ("region", "x\ny"), ("region", "=A1"),
     ("care_setting", "Mental Health"),
     ("level", "chapter"), ("construct", "Well Led"), ("score", 0.99), ("score", 5.01),
     ("score", float("nan")), ("score", float("inf")), ("scale_max", 1.0),
     ("assessed_by", "board")],
)  # fmt: skip
def test_a_value_that_cannot_be_is_named(column: str, value: object) -> None:
    spoilt = frame({}, {"construct": "safe_practice", column: value})
    with pytest.raises(InputError) as caught:
        validate(spoilt, file="a.csv")
    named = [problem for problem in caught.value.problems if problem.column.startswith(column)]
    assert len(named) == 1
    assert named[0].file == "a.csv"
    assert "sheet 'A' F12" in named[0].column
    assert named[0].fix


def test_every_fault_is_listed() -> None:
    spoilt = frame({"score": 9.0}, {"score": 8.0, "construct": "x"}, {"level": "y"})
    with pytest.raises(InputError) as caught:
        validate(spoilt)
    assert len(caught.value.problems) == 3


def test_one_row_per_fact() -> None:
    with pytest.raises(InputError, match="more than once"):
        validate(frame({}, {"score": 3.0}))
    for name in GRAIN:
        other = {"round": 2024, "care_setting": "community", "level": "theme",
                 "assessed_by": "moderated"}.get(name, "other")  # fmt: skip
        other = other.upper() if name.startswith("provider") else other
        validate(frame({}, {name: other}))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [(lambda f: f.drop(columns="score"), "a column named score"),
     (lambda f: f.assign(extra=1), "only the columns"),
     (lambda f: f[list(COLUMNS)[::-1]], "in the order"),
     (lambda f: f.astype({"score": "str"}), "score to be"),
     (lambda f: f.astype({"round": "float64"}), "round to be")],
)  # fmt: skip
def test_columns_and_types_are_checked(spoil, says: str) -> None:
    with pytest.raises(InputError, match=says):
        validate(spoil(VALID))


def test_files_keep_every_value_and_are_sorted(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "returns.csv"
    precise = frame({"score": 2.130952380952381}, {"construct": "a.b", "score": 1.1 + 1.1 + 0.1})
    write_returns(precise[::-1], path)
    assert read_returns(path).equals(sort_returns(precise))
    first = path.read_bytes()
    write_returns(precise, path)
    assert path.read_bytes() == first
    assert [file.name for file in path.parent.iterdir()] == ["returns.csv"]


def test_a_failed_write_leaves_the_last_good_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "returns.csv"
    write_returns(VALID, path)
    good = path.read_bytes()
    with pytest.raises(InputError):
        write_returns(frame({"score": 9.0}), path)

    def full_disk(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_returns(frame({"score": 2.0}), path)
    assert path.read_bytes() == good
    assert [file.name for file in tmp_path.iterdir()] == ["returns.csv"]


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "UTF-8 CSV"), (b"a,b\n1,2\n", "a column named"), (b"\xff\xfe\x00", "UTF-8 CSV"),
     (b'a,"b\n', "UTF-8 CSV")],
)  # fmt: skip
def test_a_file_of_something_else_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "returns.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        read_returns(path)


def test_a_missing_file_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="01_clean_returns"):
        read_returns(tmp_path / "returns.csv")


def test_a_cell_that_is_no_number_is_named(tmp_path: Path) -> None:
    path = tmp_path / "returns.csv"
    write_returns(VALID, path)
    path.write_text(path.read_text().replace("2.25", "two", 1))
    with pytest.raises(InputError) as caught:
        read_returns(path)
    (problem,) = caught.value.problems
    assert (problem.row, problem.column, problem.value) == (3, "score", "two")


def test_dictionary_describes_every_column() -> None:
    assert [field["name"] for field in RETURNS_DICTIONARY["fields"]] == list(COLUMNS)
    assert all(field["description"] for field in RETURNS_DICTIONARY["fields"])
    assert set(RETURNS_DICTIONARY["primaryKey"]) <= set(COLUMNS)


def test_log_is_sorted_whatever_the_order_of_notes() -> None:
    notes = [("b", {"row": 3, "round": 2017}), ("a", {"row": 12, "round": 2016}), ("c", {}),
             ("a", {"row": 4, "round": 2016, "severity": "quarantined"})]  # fmt: skip
    logs = [QualityLog(), QualityLog()]
    for log, order in zip(logs, (notes, notes[::-1]), strict=True):
        for kind, details in order:
            log.note(kind, "what", **details)
    first, second = (log.frame() for log in logs)
    assert first.equals(second)
    assert first["kind"].tolist() == ["c", "a", "a", "b"]
    assert first["row"].tolist()[1:] == [4, 12, 3]
    assert first["row"].isna().tolist() == [True, False, False, False]
    assert list(first.columns) == list(QualityLog.COLUMNS)
    assert len(logs[0]) == 4


def test_text_in_the_log_is_harmless() -> None:
    log = QualityLog()
    for value in ("=1+1", "@SUM(A1)", "-cmd", "-5", "a\x1b[2J", "x" * 1000):
        log.note("kind", "what", value=value, column=value)
    found = log.frame()
    assert found["value"].tolist() == found["column"].tolist()
    assert set(found["value"]) == {
        "'=1+1", "'@SUM(A1)", "'-cmd", "-5", "a\\x1b[2J", "x" * 299 + "…"
    }  # fmt: skip


def test_empty_log_has_its_columns_and_types() -> None:
    empty, full = QualityLog(), QualityLog()
    full.note("a", "b", row=1, round=2016)
    assert empty.frame().dtypes.equals(full.frame().dtypes)


def test_problem_reads_as_one_paragraph() -> None:
    problem = Problem("a score", file="a.csv", sheet="S", row=3, column="c", value="6", fix="do it")
    assert str(problem) == (
        "file a.csv, sheet S, row 3, column c: found '6'; expected a score. Fix: do it."
    )
    assert str(Problem("a file", fix="is it 'A'?")) == "expected a file. Fix: is it 'A'?"
    assert "\x1b" not in str(Problem("\x1b", fix="\x1b", value="\x1b", column="\x1b"))


def test_long_lists_of_problems_are_cut() -> None:
    error = InputError([Problem(f"thing {i}") for i in range(30)])
    assert len(error.problems) == 30
    assert str(error).count("\n") == 20
    assert "10 more" in str(error)
