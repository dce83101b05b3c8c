"""Tables of the argument on mix and rurality, in small worlds whose truth is planted."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ics_maturity import columns, frames, scores, study
from ics_maturity.instruments import for_round, packaged
from ics_maturity.models import rurality
from ics_maturity.models.design import with_intercept
from ics_maturity.models.variance import random_intercept
from shelf import Shelf
from tidy_returns import tidy

TITLES = packaged().titles(2025)
PILLARS = [pillar.id for pillar in for_round(2025).pillars]
CODES = [f"Q{i}" for i in range(8)]
RURAL = dict(zip(CODES, [0.0, 0.5, 0.1, 0.4, 0.2, 0.6, 0.3, 0.05], strict=True))
REGION = {code: "North" if i < 4 else "South" for i, code in enumerate(CODES)}
# How many providers of a system file for acute only, for both settings, for community only.
MIXED = {code: (3, 1, 1) if i % 2 else (1, 1, 3) for i, code in enumerate(CODES)}
ALIKE = dict.fromkeys(CODES, (2, 1, 2))
Score = Callable[[str, str, str], float]


def world(
    score: Score, mix: dict[str, tuple[int, int, int]] = MIXED, noise: float = 0.02
) -> pd.DataFrame:
    """Returns of 2025: ``score(system, setting, pillar)`` plus a provider's own and other noise."""
    rng = np.random.default_rng(11)
    rows = []
    for code in CODES:
        acute, both, community = mix[code]
        filed = [["acute"]] * acute + [["acute", "community"]] * both + [["community"]] * community
        for i, settings in enumerate(filed):
            own = noise * rng.standard_normal()
            for setting in settings:
                rows += [
                    {"provider_code": f"R{code}{i}", "ics_code": code, "region": REGION[code],
                     "care_setting": setting, "construct": pillar,
                     "score": score(code, setting, pillar) + own + noise * rng.standard_normal()}
                    for pillar in PILLARS
                ]  # fmt: skip
    return tidy(*rows)


def flat(system: str, setting: str, pillar: str) -> float:
    return 3.0


def reference(**more: pd.DataFrame) -> Shelf:
    """A ring of systems, of which the map of 2026 holds two under new codes."""
    new = ["Q1", "QNEW"]
    systems = pd.DataFrame(
        {"vintage": [2022] * 8 + [2026] * 2, "ics_code": CODES + new,
         "ics_name": [f"System {c}" for c in CODES + new], "short_name": CODES + new,
         "region": [*REGION.values(), "North", "South"]}
    )  # fmt: skip
    rurality_ = pd.DataFrame(
        [(c, name, factor * RURAL[c]) for c in CODES for name, factor in
         (("ruc2011", 0.9), ("ruc2021", 1.0), ("same", 1.0))],
        columns=["ics_code", "definition", "rural_share"],
    )  # fmt: skip
    angle = 2 * np.pi * np.arange(8) / 8
    tables = {
        "systems": systems.sample(frac=1, random_state=1),
        "rurality": rurality_,
        "rurality_2026": pd.DataFrame({"ics_code": new, "definition": "ruc2021",
                                       "rural_share": [0.7, 0.8]}),
        "adjacency": pd.DataFrame({"ics_code_a": CODES, "ics_code_b": CODES[1:] + CODES[:1]}),
        "centroids": pd.DataFrame({"ics_code": CODES, "x": np.cos(angle), "y": np.sin(angle)}),
    }  # fmt: skip
    return Shelf(**(tables | more))


def analysed(returns: pd.DataFrame) -> tuple[frames.Round, pd.DataFrame]:
    systems = study.systems(reference(returns=returns))
    now = frames.analysis_round(returns, frames.all_domains(2025), systems["rural_share"])
    return now, systems


# Systems and pillars


def test_systems_come_with_their_rural_share() -> None:
    found = study.systems(reference(returns=world(flat)))
    assert found["rural_share"].to_dict() == RURAL
    assert list(found.index) == CODES
    assert found.loc["Q3", ["ics_name", "short_name", "region"]].tolist() == [
        "System Q3", "Q3", "North"
    ]  # fmt: skip
    other = study.systems(reference(returns=world(flat)), "ruc2011")
    assert other["rural_share"].to_dict() == {c: 0.9 * share for c, share in RURAL.items()}


