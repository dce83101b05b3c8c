"""What must hold of averages, rounding and the lattice whatever the scores."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ics_maturity import scores

SETTINGS = ("acute", "ambulance", "community", "mental_health")
RULES = st.sampled_from(sorted(scores.AVERAGING_RULES))
A_SCORE = st.floats(1, 5)
# The same examples in every run, however busy the machine.
steady = settings(deadline=None, derandomize=True)


def frame(rows: list[tuple[str, str, str, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["ics_code", "provider_code", "care_setting", "score"])


@st.composite
def any_returns(draw: st.DrawFn) -> pd.DataFrame:
    """Systems of any size whose providers file for any settings."""
    rows = []
    for system in range(draw(st.integers(1, 4))):
        for provider in range(draw(st.integers(1, 4))):
            for setting in draw(st.sets(st.sampled_from(SETTINGS), min_size=1)):
                code = f"R{system}{provider}"
                rows.append((f"Q{system}", code, setting, draw(A_SCORE)))
    return frame(rows)


@st.composite
def balanced_returns(draw: st.DrawFn) -> pd.DataFrame:
    """Within a system every provider files for the same settings."""
    rows = []
    for system in range(draw(st.integers(1, 4))):
        settings = draw(st.sets(st.sampled_from(SETTINGS), min_size=1))
        for provider in range(draw(st.integers(1, 4))):
            for setting in settings:
                code = f"R{system}{provider}"
                rows.append((f"Q{system}", code, setting, draw(A_SCORE)))
    return frame(rows)


@steady
@given(any_returns(), RULES, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(returns, rule, random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(returns)))
    random.shuffle(order)
    one = scores.system_scores(returns, rule)
    other = scores.system_scores(returns.iloc[order], rule)
    pd.testing.assert_frame_equal(one, other, rtol=1e-12)


@steady
@given(balanced_returns())
def test_the_rules_agree_where_every_provider_files_alike(returns: pd.DataFrame) -> None:
    row, provider, setting = (
        scores.system_scores(returns, rule)["score"] for rule in scores.AVERAGING_RULES
    )
    np.testing.assert_allclose(row, provider, rtol=1e-12)
    np.testing.assert_allclose(row, setting, rtol=1e-12)


@steady
@given(any_returns(), RULES, st.floats(0.1, 10), st.floats(-5, 5))
def test_a_change_of_unit_passes_through(
    returns: pd.DataFrame, rule: str, factor: float, shift: float
) -> None:
    moved = returns.assign(score=returns["score"] * factor + shift)
    expected = scores.system_scores(returns, rule)["score"] * factor + shift
    np.testing.assert_allclose(scores.system_scores(moved, rule)["score"], expected, atol=1e-9)


@steady
@given(any_returns(), RULES)
def test_a_score_lies_between_the_lowest_and_highest_return(
    returns: pd.DataFrame, rule: str
) -> None:
    found = scores.system_scores(returns, rule).set_index("ics_code")["score"]
    ranges = returns.groupby("ics_code")["score"].agg(["min", "max"])
    assert (found >= ranges["min"] - 1e-12).all()
    assert (found <= ranges["max"] + 1e-12).all()


@steady
@given(st.integers(-50_000, 50_000), st.integers(0, 3), st.integers(-3, 3))
def test_rounding_is_decimal_rounding(thousandths: int, decimals: int, noise: int) -> None:
    exact = Decimal(thousandths) / 1000
    # Half up towards plus infinity: shift to positive numbers, where decimal's rule is the same.
    expected = (exact + 100).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) - 100
    value = float(exact)
    for _ in range(abs(noise)):
        value = float(np.nextafter(value, np.inf if noise > 0 else -np.inf))
    assert float(scores.round_half_up(value, decimals)) == float(expected)


@steady
@given(st.lists(st.integers(1, 5), min_size=1, max_size=10))
def test_the_rounding_of_any_pillar_can_be_undone(domains: list[int]) -> None:
    mean = sum(domains) / len(domains)
    published = float(scores.round_half_up(np.mean(domains)))
    assert scores.invert_lattice(published, len(domains)).exact == mean
