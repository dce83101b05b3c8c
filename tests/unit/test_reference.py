"""The reference folder: read whole, checked whole, every fault named."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from ics_maturity.errors import InputError
from ics_maturity.reference import load_reference
from ics_maturity.reference_tables import TABLES, table_schema


@pytest.fixture
def committed(root: Path) -> Path:
    return root / "data" / "raw" / "reference"


@pytest.fixture
def folder(committed: Path, tmp_path: Path) -> Path:
    """A copy of the committed folder, free to spoil."""
    return Path(shutil.copytree(committed, tmp_path / "reference"))


def spoil(folder: Path, name: str, old: str, new: str) -> None:
    """Replace a text that stands in the table, once."""
    path = folder / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_reference(folder)
    return str(caught.value)


def test_the_committed_folder_is_sound(committed: Path) -> None:
    reference = load_reference(committed)
    assert reference.systems.groupby("vintage").size().to_dict() == {2022: 42, 2026: 36}
    assert len(reference.providers) == 204
    assert len(reference.adjacency) == 103
    assert reference.providers["ics_code"].nunique() == 42
    assert reference.providers["ics_code_2026"].nunique() == 36
    organisations = reference.successions.drop_duplicates(["round", "code_returned"])
    assert organisations.groupby("round").size().to_dict() == {2016: 239, 2017: 232}
    assert reference.sizes.empty  # no file of the register holds them
    for name in set(TABLES) - {"sizes"}:
        assert (getattr(reference, name)["source"] != "").all(), name


def test_numbers_are_numbers_and_codes_are_text(committed: Path) -> None:
    reference = load_reference(committed)
    assert reference.rurality["rural_share"].dtype == "float64"
    assert reference.tiles["tile_row"].dtype == "int64"
    assert isinstance(reference.providers["provider_code"].dtype, pd.StringDtype)


def test_optional_tables_may_be_absent(folder: Path) -> None:
    (folder / "centroids.csv").unlink()
    (folder / "rurality_2026.csv").unlink()
    reference = load_reference(folder)
    assert reference.centroids.empty
    assert list(reference.rurality_2026.columns) == list(TABLES["rurality_2026"].fields)


def test_a_byte_order_mark_is_no_fault(folder: Path) -> None:
    path = folder / "tiles.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(load_reference(folder).tiles) == 42


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("systems", "short_name", "shortname", "file systems.csv, row 1: found 'vintage"),
        ("systems", "2022,QE1", "2023,QE1", "row 2, column vintage: found '2023'; expected 2022"),
        ("providers", "RNZ", "rnz", "column provider_code: found 'rnz'"),
        ("providers", "SALISBURY NHS", "=SALISBURY NHS", "does not start with = + - @"),
        ("providers", "1994-04-01", "1994-02-30", "1994-02-30"),
        ("providers", "NHS FOUNDATION TRUST,QOX", "NHS FOUNDATION TRUST,QZZ", "'QZZ'"),
        ("rurality", "ruc2011,", "ruc2001,", "expected one of ruc2021, ruc2011"),
        ("adjacency", "QE1,QOP", "QE1,QE1", "expected two different systems"),
        ("adjacency", "QE1,QOP,", "QE1,QOP,,", "4 cells"),
        ("tiles", "QHM,0,2", "QHM,1,1", "one system per tile"),
        ("tiles", "QHM,0,2", "QHM,top,2", "found 'top'; expected a whole number"),
        ("tiles", "QHM,", "QWO,", "one row per ics_code"),
        ("successions", "R0A,0.25,split", "R0A,0.35,split", "found '1.1 for RW6 of 2016'"),
        ("successions", "R0A,0.25,split", "R9Z,0.25,split", "'R9Z'"),
        ("successions", ",none,", ",same,", "a provider_code, or kind none with a reason"),
        ("successions", ",corrected,", ",wrong,", "expected one of same, recoded, merged"),
        ("incentives", "2016-09-07", "2016-09-31", "'2016-09-31'"),
        ("incentives", ",no_record,", ",no_epr,", "expected one of funding_at_stake"),
        ("boundary_changes", "QH8,D7T5G", "QH8,D7T5H", "a system of vintage 2026"),
    ],
)
def test_each_fault_is_named(folder: Path, name: str, old: str, new: str, said: str) -> None:
    spoil(folder, name, old, new)
    message = faults(folder)
    assert said in message
    assert f"{name}.csv" in message


def test_a_share_that_its_populations_deny_is_a_fault(folder: Path) -> None:
    path = folder / "rurality.csv"
    table = pd.read_csv(path)
    table.loc[0, "rural_share"] += 0.01
    table.to_csv(path, index=False)
    assert "rural_population / population" in faults(folder)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("2016,R1A,0,beds,counted", "expected a size above 0"),
        ("2016,R1A,5,beds,counted\n2016,R1C,9,staff,counted", "expected one unit per round"),
        ("2016,R1A,many,beds,counted", "found 'many'; expected a number above 0"),
    ],
)
def test_sizes_that_cannot_weigh_organisations_are_faults(
    folder: Path, rows: str, said: str
) -> None:
    header = ",".join(TABLES["sizes"].fields)
    (folder / "sizes.csv").write_text(f"{header}\n{rows}\n", encoding="utf-8")
    message = faults(folder)
    assert said in message
    assert "sizes.csv" in message


@pytest.mark.parametrize(("name", "said"), [("tiles", "a tile"), ("rurality", "a share by ruc20")])
def test_a_system_left_out_is_a_fault(folder: Path, name: str, said: str) -> None:
    path = folder / f"{name}.csv"
    table = pd.read_csv(path)
    table[table["ics_code"] != "QT6"].to_csv(path, index=False)
    message = faults(folder)
    assert said in message
    assert "none for QT6" in message


def test_an_island_is_a_fault(folder: Path) -> None:
    path = folder / "adjacency.csv"
    table = pd.read_csv(path)
    touches = (table["ics_code_a"] == "QT6") | (table["ics_code_b"] == "QT6")
    table[~touches].to_csv(path, index=False)
    assert "found 'none for QT6'; expected a neighbour for every system" in faults(folder)


def test_a_missing_table_and_a_wrong_encoding_are_named_together(folder: Path) -> None:
    (folder / "tiles.csv").unlink()
    path = folder / "systems.csv"
    path.write_bytes(path.read_bytes().replace(b"Sussex", b"S\xfcssex", 1))
    message = faults(folder)
    assert "file tiles.csv" in message
    assert "file systems.csv: found ''utf-8' codec" in message


def test_an_empty_file_is_named(folder: Path) -> None:
    (folder / "tiles.csv").write_text("", encoding="utf-8")
    assert "file tiles.csv, row 1: found 'an empty file'" in faults(folder)


def test_every_column_has_a_dictionary_entry() -> None:
    for name, table in TABLES.items():
        schema = table_schema(name)
        assert [field["name"] for field in schema["fields"]] == list(table.fields)
        assert all(field["description"] for field in schema["fields"])
        assert set(schema["primaryKey"]) <= set(table.fields)