def test_the_map_is_the_one_the_returns_are_on() -> None:
    moved = tidy({"ics_code": "QNEW"}, {"ics_code": "Q1", "provider_code": "RXX"})
    found = study.systems(reference(returns=moved))
    assert found["rural_share"].to_dict() == {"Q1": 0.7, "QNEW": 0.8}


def test_a_providers_pillar_is_the_mean_over_its_returns() -> None:
    def one(code: str, setting: str, pillar: str, score: float, **more: object) -> dict:
        return {"provider_code": code, "ics_code": "Q0", "care_setting": setting,
                "construct": pillar, "score": score, "round": 2023,
                "assessed_by": "moderated", **more}  # fmt: skip

    returns = tidy(
        one("RBB", "acute", "a", 1.0), one("RBB", "acute", "b", 2.0),
        one("RBB", "community", "a", 3.0), one("RBB", "community", "b", 2.0),
        one("RAA", "acute", "a", 4.0), one("RAA", "acute", "b", 5.0),
        one("RAA", "acute", "a", 1.0, assessed_by="self"),
        one("RCC", "acute", "a", 4.0),  # lacks a pillar
        one("RDD", "acute", "a", 4.0, ics_code=""), one("RDD", "acute", "b", 4.0, ics_code=""),
    )  # fmt: skip
    wide = study.pillar_scores(returns, frames.all_domains(2023, "moderated"))
    assert wide.to_dict("index") == {"RAA": {"a": 4.0, "b": 5.0}, "RBB": {"a": 2.0, "b": 2.0}}


def test_consistency_is_of_providers_not_of_returns() -> None:
    error = study.measurement_error(world(flat, noise=0.3), 2025)
    assert (error.n, error.parts) == (40, 7)


def comparable(**scores: list[float]) -> pd.DataFrame:
    """Scores of 2024 and 2025 on comparable domains, by provider."""
    return tidy(*(
        {"provider_code": code, "ics_code": "Q0", "round": year, "level": "overall",
         "construct": frames.COMPARABLE, "score": score}
        for code, both in scores.items() for year, score in zip((2024, 2025), both, strict=False)
    ))  # fmt: skip


def test_reading_error_has_two_yardsticks_where_two_rounds_share_domains() -> None:
    once = world(flat, noise=0.3)
    inner, errors = study.measurement_errors(once, 2025)
    assert errors == {"b": inner.sem}
    # Changes of 0.1, 0.3 and 0.5: a spread of 0.2, the fourth provider was not there before.
    twice = comparable(RAA=[2.0, 2.1], RBB=[1.5, 1.8], RCC=[3.0, 3.5])
    newcomer = comparable(RDD=[9.0, 3.0]).iloc[1:]
    returns = pd.concat([once, twice, newcomer], ignore_index=True)
    _, errors = study.measurement_errors(returns, 2025)
    assert errors["b_retest"] == pytest.approx(0.2 / np.sqrt(2))
    assert errors["b"] == inner.sem


# Like for like


def community_costs(system: str, setting: str, pillar: str) -> float:
    """Systems are equal; a community return scores half a point less everywhere."""
    return 3.0 - 0.5 * (setting == "community")


def like(returns: pd.DataFrame) -> pd.DataFrame:
    now, systems = analysed(returns)
    table, _ = study.like_for_like(now.rows, systems, {"b": 0.1}, "rows", "acute", Shelf().rng)
    return table.set_index("ics_code")


def test_standardising_takes_out_what_mix_alone_does() -> None:
    found = like(world(community_costs))
    crude, standard = found["crude_row"], found["standardised"]
    assert np.ptp(crude) > 0.15
    assert np.ptp(standard) < 0.06
    assert np.ptp(found["indirect"]) < 0.06
    assert found["acute_only"].to_numpy() == pytest.approx([3.0] * 8, abs=0.05)


