"""Rural shares, neighbours, mix and maps."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ics_maturity import geography
from ics_maturity.errors import InputError
from ics_maturity.reference import load_reference
from ics_maturity.reference_tables import RURAL_DEFINITIONS, Reference


@pytest.fixture(scope="module")
def reference(root: Path) -> Reference:
    return load_reference(root / "data" / "raw" / "reference")


@pytest.fixture(scope="module")
def codes(reference: Reference) -> list[str]:
    return list(geography.systems_of(reference).index)


def pairs(*borders: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(borders, columns=["ics_code_a", "ics_code_b"]).assign(source="test")


def test_two_maps_of_systems(reference: Reference) -> None:
    assert len(geography.systems_of(reference)) == 42
    newer = geography.systems_of(reference, 2026)
    assert len(newer) == 36
    assert newer.loc["D7T5G", "short_name"] == "Essex"
    with pytest.raises(InputError, match="the systems of vintage 2021"):
        geography.systems_of(reference, 2021)


@pytest.mark.parametrize("definition", sorted(RURAL_DEFINITIONS))
def test_rural_shares_cover_the_map(
    reference: Reference, codes: list[str], definition: str
) -> None:
    shares = geography.rural_shares(reference, definition)
    assert list(shares.index) == codes
    assert shares.between(0, 1).all()


def test_definitions_differ_as_they_should(reference: Reference) -> None:
    newer = geography.rural_shares(reference)
    sparse = geography.rural_shares(reference, "ruc2011_sparse")
    assert newer.idxmax() == "QT6"
    # Residents by category as published: of Herefordshire and Worcestershire.
    by_category = {"A1": 20192, "C1": 508198, "C2": 1692, "D1": 77956, "D2": 3315, "E1": 164021,
                   "E2": 16311}  # fmt: skip
    sparse_ones = sum(by_category[name] for name in ("C2", "D2", "E2"))
    assert sparse["QGH"] == pytest.approx(sparse_ones / sum(by_category.values()))
    assert sparse[["QOP", "QWU", "QKS"]].max() == 0


def test_rural_shares_of_2026(reference: Reference) -> None:
    shares = geography.rural_shares(reference, vintage=2026)
    assert list(shares.index) == list(geography.systems_of(reference, 2026).index)
    with pytest.raises(InputError, match="held for vintage 2026: ruc2021"):
        geography.rural_shares(reference, "ruc2011", vintage=2026)


def test_terciles_are_equal_and_ordered(reference: Reference) -> None:
    shares = geography.rural_shares(reference)
    groups = geography.rural_terciles(shares)
    assert groups.value_counts().to_dict() == {"urban": 14, "middle": 14, "rural": 14}
    assert shares[groups == "urban"].max() <= shares[groups == "middle"].min()
    assert shares[groups == "middle"].max() <= shares[groups == "rural"].min()
    shuffled = shares.sample(frac=1, random_state=1)
    pd.testing.assert_series_equal(geography.rural_terciles(shuffled), groups)


def test_tied_terciles_are_settled_by_code() -> None:
    groups = geography.rural_terciles(pd.Series(0.0, index=["C", "B", "A"]))
    assert groups.to_dict() == {"A": "urban", "B": "middle", "C": "rural"}


def test_border_weights_of_a_chain() -> None:
    weights = geography.border_weights(pairs(("A", "B"), ("B", "C")), ["A", "B", "C"])
    np.testing.assert_array_equal(weights, [[0, 1, 0], [0.5, 0, 0.5], [0, 1, 0]])


def test_border_weights_take_pairs_once_or_both_ways() -> None:
    once = geography.border_weights(pairs(("A", "B"), ("B", "C")), ["C", "A", "B"])
    both = geography.border_weights(
        pairs(("A", "B"), ("B", "A"), ("C", "B"), ("B", "C")), ["C", "A", "B"]
    )
    pd.testing.assert_frame_equal(once, both)


def test_an_island_is_an_error_that_names_it() -> None:
    with pytest.raises(InputError, match="found 'A'; expected a neighbour"):
        geography.border_weights(pairs(("A", "B"), ("B", "C")), ["A", "C"])


def test_the_real_map_has_no_island(reference: Reference, codes: list[str]) -> None:
    weights = geography.border_weights(reference.adjacency, codes)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert ((weights > 0).sum().sum(), np.trace(weights)) == (206, 0)


def test_nearest_weights_on_a_line() -> None:
    points = pd.DataFrame({"ics_code": list("ABCD"), "x": [0.0, 1.0, 3.0, 3.5], "y": 0.0})
    weights = geography.nearest_weights(points, list("ABCD"), k=2)
    expected = [[0, 1, 1, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 1, 1, 0]]
    np.testing.assert_array_equal(weights, np.array(expected) / 2)


def test_nearest_weights_of_the_real_map(reference: Reference, codes: list[str]) -> None:
    weights = geography.nearest_weights(reference.centroids, codes)
    assert ((weights > 0).sum(axis=1) == 4).all()
    assert set(weights.columns[weights.loc["QKK"] > 0]) == {"QMF", "QMJ", "QRV", "QWE"}


def test_nearest_weights_name_what_is_missing() -> None:
    points = pd.DataFrame({"ics_code": list("AB"), "x": [0.0, 1.0], "y": 0.0})
    with pytest.raises(InputError, match="found 'Z'; expected a centre"):
        geography.nearest_weights(points, ["A", "Z"], k=1)
    with pytest.raises(InputError, match="more than 2 systems"):
        geography.nearest_weights(points, ["A", "B"], k=2)


SCORES = pd.DataFrame(
    [("P1", "acute", "A"), ("P1", "community", "A"), ("P2", "acute", "A"), ("P3", "acute", "B")],
    columns=["provider_code", "care_setting", "ics_code"],
)


def test_mix_is_shares_of_rows() -> None:
    shares = geography.mix(SCORES, "care_setting")
    assert shares.loc["A"].to_dict() == {"acute": pytest.approx(2 / 3),
                                         "community": pytest.approx(1 / 3)}  # fmt: skip
    assert shares.loc["B"].to_list() == [1, 0]


def test_systems_that_border_none_of_those_present_are_told() -> None:
    pairs = pd.DataFrame({"ics_code_a": ["A", "B", "D"], "ics_code_b": ["B", "C", "E"]})
    assert geography.bordering(pairs, ["D", "C", "B"]) == ["C", "B"]
    assert geography.bordering(pairs, ["A", "D"]) == []
