"""Instrument files: complete, consistent, and equal to what was published about scoring."""

import pytest

from ics_maturity import instruments
from ics_maturity.errors import InputError
from ics_maturity.instruments.lattice import half_up, is_possible, possible_tenths, smallest_domains
from ics_maturity.instruments.wording import same_wording, wording_key


def test_one_instrument_per_round() -> None:
    rounds = {instruments.load(name).round: name for name in instruments.IDS}
    assert rounds == {year: f"dma_{year}" for year in (2016, 2017, 2019, 2023, 2024, 2025)}
    assert instruments.for_round(2017).id == "dma_2017"
    assert instruments.find_round(2018) is None
    with pytest.raises(KeyError, match="2018"):
        instruments.for_round(2018)
    with pytest.raises(KeyError, match="dma_2016"):
        instruments.load("dma_1999")


def test_2016_scoring_tables_are_the_published_ones() -> None:
    """data.england.nhs.uk, page of the 2015/16 assessment."""
    answers = instruments.load("dma_2016").answers
    assert sorted(answers["agreement"].values()) == [0, 25, 50, 75, 100]
    assert sorted(answers["share"].values()) == [0, 20, 40, 60, 80, 100]
    assert sorted(answers["structure"].values()) == [0, 50, 100]
    assert sorted(answers["nhs_number"].values()) == [0, 17, 35, 52, 70, 87, 100]


def test_sections_and_themes() -> None:
    first, second = instruments.load("dma_2016"), instruments.load("dma_2017")
    assert (len(first.themes), len(first.sections)) == (3, 14)
    added = {s.id for s in second.sections} - {s.id for s in first.sections}
    assert added == {"business_clinical_intelligence"}
    assert [s.id for s in first.sections if s.theme == "readiness"] == [
        "strategic_alignment", "leadership", "resourcing", "governance", "information_governance",
    ]  # fmt: skip
    structured = next(i for i in first.items if "structured or semi-structured" in i.wording)
    assert structured.section == "records_assessments_plans"


def test_what_counts_differs_between_the_questionnaires() -> None:
    first, second = instruments.load("dma_2016"), instruments.load("dma_2017")
    assert (first.scoring.dont_know, second.scoring.dont_know) == ("zero", "not_scored")
    assert not first.by_id["2016.igt"].scored
    assert second.by_id["2017.y25"].scored
    assert second.by_id["2017.y25"].answers == "percentage"


def test_2019_asks_the_questions_of_2017() -> None:
    assert instruments.load("dma_2019").items == instruments.load("dma_2017").items
    assert instruments.load("dma_2019").design != instruments.load("dma_2017").design


def test_pillars_and_sections_are_named_as_their_instrument_prints_them() -> None:
    assert instruments.packaged().titles(2025)["well_led"] == "Well Led"
    assert {"readiness", "leadership"} <= set(instruments.packaged().titles(2016))
    assert instruments.packaged().titles(2018) == {}


def test_seven_pillars_and_domain_counts() -> None:
    latest = instruments.load("dma_2025")
    assert [pillar.id for pillar in latest.pillars] == [
        "well_led", "ensure_smart_foundations", "safe_practice", "support_workforce",
        "empower_people", "improve_care", "healthy_populations",
    ]  # fmt: skip
    assert len(latest.domains) == 28
    counts = [latest.domain_count("improve_care", s.id) for s in latest.settings]
    assert counts == [5, 4, 5, 3]
    assert latest.domain_count("ensure_smart_foundations", "acute") is None
    assert instruments.load("dma_2024").pillars == latest.pillars
    assert instruments.load("dma_2024").domains == ()


def test_settings_are_found_by_their_published_spellings() -> None:
    latest = instruments.load("dma_2025")
    assert latest.setting_named(" mental  HEALTH ") == "mental_health"
    assert latest.setting_named("Dental") is None
    assert instruments.load("dma_2017").setting_named("General") == "all"


def test_design_table_has_a_fact_in_every_cell() -> None:
    table = instruments.packaged().design_table()
    assert table["round"].tolist() == [2016, 2017, 2019, 2023, 2024, 2025]
    words = table.drop(columns="scored_items")
    assert words.notna().all().all()
    assert (words.astype("str") != "").all().all()
    assert table["scored_items"].tolist()[:2] == [131, 173]
    assert set(table["scoring_rule"]) == {"compensatory_mean", "all_elements_met"}


def test_crosswalk_names_pillars_of_the_later_instrument() -> None:
    pillars = {pillar.id for pillar in instruments.load("dma_2025").pillars}
    for name in ("dma_2016", "dma_2017", "dma_2019"):
        linked = {p for link in instruments.load(name).crosswalk for p in (*link.main, *link.also)}
        assert linked == pillars - {"healthy_populations"}


@pytest.mark.parametrize(
    "change",
    [{"items": [{"id": "x", "section": "nowhere", "answers": "agreement", "wording": "w"}]},
     {"items": [{"id": "x", "section": "leadership", "answers": "nothing", "wording": "w"}]},
     {"sections": []}, {"unknown": 1}, {"domains": [{"pillar": "x", "care_setting": "y"}]}],
)  # fmt: skip
def test_an_inconsistent_file_is_refused(change: dict) -> None:
    good = instruments.load("dma_2016").model_dump()
    assert instruments.parse(good, "a.toml") == instruments.load("dma_2016")
    with pytest.raises(InputError, match=r"a\.toml"):
        instruments.parse(good | change, "a.toml")


def test_half_up_rounds_halves_up() -> None:
    assert half_up([0.5, 1.5, 2.5, 62.5, 2.4999, -0.5]).tolist() == [1, 2, 3, 63, 2, 0]


def test_possible_tenths_of_four_domains() -> None:
    """Quarters from 1 to 5; 2.25 and 2.75 round up."""
    expected = {10, 13, 15, 18, 20, 23, 25, 28, 30, 33, 35, 38, 40, 43, 45, 48, 50}
    assert possible_tenths(4) == expected


@pytest.mark.parametrize(
    ("value", "domains", "possible"),
    [(2.3, 4, True), (2.2, 4, False), (2.25, 4, False), (2.2, 5, True), (2.1, 7, True),
     (2.2, 7, False), (1.3, 3, True), (1.5, 2, True), (0.8, 4, False), (5.3, 4, False)],
)  # fmt: skip
def test_lattice_of_a_value(value: float, domains: int, possible: bool) -> None:
    assert is_possible(value, domains) is possible


def test_number_of_domains_is_told_from_the_values() -> None:
    quarters = [1.0, 1.3, 1.8, 2.5, 3.3]
    assert smallest_domains(quarters) == 4
    assert smallest_domains([*quarters * 20, 2.1]) == 4  # one stray value in 101
    assert smallest_domains([1.0 + i / 10 for i in range(41)]) is None


def test_wordings_that_went_through_spreadsheets() -> None:
    assert wording_key("An audit Â\u00a0trail  exists.") == wording_key(
        "an audit \u00a0trail exists"
    )
    assert same_wording("the organisation's strategy.", "The organisations strategy")
    assert same_wording("organisation:  -Care Plans", "organisation: Care Plans")
    assert not same_wording("Free wi-fi is available", "Public wi-fi is available")