def test_standardising_changes_nothing_where_mixes_are_alike() -> None:
    found = like(world(lambda s, t, p: community_costs(s, t, p) + RURAL[s], ALIKE))
    assert found["standardised"].to_numpy() == pytest.approx(found["crude_row"].to_numpy())


def test_the_table_is_complete_and_sorted_by_code() -> None:
    found = like(world(lambda s, t, p: 3.0 + RURAL[s]))
    assert ["ics_code", *found.columns] == list(columns.of("like_for_like"))
    assert list(found.index) == CODES
    assert found["providers"].tolist() == [5] * 8
    assert found["rows"].tolist() == [6] * 8
    assert found["rural_share"].to_dict() == RURAL


def test_ranks_lie_in_their_sets_and_simultaneous_sets_are_wider() -> None:
    found = like(world(lambda s, t, p: 3.0 + RURAL[s]))
    assert found["rank"].idxmin() == "Q5"
    assert sorted(found["rank"]) == list(range(1, 9))
    for view in ("a", "b"):
        low, high = found[f"rank_low_{view}"], found[f"rank_high_{view}"]
        assert ((low <= found["rank"]) & (found["rank"] <= high)).all()
        assert (found[f"rank_low_{view}_simultaneous"] <= low).all()
        assert (found[f"rank_high_{view}_simultaneous"] >= high).all()
    assert (found["rank_high_a"] - found["rank_low_a"]).max() < 7


def test_a_place_among_five_is_excluded_only_by_a_simultaneous_set() -> None:
    found = like(world(lambda s, t, p: 3.0 + RURAL[s]))
    top, bottom = found["may_be_top5"], found["may_be_bottom5"]
    assert (top == (found["rank_low_a_simultaneous"] <= 5)).all()
    assert (bottom == (found["rank_high_a_simultaneous"] >= 4)).all()
    assert (top["Q5"], bottom["Q5"], top["Q0"], bottom["Q0"]) == (True, False, False, True)


def test_systems_whose_place_is_wholly_open_are_counted() -> None:
    now, systems = analysed(world(lambda s, t, p: 3.0 + RURAL[s]))
    errors = {"b": 0.001, "b_retest": 50.0}
    _, sets = study.like_for_like(now.rows, systems, errors, "rows", "acute", Shelf().rng)
    assert study.full_sets(sets["b"]) == 0
    assert study.full_sets(sets["b_retest"]) == 8


def test_some_five_systems_are_highest_and_some_five_lowest() -> None:
    found = like(world(lambda s, t, p: 3.0 + RURAL[s]))
    assert found["p_top5"].sum() == pytest.approx(5)
    assert found["p_bottom5"].sum() == pytest.approx(5)
    assert found["p_top5"]["Q5"] > 0.95
    assert found["p_top5"]["Q0"] < 0.05
    assert found["p_bottom5"]["Q0"] > 0.95


def test_the_two_views_differ_where_reading_error_and_spread_do() -> None:
    """Nearly exact readings order systems that providers as draws leave open."""
    now, systems = analysed(world(lambda s, t, p: 3.0 + RURAL[s] / 10, noise=0.3))
    found = {}
    for sem in (0.001, 5.0):
        _, sets = study.like_for_like(now.rows, systems, {"b": sem}, "rows", "acute", Shelf().rng)
        found[sem] = sets
    assert found[0.001]["b"].mean_width < found[0.001]["a"].mean_width
    assert found[5.0]["b"].mean_width == 8
    assert found[5.0]["a"].mean_width == found[0.001]["a"].mean_width


def test_comparison_bars_are_those_of_goldstein_and_healy() -> None:
    found = like(world(lambda s, t, p: 3.0 + RURAL[s])).reset_index()
    bars = study.caterpillar_rows(found)
    assert ((bars["low"] + bars["high"]) / 2).to_numpy() == pytest.approx(
        found["standardised"].to_numpy()
    )
    half = (bars["high"] - bars["low"]) / 2 / found["standardised_se"]
    assert half.to_numpy() == pytest.approx([1.39] * 8, abs=0.005)
    assert bars["rank_low"].tolist() == found["rank_low_a"].tolist()
    assert bars["rank_high"].tolist() == found["rank_high_a"].tolist()
    assert found["rank_low_a"].tolist() != found["rank_low_b"].tolist()


