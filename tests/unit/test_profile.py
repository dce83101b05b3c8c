"""The page of one system: every table on numbers small enough to work out by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ics_maturity.errors import InputError
from ics_maturity.frames import Measure, Round, Scale
from ics_maturity.study import profile as one
from ics_maturity.study.neighbours import nearest, setting_shares


def small_round() -> Round:
    """Three systems: QA with two providers, QB with one, QC with two that file mental health."""
    filed = [
        ("P1", "QA", "acute", 2.0), ("P1", "QA", "community", 3.0), ("P2", "QA", "acute", 4.0),
        ("P3", "QB", "acute", 1.0),
        ("P4", "QC", "mental_health", 3.0), ("P5", "QC", "mental_health", 5.0),
    ]  # fmt: skip
    rows = pd.DataFrame(filed, columns=["provider_code", "ics_code", "care_setting", "score"])
    rows["provider_name"] = "Trust " + rows["provider_code"]
    providers = rows.groupby(["provider_code", "provider_name", "ics_code"], as_index=False)
    return Round(Measure(2025, "pillar"), rows, providers["score"].mean(), Scale(1, 5))


def like_for_like(now: Round) -> pd.DataFrame:
    """Notebook 03's table for that round, as far as a page reads it."""
    return pd.DataFrame(
        {
            "ics_code": ["QA", "QB", "QC"],
            "short_name": ["Ay", "Bee", "Cee"],
            "providers": [2, 1, 2],
            "rows": [3, 1, 2],
            "rural_share": [0.5, 0.1, 0.4],
            "standardised": [3.0, 1.5, 3.5],
            "standardised_se": [0.3, 0.4, 0.4],
            "crude_provider": [3.25, 1.0, 4.0],
            "crude_row": [3.0, 1.0, 4.0],
            "empirical_bayes": [2.9, 2.0, 3.2],
        }
    )


# Neighbours


def test_distance_is_by_rurality_and_mix_each_over_its_root_mean_square() -> None:
    shares = pd.DataFrame(
        {"acute": [1.0, 0.5, 0.0], "community": [0.0, 0.5, 1.0]}, index=["QA", "QB", "QC"]
    )
    rural = pd.Series({"QA": 0.0, "QB": 0.4, "QC": 0.1})
    near = nearest("QA", rural, shares, 5)
    rural_rms = np.sqrt((0.4**2 + 0.1**2 + 0.3**2) / 3)
    mix_rms = np.sqrt((0.5**2 + 1 + 0.5**2) / 3)
    to_b = np.hypot(0.4 / rural_rms, 0.5 / mix_rms)
    to_c = np.hypot(0.1 / rural_rms, 1 / mix_rms)
    assert near["ics_code"].tolist() == (["QB", "QC"] if to_b < to_c else ["QC", "QB"])
    by_code = near.set_index("ics_code")
    assert by_code.loc["QB", "distance"] == pytest.approx(to_b)
    assert by_code.loc["QC", "distance"] == pytest.approx(to_c)
    assert by_code.loc["QB", "rural_gap"] == pytest.approx(0.4)
    assert by_code.loc["QC", "mix_gap"] == pytest.approx(1.0)


def test_nearest_is_symmetric_and_breaks_ties_by_code() -> None:
    shares = pd.DataFrame({"all": [1.0] * 4}, index=["QD", "QA", "QB", "QC"])
    rural = pd.Series({"QA": 0.1, "QB": 0.3, "QC": 0.2, "QD": 0.2})
    near = nearest("QD", rural, shares, 2)
    assert near["ics_code"].tolist() == ["QC", "QA"], "0.1 and 0.3 are equally near to 0.2"
    back = nearest("QA", rural, shares, 3).set_index("ics_code")
    assert back.loc["QD", "distance"] == pytest.approx(
        near.set_index("ics_code").loc["QA", "distance"]
    )


def test_unknown_rurality_leaves_the_mix() -> None:
    shares = pd.DataFrame({"a": [1.0, 0.9, 0.1], "b": [0.0, 0.1, 0.9]}, index=["QA", "QB", "QC"])
    near = nearest("QC", pd.Series({"QA": 0.1, "QB": np.nan, "QC": 0.2}), shares, 2)
    assert near["ics_code"].tolist() == ["QB", "QA"]
    assert near["distance"].notna().all()


def test_setting_shares_sum_to_one() -> None:
    shares = setting_shares(small_round().rows)
    assert shares.sum(axis=1).tolist() == [1, 1, 1]
    assert shares.loc["QA", "acute"] == pytest.approx(2 / 3)


