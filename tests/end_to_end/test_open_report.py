"""The report on the published returns: its named results against numbers found another way.

Every value below was computed from the published files by separate code (openpyxl or csv, numpy
and scipy; of this package only the lists of questions): its own reading of the sheets, REML by
minimising the restricted likelihood with dense matrices, CR2 by the definition, resampling with
draws of its own. Only aggregates are written here.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import openpyxl
import pandas as pd
import pytest

from linked_changes import leaks, linked_changes, tables_of

if TYPE_CHECKING:
    from pathlib import Path

    from whole_reports import WholeReport

pytest_plugins = ["whole_reports"]
# Needs --dist loadgroup to be made by one worker only: see whole_reports.
pytestmark = [pytest.mark.slow, pytest.mark.sources, pytest.mark.xdist_group("open report")]

# Why two right answers may differ, and by how much.
COUNT = 0.0, "a count"
SUMMED = 1e-9, "the same sums in another order: double precision"
SEARCHED = 1e-6, "two searches for one optimum stop near it, not at it"
TIED = 5e-4, "two systems have the same crude mean; double precision may or may not part them"


def drawn(p: float, draws: int = 9_999) -> tuple[float, str]:
    """Tolerance of a p-value by resampling: four standard errors of its draws."""
    return 4 * float(np.sqrt(p * (1 - p) / draws)), f"four standard errors of {draws:,} draws"


class Expected(NamedTuple):
    """A named result: what it should be, how far off it may be and why, and in which unit."""

    name: str
    value: float
    tolerance: tuple[float, str]
    unit: str = ""


EXPECTED = [
    # Reading. 239 rows in the file of 2016 (one empty), 232 general returns in that of 2017.
    Expected("clean.organisations_2016", 239, COUNT, "organisations"),
    Expected("clean.organisations_2017", 232, COUNT, "organisations"),
    Expected("clean.rows_2025", 285, COUNT, "returns"),
    Expected("clean.providers_2025", 204, COUNT, "providers"),
    Expected("clean.organisations_unaccounted", 0, COUNT, "organisations"),
    # Filled cells of the published file of 154 acute providers; every one is given back.
    Expected("clean.acute_scores_compared_2016", 2462, COUNT, "scores"),
    Expected("clean.acute_scores_matched_2016", 2462, COUNT, "scores"),
    Expected("clean.mean_2016_readiness", 72.9369747899, SUMMED, "points of 100"),
    Expected("clean.mean_2016_capabilities", 40.4411764706, SUMMED, "points of 100"),
    Expected("clean.mean_2016_infrastructure", 67.9282700422, SUMMED, "points of 100"),
    # Means and variance.
    Expected("mix.row_mean_2025", 2.4554385965, SUMMED, "points"),
    Expected("mix.provider_mean_2025", 2.4472922502, SUMMED, "points"),
    Expected("mix.tau2_2025", 0.0147518886, SEARCHED, "points squared"),
    Expected("mix.sigma2_2025", 0.1348802055, SEARCHED, "points squared"),
    Expected("mix.icc_2025", 0.0985877, SEARCHED, "share"),
    Expected("mix.tau2_p_2025", 0.00664, drawn(0.00664)),
    Expected("mix.rankability_2025", 0.3535255, SEARCHED, "share"),
    # Mix.
    Expected("mix.community_minus_acute_within", -0.0696367207, SUMMED, "points"),
    Expected("mix.community_minus_acute_between", 0.1821091536, SUMMED, "points"),
    Expected("mix.mental_health_minus_acute_within", -0.0520127639, SUMMED, "points"),
    Expected("mix.mental_health_minus_acute_between", -0.0590155380, SUMMED, "points"),
    Expected("mix.ambulance_minus_acute_between", -0.0487447271, SUMMED, "points"),
    Expected("mix.type_p", 0.1341, drawn(0.1341)),
    Expected("mix.additivity_p", 0.0708, drawn(0.0708)),
    Expected("mix.r2_between_2025", 0.0013340445, SUMMED, "share"),
    Expected("mix.moves_at_most_2025", 0.0252951040, SUMMED, "points"),
    Expected("mix.spearman_crude_standardised", 0.9814837, TIED),
    # Measurement.
    Expected("measure.alpha", 0.8011762166, SUMMED),
    Expected("measure.sem", 0.1730782477, SUMMED, "points"),
    Expected("measure.retest_r", 0.8064292338, SUMMED),
    Expected("measure.retest_sem", 0.1762223088, SUMMED, "points"),
    Expected("pillars.first_eigenvalue", 0.4713219639, SUMMED, "share"),
    # Ranks: view A from the covariance of the standardised scores, view B from measure.sem.
    Expected("ranks.mean_width_a", 41.905, (0.1, "critical values of 10,000 draws"), "ranks"),
    Expected("ranks.mean_width_b", 31.05, (0.2, "critical values of 10,000 draws"), "ranks"),
    Expected("ranks.pairs_distinct_holm_a", 0, COUNT, "pairs"),
    # Rurality.
    Expected("rurality.slope_2025", -0.1716174, SEARCHED, "points"),
    Expected("rurality.slope_2025_se", 0.2343602, SEARCHED, "points"),
    Expected("rurality.slope_2025_df", 40, COUNT, "degrees of freedom"),
    Expected("rurality.slope_direct_2025", -0.1678541, SEARCHED, "points"),
    Expected("rurality.slope_2024", -0.3498199, SEARCHED, "points"),
    Expected("rurality.p_primary_2025", 0.4682666, SEARCHED),
    Expected("rurality.p_cr2_2025", 0.3972348023, (1e-8, "eigenvalues of each system's block")),
    Expected("rurality.p_cv3_2025", 0.4062139, SEARCHED),
    Expected("rurality.p_hc3_2025", 0.7156594505, SUMMED),
    Expected("rurality.p_wild_2025", 0.39644, drawn(0.39644)),
    Expected("rurality.p_permutation_2025", 0.44546, drawn(0.44546)),
    Expected("rurality.tost_p", 0.0844346, SEARCHED),
    Expected("rurality.vif", 1.0017888885, SUMMED),
    # (t(.975) + t(.8)) times the standard error is 0.673 where the variances are known.
    Expected("rurality.mde80", 0.673, (0.03, "simulated, with variances estimated"), "points"),
    # Neighbours by shared border, rows weighted to one.
    Expected("space.moran_2025", -0.0401077612, SUMMED),
    Expected("space.moran_2024", 0.2231281098, SUMMED),
    Expected("space.moran_2024_residual", 0.1023159049, SUMMED),
    # Pillars, REML and Holm.
    Expected("pillars.holm_p_safe_practice", 0.5270417, SEARCHED),
    Expected("pillars.holm_p_empower_people", 0.8907514, SEARCHED),
    Expected("pillars.holm_p_ensure_smart_foundations", 1, SUMMED),
    Expected("pillars.holm_p_healthy_populations", 1, SUMMED),
    Expected("pillars.holm_p_improve_care", 1, SUMMED),
    Expected("pillars.holm_p_support_workforce", 1, SUMMED),
    Expected("pillars.holm_p_well_led", 1, SUMMED),
    # One instrument, 2024 and 2025.
    Expected("shift.change_2024_2025", 0.1559461916, SUMMED, "points"),
    Expected("shift.naive_r_2024_2025", -0.3113663204, SUMMED),
    Expected("shift.oldham_r_2024_2025", -0.0003061995, SUMMED),
    Expected("shift.pitman_morgan_p_2024_2025", 0.9965319812, SUMMED),
    Expected("shift.blomqvist_2024_2025", 0.0078540385, SUMMED),
    # Self-assessed rounds. Section scores of 2016 computed again, those of 2017 as published.
    Expected("shift.change_2016_2017_readiness", 8.2818777293, SUMMED, "points of 100"),
    Expected("shift.change_2016_2017_capabilities", 10.4272197962, SUMMED, "points of 100"),
    Expected("shift.change_2016_2017_infrastructure", 8.6578947368, SUMMED, "points of 100"),
    Expected("shift.observed_2016_national", 54.0654466564, SUMMED, "points of 100"),
    Expected("shift.rescored_2016_national", 23.4299006198, SUMMED, "points of 100"),
    # All scored items of whole organisations, the information-governance percentage included:
    # only so are the published section scores given back.
    Expected("shift.observed_2017_national", 64.4035594223, SUMMED, "points of 100"),
    Expected("shift.rescored_2017_national", 30.2833793123, SUMMED, "points of 100"),
    # Across the instruments; the divided trust counts three quarters and one quarter.
    Expected("shift.link_r_2016_2025", 0.2356325130, SUMMED),
    Expected("shift.link_r_2017_2025", 0.2249255230, SUMMED),
    Expected("shift.uncertainty_reduction", 0.0281577706, SUMMED, "share"),
    Expected("shift.observed", -28.1424089542, SUMMED, "points of 100"),
    Expected("shift.bracket_low", -28.1424089542, SUMMED, "points of 100"),
    Expected("shift.bracket_high", 7.1755192445, SUMMED, "points of 100"),
    Expected("shift.tipping_sd", -2.3387914540, (1e-8, "CR2 as above"), "SD of the earlier round"),
    # Matched questions: 124 by number, 30 of them worded the same but for case and punctuation.
    Expected("gaming.reversal_items", 124, COUNT, "items"),
    Expected("gaming.reversal_items_identical", 30, COUNT, "items"),
    Expected("gaming.reversal_rate_2016_2017", 0.0150143087, SUMMED, "share of matched answers"),
]

INTERVALS = {
    # t with 40 degrees of freedom; the searches of two programs end near one optimum
    "rurality.slope_2025": (-0.6452769, 0.3020422, 1e-6),
    # CR2 with Satterthwaite's degrees of freedom
    "shift.change_2024_2025": (0.1183152673, 0.1935771159, 1e-8),
    "shift.observed": (-30.1169786488, -26.1678392596, 1e-7),
    "mix.community_minus_acute_within": (-0.1109155786, -0.0283578627, 1e-8),
    "mix.community_minus_acute_between": (-0.0061733720, 0.3703916791, 1e-8),
}
SIZES = {
    "mix.tau2_2025": 204,
    "rurality.slope_2025": 204,
    "rurality.slope_direct_2025": 204,
    "rurality.slope_2024": 204,
    "shift.change_2024_2025": 204,
    "shift.oldham_r_2024_2025": 204,
    "shift.observed_2016_national": 237,
    "shift.observed_2017_national": 232,
    "shift.link_r_2016_2025": 203,
    "shift.link_r_2017_2025": 203,
    "shift.change_2016_2017_readiness": 229,
    "shift.change_2016_2017_infrastructure": 228,
    "gaming.reversal_rate_2016_2017": 25509,
}


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected.name)
def test_a_named_result_is_what_other_code_finds(
    expected: Expected, open_report: "WholeReport"
) -> None:
    found = open_report.results[expected.name]
    tolerance, why = expected.tolerance
    assert found.value == pytest.approx(expected.value, rel=0, abs=tolerance), why
    assert found.unit == expected.unit


@pytest.mark.parametrize("name", INTERVALS)
def test_an_interval_is_what_other_code_finds(name: str, open_report: "WholeReport") -> None:
    low, high, tolerance = INTERVALS[name]
    found = open_report.results[name]
    assert (found.low, found.high) == pytest.approx((low, high), rel=0, abs=tolerance)


def test_results_count_their_units(open_report: "WholeReport") -> None:
    assert {name: open_report.results[name].n for name in SIZES} == SIZES


def test_the_claims_go_no_further_than_the_returns(open_report: "WholeReport") -> None:
    reached = open_report.table("claims_ladder").set_index("level")["reached"]
    assert reached["L0"] == "yes"
    assert reached["L1"] != "yes"
    assert reached[["L2", "L3", "L4"]].tolist() == ["not identified"] * 3
    assert open_report.results["ladder.level_reached"].value == "L0"
    assert open_report.results["ladder.reasons"].value == "; ".join(
        f"{level} {answer}" for level, answer in reached.items()
    )


def test_no_organisation_is_linked_across_the_instruments(open_report: "WholeReport") -> None:
    """The link is too weak, so that no output of any page may hold such a change."""
    assert not open_report.table("link_strength")["allowed"].any()
    assert not open_report.table("scales")["allowed"].any()
    changes = linked_changes(open_report.root / "data" / "processed" / "open")
    places = dict(tables_of(open_report.folder))
    assert len(places) > 50
    assert {place: leaks(table, changes) for place, table in places.items()
            if leaks(table, changes)} == {}  # fmt: skip


# The table of systems, against the workbook read here by itself


@pytest.fixture(scope="module")
def returns(sources_dir: "Path") -> pd.DataFrame:
    """Provider, system and mean of the seven pillars of each return, from the sheet itself."""
    book = openpyxl.load_workbook(
        sources_dir / "rounds/dma_2024_2025_results.xlsx", read_only=True, data_only=True
    )
    rows = list(book["SC - 2025 Pillar Summary"].iter_rows(values_only=True))
    at = next(i for i, row in enumerate(rows) if "Provider" in row)
    sheet = pd.DataFrame(rows[at + 1 :], columns=rows[at]).dropna(axis=1, how="all").dropna()
    score = sheet.iloc[:, -7:].astype(float).mean(axis=1)
    return sheet[["ICS", "Provider", "Care Setting"]].assign(score=score)


@pytest.fixture(scope="module")
def like(open_report: "WholeReport") -> pd.DataFrame:
    table = open_report.table("like_for_like_2025")
    return table.set_index(table["ics_name"].str.upper())


def test_systems_have_their_providers_returns_and_crude_means(
    like: pd.DataFrame, returns: pd.DataFrame
) -> None:
    by_system = returns.groupby(returns["ICS"].str.upper())
    assert len(like) == 42
    assert like["ics_code"].is_monotonic_increasing
    assert by_system["Provider"].nunique().to_dict() == like["providers"].to_dict()
    assert by_system.size().to_dict() == like["rows"].to_dict()
    providers = returns.groupby([returns["ICS"].str.upper(), "Provider"])["score"].mean()
    crude = {"crude_row": by_system["score"].mean(),
             "crude_provider": providers.groupby(level=0).mean()}  # fmt: skip
    for column, wanted in crude.items():
        # The table is written to ten significant digits.
        assert like[column].to_numpy() == pytest.approx(
            wanted[like.index].to_numpy(), rel=0, abs=1e-9
        )


def test_rural_shares_are_those_of_the_source(like: pd.DataFrame, sources_dir: "Path") -> None:
    source = pd.read_csv(sources_dir / "geography/icb_rurality.csv")
    shares = source.set_index("icb_ods_code")["rural_share"]
    found = like.set_index("ics_code")["rural_share"]
    # The reference table holds ten decimals.
    assert found.to_numpy() == pytest.approx(shares[found.index].to_numpy(), rel=0, abs=1e-9)


def test_standardised_scores_are_those_of_an_additive_model(
    like: pd.DataFrame, returns: pd.DataFrame
) -> None:
    """Least squares of score on system and setting, averaged over the national mix of returns."""
    systems = pd.get_dummies(returns["ICS"].str.upper(), dtype=float)
    settings = pd.get_dummies(returns["Care Setting"], dtype=float)
    design = np.column_stack([systems, settings.iloc[:, 1:]])
    fitted = np.linalg.lstsq(design, returns["score"].to_numpy(), rcond=None)[0]
    theta = fitted[:42] + settings.mean().to_numpy()[1:] @ fitted[42:]
    # The table is written to ten significant digits.
    assert like["standardised"].to_numpy() == pytest.approx(
        pd.Series(theta, index=systems.columns)[like.index].to_numpy(), rel=0, abs=1e-8
    )


def test_shrunken_scores_lie_between_their_own_and_the_mean(like: pd.DataFrame) -> None:
    assert like["shrinkage"].between(0, 1, inclusive="neither").all()
    centre = (like["empirical_bayes"] - like["shrinkage"] * like["standardised"]) / (
        1 - like["shrinkage"]
    )
    assert centre.to_numpy() == pytest.approx(centre.mean(), rel=0, abs=1e-6)


def test_ranks_lie_in_their_sets(like: pd.DataFrame) -> None:
    for view in ("a", "b"):
        assert like["rank"].between(like[f"rank_low_{view}"], like[f"rank_high_{view}"]).all()
        assert (like[f"rank_low_{view}_simultaneous"] <= like[f"rank_low_{view}"]).all()
        assert (like[f"rank_high_{view}_simultaneous"] >= like[f"rank_high_{view}"]).all()
    assert like["p_top5"].sum() == pytest.approx(5, abs=1e-6)
    assert like["p_bottom5"].sum() == pytest.approx(5, abs=1e-6)


def test_every_confirmatory_method_is_in_the_table_of_slopes(open_report: "WholeReport") -> None:
    table = open_report.table("rurality_2025")
    assert table["slope"].value_counts().to_dict() == {"total": 7, "direct": 7}
    total = table[(table["slope"] == "total") & (table["role"] == "primary")].iloc[0]
    assert total["estimate"] == pytest.approx(-0.1716174, abs=1e-6)
    assert total["df"] == 40
    assert (table[table["role"] == "shown to fail"]["method"].str.len() > 0).all()
