"""What is too small to be shown is not shown, nor to be had by subtraction."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ics_maturity.release.suppression import (
    provider_counts,
    suppressed_systems,
    without_small_rows,
)
from tidy_returns import tidy


def counts(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["ics_code", "region", "providers"])


def test_a_system_is_counted_in_the_round_where_it_had_fewest() -> None:
    returns = tidy(
        {"round": 2024, "provider_code": "A", "ics_code": "X", "region": "N"},
        {"round": 2025, "provider_code": "A", "ics_code": "X", "region": "N"},
        {"round": 2025, "provider_code": "B", "ics_code": "X", "region": "N"},
        {"round": 2025, "provider_code": "C", "ics_code": "", "region": ""},
    )
    assert provider_counts(returns, [2024, 2025])["providers"].tolist() == [1]
    assert provider_counts(returns, [2025])["providers"].tolist() == [2]


def test_nothing_small_means_nothing_suppressed() -> None:
    assert suppressed_systems(counts(("X", "N", 3), ("Y", "N", 4)), 3) == set()


def test_one_small_system_takes_the_next_of_its_region_with_it() -> None:
    table = counts(("X", "N", 2), ("Y", "N", 9), ("Z", "N", 5), ("V", "S", 4))
    assert suppressed_systems(table, 3) == {"X", "Z"}


def test_two_small_systems_with_too_few_providers_together_take_a_third() -> None:
    table = counts(("W", "N", 1), ("X", "N", 1), ("Y", "N", 7), ("V", "S", 8))
    assert suppressed_systems(table, 3) == {"W", "X", "Y"}


def test_a_region_of_one_small_system_takes_one_from_elsewhere() -> None:
    table = counts(("X", "N", 1), ("Y", "S", 7), ("Z", "S", 8))
    assert suppressed_systems(table, 3) == {"X", "Y"}


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("NSE"), st.integers(1, 9)), min_size=2, max_size=20),
    st.integers(2, 5),
)
def test_no_total_gives_a_small_system_away(systems: list[tuple[str, int]], least: int) -> None:
    """The total less what is shown is at least two systems and ``least`` providers, or all."""
    table = counts(*((f"X{i}", region, n) for i, (region, n) in enumerate(systems)))
    hidden = suppressed_systems(table, least)
    shown = table[~table["ics_code"].isin(hidden)]
    assert (shown["providers"] >= least).all()
    for _, part in [("", table), *table.groupby("region")]:
        left = part[part["ics_code"].isin(hidden)]
        small = left["providers"] < least
        if small.any() and len(left) < len(part):
            assert len(left) >= 2
            assert left["providers"].sum() >= least


def test_a_row_left_out_alone_takes_the_next_smallest_with_it() -> None:
    frame = pd.DataFrame({"group": list("abcd"), "n": [2, 9, 5, np.nan]})
    assert without_small_rows(frame, "n", 3)["group"].tolist() == ["b", "d"]
    assert without_small_rows(frame, "n", 2)["group"].tolist() == list("abcd")
    two = pd.DataFrame({"group": list("abc"), "n": [1, 2, 5]})
    assert without_small_rows(two, "n", 3)["group"].tolist() == ["c"]
