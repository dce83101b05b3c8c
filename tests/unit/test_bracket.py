import numpy as np
import pandas as pd
import pytest

from ics_maturity.models.bracket import (
    RULES,
    nearest_to_zero,
    observed_national,
    organisation_scores,
    rescored_national,
    rescoring_table,
    scoring_bracket,
    section_scores,
    tipping_grid,
    tipping_point,
    trend_bracket,
)


def _items(*rows):
    return pd.DataFrame(
        [(o, s, float(v)) for o, s, values in rows for v in values],
        columns=["organisation", "section", "score"],
    )


ITEMS = _items(
    ("A", "x", [100, 80, 60, 40]),
    ("A", "y", [0]),
    ("B", "x", [75, 100]),
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("mean", [70, 0, 87.5]),
        ("lower_quartile", [55, 0, 81.25]),
        ("all_elements_met", [25, 0, 75]),
        ("lowest_item", [40, 0, 75]),
    ],
)
def test_section_scores_by_hand(rule, expected):
    assert section_scores(ITEMS, rule)["score"].tolist() == expected


def test_stated_thresholds_decide_the_level():
    scores = section_scores(ITEMS, "all_elements_met", thresholds=(80, 40))["score"]
    assert scores.tolist() == [40, 0, 40]


def test_national_figures_by_hand():
    # organisations: (70 + 0) / 2 and 87.5; by lowest item (40 + 0) / 2 and 75
    assert organisation_scores(ITEMS, "mean").to_dict() == {"A": 35, "B": 87.5}
    assert observed_national(ITEMS) == pytest.approx((35 + 87.5) / 2)
    assert rescored_national(ITEMS) == pytest.approx((20 + 75) / 2)


def test_sections_count_equally_whatever_their_number_of_items():
    doubled = pd.concat([ITEMS, ITEMS[ITEMS["section"] == "x"]])
    assert observed_national(doubled) == observed_national(ITEMS)


def test_rescoring_table_holds_the_national_figures():
    table = rescoring_table(ITEMS).set_index("rule")
    assert table.index.tolist() == list(RULES)
    assert table.loc["mean", "mean"] == observed_national(ITEMS)
    assert table.loc["lowest_item", "mean"] == rescored_national(ITEMS)
    assert table["organisations"].tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize("bad", [np.nan, -1, 101])
def test_scores_off_the_scale_are_refused(bad):
    with pytest.raises(ValueError, match="from 0 to 100"):
        section_scores(_items(("A", "x", [bad, 50])), "mean")
    with pytest.raises(ValueError, match="unknown scoring rule"):
        section_scores(ITEMS, "median")


BRACKET = scoring_bracket(
    {"mean": [60, 70, 80], "lower_quartile": [50, 50, 50], "lowest_item": [20, 30, 40]},
    [40, 40, 40],
)


def test_scoring_bracket_spans_the_rules():
    assert BRACKET.unadjusted == -30
    assert (BRACKET.low, BRACKET.high) == (-30, 10)
    assert BRACKET.far_end == 10
    assert BRACKET.by_rule["shift"].tolist() == [-30, -10, 10]
    assert BRACKET.n == 3
    with pytest.raises(ValueError, match="'mean'"):
        scoring_bracket({"lowest_item": [1, 2, 3]}, [1, 2, 3])


def test_trend_bracket_by_hand():
    table = trend_bracket(shift=10, slope_per_year=2, years=4)
    assert table["multiple"].tolist() == [0, 0.5, 1, 2]
    assert table["drift"].tolist() == [0, 4, 8, 16]
    assert table["remaining"].tolist() == [10, 6, 2, -6]
    with pytest.raises(ValueError, match="must follow"):
        trend_bracket(10, 2, 0)


def test_tipping_point_in_four_units():
    point = tipping_point(-30, sd_before=12, slope_per_year=5, bracket=BRACKET)
    assert point.pomp == -30
    assert point.sds == -2.5
    assert point.years_of_drift == -6  # drift rose, so no amount of it explains a fall
    assert point.share_of_bracket == 0.75  # of the 40 points between the two rules
    rising = tipping_point(15, 12, 5, scoring_bracket({"mean": [10, 20, 30]}, [25, 35, 45]))
    assert rising.years_of_drift == 3
    assert rising.share_of_bracket == float("inf")  # one rule, no bracket
    assert tipping_point(0, 12, 0, BRACKET).years_of_drift == 0


def test_nearest_to_zero():
    assert nearest_to_zero(-30, -20) == -20
    assert nearest_to_zero(2, 8) == 2
    assert nearest_to_zero(-1, 8) == 0
    with pytest.raises(ValueError, match="low <= high"):
        nearest_to_zero(2, 1)


def test_grid_crosses_zero_at_the_tipping_point():
    grid = tipping_grid(BRACKET, 5, 2, shares=[0, 0.75, 1], multiples=[0, 1])
    table = grid.pivot_table(index="share", columns="multiple", values="remaining")
    assert table.loc[0, 0] == -30
    assert table.loc[0.75, 0] == 0
    assert table.loc[1, 0] == BRACKET.far_end
    assert table.loc[1, 1] == BRACKET.far_end - 10
    assert len(grid) == 6
