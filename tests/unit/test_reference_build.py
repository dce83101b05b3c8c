"""The reference tables follow from the published files, and say what those files say."""

import csv
import json
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from ics_maturity import reference_build
from ics_maturity.reference import load_reference
from ics_maturity.reference_tables import TABLES, Reference

sources_needed = pytest.mark.sources


# Read from the press and from public lists, not derived from other files.
WRITTEN_BY_HAND = {"incentives", "sizes"}


@pytest.fixture(scope="module")
def committed(root: Path) -> Path:
    return root / "data" / "raw" / "reference"


@pytest.fixture(scope="module")
def reference(committed: Path) -> Reference:
    return load_reference(committed)


@sources_needed
def test_every_table_is_derived_again_byte_for_byte(sources_dir: Path, committed: Path) -> None:
    derived = reference_build.build(sources_dir)
    assert set(derived) == set(TABLES) - WRITTEN_BY_HAND
    for name, table in derived.items():
        text = table.to_csv(index=False, lineterminator="\n")
        assert text == (committed / f"{name}.csv").read_text(encoding="utf-8"), name


@sources_needed
def test_the_command_writes_the_same_tables(
    sources_dir: Path, committed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["reference_build", str(sources_dir), str(tmp_path)])
    reference_build.main()
    assert (tmp_path / "tiles.csv").read_bytes() == (committed / "tiles.csv").read_bytes()
    assert len(list(tmp_path.iterdir())) == len(set(TABLES) - WRITTEN_BY_HAND)


@sources_needed
def test_providers_are_where_the_published_workbook_puts_them(
    sources_dir: Path, reference: Reference
) -> None:
    workbook = openpyxl.load_workbook(
        sources_dir / "rounds" / "dma_2024_2025_results.xlsx", read_only=True
    )
    sheet = workbook["SC - 2025 Pillar Summary"]
    published = {
        (row[3], row[2], row[1])
        for row in sheet.iter_rows(min_row=12, values_only=True)
        if row[3] is not None
    }
    systems = reference.systems.query("vintage == 2022").set_index("ics_code")["ics_name"]
    ours = {
        (row.provider_name, systems[row.ics_code].upper(), row.region.upper())
        for row in reference.providers.itertuples()
    }
    assert ours == published


@sources_needed
@pytest.mark.parametrize(
    ("name", "year"), [("dma_2015_16_full.csv", 2016), ("dma_2017_full.csv", 2017)]
)
def test_every_organisation_of_a_published_file_has_a_succession(
    sources_dir: Path, reference: Reference, name: str, year: int
) -> None:
    with (sources_dir / "rounds" / name).open(encoding="utf-8", newline="") as stream:
        published = {row["organisation_id"] for row in csv.DictReader(stream)}
    listed = reference.successions.query("round == @year")
    assert set(listed["code_returned"]) == published
    reached = listed["provider_code"].isin(reference.providers["provider_code"])
    assert set(listed.loc[~reached, "code_returned"]) == {"RVN"}


EXEMPLARS = (  # as the announcements name them; acute, the joint one, mental health
    "Salford Royal", "Wirral University Teaching", "City Hospitals Sunderland",
    "Royal Liverpool and Broadgreen", "West Suffolk", "University Hospitals Birmingham",
    "Luton and Dunstable", "Royal Free London", "Oxford University Hospitals",
    "Taunton and Somerset", "University Hospitals Bristol", "University Hospital Southampton",
    "Cambridge University Hospitals", "Imperial College Healthcare",
    "Newcastle Upon Tyne Hospitals",
    "Alder Hey Children", "Chelsea and Westminster",
    "Berkshire Healthcare", "Birmingham and Solihull Mental Health", "Mersey Care",
    "Northumberland, Tyne and Wear", "Oxford Health", "South London and Maudsley",
    "Worcestershire Health and Care",
)  # fmt: skip


def test_exemplars_are_the_organisations_that_were_named(reference: Reference) -> None:
    listed = reference.incentives.query("group == 'already_funded'")
    names = reference.successions.drop_duplicates(["round", "code_returned"])
    named = listed.merge(
        names, left_on=["round", "provider_code"], right_on=["round", "code_returned"]
    )["name_returned"]
    assert len(named) == len(listed) == len(EXEMPLARS)
    for exemplar in EXEMPLARS:
        assert named.str.startswith(exemplar).sum() == 1, exemplar
    # Named after the round of 2016 was answered and before that of autumn 2017.
    assert listed["since"].between("2016-02-01", "2017-09-30").all()


