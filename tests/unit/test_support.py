"""Support decided by scores, in small worlds that can be counted by hand."""

import numpy as np
import pandas as pd
import pytest

from ics_maturity import columns, figures, frames, support, tables
from ics_maturity.errors import InputError
from ics_maturity.models import likeforlike, targeting
from ics_maturity.models.targeting import Rule
from ics_maturity.scores import AVERAGING_RULES, return_weights
from ics_maturity.support.scored import provider_weights
from tidy_returns import tidy

SYSTEMS = [f"Q{i}" for i in range(8)]
NAMES = pd.DataFrame({"short_name": [f"System {c}" for c in SYSTEMS]}, index=SYSTEMS)


def returns_of(seed: int = 0, systems: int = 8, settings: bool = True) -> pd.DataFrame:
    """One row per return: three providers a system, every second one with two returns."""
    rng = np.random.default_rng(seed)
    rows = []
    for i, code in enumerate(SYSTEMS[:systems]):
        for provider in range(3):
            filed = ["acute", "community"] if settings and provider % 2 else ["acute"]
            score = 2 + 0.15 * i + 0.3 * rng.standard_normal()
            rows += [
                (f"R{i}{provider}", code, s, score + 0.05 * rng.standard_normal()) for s in filed
            ]
    return pd.DataFrame(rows, columns=["provider_code", "ics_code", "care_setting", "score"])


