"""The invented country: connected, complete, shaped like the real one, and nothing real in it."""

import re
from pathlib import Path

import pandas as pd
import pytest

from ics_maturity.errors import InputError
from ics_maturity.reference import load_reference
from ics_maturity.simulate import design_from, names
from ics_maturity.simulate.demo import write_demo
from ics_maturity.simulate.design import demo_design
from ics_maturity.simulate.history import ROUNDS
from ics_maturity.simulate.organisations import country


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly written demo folder."""
    place = tmp_path_factory.mktemp("demo")
    write_demo(place)
    return place


def _real(root: Path, table: str) -> pd.DataFrame:
    return pd.read_csv(root / "data/raw/reference" / f"{table}.csv", dtype=str).fillna("")


def test_the_reference_tables_pass_the_checks_of_the_real_ones(folder: Path) -> None:
    reference = load_reference(folder / "reference")
    assert len(reference.providers) == 204
    assert (reference.systems["vintage"] == 2022).sum() == 42
    assert (reference.systems["vintage"] == 2026).sum() == 36


def test_tables_have_the_columns_of_the_real_ones(folder: Path, root: Path) -> None:
    for real in sorted((root / "data/raw/reference").glob("*.csv")):
        ours = pd.read_csv(folder / "reference" / real.name, nrows=0)
        assert list(ours) == list(pd.read_csv(real, nrows=0)), real.name


def test_every_system_can_be_reached_over_borders() -> None:
    borders = country().adjacency
    neighbours: dict[str, set[str]] = {}
    for a, b in borders[["ics_code_a", "ics_code_b"]].itertuples(index=False):
        neighbours.setdefault(a, set()).add(b)
        neighbours.setdefault(b, set()).add(a)
    reached, frontier = {"D01"}, {"D01"}
    while frontier:
        frontier = set().union(*(neighbours[code] for code in frontier)) - reached
        reached |= frontier
    assert reached == set(country().tiles["ics_code"])


def test_merged_systems_of_2026_border_each_other() -> None:
    pairs = country().adjacency[["ics_code_a", "ics_code_b"]].itertuples(index=False)
    borders = {frozenset(pair) for pair in pairs}
    merged = country().boundary_changes.query("kind == 'merged'")
    for _, group in merged.groupby("ics_code_2026"):
        codes = set(group["ics_code_2022"])
        assert len(codes) > 1
        for code in codes:
            assert any(frozenset((code, other)) in borders for other in codes - {code})


def test_the_mix_is_that_of_the_real_design() -> None:
    filed = country().settings.groupby("provider_code")["care_setting"].agg(" ".join)
    assert filed.value_counts().to_dict() == {
        "acute": 82,
        "acute community": 48,
        "mental_health community": 28,
        "mental_health": 21,
        "community": 12,
        "ambulance": 10,
        "acute mental_health community": 2,
        "acute ambulance": 1,
    }
    assert len(country().settings) == 285


def test_codes_and_names_are_unique() -> None:
    for column in ("provider_code", "provider_name"):
        assert country().providers[column].is_unique
    early = country().early
    assert not early.duplicated(["round", "code_returned"]).any()
    assert not early.duplicated(["round", "name_returned"]).any()


def test_no_real_code_or_name_is_used(root: Path) -> None:
    providers, systems = _real(root, "providers"), _real(root, "systems")
    successions = _real(root, "successions")
    real_codes = {*providers["provider_code"], *successions["code_returned"], *systems["ics_code"]}
    real_names = {name.casefold() for name in
                  (*providers["provider_name"], *successions["name_returned"],
                   *systems["ics_name"], *systems["short_name"])}  # fmt: skip
    early = country().early
    codes = {*country().providers["provider_code"], *country().systems["ics_code"],
             *early["code_returned"]}  # fmt: skip
    used = {*country().providers["provider_name"], *country().systems["ics_name"],
            *country().systems["short_name"], *early["name_returned"]}  # fmt: skip
    assert not codes & real_codes
    assert not {name.casefold() for name in used} & real_names


def test_no_invented_place_occurs_in_a_real_name(root: Path) -> None:
    """Not even as a word: what makes an invented name a place is unknown to the register."""
    providers, systems = _real(root, "providers"), _real(root, "systems")
    real = " ".join([*providers["provider_name"], *systems["ics_name"], *systems["region"],
                     *_real(root, "successions")["name_returned"]]).casefold()  # fmt: skip
    ordinary = {"and", "the", "of", "isles", "bay", "coast", "hills", "fells", "levels", "north",
                "south", "east", "greater", "ring", "capital"}  # fmt: skip
    words = {word for place in (*names.SYSTEMS, *names.REGIONS)
             for word in re.findall(r"[a-z]+", place.casefold())} - ordinary  # fmt: skip
    assert len(words) > 45
    assert [word for word in sorted(words) if re.search(rf"\b{word}\b", real)] == []


def test_no_row_of_a_real_table_is_copied(root: Path) -> None:
    """Rural shares, populations and positions are not those of any real system."""
    ours, real = country().rurality, _real(root, "rurality")
    assert not set(ours["population"].astype(str)) & set(real["population"])
    shares = set(ours.query("rural_share > 0")["rural_share"].round(6))
    assert not shares & set(real["rural_share"].astype(float).round(6))


def test_every_early_organisation_has_a_succession() -> None:
    keys = ["round", "code_returned"]
    early, linked = country().early[keys], country().successions[keys].drop_duplicates()
    assert len(early) == len(linked)
    assert len(early.merge(linked, on=keys)) == len(early)
    assert set(early["round"]) == set(ROUNDS)


def test_every_kind_of_succession_happens() -> None:
    kinds = country().successions["kind"].value_counts()
    assert set(kinds.index) == {"same", "recoded", "merged", "split", "corrected", "none"}
    merged = country().successions.query("kind == 'merged' and round == 2016")
    assert sorted(merged.groupby("provider_code").size().unique()) == [2, 3]


def test_incentive_groups_cover_every_provider() -> None:
    groups = country().incentives
    assert list(groups["provider_code"]) == list(country().providers["provider_code"])
    shares = groups["group"].value_counts(normalize=True)
    assert shares["funding_at_stake"] == pytest.approx(0.30, abs=0.01)


def test_a_design_takes_any_roster() -> None:
    roster = pd.DataFrame(
        {
            "provider_code": ["A", "A", "B"],
            "provider_name": ["Alpha", "Alpha", "Beta"],
            "ics_code": ["Q1", "Q1", "Q2"],
            "region": "North",
            "care_setting": ["community", "acute", "ambulance"],
            "rural_share": [0.2, 0.2, 0.0],
        }
    )
    design = design_from(roster)
    assert design.provider.tolist() == [0, 0, 1]
    assert design.setting.tolist() == [0, 2, 3]  # sorted: acute before community
    assert design.rural.tolist() == [0.2, 0.0]
    assert design.system.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"care_setting": "dental"}, "one of acute, mental_health, community, ambulance"),
        ({"care_setting": "acute"}, "one return per provider and setting"),
        ({"rural_share": [0.1, 0.2]}, "one system and one rural share per provider"),
        ({"rural_share": float("nan")}, "a rural share for every system"),
    ],
)
def test_a_bad_roster_is_refused(change: dict[str, object], message: str) -> None:
    two = demo_design().roster.query("provider_code == 'DX005'").assign(**change)
    assert len(two) == 2
    with pytest.raises(InputError, match=re.escape(message)):
        design_from(two)


def test_a_roster_without_a_column_is_refused() -> None:
    with pytest.raises(InputError, match="rural_share"):
        design_from(demo_design().roster.drop(columns="rural_share"))