def test_nobody_is_said_to_have_had_funding_at_stake(reference: Reference) -> None:
    """No published rule tied funding to the scores of a round that could be named here."""
    assert set(reference.incentives["group"]) == {"already_funded", "no_record"}


@sources_needed
def test_those_without_a_record_are_the_released_ones(
    sources_dir: Path, reference: Reference
) -> None:
    book = openpyxl.load_workbook(
        sources_dir / "organisations" / "secondary_trusts_primary_epr_suppliers_20240101.xlsx"
    )
    released = {
        row[0]
        for row in book.worksheets[0].iter_rows(values_only=True)
        if str(row[3]).startswith("No EPR")
    }
    listed = reference.incentives.query("group == 'no_record'")
    assert set(listed["provider_code"]) == released
    assert set(listed["round"]) == {2025}
    assert released <= set(reference.providers["provider_code"])


@sources_needed
@pytest.mark.parametrize(
    ("file", "definition", "england"),
    [("icb_rurality.csv", "ruc2021", 0.166), ("icb_rurality_ruc2011.csv", "ruc2011", 0.1712)],
)
def test_rural_shares_equal_the_published_ones(
    sources_dir: Path, reference: Reference, file: str, definition: str, england: float
) -> None:
    published = pd.read_csv(sources_dir / "geography" / file).set_index("icb_ods_code")
    ours = reference.rurality.query("definition == @definition").set_index("ics_code")
    published = published.add_suffix("_published")
    both = ours.join(published, how="inner", validate="1:1")
    assert len(both) == 42
    assert (both["population"] == both["population_published"]).all()
    np.testing.assert_allclose(both["rural_share"], both["rural_share_published"], rtol=1e-12)
    # England as the sources state it, to the digits that they print.
    assert ours["rural_population"].sum() / ours["population"].sum() == pytest.approx(
        england, abs=0.0005
    )


@sources_needed
def test_trusts_that_ods_places_elsewhere(sources_dir: Path, reference: Reference) -> None:
    with (sources_dir / "organisations" / "etr_2025-07.csv").open(encoding="utf-8") as stream:
        ods = {row[0]: row[3] for row in csv.reader(stream)}
    for row in reference.providers.itertuples():
        assert row.ics_code_ods == ods.get(row.provider_code, ""), row.provider_code


@sources_needed
def test_centres_lie_within_their_systems(sources_dir: Path, reference: Reference) -> None:
    text = (sources_dir / "geography" / "icb22_boundaries_ultra_generalised.geojson").read_text()
    to_ods = dict(reference.systems.query("vintage == 2022")[["ons_code_2022", "ics_code"]].values)
    centres = reference.centroids.set_index("ics_code")
    for feature in json.loads(text)["features"]:
        code = to_ods[feature["properties"]["icb22_code"]]
        geometry = feature["geometry"]
        parts = geometry["coordinates"]
        polygons = [parts] if geometry["type"] == "Polygon" else parts
        points = np.vstack([np.asarray(ring)[:, :2] for rings in polygons for ring in rings])
        plane = reference_build._plane(points)
        assert (plane.min(axis=0) < centres.loc[code, ["x", "y"]]).all(), code
        assert (plane.max(axis=0) > centres.loc[code, ["x", "y"]]).all(), code


def test_the_map_of_2026_holds_the_same_people(reference: Reference) -> None:
    older = reference.rurality.query("definition == 'ruc2021'")
    newer = reference.rurality_2026
    for column in ("population", "rural_population"):
        assert older[column].sum() == newer[column].sum()
    merged = reference.boundary_changes.query("ics_code_2026 == 'Z9B2Z'")["ics_code_2022"]
    assert sorted(merged) == ["QMJ", "QRV"]
    parts = older[older["ics_code"].isin(merged)]["population"].sum()
    assert parts == newer.set_index("ics_code").loc["Z9B2Z", "population"]


def test_boundary_changes(reference: Reference) -> None:
    changes = reference.boundary_changes
    kinds = changes.groupby("kind")["ics_code_2022"].agg(lambda codes: sorted(set(codes)))
    assert kinds["split"] == ["QJG", "QM7", "QNQ"]
    assert kinds["trust_moved"] == ["QHL", "QKK"]
    assert kinds["merged"] == ["QH8", "QHG", "QMJ", "QMM", "QNX", "QRV", "QU9", "QUE", "QXU"]
    assert len(kinds["unchanged"]) == 30


