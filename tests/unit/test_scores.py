"""Averaging rules, rounding and the score lattice."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from ics_maturity import scores
from ics_maturity.errors import InputError
from ics_maturity.organisations import identify
from ics_maturity.reference import load_reference
from ics_maturity.returns import QualityLog
from tidy_returns import tidy

PILLARS = ("well_led", "smart_foundations")


def pillars(code: str, setting: str, *values: float, **more: object) -> list[dict[str, object]]:
    return [
        {"provider_code": code, "care_setting": setting, "construct": name, "score": value,
         "ics_code": "QAA", "region": "North", **more}
        for name, value in zip(PILLARS, values, strict=False)
    ]  # fmt: skip


@pytest.fixture
def returns() -> pd.DataFrame:
    """System QAA: P1 files twice, P2 once; QBB: P3 files once."""
    return tidy(
        *pillars("P2", "acute", 4.0, 5.0),
        *pillars("P1", "community", 1.0, 2.0),
        *pillars("P1", "acute", 2.0, 3.0),
        *pillars("P3", "acute", 3.0, 3.0, ics_code="QBB"),
    )


@pytest.fixture
def filed(returns: pd.DataFrame) -> pd.DataFrame:
    return scores.return_scores(returns, 2025)


def test_a_return_is_the_mean_of_its_pillars(filed: pd.DataFrame) -> None:
    keys = filed[["provider_code", "care_setting"]].agg("/".join, axis=1)
    assert dict(zip(keys, filed["score"], strict=True)) == {
        "P1/acute": 2.5, "P1/community": 1.5, "P2/acute": 4.5, "P3/acute": 3.0,
    }  # fmt: skip
    assert (filed["parts"] == 2).all()
    assert filed["region"].unique() == ["North"]


def test_a_return_that_lacks_a_pillar_says_so() -> None:
    frame = tidy(*pillars("P1", "acute", 2.0, 3.0), *pillars("P2", "acute", 4.0))
    found = scores.return_scores(frame, 2025)
    assert found[["score", "parts"]].to_numpy().tolist() == [[2.5, 2], [4.0, 1]]


def test_other_levels_rounds_and_constructs_stay_out(returns: pd.DataFrame) -> None:
    other = tidy(
        {"provider_code": "P1", "level": "overall", "construct": "overall_comparable", "score": 5},
        {"provider_code": "P1", "round": 2024, "score": 5},
    )
    frame = pd.concat([returns, other], ignore_index=True)
    pd.testing.assert_frame_equal(
        scores.return_scores(frame, 2025), scores.return_scores(returns, 2025)
    )
    overall = scores.return_scores(frame, 2025, level="overall")
    assert overall["score"].to_list() == [5]
    one = scores.return_scores(frame, 2025, constructs=["well_led"])
    assert one["score"].to_list() == [2, 1, 4, 3]


def test_two_assessors_are_never_mixed(returns: pd.DataFrame) -> None:
    moderated = returns.assign(assessed_by="moderated", score=returns["score"] - 0.5)
    both = pd.concat([returns, moderated], ignore_index=True)
    with pytest.raises(InputError, match="expected one assessor"):
        scores.return_scores(both, 2025)
    lowered = scores.return_scores(both, 2025, assessed_by="moderated")
    raw = scores.return_scores(both, 2025, assessed_by="self")
    np.testing.assert_allclose(lowered["score"], raw["score"] - 0.5)


def test_no_such_scores_is_an_error(returns: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="pillar scores of round 2023"):
        scores.return_scores(returns, 2023)


def test_a_provider_is_the_mean_of_its_returns(filed: pd.DataFrame) -> None:
    providers = scores.provider_scores(filed)
    assert providers[["provider_code", "score", "returns"]].to_numpy().tolist() == [
        ["P1", 2.0, 2], ["P2", 4.5, 1], ["P3", 3.0, 1],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "expected", "national"),
    [
        ("row", (2.5 + 1.5 + 4.5) / 3, 11.5 / 4),
        ("provider", (2.0 + 4.5) / 2, 9.5 / 3),
        ("setting_balanced", (3.5 + 1.5) / 2, (10 / 3 + 1.5) / 2),
    ],
)
def test_averaging_rules(filed: pd.DataFrame, rule: str, expected: float, national: float) -> None:
    systems = scores.system_scores(filed, rule).set_index("ics_code")
    assert systems.loc["QAA", "score"] == pytest.approx(expected)
    assert systems.loc["QBB", "score"] == 3.0
    assert systems.loc["QAA", ["providers", "rows"]].to_list() == [2, 3]
    assert scores.national_score(filed, rule) == pytest.approx(national)


def test_rules_have_one_sentence_each() -> None:
    assert list(scores.AVERAGING_RULES) == ["row", "provider", "setting_balanced"]
    for rule in scores.AVERAGING_RULES.values():
        assert rule.definition.count(".") == 1
        assert rule.definition.endswith(".")


def test_an_unknown_rule_is_an_error(filed: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="one of row, provider, setting_balanced"):
        scores.system_scores(filed, "median")


def test_returns_without_a_system_are_left_out_of_systems(returns: pd.DataFrame) -> None:
    homeless = returns.assign(ics_code=returns["ics_code"].replace("QBB", ""))
    filed = scores.return_scores(homeless, 2025)
    assert scores.system_scores(filed)["ics_code"].to_list() == ["QAA"]
    assert scores.national_score(filed) == pytest.approx(9.5 / 3)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (2.25, 2.3),  # to even would be 2.2
        (2.2499999999999996, 2.3),  # the half, missed by binary noise
        (2.249999, 2.2),
        (2.35, 2.4),  # as a binary number slightly below the half
        (1.05, 1.1),
        (2.0, 2.0),
        (-0.25, -0.2),  # a half goes towards plus infinity
    ],
)
def test_a_half_goes_up(value: float, rounded: float) -> None:
    assert float(scores.round_half_up(value)) == rounded


def test_rounding_keeps_shape_and_decimals() -> None:
    np.testing.assert_array_equal(scores.round_half_up([72.5, 39.49], 0), [73, 39])
    np.testing.assert_array_equal(scores.round_half_up(pd.Series([2.125]), 2), [2.13])


@pytest.mark.parametrize("domains", range(1, 13))
def test_every_lattice_value_rounds_as_decimal_arithmetic_says(domains: int) -> None:
    for k, mean in enumerate(scores.lattice(domains), start=domains):
        exact = Decimal(k) / Decimal(domains)
        expected = exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
        assert float(scores.round_half_up(mean)) == float(expected), (k, domains)
        # A mean of seven such pillars has noise in its last bits; rounding must not see it.
        assert float(scores.round_half_up(mean * 7 / 7 + 4e-16)) == float(expected)


@pytest.mark.parametrize("domains", range(1, 11))
def test_up_to_ten_domains_the_rounding_can_be_undone(domains: int) -> None:
    for k in range(domains, 5 * domains + 1):
        mean = Fraction(k, domains)
        published = float(scores.round_half_up(float(mean)))
        match = scores.invert_lattice(published, domains)
        assert match.status == "exact"
        assert match.exact == float(mean)


def test_ambiguous_and_impossible_values_are_reported() -> None:
    twelve = scores.invert_lattice(2.3, 12)  # 27/12 = 2.25 and 28/12 = 2.33
    assert (twelve.status, twelve.candidates) == ("ambiguous", (2.25, 28 / 12))
    assert np.isnan(twelve.exact)
    assert scores.invert_lattice(2.4, 4).status == "impossible"
    with pytest.raises(ValueError, match="at least one domain"):
        scores.invert_lattice(2.4, 0)


def test_exact_pillars_join_back_to_their_rows() -> None:
    frame = tidy(
        *pillars("P1", "acute", 2.3, 2.4), *pillars("P2", "community", 2.4, 2.0),
        {"provider_code": "P1", "level": "overall", "construct": "overall_comparable"},
    )  # fmt: skip
    counts = {("well_led", "acute"): 4, ("well_led", "community"): 4}
    found = scores.exact_pillars(frame, lambda pillar, setting: counts.get((pillar, setting)))
    assert found["provider_code"].to_list() == ["P1", "P1", "P2", "P2"]
    assert found["status"].to_list() == ["exact", "unknown", "impossible", "unknown"]
    assert found["exact"].to_list()[0] == 2.25
    assert found["exact"].isna().sum() == 3
    assert found["domains"].to_list() == [4, pd.NA, 4, pd.NA]


def published_2025(path: Path) -> pd.DataFrame:
    """The published pillars as tidy returns, read in the plainest way."""
    sheet = openpyxl.load_workbook(path, read_only=True)["SC - 2025 Pillar Summary"]
    rows = [row[1:12] for row in sheet.iter_rows(min_row=12, values_only=True) if row[3]]
    return tidy(
        *(
            {"provider_name": row[2], "care_setting": row[3].lower().replace(" ", "_"),
             "construct": f"pillar_{number}", "score": float(value)}
            for row in rows
            for number, value in enumerate(row[4:])
        )
    )  # fmt: skip


@pytest.mark.sources
def test_the_published_returns_of_2025(sources_dir: Path, root: Path) -> None:
    path = sources_dir / "rounds" / "dma_2024_2025_results.xlsx"
    log = QualityLog()
    published = published_2025(path)
    returns = identify(published, load_reference(root / "data" / "raw" / "reference"), log)
    assert len(returns) == len(published) == 285 * 7
    filed = scores.return_scores(returns, 2025)
    assert (len(filed), set(filed["parts"])) == (285, {7})
    assert len(scores.provider_scores(filed)) == 204
    means = published.groupby(["provider_name", "care_setting"])["score"].mean()
    assert scores.national_score(filed, "row") == pytest.approx(means.mean(), rel=1e-12)
    by_provider = means.groupby("provider_name").mean().mean()
    assert scores.national_score(filed, "provider") == pytest.approx(by_provider, rel=1e-12)
    for rule in scores.AVERAGING_RULES:
        systems = scores.system_scores(filed, rule)
        assert len(systems) == 42
        assert systems[["providers", "rows"]].sum().to_list() == [204, 285]
    assert set(log.frame()["kind"]) == {"code_matched_by_hand"}