def test_neighbour_table_says_how_far_scores_lie_apart() -> None:
    now = small_round()
    table = one.neighbour_table(now, like_for_like(now), "QA", 8).set_index("ics_code")
    assert set(table.index) == {"QB", "QC"}
    assert table.loc["QC", "difference"] == pytest.approx(0.5)
    # Five providers in three systems leave two degrees of freedom; 0.3 and 0.4 make 0.5.
    half = stats.t.ppf(0.975, 2) * 0.5
    assert table.loc["QC", "low"] == pytest.approx(0.5 - half)
    assert table.loc["QC", "high"] == pytest.approx(0.5 + half)


# Providers, settings, pillars


def test_providers_and_the_score_without_each() -> None:
    table = one.provider_table(small_round(), "QA")
    assert table["provider_code"].tolist() == ["P1", "P2"]
    assert table["score"].tolist() == [2.5, 4.0]
    assert table["without"].tolist() == [4.0, 2.5]
    assert table["from_mean"].tolist() == pytest.approx([2.5 - 3.1, 4.0 - 3.1])
    assert np.isnan(table["community"][1])
    assert table["mental_health"].isna().all(), "an empty setting keeps its column"
    alone = one.provider_table(small_round(), "QB")
    assert alone["without"].isna().all()


def test_settings_add_up_to_the_difference_from_all() -> None:
    now = small_round()
    table = one.setting_table(now, "QA").set_index("care_setting")
    assert table["returns"].to_dict() == {"acute": 2, "community": 1, "mental_health": 0}
    assert np.isnan(table.loc["mental_health", "score"])
    assert table[["composition", "within"]].sum().sum() == pytest.approx(
        3.0 - now.rows["score"].mean()
    )
    # Acute: 2/3 of QA's returns, half of all; nationally 7/3, where all returns have 3.
    assert table.loc["acute", "composition"] == pytest.approx((2 / 3 - 1 / 2) * (7 / 3 - 3))
    assert table.loc["acute", "within"] == pytest.approx(2 / 3 * (3 - 7 / 3))


def test_pillars_with_an_interval_even_for_one_provider() -> None:
    wide = pd.DataFrame(
        {"well_led": [1.0, 3.0, 5.0, 2.0, 2.2]}, index=[f"P{i}" for i in range(1, 6)]
    )
    ics = pd.Series({"P1": "QA", "P2": "QA", "P3": "QB", "P4": "QC", "P5": "QC"})
    row = one.pillar_table(wide, ics, "QB", pd.Series(["QC"]), {"well_led": "Well led"}).iloc[0]
    half = stats.t.ppf(0.975, 2) * np.sqrt((2 + 0.02) / 2)
    assert row["pillar"] == "Well led"
    assert row["high"] - row["score"] == pytest.approx(half)
    assert row["national"] == pytest.approx(13.2 / 5)
    assert row["near"] == pytest.approx(2.1)
    assert row["apart"] == (half < 5 - 13.2 / 5)


def test_intervals_need_some_spread_within_systems() -> None:
    with pytest.raises(InputError, match="two providers"):
        one.pooled(pd.Series([1.0, 2.0]), pd.Series(["QA", "QB"]))


# Scores and words


def test_scores_with_both_intervals() -> None:
    now = small_round()
    own = like_for_like(now).iloc[0]
    table = one.score_table(now, own, sigma2=0.5, sem=0.2)
    crude = table.iloc[0]
    assert crude["high"] - crude["score"] == pytest.approx(stats.t.ppf(0.975, 2) * 0.5)
    assert crude["high_b"] - crude["score"] == pytest.approx(
        stats.norm.ppf(0.975) * 0.2 / np.sqrt(2)
    )
    assert crude["national"] == pytest.approx(now.providers["score"].mean())
    assert table["low"].isna().tolist() == [False, True, False, True]


@pytest.mark.parametrize(
    ("low", "high", "low_b", "high_b", "verdict"),
    [
        (1, 4, 2, 3.5, "Neither interval"),
        (1, 4, 2, 2.9, "Only the interval of view B"),
        (3.1, 4, 2.9, 3.5, "Only the interval of view A"),
        (3.1, 4, 3.2, 3.5, "Both intervals"),
    ],
)
def test_words_follow_the_intervals(
    low: float, high: float, low_b: float, high_b: float, verdict: str
) -> None:
    now = small_round()
    scores = pd.DataFrame(
        {"low": [low], "high": [high], "low_b": [low_b], "high_b": [high_b], "national": [3.0]}
    )
    words = one.words(now, scores, like_for_like(now).iloc[0])
    assert words["verdict"].startswith(verdict)
    assert words["who"] == "2 providers with 3 returns"
    assert "no return for mental health" in words["empty"]
    assert words["rural"].startswith("50% of")


