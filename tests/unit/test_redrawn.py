"""Borders, places and tiles of the map of 2026, from a small map whose redrawing is plain."""

from pathlib import Path

import pandas as pd
import pytest

from ics_maturity.errors import InputError
from ics_maturity.redrawn import on_map_of_2026
from ics_maturity.reference import load_reference
from ics_maturity.reference_tables import TABLES, Reference


def reference(changes: list[tuple[str, str, int, str]], border: list[tuple[str, str]]) -> Reference:
    """A reference of which only what is redrawn is filled: A, B, C, D in a row."""
    empty = {name: pd.DataFrame() for name in Reference.__dataclass_fields__}
    codes = ["A", "B", "C", "D"]
    return Reference(
        **empty
        | {
            "boundary_changes": pd.DataFrame(
                changes, columns=["ics_code_2022", "ics_code_2026", "providers", "kind"]
            ),
            "adjacency": pd.DataFrame(border, columns=["ics_code_a", "ics_code_b"]),
            "centroids": pd.DataFrame(
                {"ics_code": codes, "x": [0.0, 3.0, 6.0, 9.0], "y": [1.0, 1.0, 2.0, 2.0]}
            ),
            "tiles": pd.DataFrame(
                {"ics_code": codes, "tile_row": [0, 0, 0, 0], "tile_column": [0, 1, 2, 3]}
            ),
        }
    )


ROW = [("A", "B"), ("B", "C"), ("C", "D")]


def pairs(redrawn: Reference) -> set[tuple[str, str]]:
    table = redrawn.adjacency[["ics_code_a", "ics_code_b"]]
    return set(table.itertuples(index=False, name=None))


def test_a_merged_system_borders_what_its_parts_bordered() -> None:
    changes = [("A", "N", 1, "merged"), ("B", "N", 2, "merged"), ("C", "C", 1, "unchanged"),
               ("D", "D", 1, "unchanged")]  # fmt: skip
    new = on_map_of_2026(reference(changes, ROW))
    assert pairs(new) == {("C", "N"), ("C", "D")}
    place = new.centroids.set_index("ics_code").loc["N"]
    assert (place["x"], place["y"]) == (2.0, 1.0), "two of its three providers are in B"
    tiles = new.tiles.set_index("ics_code")["tile_column"].to_dict()
    assert tiles == {"N": 1, "C": 2, "D": 3}, "in the place of the part with more providers"


def test_parts_of_a_divided_system_border_each_other_and_get_tiles_of_their_own() -> None:
    changes = [("A", "M", 1, "merged"), ("B", "M", 1, "split"), ("B", "P", 4, "split"),
               ("C", "P", 3, "merged"), ("D", "D", 1, "unchanged")]  # fmt: skip
    new = on_map_of_2026(reference(changes, ROW))
    assert pairs(new) == {("M", "P"), ("D", "P")}
    assert new.tiles.set_index("ics_code")["tile_column"].to_dict() == {"M": 0, "P": 1, "D": 3}


def test_a_trust_that_moved_moves_no_ground() -> None:
    changes = [("A", "A", 3, "unchanged"), ("B", "B", 2, "unchanged"), ("C", "C", 1, "unchanged"),
               ("D", "D", 1, "unchanged"), ("A", "D", 1, "trust_moved")]  # fmt: skip
    new = on_map_of_2026(reference(changes, ROW))
    assert pairs(new) == set(ROW)


def test_a_system_without_a_tile_is_an_error() -> None:
    changes = [("A", "M", 1, "split"), ("A", "P", 1, "split"), ("B", "B", 1, "unchanged")]
    with pytest.raises(InputError, match="a tile for each system of 2026"):
        on_map_of_2026(reference(changes, ROW))


@pytest.mark.parametrize("folder", ["data/raw/reference", "data/raw/demo/reference"])
def test_the_committed_maps_can_be_redrawn(folder: str, root: Path) -> None:
    given = load_reference(root / folder)
    new = on_map_of_2026(given)
    codes = set(given.systems.loc[given.systems["vintage"] == 2026, "ics_code"])
    bordering = set(new.adjacency["ics_code_a"]) | set(new.adjacency["ics_code_b"])
    islands = codes - bordering
    assert bordering <= codes
    assert not islands
    assert set(new.tiles["ics_code"]) == codes
    assert not new.tiles.duplicated(["tile_row", "tile_column"]).any()
    if len(new.centroids):
        assert set(new.centroids["ics_code"]) == codes
    for name in ("adjacency", "centroids", "tiles"):
        assert set(getattr(new, name).columns) <= set(TABLES[name].fields)
