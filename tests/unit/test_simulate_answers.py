"""Worlds of 2016, 2017 and 2019: answers on their scales, and what is planted can be found."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ics_maturity.instruments import load
from ics_maturity.returns import validate
from ics_maturity.simulate import (
    DEMO_SEED,
    Truth,
    demo_design,
    draw,
    draw_answers,
    early_world,
    estimands,
    regression_only,
)
from ics_maturity.simulate.answers import EarlyRound
from ics_maturity.simulate.difficulty import planted_section_means
from ics_maturity.simulate.matching import matched_items
from ics_maturity.simulate.organisations import country
from ics_maturity.simulate.questions import (
    BLANK,
    DONT_KNOW,
    NOT_APPLICABLE,
    questionnaire,
    section_scores,
    theme_scores,
)

WORLDS = 16
Rounds = dict[int, EarlyRound]


@pytest.fixture(scope="module")
def worlds() -> list[Rounds]:
    """Independent worlds of the planted truth."""
    return [draw_answers(Truth(), seed) for seed in range(WORLDS)]


@pytest.fixture(scope="module")
def honest() -> list[Rounds]:
    """The same worlds, had nobody gamed."""
    truth = replace(Truth(), gaming_share=0.0)
    return [draw_answers(truth, seed) for seed in range(WORLDS)]


def _near(estimates: list[float], planted: float, *, slack: float = 0.0) -> None:
    """The mean estimate is the planted value to within four Monte Carlo errors and the slack."""
    values = np.array(estimates)
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean() - planted) < 4 * error + slack


def _themes(returns: EarlyRound) -> pd.DataFrame:
    form = returns.questionnaire
    themes = theme_scores(form, section_scores(form, returns.scores))
    return themes.set_index(returns.organisations["code_returned"])


def test_early_worlds_keep_the_returns_contract() -> None:
    frame = validate(early_world(Truth(), 1))
    assert set(frame["round"]) == {2016, 2017, 2019}
    assert set(frame["level"]) == {"item", "section", "theme"}


def test_one_seed_gives_one_world() -> None:
    pd.testing.assert_frame_equal(early_world(Truth(), 3), early_world(Truth(), 3))
    assert not early_world(Truth(), 3)["score"].equals(early_world(Truth(), 4)["score"])


def test_an_early_world_is_fast() -> None:
    early_world(Truth(), 0)
    start = time.perf_counter()
    early_world(Truth(), 1)
    assert time.perf_counter() - start < 0.5


def test_scores_are_those_the_scales_allow(worlds: list[Rounds]) -> None:
    for year, returns in worlds[0].items():
        instrument = load(f"dma_{year}")
        for column, item_id in enumerate(returns.questionnaire.ids):
            item = instrument.by_id[item_id]
            scores = returns.scores[:, column]
            seen = set(scores[np.isfinite(scores)])
            if item.answers == "percentage":
                assert all(score == round(score) and 0 <= score <= 100 for score in seen)
            else:
                allowed = set(instrument.answers[item.answers].values())
                dont_know = {0.0} if instrument.scoring.dont_know == "zero" else set()
                assert seen <= allowed | dont_know


def test_gaps_are_scored_as_the_instrument_says(worlds: list[Rounds]) -> None:
    for year, returns in worlds[0].items():
        asked = returns.questionnaire.scored
        gaps = {gap: returns.scores[:, asked][returns.steps[:, asked] == gap]
                for gap in (DONT_KNOW, NOT_APPLICABLE, BLANK)}  # fmt: skip
        assert all(len(scores) for scores in gaps.values())
        assert np.isnan(gaps[NOT_APPLICABLE]).all()
        assert np.isnan(gaps[BLANK]).all()
        if year == 2016:
            assert (gaps[DONT_KNOW] == 0).all()
        else:
            assert np.isnan(gaps[DONT_KNOW]).all()


def test_gaps_are_as_frequent_as_planted(worlds: list[Rounds]) -> None:
    truth = Truth()
    for year in (2016, 2017, 2019):
        steps = np.concatenate(
            [w[year].steps[:, (w[year].questionnaire.steps > 0)
                           & ~w[year].questionnaire.ambulance_only] for w in worlds]
        )  # fmt: skip
        for gap, share in ((DONT_KNOW, truth.dont_know), (NOT_APPLICABLE, truth.not_applicable),
                           (BLANK, truth.blank)):  # fmt: skip
            assert (steps == gap).mean() == pytest.approx(share, abs=0.001)


def test_ambulance_questions_are_asked_of_ambulance_services_only(worlds: list[Rounds]) -> None:
    for returns in worlds[0].values():
        ambulance = returns.organisations["care_settings"].str.contains("ambulance").to_numpy()
        theirs = returns.steps[:, returns.questionnaire.ambulance_only]
        assert (theirs[~ambulance] == BLANK).all()
        assert (theirs[ambulance] >= 0).mean() > 0.8


def test_themes_of_2016_average_to_the_published_means() -> None:
    """73, 40 and 68: the planted section means average to them exactly."""
    planted = planted_section_means(Truth(), 2016)
    by_theme: dict[str, list[float]] = {}
    for section in load("dma_2016").sections:
        by_theme.setdefault(section.theme, []).append(planted[section.id])
    means = {theme: np.mean(values) for theme, values in by_theme.items()}
    assert means == {"readiness": 73, "capabilities": 40, "infrastructure": 68}


def test_national_section_means(honest: list[Rounds]) -> None:
    """The NHS number scale of 2017 starts at 14 points, which lifts one section a little."""
    for year in (2016, 2017, 2019):
        found = [section_scores(w[year].questionnaire, w[year].scores).mean() for w in honest]
        for section, planted in planted_section_means(Truth(), year).items():
            _near([row[section] for row in found], planted,
                  slack=1.0 if section == "standards" else 0.3)  # fmt: skip


def test_drift_between_rounds(worlds: list[Rounds]) -> None:
    """Same organisations, same sections; a rise in points differs by section, not by theme."""
    for theme, rise in Truth().drift[2017].items():
        common = [s.id for s in load("dma_2016").sections if s.theme == theme]
        changes = []
        for rounds in worlds:
            before, after = (
                section_scores(rounds[y].questionnaire, rounds[y].scores)[common]
                .mean(axis=1)
                .set_axis(rounds[y].organisations["code_returned"])
                for y in (2016, 2017)
            )
            changes.append((after - before).dropna().mean())
        _near(changes, rise, slack=0.3)


def test_scores_regress_to_the_mean(worlds: list[Rounds]) -> None:
    """Correlations of 2016 with 2017 as published, near .6, and spreads near 13 to 15."""
    correlations, spreads = [], []
    for rounds in worlds:
        before, after = (_themes(rounds[year])["capabilities"] for year in (2016, 2017))
        shared = before.index.intersection(after.index)
        correlations.append(before[shared].corr(after[shared]))
        spreads.append(before.std())
    assert np.mean(correlations) == pytest.approx(0.62, abs=0.06)
    assert np.mean(spreads) == pytest.approx(13.5, abs=1.5)


@pytest.mark.parametrize(("kept", "least", "most"), [(1.0, 1.0, 1.0), (0.0, 0.2, 0.6)])
def test_answers_are_carried_over(kept: float, least: float, most: float) -> None:
    """With all answers kept and no noise of the round, 2019 repeats 2017 word for word."""
    truth = replace(regression_only(Truth()), kept_answers=kept, sd_organisation_round=0.0,
                    sd_section_round=0.0, dont_know=0.0, not_applicable=0.0, blank=0.0)  # fmt: skip
    rounds = draw_answers(truth, 1)
    before, after = (
        pd.DataFrame(returns.steps, index=returns.organisations["code_returned"])
        for returns in (rounds[2017], rounds[2019])
    )
    shared = before.index.intersection(after.index)
    stayed = [code for code in shared if code.startswith("DX")]
    on_a_scale = rounds[2017].questionnaire.steps > 0
    same = (before.loc[stayed] == after.loc[stayed]).to_numpy()[:, on_a_scale]
    asked = (before.loc[stayed] != BLANK).to_numpy()[:, on_a_scale]
    assert least <= same[asked].mean() <= most


def test_gaming_is_where_funding_was_at_stake_and_nowhere_else(worlds: list[Rounds]) -> None:
    group = country().incentives.set_index("provider_code")["group"]
    for rounds in worlds[:5]:
        for year, returns in rounds.items():
            changed = returns.steps != returns.honest
            if year != 2019:
                assert not changed.any()
                continue
            at_stake = returns.organisations["provider_code"].map(group) == "funding_at_stake"
            assert not changed[~at_stake.to_numpy()].any()
            assert not changed[:, ~returns.questionnaire.gameable].any()
            assert (returns.steps[changed] == 0).all()
            answered = returns.honest[at_stake][:, returns.questionnaire.gameable] > 0
            share = changed[at_stake][:, returns.questionnaire.gameable][answered].mean()
            assert share == pytest.approx(Truth().gaming_share, abs=0.03)


def test_gaming_shows_as_excess_reversals(worlds: list[Rounds]) -> None:
    """Reversals of 2019 beyond the other groups are the excess that truth.json states."""
    misses = []
    group = country().incentives.set_index("provider_code")["group"]
    for rounds in worlds:
        before, after = rounds[2017], rounds[2019]
        rows = {code: k for k, code in enumerate(before.organisations["code_returned"])}
        pairs = [(rows[org.code_returned], k, group.get(org.provider_code, ""))
                 for k, org in enumerate(after.organisations.itertuples())
                 if org.code_returned in rows]  # fmt: skip
        fallen: dict[str, list[float]] = {}
        for earlier, later, member in pairs:
            drop = (before.scores[earlier] - after.scores[later])[after.questionnaire.gameable]
            drop = drop[np.isfinite(drop)]
            fallen.setdefault(member, []).extend(drop >= 50)
        found = np.mean(fallen["funding_at_stake"]) - np.mean(fallen["no_scheme"])
        misses.append(found - estimands.gaming(before, after)["excess_reversals"])
    _near(misses, 0)
    assert np.mean([estimands.gaming(w[2017], w[2019])["excess_reversals"] for w in worlds]) > 0.05


def test_base_rates_of_reversal_are_alike_when_nobody_games(honest: list[Rounds]) -> None:
    """2016 to 2017 is a fair base rate for 2017 to 2019: nothing else sets the steps apart."""
    old, new = questionnaire(2016), questionnaire(2017)
    pairs = [(old.ids.index(a), new.ids.index(b)) for a, b in matched_items().items()]
    asked = [(a, b) for a, b in pairs if new.theme[b] != "readiness"]
    columns_2016, columns_2017 = zip(*asked, strict=True)
    difference = []
    for rounds in honest:
        first = _share_fallen(rounds[2016], list(columns_2016), rounds[2017], list(columns_2017))
        second = _share_fallen(rounds[2017], list(columns_2017), rounds[2019], list(columns_2017))
        difference.append(second - first)
    assert abs(np.mean(difference)) < 0.005


def _share_fallen(
    before: EarlyRound, columns: list[int], after: EarlyRound, later_columns: list[int]
) -> float:
    first = pd.DataFrame(before.scores[:, columns], index=before.organisations["code_returned"])
    second = pd.DataFrame(after.scores[:, later_columns],
                          index=after.organisations["code_returned"])  # fmt: skip
    drop = (first - second).to_numpy()
    return float((drop[np.isfinite(drop)] >= 50).mean())


def test_nothing_shifts_where_nothing_is_planted() -> None:
    """2016 scores Don't Know as 0 and later rounds do not, which is a rule, not a shift."""
    truth = replace(regression_only(Truth()), dont_know=0.0)
    changes: dict[str, list[float]] = {}
    for seed in range(WORLDS):
        rounds = draw_answers(truth, seed)
        for theme, change in (_themes(rounds[2019]) - _themes(rounds[2017])).mean().items():
            changes.setdefault(str(theme), []).append(change)
    for found in changes.values():
        _near(found, 0)