def hand(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Returns of one setting: provider, system, score."""
    frame = pd.DataFrame(rows, columns=["provider_code", "ics_code", "score"])
    return frame.assign(care_setting="acute")


# Scores and what is uncertain about them


@pytest.mark.parametrize("rule", AVERAGING_RULES)
def test_weights_give_the_crude_score(rule: str) -> None:
    rows = returns_of()
    expected = AVERAGING_RULES[rule].mean(rows, "ics_code")
    weights = return_weights(rows, rule)
    assert (weights * rows["score"]).groupby(rows["ics_code"]).sum().to_numpy() == pytest.approx(
        expected.to_numpy()
    )
    providers = provider_weights(rows, rule)
    assert providers.groupby("ics_code")["weight"].sum().to_numpy() == pytest.approx(np.ones(8))
    scored = support.score_crude(rows, {}, rule)
    assert scored.used == pytest.approx(expected.to_numpy())


def test_crude_errors_are_pooled_over_systems() -> None:
    rows = hand(("A", "Q0", 1.0), ("B", "Q0", 3.0), ("C", "Q1", 2.0), ("D", "Q1", 2.0),
                ("E", "Q2", 4.0))  # fmt: skip
    scored = support.score_crude(rows, {"b": 0.5, "b_retest": 9.0})
    # Sum of squares 2 over 5 - 3 degrees of freedom.
    assert (scored.df, np.diag(scored.covariance).tolist()) == (2, [0.5, 0.5, 1.0])
    assert scored.error_shares == {"a": 1.0, "b": 0.25, "b_retest": 1.0}
    with pytest.raises(InputError, match="two or more providers"):
        support.score_crude(rows[rows["provider_code"].isin(["A", "C", "E"])], {})


def test_three_scores_and_what_they_share() -> None:
    rows = returns_of()
    scored = support.score_all(rows, {"b": 0.1})
    like = likeforlike.like_for_like(rows)
    assert scored["crude"].used == pytest.approx(like["crude_provider"].to_numpy())
    assert scored["like_for_like"].used == pytest.approx(like["standardised"].to_numpy())
    assert scored["shrunken"].used == pytest.approx(like["empirical_bayes"].to_numpy())
    assert scored["shrunken"].estimate == pytest.approx(scored["like_for_like"].estimate)
    worlds = support.draw_worlds(scored, np.random.default_rng(0), 300)
    assert worlds["crude"]["b"].shape == (300, 8)
    assert worlds["shrunken"] is worlds["like_for_like"]
    # Readings with error leave less doubt than providers as draws.
    assert worlds["crude"]["b"].std(axis=0).mean() < worlds["crude"]["a"].std(axis=0).mean()


def test_one_return_for_each_provider_needs_no_clustering() -> None:
    rows = returns_of(settings=False)
    scored = support.score_all(rows, {})
    assert scored["like_for_like"].used == pytest.approx(scored["crude"].used)
    assert list(scored["crude"].error_shares) == ["a"]


def test_reading_errors_by_what_the_round_holds() -> None:
    pillars = tidy(*(
        {"provider_code": f"R{i}", "ics_code": "Q0", "construct": part,
         "score": float(np.sin(i * (k + 1)) + 0.5 * i % 3)}
        for i in range(8) for k, part in enumerate(("a", "b", "c"))
    ))  # fmt: skip
    overall = tidy(*(
        {"provider_code": f"R{i}", "ics_code": "Q0", "round": year, "level": "overall",
         "construct": frames.COMPARABLE, "score": 2 + 0.1 * i + 0.01 * (year - 2024) * i**2}
        for year in (2024, 2025) for i in range(8)
    ))  # fmt: skip
    assert list(support.reading_errors(pillars, 2025)) == ["b"]
    both = pd.concat([pillars, overall], ignore_index=True)
    assert list(support.reading_errors(both, 2025)) == ["b", "b_retest"]
    assert list(support.reading_errors(both, 2024)) == ["b"]
    assert support.reading_errors(overall[overall["round"] == 2024], 2024) == {}
    early = pillars.assign(round=2016, level="theme", scale_min=0.0, scale_max=100.0)
    mixed = pd.concat([early, overall], ignore_index=True)
    assert list(support.reading_errors(mixed, 2016)) == ["b"], "another scale"


# Rules


def rules(chosen: str = "lowest", groups: int = 8, **more: object) -> dict[str, Rule]:
    numbers = {"count": 2, "threshold": 2.3, "cut_points": [2.2, 2.6], "tiers": 4} | more
    return support.rules_from(chosen, groups, **numbers)  # type: ignore[arg-type]


def test_the_chosen_rule_comes_first() -> None:
    found = rules("below")
    assert list(found) == ["below", "lowest2", "highest2", "quantiles4", "cut_points"]
    assert support.words(found["lowest2"]) == "the 2 lowest"
    assert support.tier_names(found["cut_points"]) == ["below 2.2", "2.2 to 2.6", "2.6 and above"]
    assert support.tier_names(found["quantiles4"])[0] == "tier 1"
    assert list(support.shown_tiers(found["below"])) == [0]
    assert "lowest9" not in rules("below", count=9)
    with pytest.raises(InputError, match="a choice among 8 systems"):
        rules("lowest", count=8)
    with pytest.raises(InputError, match="do not ascend"):
        rules(cut_points=[2.6, 2.2])


def test_rules_are_compared_under_both_views() -> None:
    scored = support.score_all(returns_of(), {"b": 0.1})
    worlds = support.draw_worlds(scored, np.random.default_rng(0), 2_000)
    some = rules() | {"below": Rule("below", cuts=(0.0,))}
    table = support.compare_rules(scored, worlds, some, pot=50.0, margin=0.2)
    assert list(table) == list(columns.of("support_rules"))
    lowest = table.iloc[0]
    assert lowest[["rule", "score", "chosen"]].tolist() == ["the 2 lowest", "crude", 2]
    assert lowest["wrong_b"] < lowest["wrong_a"]
    assert lowest["missed_a"] == pytest.approx(lowest["wrong_a"])
    assert lowest["misplaced_a"] == pytest.approx(50 * lowest["wrong_a"] / 2)
    assert lowest["wrong_tier_a"] == pytest.approx(2 * lowest["wrong_a"])
    nobody = table[table["rule"] == "all below 0"].iloc[0]
    assert (nobody["chosen"], nobody["within"]) == (0, "neither")
    assert nobody[["wrong_a", "misplaced_b", "sure_a"]].isna().all()
    assert nobody["missed_b"] == 0


def test_without_view_b_its_columns_are_empty() -> None:
    scored = support.score_all(returns_of(), {})
    worlds = support.draw_worlds(scored, np.random.default_rng(0), 200)
    table = support.compare_rules(scored, worlds, rules(), pot=1.0, margin=0.2)
    assert table[["wrong_b", "missed_b", "sure_b", "share_b"]].isna().all(axis=None)
    assert set(table["within"]) <= {"A", "neither"}


@pytest.mark.parametrize("chosen", ["lowest", "quantiles", "cut_points"])
def test_the_table_by_system_holds_every_shown_tier(chosen: str) -> None:
    rows = returns_of()
    scored = support.score_all(rows, {"b": 0.1})
    worlds = support.draw_worlds(scored, np.random.default_rng(0), 500)
    rule = next(iter(rules(chosen).values()))
    points = support.points_by_system(rows, rule, "provider", (1, 5))
    size = pd.Series(3, index=SYSTEMS)
    table = support.by_system(scored["crude"], worlds["crude"], rule, points, NAMES, size)
    named = {tier: support.tier_names(rule)[tier] for tier in support.shown_tiers(rule)}
    assert list(table) == list(columns.support.by_system(named))
    if rule.tiers > 2:
        shown = [f"p{tier + 1}_a" for tier in range(rule.tiers)]
        assert table[shown].sum(axis=1).to_numpy() == pytest.approx(np.ones(8))
    assert table["tier"].isin(support.tier_names(rule)).all()
    tables.build(table, "support_2025", caption="c", columns=columns.support.by_system(named))


# The incentive


def test_points_bought_by_one_provider_stay_within_the_scale() -> None:
    rows = hand(("A", "Q0", 1.5), ("B", "Q0", 1.5), ("C", "Q1", 1.9), ("D", "Q1", 2.5),
                ("E", "Q2", 4.0), ("F", "Q2", 3.0))  # fmt: skip
    found = support.points_by_system(rows, Rule("lowest", 1), "provider", (1, 5))
    assert found["supported"].tolist() == [True, False, False]
    assert found["points"].tolist() == pytest.approx([0, 0.7, 2.0])
    # In Q1 one provider must fall by 1.4: the other has only 0.9 to fall. In Q2 it would be 4.
    assert found["one_provider"].tolist()[:2] == pytest.approx([0, 1.4])
    assert np.isnan(found["one_provider"].iloc[2])
    up = support.points_by_system(rows, Rule("highest", 1), "provider", (1, 5))
    assert up["points"].tolist() == pytest.approx([2.0, 1.3, 0])
    assert up["one_provider"].tolist()[1:] == pytest.approx([2.6, 0])


# Other choices


def test_a_coarser_score_may_leave_the_last_place_to_the_lot() -> None:
    scores = np.array([2.01, 2.12, 2.13, 2.14, 3.0])
    tie, overlap = support.coarse_overlap(scores, Rule("lowest", 2))
    assert (tie.tied.tolist(), tie.places) == ([False, True, True, True, False], 1)
    # One time in three the same two, otherwise one of three.
    assert overlap == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)
    tie, overlap = support.coarse_overlap(scores, Rule("lowest", 4))
    assert (tie.tied.any(), overlap) == (False, 1)
    assert support.coarse_overlap(scores, Rule("below", cuts=(2.13,)))[1] == pytest.approx(2 / 4)


def test_rereading_overlaps_more_where_less_is_error() -> None:
    scored = support.score_crude(returns_of(), {"b": 0.05})
    rng = np.random.default_rng(0)
    overlap = {
        view: support.reread_overlap(scored, scored.worlds(view, rng, 500), view,
                                     Rule("lowest", 3), rng)
        for view in ("a", "b")
    }  # fmt: skip
    assert support.lot_overlap(3, 8) < overlap["a"] < overlap["b"] <= 1


def test_stability_lists_what_the_data_allow() -> None:
    rows = returns_of()
    scored = support.score_all(rows, {})
    once = tidy({"provider_code": "R00", "ics_code": "Q0"})
    found = support.choice_stability(rows, once, scored, {}, Rule("lowest", 2), "provider")
    assert found["key"].tolist() == ["row", "setting_balanced", "like_for_like", "shrunken"]
    assert list(found) == list(columns.of("choice_stability"))
    twice = tidy(*(
        {"provider_code": f"R{i}", "ics_code": code, "round": year, "level": "overall",
         "construct": frames.COMPARABLE, "score": float(i if year == 2024 else (i + 1) % 8)}
        for year in (2024, 2025) for i, code in enumerate(SYSTEMS)
    ))  # fmt: skip
    found = support.choice_stability(rows, twice, scored, {}, Rule("lowest", 2), "provider")
    first = found.iloc[0]
    assert (first["key"], first["both"]) == ("2024_2025", 1)
    assert first["jaccard"] == pytest.approx(1 / 3)


# The map


def test_only_redrawn_systems_change_their_score() -> None:
    rows = hand(("A", "Q0", 1.0), ("B", "Q0", 1.0), ("C", "Q1", 2.0), ("D", "Q2", 3.0),
                ("E", "Q3", 4.0), ("F", "Q3", 4.0), ("G", "Q3", 4.0))  # fmt: skip
    providers = pd.DataFrame(
        {"provider_code": list("ABCDEFG"), "ics_code": rows["ics_code"],
         "ics_code_2026": ["Q0", "Q0", "N1", "N1", "Q3", "Q3", "N1"]}
    )  # fmt: skip
    maps = support.on_maps(rows, providers)
    moved = support.moved_places(maps, "provider", pd.Series({"N1": "New"})).set_index(
        "ics_code_2026"
    )
    assert moved["old"].tolist() == [3, 1, 1]
    assert moved["unchanged"].tolist() == [False, True, False], "Q3 lost a provider"
    # N1 scores (2 + 3 + 4) / 3 = 3, in the middle (0.5); Q1 stood at 2/3 from the top, Q2 at 1/3,
    # Q3 at 0: half a list of three steps.
    assert moved.loc["N1", "moved"] == pytest.approx(3 * 0.5)
    assert moved.loc["N1", "points"] == pytest.approx(1.0)
    assert moved.loc["Q0", ["moved", "points"]].tolist() == [0, 0]
    choice = support.map_choice(maps, Rule("highest", 1), "provider")
    assert choice[2022].tolist() == [False] * 4 + [True] * 3
    assert choice.loc["G"].tolist() == [True, False]


def test_providers_on_one_map_only_cannot_be_redrawn() -> None:
    rows = hand(("A", "Q0", 1.0), ("B", "Q1", 2.0))
    providers = pd.DataFrame(
        {"provider_code": ["A", "B"], "ics_code": ["Q0", "Q1"], "ics_code_2026": ["", ""]}
    )
    assert support.on_maps(rows, providers) == {}


# Honesty


def test_calibration_states_what_is_so_and_notices_when_it_is_not() -> None:
    scored = support.score_crude(returns_of(), {"b": 0.1})
    rule = Rule("lowest", 3)
    found = support.calibration(scored, "b", rule, np.random.default_rng(0), 150, 200)
    assert found.stated_wrong == pytest.approx(found.actual_wrong, abs=0.25)
    assert found.bins["cases"].sum() == 150 * 8
    # Stating certainties about noisy picks is found out.
    truth = scored.worlds("a", np.random.default_rng(1), 150)
    readings = scored.reread(truth, "a", np.random.default_rng(2))
    picked = targeting.supported(readings, rule)
    sure = support.compare(picked.astype(float), targeting.supported(truth, rule), picked)
    assert sure.stated_wrong == 0
    assert sure.actual_wrong > 0.5


def test_score_and_number_of_providers_are_correlated_by_rank() -> None:
    """Ranks 1 to 8 against 2 1 4 3 6 5 8 7: r = 1 - 6 * 8 / (8 * 63); interval by hand."""
    scored = support.score_crude(returns_of(), {"b": 0.1})
    places = np.argsort(np.argsort(scored.estimate))
    sizes = pd.Series(np.array([2, 1, 4, 3, 6, 5, 8, 7])[places], index=scored.codes)
    found = support.size_correlation(scored, sizes.sample(frac=1, random_state=1))
    assert found == pytest.approx((0.904762, 0.533790, 0.983685), abs=1e-6)
    assert support.size_correlation(scored, pd.Series(3, index=scored.codes)) is None


def test_figures_are_drawn_with_and_without_view_b() -> None:
    rows = returns_of()
    scored = support.score_crude(rows, {"b": 0.1})
    worlds = {view: scored.worlds(view, np.random.default_rng(0), 200) for view in ("a", "b")}
    rule, size = Rule("lowest", 2), pd.Series(3, index=SYSTEMS)
    for known in (["a", "b"], ["a"]):
        bars = support.chance_rows(scored, {v: worlds[v] for v in known}, rule, NAMES, size)
        assert bars["score"].is_monotonic_increasing
        assert bars["supported"].tolist() == [True] * 2 + [False] * 6
        names = {view: support.VIEWS[view] for view in known}
        axes = figures.chances(bars, sure=support.SURE, names=names).axes[0]
        assert len(axes.lines) == len(known) + 1
    points = support.points_by_system(rows, rule, "provider", (1, 5))
    outside = points[~points["supported"]]
    figure = figures.points_needed(outside, names={"points": "all"}, error=0.1)
    assert figure.axes[0].get_ylim()[1] > len(outside)