# Rurality


def rural_slope(system: str, setting: str, pillar: str) -> float:
    return 3.0 - RURAL[system]


def test_system_means_are_of_providers() -> None:
    now, systems = analysed(world(rural_slope))
    found = study.system_means(now.providers, systems).set_index("ics_code")
    assert found["n"].tolist() == [5] * 8
    wanted = now.providers.groupby("ics_code")["score"].mean()
    assert found["score"].to_numpy() == pytest.approx(wanted.to_numpy())
    without = now.providers[now.providers["ics_code"] != "Q3"]
    assert "Q3" not in set(study.system_means(without, systems)["ics_code"])


def test_the_fitted_line_lies_in_a_band_that_is_narrowest_in_the_middle() -> None:
    now, _ = analysed(world(rural_slope, noise=0.2))
    rural, ics = now.providers["rural_share"].to_numpy(), now.providers["ics_code"]
    fit = random_intercept(now.providers["score"], with_intercept(rural), ics)
    slope = rurality.slope(now.providers["score"], rural, ics)
    line = study.fitted_line(now.providers, slope)
    assert line["rural_share"].iloc[[0, -1]].tolist() == [0.0, 0.6]
    rise = (line["fit"].iloc[-1] - line["fit"].iloc[0]) / 0.6
    assert rise == pytest.approx(slope.estimate)
    width = (line["high"] - line["low"]).to_numpy()
    assert 5 < width.argmin() < 35
    # At a wholly urban system the band is the intercept's own interval.
    half = 2.446911851 * fit.se[0]  # t(6), 97.5%
    assert line.iloc[0][["low", "high"]].tolist() == pytest.approx(
        [fit.beta[0] - half, fit.beta[0] + half]
    )


def test_other_choices_are_named_and_count_their_own_providers() -> None:
    returns = world(rural_slope)
    comparable = tidy(*(
        {"provider_code": f"R{code}{i}", "ics_code": code, "round": 2024, "level": "overall",
         "construct": frames.COMPARABLE, "score": 3.0 + RURAL[code] + (i - 2) / 50}
        for code in CODES for i in range(5)
    ))  # fmt: skip
    now, systems = analysed(pd.concat([returns, comparable], ignore_index=True))
    rural = reference().read("rurality")
    found = study.rurality_sensitivity(
        pd.concat([returns, comparable], ignore_index=True), now, systems, rural
    )
    assert found["label"].tolist() == [
        "primary", "rural areas of 2011", "acute returns only", "community returns only",
        "comparable domains, 2024", "one region left out, lowest", "one region left out, highest",
        "one system left out, lowest", "one system left out, highest",
    ]  # fmt: skip
    by_label = found.set_index("label")
    assert by_label["n"].tolist() == [40, 40, 24, 24, 40, 20, 20, 35, 35]
    estimate = by_label["estimate"]
    assert estimate["primary"] == pytest.approx(-1, abs=0.1)
    assert estimate["rural areas of 2011"] == pytest.approx(estimate["primary"] / 0.9)
    assert estimate["comparable domains, 2024"] == pytest.approx(1, abs=0.1)
    for what in ("region", "system"):
        ends = (estimate[f"one {what} left out, {end}"] for end in ("lowest", "highest"))
        low, high = ends
        assert low <= estimate["primary"] <= high


def test_neighbours_are_told_alike_from_unlike() -> None:
    """Round a ring, scores that alternate, scores that rise, and scores that rural share gives."""

    def statistics(score: Score) -> pd.Series:
        now, systems = analysed(world(score, ALIKE, noise=0.001))
        table = study.moran_table(reference(), [now], systems)
        assert len(table) == 4
        assert (table["n"] == 8).all()
        return table.set_index(["weights", "what"])["statistic"]

    alternating = statistics(lambda s, t, p: 3.0 + CODES.index(s) % 2)
    assert alternating["shared border", "means"] == pytest.approx(-1, abs=0.01)
    halves = statistics(lambda s, t, p: 3.0 + (CODES.index(s) < 4))
    assert halves["shared border", "means"] == pytest.approx(0.5, abs=0.01)
    # Of the four nearest on the ring, on average two lie in the same half for each system.
    assert 0 < halves["4 nearest", "means"] < halves["shared border", "means"]
    rural = statistics(rural_slope)
    assert rural["shared border", "residuals"] != pytest.approx(rural["shared border", "means"])