def test_words_of_a_system_with_one_provider_and_no_rurality() -> None:
    now = small_round()
    own = like_for_like(now).iloc[1].copy()
    own["rural_share"] = np.nan
    scores = one.score_table(now, own, sigma2=0.5, sem=0.2)
    words = one.words(now, scores, own)
    assert words["who"] == "one provider with one return"
    assert "no return for community or mental health" in words["empty"]
    assert "not known" in words["rural"]


def test_a_code_without_returns_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="found 'QX'; expected one of QA, QB"):
        one.check_code("QX", {"QB", "QA"})


# Change


def two_rounds() -> pd.DataFrame:
    rows = [
        (year, code, ics, "overall", "overall_comparable", score)
        for year, scores in ((2024, (1.0, 2.0, 3.0, 4.0, 2.0)), (2025, (2.0, 2.0, 3.0, 4.0, 2.5)))
        for code, ics, score in zip("ABCDE", ("QA", "QA", "QB", "QB", "QC"), scores, strict=True)
    ]
    columns = ["round", "provider_code", "ics_code", "level", "construct", "score"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(
        provider_name=frame["provider_code"], region="East", care_setting="acute",
        assessed_by="self", scale_min=1.0, scale_max=5.0,
    )  # fmt: skip


def test_change_beside_what_regression_to_the_mean_gives() -> None:
    years, pairs = one.comparable_pairs(two_rounds())
    assert years == [2024, 2025]
    before = np.array([1.0, 2, 3, 4, 2])
    after = np.array([2.0, 2, 3, 4, 2.5])
    reliability = np.corrcoef(before, after)[0, 1]
    expected = (after - before).mean() - (1 - reliability) * (before - before.mean())
    assert pairs["expected"].to_numpy() == pytest.approx(expected)
    found = one.mean_change(pairs, "QA")
    assert found.change == pytest.approx(0.5)
    assert found.expected == pytest.approx(expected[:2].mean())
    assert found.beyond == pytest.approx(0.5 - expected[:2].mean())
    beyond = after - before - expected
    within = ((beyond[:2] - beyond[:2].mean()) ** 2).sum()
    within += ((beyond[2:4] - beyond[2:4].mean()) ** 2).sum()
    half = stats.t.ppf(0.975, 2) * np.sqrt(within / 2 / 2)
    assert (found.low, found.high) == pytest.approx((found.beyond - half, found.beyond + half))
    members = pd.DataFrame({"provider_code": ["A"], "provider_name": ["Trust A"]})
    table = one.change_table(pairs, members, "QA")
    assert table["provider_name"].tolist() == ["B", "Trust A"], "a name, or else the code"


def test_words_of_a_change() -> None:
    assert "within" in one.Change(0.1, 0.0, 0.1, -0.1, 0.3).words
    assert "beyond" in one.Change(0.1, 0.0, 0.1, 0.05, 0.15).words


def test_one_round_gives_no_pairs() -> None:
    returns = two_rounds()
    years, pairs = one.comparable_pairs(returns[returns["round"] == 2025])
    assert years == [2025]
    assert pairs.empty


# Log and maps


def test_log_entries_by_present_and_earlier_codes() -> None:
    log = pd.DataFrame(
        {"provider_code": ["P1", "OLD", "", "P9"], "round": [2025, 2016, 2016, 2025], "file": "f"}
    )
    returns = pd.DataFrame(
        {
            "ics_code": ["QA", "QA", "QB", ""],
            "provider_code": ["P1", "P1", "P9", ""],
            "provider_code_returned": ["P1", "OLD", "", ""],
        }
    )
    found = one.log_entries(log, returns, "QA")
    assert found["provider_code"].tolist() == ["OLD", "P1"]


@pytest.mark.parametrize(
    ("vintage", "code", "rows"),
    [
        (2022, "QA", [("QN", "New", 2, 3)]),
        (2026, "QN", [("QA", "Ay", 2, 2), ("QB", "Bee", 1, 2)]),
        (2022, "QB", [("", "no system", 1, 1), ("QN", "New", 1, 3)]),
    ],
)
def test_the_other_map(vintage: int, code: str, rows: list[tuple[str, str, int, int]]) -> None:
    providers = pd.DataFrame(
        {"ics_code": ["QA", "QA", "QB", "QB"], "ics_code_2026": ["QN", "QN", "QN", ""]}
    )
    systems = pd.DataFrame(
        {
            "vintage": [2022, 2022, 2026],
            "ics_code": ["QA", "QB", "QN"],
            "short_name": ["Ay", "Bee", "New"],
        }
    )
    found = one.other_map(providers, systems, vintage, code)
    assert list(found.itertuples(index=False, name=None)) == rows
