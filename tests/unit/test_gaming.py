import numpy as np
import pandas as pd
import pytest

from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.gaming import (
    SignGap,
    guttman_errors,
    low_end_bunching,
    sign_gap,
    sign_gap_table,
)
from ics_maturity.models.reversals import (
    matched_items,
    reversal_rate,
    reversals_by_organisation,
)


def _answers(columns, *rows):
    return pd.DataFrame(rows, columns=["organisation", *columns])


BEFORE = _answers(["item", "score"], ("A", "a1", 100.0), ("A", "a2", 75.0), ("B", "a1", 50.0),
                  ("C", "a1", 0.0))  # fmt: skip
AFTER = _answers(["item", "score"], ("A", "y7", 25.0), ("A", "y8", 100.0), ("B", "y7", 0.0),
                 ("B", "y8", 0.0), ("D", "y7", 0.0))  # fmt: skip
KEY = pd.DataFrame({"item_before": ["a1", "a2"], "item_after": ["y7", "y8"]})


def test_matched_items_keeps_answers_given_in_both_rounds():
    matched = matched_items(BEFORE, AFTER, KEY)
    assert matched.to_dict("records") == [
        {"organisation": "A", "item": "y7", "before": 100, "after": 25},
        {"organisation": "A", "item": "y8", "before": 75, "after": 100},
        {"organisation": "B", "item": "y7", "before": 50, "after": 0},
    ]


def test_a_repeated_answer_or_key_is_named():
    with pytest.raises(ValueError, match="A, a1 occurs more than once"):
        matched_items(pd.concat([BEFORE, BEFORE.head(1)]), AFTER, KEY)
    with pytest.raises(ValueError, match="y7 occurs more than once"):
        matched_items(BEFORE, AFTER, KEY.assign(item_after="y7"))


def _many(fall_in, organisations=20, items=10):
    """Matched answers at 75, of which ``fall_in`` organisations lose 50 points on one item."""
    rows = [
        (f"O{o:02}", f"i{i}", 75.0, 25.0 if i == 0 and o < fall_in else 75.0)
        for o in range(organisations)
        for i in range(items)
    ]
    return _answers(["item", "before", "after"], *rows)


def test_reversal_rate_counts_falls_of_half_the_scale():
    rate = reversal_rate(_many(6), np.random.default_rng(1), resamples=500)
    assert (rate.reversals, rate.pairs, rate.organisations, rate.items) == (6, 200, 20, 10)
    assert rate.rate == pytest.approx(0.03)
    assert rate.low < 0.03 < rate.high
    assert rate.rise_rate == 0
    low_start = _many(6).assign(before=lambda f: np.where(f["item"] == "i9", 25.0, f["before"]))
    at_risk = reversal_rate(low_start, np.random.default_rng(1), resamples=200)
    assert at_risk.at_risk == 180
    assert at_risk.rate_at_risk == pytest.approx(6 / 180)
    assert at_risk.rise_rate == pytest.approx(20 / 200)


def test_a_fall_just_short_of_half_is_not_one():
    nearly = _many(6).assign(after=lambda f: f["after"] + 0.5)
    assert reversal_rate(nearly, np.random.default_rng(1), resamples=100).reversals == 0


def test_no_reversal_still_has_an_upper_limit():
    rate = reversal_rate(_many(0), np.random.default_rng(1), resamples=100)
    assert (rate.rate, rate.low) == (0, 0)
    assert rate.high == pytest.approx(1 - 0.025 ** (1 / 20))


def test_reversals_by_organisation():
    shares = reversals_by_organisation(_many(2, organisations=3))
    assert shares.tolist() == [0.1, 0.1, 0]


def test_low_end_bunching_by_hand():
    answers = _answers(
        ["score", "verifiable"],
        ("A", 0.0, False), ("A", 0.0, False), ("A", 75.0, True), ("A", 0.0, True),
        ("B", 50.0, False), ("B", 0.0, True),
        ("C", 0.0, True),
    )  # fmt: skip
    result = low_end_bunching(answers)
    assert result.to_dict() == {"A": 0.5, "B": -1.0}  # C answered nothing unverifiable