def test_pillars_with_a_slope_are_found_among_seven() -> None:
    planted = {"well_led": -1.0, "safe_practice": -0.7}
    returns = world(lambda s, t, p: 3.0 + RURAL[s] * planted.get(p, 0), noise=0.1)
    now, _ = analysed(returns)
    found = study.pillar_slopes(returns, now, TITLES, Shelf().rng("pillars"), 199).set_index(
        "pillar"
    )
    assert list(found.index) == sorted(PILLARS)
    assert found.loc["well_led", "title"] == "Well Led"
    for pillar, slope in planted.items():
        assert found.loc[pillar, "estimate"] == pytest.approx(slope, abs=0.3)
        assert found.loc[pillar, "p_holm"] < 0.05
        # By the formula, Holm's hardest step with 6 df: t(1 - .025/7) + t(.8) standard errors. So
        # few df make power rise less steeply than it supposes.
        se = (found.loc[pillar, "high"] - found.loc[pillar, "low"]) / (2 * 2.446911851)
        formula = se * (stats.t(6).ppf(1 - 0.025 / 7) + 0.905703285)
        assert found.loc[pillar, "detectable"] == pytest.approx(formula, rel=0.1)
    others = found.drop(list(planted))
    assert others["p_holm"].min() > 0.05
    first, second = sorted(found["p"])[:2]
    assert sorted(found["p_holm"])[:2] == pytest.approx([7 * first, max(7 * first, 6 * second)])
    assert (found["p_bh"] >= found["p"]).all()
    assert (found["p_holm"] >= found["p_bh"] - 1e-12).all()
    assert found["p_westfall_young"].idxmin() == found["p"].idxmin()
    assert found["p_westfall_young"].min() < 0.05 < others["p_westfall_young"].min()


# Variance, composition, coarse scores


def test_variance_is_split_over_providers_over_returns_and_by_pillar() -> None:
    returns = world(lambda s, t, p: 3.0 + RURAL[s] * (p == "well_led"), noise=0.1)
    now, _ = analysed(returns)
    found = study.variance_table(returns, now, TITLES)
    assert found["unit"].tolist() == ["providers", "returns"] + ["providers"] * 7
    assert found["n"].tolist() == [40, 48] + [40] * 7
    assert found["provider2"].notna().tolist() == [False, True] + [False] * 7
    shares = found["tau2"] / found[["tau2", "provider2", "sigma2"]].sum(axis=1)
    assert found["icc"].to_numpy() == pytest.approx(shares.to_numpy())
    by_pillar = found.iloc[2:].set_index("score")["icc"]
    assert by_pillar.idxmax() == "Well Led"


@pytest.mark.parametrize(("score", "share"), [(community_costs, 1.0), (rural_slope, 0.0)])
def test_composition_is_all_or_nothing_where_mix_is(score: Score, share: float) -> None:
    mix = MIXED if share else ALIKE
    now, systems = analysed(world(score, mix, noise=0.01))
    found = study.composition_table(now, systems, "acute")
    assert found["what"].value_counts().to_dict() == {
        "variance between systems": 2, "rural less urban third": 2,
    }  # fmt: skip
    between = found[found["what"] == "variance between systems"]
    assert between["share"].to_numpy() == pytest.approx([share] * 2, abs=0.1)
    assert (between["whole"] > 0).all()
    gap = found[found["what"] == "rural less urban third"]
    rural, urban = (now.rows[now.rows["ics_code"].isin(codes)]["score"].mean()
                    for codes in (["Q1", "Q3", "Q5"], ["Q0", "Q2", "Q7"]))  # fmt: skip
    assert gap["whole"].to_numpy() == pytest.approx([rural - urban] * 2)
    assert gap["explained"].to_numpy() == pytest.approx(share * gap["whole"].to_numpy(), abs=0.03)