def test_early_and_later_rounds_are_linked(worlds: list[Rounds]) -> None:
    """Noise and mergers bring the planted link down to about the published correlation."""
    design, found = demo_design(), []
    for seed, rounds in enumerate(worlds):
        later = pd.Series(
            estimands.by_provider(draw(Truth(), seed, design).pillars_2025.mean(axis=1), design),
            index=design.provider_codes,
        )
        early = _themes(rounds[2017]).mean(axis=1)
        shared = early.index.intersection(later.index)
        found.append(early[shared].corr(later[shared]))
    assert 0.12 < np.mean(found) < 0.32


def test_rescoring_by_the_later_rule_explains_most_of_the_fall_from_2019_to_2023() -> None:
    """The parts add up, and the change of rule is the largest: what a comparison must face."""
    design = demo_design()
    later, rounds = draw(Truth(), DEMO_SEED, design), draw_answers(Truth(), DEMO_SEED)
    parts = estimands.change_2019_2023(Truth(), design, later, rounds[2019])
    total = parts.pop("total")
    assert sum(parts.values()) == pytest.approx(total)
    assert parts["scoring_rule"] < -20
    assert abs(parts["scoring_rule"]) == max(map(abs, parts.values()))


def test_matched_questions_keep_section_and_scale() -> None:
    old, new = load("dma_2016"), load("dma_2017")
    match = matched_items()
    assert len(match) > 100
    assert len(set(match.values())) == len(match)
    for first, second in match.items():
        assert old.by_id[first].section == new.by_id[second].section
        assert old.by_id[first].answers == new.by_id[second].answers