def test_the_system_of_2026_shows_boundaries_and_not_who_placed_the_trust(
    reference: Reference,
) -> None:
    places = reference.providers.set_index("provider_code")["ics_code_2026"]
    assert places["RX9"] == "QJ2"  # ODS: Nottingham; the workbook's Derby did not change
    assert places["RRU"] == "Z9B2Z"  # ODS: South East London; the workbook's was merged
    assert places["RYC"] == "S1Y5D"  # the workbook's system was divided: ODS decides
    assert places["RPG"] == "QKS"  # Oxleas moved, on a boundary that stayed
    assert places["TAJ"] == "QUA"  # not on the lists of ODS


def test_successions_by_kind(reference: Reference) -> None:
    rows = reference.successions.set_index(["round", "code_returned"]).sort_index()
    assert rows.loc[(2016, "RFW"), "provider_code"] == "RGD"
    assert set(rows[rows["kind"] == "corrected"].index) == {
        (2016, "RFW"), (2016, "RKE2"), (2017, "RLU"), (2017, "RWN"), (2017, "R1G"),
    }  # fmt: skip
    assert rows.loc[(2017, "RLU"), "effective_date"] == "2017-02-01"
    assert set(rows[rows["kind"] == "none"].index) == {(2016, "RVN"), (2017, "RVN")}
    pennine = rows.loc[(2016, "RW6")].set_index("provider_code")
    assert pennine["weight"].to_dict() == {"R0A": 0.25, "RM3": 0.75}
    assert pennine["effective_date"].to_dict() == {"R0A": "2021-04-01", "RM3": "2021-10-01"}
    assert pennine["basis"].str.contains("assumption").all()


def test_every_change_of_code_is_dated_but_two_faults_of_the_file(reference: Reference) -> None:
    rows = reference.successions
    undated = rows[(rows["effective_date"] == "") & ~rows["kind"].isin(["same", "none"])]
    assert sorted(undated["code_returned"]) == ["RFW", "RKE2"]
    dated = rows[rows["effective_date"] != ""]
    assert dated["effective_date"].between("2015-10-01", "2024-12-31").all()
    assert dated.query("code_returned == 'RYK'")["effective_date"].unique() == ["2020-04-01"]


def test_neighbours_stay_near_on_the_tile_map(reference: Reference) -> None:
    tiles = reference.tiles.set_index("ics_code")[["tile_row", "tile_column"]]
    pairs = reference.adjacency
    steps = np.abs(
        tiles.loc[pairs["ics_code_a"]].to_numpy() - tiles.loc[pairs["ics_code_b"]].to_numpy()
    ).max(axis=1)
    assert (steps <= 1).mean() > 0.8
    assert steps.max() <= 3


def test_tiles_keep_the_compass(reference: Reference) -> None:
    tiles = reference.tiles.set_index("ics_code")
    centres = reference.centroids.set_index("ics_code").loc[tiles.index]
    assert np.corrcoef(tiles["tile_column"], centres["x"])[0, 1] > 0.9
    assert np.corrcoef(tiles["tile_row"], centres["y"])[0, 1] < -0.9


def test_centre_of_a_square_with_a_hole_and_an_island() -> None:
    def square(west: float, south: float, size: float) -> list[list[float]]:
        east, north = west + size, south + size
        return [[west, south], [east, south], [east, north], [west, north], [west, south]]

    near = 0.02  # degrees: small enough for the plane to be flat
    outer, hole = square(-2, 52, near), square(-2, 52, near / 2)
    whole = reference_build._centre({"type": "Polygon", "coordinates": [outer]})
    pierced = reference_build._centre({"type": "Polygon", "coordinates": [outer, hole]})
    turned = reference_build._centre({"type": "Polygon", "coordinates": [outer[::-1], hole]})
    east, north = reference_build._plane(np.array([[-2 + near, 52.0], [-2.0, 52 + near]]))
    assert whole == pytest.approx((east[0] / 2, north[1] / 2), rel=1e-3)
    # Three quarters remain: the centre moves by a twelfth of the side, whichever way rings run.
    assert pierced == pytest.approx((east[0] * 7 / 12, north[1] * 7 / 12), rel=1e-3)
    assert turned == pytest.approx(pierced)
    islands = {"type": "MultiPolygon", "coordinates": [[outer], [square(-2, 52.1, near)]]}
    assert reference_build._centre(islands)[1] == pytest.approx(whole[1] + 0.05 * 111.19, rel=1e-3)


def test_distances_on_the_plane_are_true() -> None:
    london, manchester, penzance = reference_build._plane(
        np.array([[-0.1278, 51.5074], [-2.2426, 53.4808], [-5.5371, 50.1188]])
    )
    # Great-circle distances on a sphere of 6,371 km.
    assert np.hypot(*(london - manchester)) == pytest.approx(261.98, rel=0.001)
    assert np.hypot(*(london - penzance)) == pytest.approx(410.09, rel=0.001)