def system_table() -> pd.DataFrame:
    rural = np.array(list(RURAL.values()))
    wobble = np.array([0.12, -0.08, 0.09, -0.11, 0.07, 0.04, -0.13, 0.02])
    return pd.DataFrame({"ics_code": CODES, "rural_share": rural, "n": 5,
                         "score": 3.0 - rural + wobble})  # fmt: skip


NO_CLAIMS = pd.DataFrame(columns=["ics_code", "measure_id", "low", "high"])


def test_coarser_knowledge_gives_wider_answers() -> None:
    means = system_table()
    found = study.coarse_table(means, NO_CLAIMS)
    exact, interval, bounds = found.to_dict("records")
    fitted = np.polyfit(means["rural_share"], means["score"], 1)[0]
    assert exact["estimate"] == pytest.approx(fitted)
    assert interval["low"] < fitted < interval["high"]
    assert interval["estimate"] == pytest.approx(fitted, abs=0.1)
    assert np.isnan(bounds["estimate"])
    assert bounds["low"] < fitted < bounds["high"]


def test_press_statements_bound_the_slope_only_where_they_cover_every_system() -> None:
    means = system_table()
    whole = pd.DataFrame({"ics_code": CODES, "measure_id": "list", "low": 1.0, "high": 5.0})
    partly = whole.assign(measure_id="part").iloc[:5]
    found = study.coarse_table(means, pd.concat([whole, partly]))
    press = found.iloc[3:]  # after those of scores published to one decimal
    assert len(press) == 1
    assert press["what"].iloc[0].startswith("list")
    centred = means["rural_share"] - means["rural_share"].mean()
    widest = 4 * centred.clip(lower=0).sum() / (centred**2).sum()
    assert press[["low", "high"]].to_numpy().tolist() == [pytest.approx([-widest, widest])]


def test_rules_lie_apart_only_where_returns_and_providers_differ() -> None:
    now, systems = analysed(world(lambda s, t, p: 3.0 + (t == "community")))
    table = study.scores_by_rule(now.rows, systems)
    assert list(table.columns) == ["system", "row", "provider", "setting_balanced", "apart"]
    same, systems = analysed(world(lambda s, t, p: 3.0))
    alike = study.scores_by_rule(same.rows, systems)
    assert table["apart"].max() > 3 * alike["apart"].max()


def test_a_new_map_averages_the_old_systems() -> None:
    now, _ = analysed(world(lambda s, t, p: 2.0 + RURAL[s]))
    codes = sorted(set(now.rows["ics_code"]))
    new = dict.fromkeys(codes[:2], "N1") | {code: code for code in codes[2:]}
    providers = now.rows[["provider_code", "ics_code"]].drop_duplicates("provider_code")
    providers["ics_code_2026"] = providers["ics_code"].map(new)
    moves = study.map_moves(now.rows, providers, "provider").set_index("ics_code_2026")
    assert moves.loc["N1", "old"] == 2
    assert moves.loc["N1", "smallest"] <= moves.loc["N1", "score"] <= moves.loc["N1", "largest"]
    alone = moves[moves["old"] == 1]
    assert (alone["score"] - alone["smallest"]).abs().max() == pytest.approx(0)


def test_the_lattice_says_how_coarse_a_pillar_is() -> None:
    returns = tidy(*(
        {"provider_code": f"R{i}", "construct": "well_led", "score": score}
        for i, score in enumerate((2.0, 2.3, 2.3))
    ))  # fmt: skip
    (row,) = study.lattice_table(returns, 2025, packaged()).to_dict("records")
    domains = for_round(2025).domain_count("well_led", "acute")
    assert (row["pillar"], row["care_setting"], row["domains"]) == ("Well Led", "acute", domains)
    assert row["possible"] == len(scores.lattice(domains))
    assert (row["seen"], row["returns"]) == (2, 3)
    (unknown,) = study.lattice_table(returns.assign(round=2030), 2030, packaged()).to_dict(
        "records"
    )
    assert pd.isna(unknown["domains"])
    assert pd.isna(unknown["possible"])
