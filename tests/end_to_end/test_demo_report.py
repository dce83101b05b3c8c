"""The demo report: the planted truth is found, and the same project gives the same bytes."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from linked_changes import leaks, linked_changes, tables_of

if TYPE_CHECKING:
    from pathlib import Path

    from whole_reports import WholeReport

pytest_plugins = ["whole_reports"]
# Needs --dist loadgroup to be made by one worker only: see whole_reports.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo report")]

NOTEBOOKS = (
    "01_clean_returns",
    "02_describe_rounds",
    "03_model_mix_and_rurality",
    "04_test_peer_review",
    "05_target_support",
    "06_check_published_claims",
    "07_stress_test",
    "09_brief",
)
SYSTEMS = 42


@pytest.fixture(scope="module")
def truth(root: "Path") -> dict[str, Any]:
    """What was planted, what that leads one to expect, and what this one world came to."""
    return json.loads((root / "data/raw/demo/truth.json").read_text(encoding="utf-8"))


def planted(truth: dict[str, Any], name: str) -> Any:
    return truth["planted"][name]["value"]


def covers(report: "WholeReport", name: str, value: float) -> None:
    """The 95% interval of a named result holds the value."""
    result = report.results[name]
    assert result.low is not None
    assert result.high is not None
    assert result.low <= value <= result.high, f"{name}: {result.low} to {result.high}"


def test_the_rurality_slope_is_found(demo_report: "WholeReport", truth: dict[str, Any]) -> None:
    expected = truth["expected"]
    covers(demo_report, "rurality.slope_2025", expected["rurality_slope_total_2025"])
    covers(
        demo_report, "rurality.slope_direct_2025", expected["rurality_slope_with_indicators_2025"]
    )
    covers(demo_report, "rurality.slope_2024", planted(truth, "rurality_slope"))
    slope = demo_report.results["rurality.slope_2025"]
    assert slope.high is not None
    assert slope.high < 0
    assert demo_report.results["rurality.p_primary_2025"].value < 0.05


def test_the_effect_of_mix_is_found_within_providers(
    demo_report: "WholeReport", truth: dict[str, Any]
) -> None:
    """Ambulance trusts file no other return, so there is nothing within providers to see."""
    effects = truth["expected"]["setting_effects_published_2025"]
    for setting in ("community", "mental_health"):
        covers(demo_report, f"mix.{setting}_minus_acute_within", effects[setting])
        within = demo_report.results[f"mix.{setting}_minus_acute_within"]
        assert within.high is not None
        assert within.high < 0
    assert "mix.ambulance_minus_acute_within" not in demo_report.results
    between = truth["expected"]["setting_effects_between_providers_2025"]
    for setting in ("community", "mental_health", "ambulance"):
        covers(demo_report, f"mix.{setting}_minus_acute_between", between[setting])


def test_the_variance_between_systems_is_found(
    demo_report: "WholeReport", truth: dict[str, Any]
) -> None:
    covers(demo_report, "mix.tau2_2025", truth["expected"]["system_variance_2025"])


def test_the_effect_of_moderation_is_found(
    demo_report: "WholeReport", truth: dict[str, Any]
) -> None:
    covers(demo_report, "moderation.effect", planted(truth, "moderation_effect"))
    covers(demo_report, "moderation.effect", truth["this_world"]["moderation_effect"])
    assert demo_report.results["moderation.effect"].high < 0  # type: ignore[operator]
    assert demo_report.results["moderation.sign_flip_p"].value < 0.05
    assert demo_report.results["moderation.tost_p"].value > 0.05


def test_shaped_answers_are_found_where_funding_was_at_stake(
    demo_report: "WholeReport", truth: dict[str, Any]
) -> None:
    """Answers were lowered, so the excess is negative, and so is its whole interval."""
    lowered = truth["this_world"]["gaming_2019"]["theme_shift"]
    assert min(lowered.values()) < 0
    excess = demo_report.results["gaming.excess_2019"]
    assert excess.high is not None
    assert excess.high < 0
    signs = demo_report.table("gaming_signs").set_index("sign")
    assert signs.loc["implausible reversals", "gap"] > 0
    assert signs.loc["implausible reversals", "p_holm"] < 0.05
    gap = demo_report.results["gaming.reversal_gap_2019"]
    assert gap.low is not None
    assert gap.low > 0


def test_the_change_of_one_instrument_and_of_the_scoring_rule_are_found(
    demo_report: "WholeReport", truth: dict[str, Any]
) -> None:
    covers(demo_report, "shift.change_2024_2025", truth["expected"]["change_2024_2025"])
    covers(demo_report, "shift.change_2024_2025", truth["this_world"]["change_2024_2025"])
    for year, rules in truth["this_world"]["scoring_rule"].items():
        observed = demo_report.results[f"shift.observed_{year}_national"].value
        rescored = demo_report.results[f"shift.rescored_{year}_national"].value
        # The simulator scores its own answers: only rounding to six decimals may differ.
        assert observed == pytest.approx(rules["compensatory_mean"], abs=1e-6)
        assert rescored == pytest.approx(rules["all_elements_met"], abs=1e-6)


def test_no_organisation_is_linked_across_the_instruments(demo_report: "WholeReport") -> None:
    changes = linked_changes(demo_report.root / "data" / "processed" / "demo")
    places = dict(tables_of(demo_report.folder))
    found = {place: leaks(table, changes) for place, table in places.items()}
    assert len(found) > 50
    assert {place: columns for place, columns in found.items() if columns} == {}


def test_the_ladder_stops_where_the_instrument_changed(demo_report: "WholeReport") -> None:
    reached = demo_report.table("claims_ladder").set_index("level")["reached"]
    assert [reached[level] for level in ("L0", "L2", "L3")] == ["yes"] * 3
    assert reached["L1"] != "yes"  # one instrument, and no change of order was planted
    assert reached["L4"] == "not identified"
    assert demo_report.results["ladder.level_reached"].value == "L3"


def test_every_published_score_is_given_back(demo_report: "WholeReport") -> None:
    compared = demo_report.results["clean.acute_scores_compared_2016"].value
    assert compared > 1000
    assert demo_report.results["clean.acute_scores_matched_2016"].value == compared
    assert demo_report.results["clean.organisations_unaccounted"].value == 0
    assert demo_report.results["clean.log_quarantined"].value == 0


def test_every_page_says_that_nothing_is_real(demo_report: "WholeReport") -> None:
    assert len(demo_report.words) == len(NOTEBOOKS) + 1
    for page, words in demo_report.words.items():
        assert "No finding about any real organisation" in words, page


def test_nothing_of_this_machine_is_in_the_report(demo_report: "WholeReport", root: "Path") -> None:
    for name, content in demo_report.files().items():
        for folder in (demo_report.root, root):
            assert str(folder).encode() not in content, name


def test_nothing_is_executed_again_where_nothing_changed(demo_report: "WholeReport") -> None:
    before = demo_report.files()
    again = demo_report.run()
    assert again.executed == ()
    assert not again.changed
    assert demo_report.files() == before


def test_a_forced_run_gives_the_same_bytes_in_whatever_order_it_runs(
    demo_report: "WholeReport",
) -> None:
    before = demo_report.files()
    assert {name.rsplit(".", 1)[1] for name in before} == {"html", "csv", "json"}
    again = demo_report.run(jobs=1, force=True)
    assert tuple(page for page in again.executed if "." not in page) == NOTEBOOKS
    assert len(again.executed) == len(NOTEBOOKS) + SYSTEMS
    after = demo_report.files()
    assert sorted(after) == sorted(before)
    assert [name for name in before if after[name] != before[name]] == []


def test_detectable_effects_are_the_same_wherever_they_are_printed(
    demo_report: "WholeReport",
) -> None:
    """Beside the nulls of the pages on mix and peer review, and on that of the stress test."""
    results = demo_report.results
    for there, here in (("rurality.mde80", "stress.mde80_rurality"),
                        ("rurality.mde80_direct", "stress.mde80_direct"),
                        ("moderation.mde80", "stress.mde80_moderation")):  # fmt: skip
        assert results[there].value == results[here].value
    shown = demo_report.table("detectable").set_index("what")["simulated"]
    for name, what in (("mix.mde80_type", "spread of provider types in a system"),
                       ("mix.mde80_spread", "spread between systems"),
                       ("space.mde80", "likeness of neighbours")):  # fmt: skip
        assert shown[what] == pytest.approx(float(results[name].value))