def test_guttman_errors_by_hand():
    # items from common to rare: p q r s (4, 3, 2, 1 yes); A perfect, E reversed, B one error
    yes = {"A": "pq", "B": "pr", "C": "pqrs", "D": "pq", "E": "r"}
    rows = [(o, i, 100.0 if i in given else 0.0) for o, given in yes.items() for i in "pqrs"]
    result = guttman_errors(_answers(["item", "score"], *rows))
    # p 4, q 3, r 3, s 1: q before r by name. B: r without q, 1 of 2 * 2; E: r without p, q, 2 of 3
    assert result.to_dict() == pytest.approx({"A": 0, "B": 0.25, "D": 0, "E": 2 / 3})


def test_guttman_errors_leave_unanswered_items_out():
    rows = [("A", "p", 100.0), ("A", "q", 0.0), ("B", "p", 100.0), ("C", "q", 100.0),
            ("C", "p", 0.0), ("D", "p", 75.0), ("D", "q", 74.0)]  # fmt: skip
    result = guttman_errors(_answers(["item", "score"], *rows))
    assert result.to_dict() == {"A": 0, "C": 1, "D": 0}  # B answered one item only


def _groups(n=40):
    """Half of the organisations with funding at stake; systems of four."""
    names = [f"O{i:02}" for i in range(n)]
    stake = pd.Series(np.tile([1.0, 0.0], n // 2), index=names)
    ics = pd.Series([f"S{i // 4}" for i in range(n)], index=names)
    return names, stake, ics


def test_a_sign_is_compared_between_groups_and_with_the_step_before():
    names, stake, ics = _groups()
    rng = np.random.default_rng(4)
    main = pd.Series(0.1 + 0.3 * stake + rng.normal(0, 0.02, 40), index=names)
    placebo = pd.Series(0.05 * stake + rng.normal(0, 0.02, 40), index=names)
    gap = sign_gap("reversals", main.drop("O00"), placebo, stake, ics)
    kept = stake.drop("O00") == 1
    assert (gap.n, gap.incentivised) == (39, 19)
    assert gap.at_stake == pytest.approx(main.drop("O00")[kept].mean())
    assert gap.others == pytest.approx(main.drop("O00")[~kept].mean())
    assert gap.main.estimate == pytest.approx(gap.at_stake - gap.others)
    assert gap.beyond.estimate == pytest.approx(gap.main.estimate - gap.placebo.estimate)
    assert gap.p == max(gap.main.p, gap.beyond.p) < 0.001


@pytest.mark.parametrize(("main", "placebo"), [(0.3, 0.3), (-0.3, 0.0), (0.0, -0.3)])
def test_a_sign_counts_only_where_both_comparisons_show_a_rise(main, placebo):
    """Groups that always differed, a fall, and a rise that only the step before makes."""
    _, stake, ics = _groups()
    rng = np.random.default_rng(5)
    noise = rng.normal(0, 0.02, (2, 40))
    gap = sign_gap("x", main * stake + noise[0], placebo * stake + noise[1], stake, ics)
    assert gap.p > 0.05


def test_a_sign_that_nobody_shows_is_no_difference():
    names, stake, ics = _groups()
    nothing = pd.Series(0.0, index=names)
    gap = sign_gap("x", nothing, nothing, stake, ics)
    assert (gap.main.estimate, gap.beyond.estimate, gap.p) == (0, 0, 1)


def test_too_few_organisations_cannot_be_compared():
    names, stake, ics = _groups()
    values = pd.Series(np.linspace(0, 1, 40), index=names)
    alone = stake.where(stake.index < "O06", 0.0)
    with pytest.raises(ValueError, match="at least 5"):
        sign_gap("x", values, values, alone, ics)


def test_signs_are_corrected_for_their_number_by_hand():
    none = Coefficient("", 0, 1, 1, 0, 1, 0, 0)
    gaps = [
        SignGap(name, 0, 0, none, none, none, p, 10, 5)
        for name, p in zip("abc", (0.04, 0.01, 0.03), strict=True)
    ]
    table = sign_gap_table(gaps)
    assert table["sign"].tolist() == ["a", "b", "c"]
    assert table["p_holm"].tolist() == pytest.approx([0.06, 0.03, 0.06])
    assert list(sign_gap_table([]).columns) == list(table.columns)
