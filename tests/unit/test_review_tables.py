"""Tables of notebook 04 that stand side by side: link rules, scales, models, spread, groups."""

import numpy as np
import pandas as pd
import pytest

from ics_maturity import frames, review
from ics_maturity.comparison import Linked
from ics_maturity.models.bracket import RULES
from ics_maturity.models.change import expected_spearman
from shelf import Shelf
from tidy_returns import tidy

CODES = [f"R{i:02}" for i in range(32)]
ICS = {code: f"Q{i // 4}" for i, code in enumerate(CODES)} | {"R99": "Q0"}
PILLARS = ("well_led", "ensure_smart_foundations", "safe_practice", "improve_care")
ITEMS = {"readiness": "2016.a1", "infrastructure": "2016.a117"}


def pillars(level: np.ndarray, year: int = 2025) -> list[dict]:
    return [
        {"round": year, "provider_code": code, "ics_code": ICS[code], "construct": pillar,
         "score": 2.0 + 0.25 * k + float(score)}
        for code, score in zip(CODES, level, strict=True)
        for k, pillar in enumerate(PILLARS)
    ]  # fmt: skip


def overall(year: int, scores: np.ndarray, codes: list[str]) -> list[dict]:
    return [
        {"round": year, "provider_code": code, "ics_code": ICS[code], "level": "overall",
         "construct": frames.COMPARABLE, "score": float(score)}
        for code, score in zip(codes, scores, strict=True)
    ]  # fmt: skip


def repeat(before: np.ndarray, after: np.ndarray) -> review.Repeat:
    frame = pd.DataFrame(
        {
            "provider_code": CODES,
            "ics_code": [ICS[code] for code in CODES],
            "before": before,
            "after": after,
        }
    )
    return review.Repeat(2024, 2025, frame, "points", "one instrument")


def linked() -> Linked:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"provider_code": CODES, "ics_code": [ICS[code] for code in CODES]})
    for rule in (*RULES, "theme_mean"):
        frame[rule] = rng.uniform(40, 80, len(CODES))
    frame["after"] = 20 + 0.3 * frame["mean"] + rng.normal(0, 5, len(CODES))
    return Linked(2016, 2025, frame, pd.DataFrame())


def test_both_models_give_the_paired_mean_where_everybody_is_seen_twice() -> None:
    rng = np.random.default_rng(2)
    before = rng.normal(2.4, 0.4, 32)
    after = before + rng.normal(0.15, 0.2, 32)
    page = Shelf(returns=tidy(*overall(2024, before, CODES), *overall(2025, after, CODES)))
    found = review.shift_models(page, [repeat(before, after)], [])
    assert found["shift"].tolist() == pytest.approx([np.mean(after - before)] * 2)
    assert found["n"].tolist() == [32, 32]
    assert ((found["low"] < found["shift"]) & (found["shift"] < found["high"])).all()


def test_the_mixed_model_keeps_organisations_that_were_seen_once() -> None:
    rng = np.random.default_rng(2)
    before = rng.normal(2.4, 0.4, 32)
    after = before + rng.normal(0.15, 0.2, 32)
    page = Shelf(returns=tidy(*overall(2024, before, CODES),
                              *overall(2025, np.append(after, 4.0), [*CODES, "R99"])))  # fmt: skip
    paired, mixed = review.shift_models(page, [repeat(before, after)], [])["n"]
    assert (paired, mixed) == (32, 33)


def test_spread_is_told_by_three_tests_of_which_one_leads() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(2.4, 0.4, 32)
    found = review.dispersion_table([repeat(before, 2.4 + 2 * (before - 2.4))])
    assert found["test"].str.split("[ ,]").str[0].tolist() == [
        "Pitman-Morgan", "Bonett-Seier", "Brown-Forsythe",
    ]  # fmt: skip
    assert found["ratio"].iloc[:2].tolist() == pytest.approx([4.0, 2.0])
    assert found["leads"].sum() == 1
    assert (found["p"] < 0.05).all()


def test_the_benchmark_of_rank_agreement_is_the_reliability_of_ranks() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(2.4, 0.4, 32)
    rungs = review.rank_rungs([repeat(before, before + rng.normal(0, 0.2, 32))], [], [linked()],
                              Shelf().rng)  # fmt: skip
    assert next(iter(rungs)) == "2024 and 2025, one instrument"
    table = review.rank_table(rungs, 0.8)
    assert table["pair"].str.startswith("ceiling").tolist() == [True, False, False]
    assert table["spearman"].iloc[0] == pytest.approx(expected_spearman(0.8))
    assert expected_spearman(1.0) == pytest.approx(1.0)
    assert expected_spearman(0.8) == pytest.approx(0.785939, abs=1e-6)  # 6/pi arcsin(.4)


def merging(sizes: pd.DataFrame) -> Shelf:
    """R31 has joined R30; R99 is new; all others scored 0, 3.2, ... and score a tenth of it now."""
    earlier = dict(zip(CODES, np.linspace(0, 100, 32), strict=True))
    items = tidy(
        *({"round": 2016, "provider_code": code, "provider_code_returned": code,
           "care_setting": "all", "level": "item", "construct": ITEMS["readiness"],
           "score": score} for code, score in earlier.items())
    )  # fmt: skip
    links = pd.DataFrame({"round": 2016, "code_returned": CODES, "weight": 1.0,
                          "provider_code": [*CODES[:31], "R30"],
                          "kind": ["same"] * 31 + ["merged"]})  # fmt: skip
    later = [earlier[code] for code in CODES[:31]]
    scores = 1 + 4 * (np.array([*later, 50.0]) / 10 + 20) / 100
    return Shelf(items=items, links=links, sizes=sizes,
                 returns=tidy(*overall(2025, scores, [*CODES[:31], "R99"])))  # fmt: skip


NO_SIZES = pd.DataFrame({"round": [], "code_returned": [], "size": []})


def test_link_rules_differ_in_what_they_do_with_those_that_merged() -> None:
    found = review.link_rules(merging(NO_SIZES), [linked()], "unweighted").set_index("rule")
    assert found.index.tolist() == ["unweighted", "drop_merged"]  # no sizes, no other rules
    assert found["chosen"].tolist() == [True, False]
    assert found[["before", "after"]].drop_duplicates().to_numpy().tolist() == [[2016, 2025]]
    assert found["n"].tolist() == [31, 30]
    assert found["joined"].tolist() == [1, 0]
    assert found["lost"].tolist() == [1, 2]
    earlier = np.linspace(0, 100, 32)
    later = earlier[:31] / 10 + 20
    value = np.append(earlier[:30], earlier[30:].mean())
    assert found.loc["unweighted", "shift"] == pytest.approx((later - value).mean())
    assert found.loc["unweighted", "r"] == pytest.approx(np.corrcoef(value, later)[0, 1])
    assert found.loc["drop_merged", "shift"] == pytest.approx((later - value)[:30].mean())
    assert found.loc["drop_merged", "r"] == pytest.approx(1)
    assert ((found["low"] < found["shift"]) & (found["shift"] < found["high"])).all()


def test_link_rules_by_size_need_every_size() -> None:
    """R31 is three times R30: weighted it pulls the value up, as the largest it decides."""
    sizes = pd.DataFrame({"round": 2016, "code_returned": CODES,
                          "size": [1.0] * 31 + [3.0]})  # fmt: skip
    found = review.link_rules(merging(sizes), [linked()], "largest").set_index("rule")
    assert found.index.tolist() == ["unweighted", "weighted", "largest", "drop_merged"]
    assert found.index[found["chosen"]].tolist() == ["largest"]
    of_two, last = np.linspace(0, 100, 32)[30:]
    steps = found["shift"] - found.loc["unweighted", "shift"]
    assert 31 * steps["weighted"] == pytest.approx((of_two + last) / 2 - (of_two + 3 * last) / 4)
    assert 31 * steps["largest"] == pytest.approx((of_two + last) / 2 - last)
    missing = merging(sizes.iloc[:-1])
    assert "largest" not in review.link_rules(missing, [linked()], "unweighted")["rule"].tolist()


def test_without_pairs_there_is_no_table_of_link_rules() -> None:
    found = review.link_rules(merging(NO_SIZES), [], "unweighted")
    assert found.empty
    assert "joined" in found.columns


def test_linked_scales_are_forced_to_no_shift_and_say_so() -> None:
    items = tidy(
        *({"round": 2016, "provider_code": code, "provider_code_returned": code,
           "care_setting": "all", "level": "item", "construct": item, "score": float(score)}
          for code, score in zip(CODES, np.linspace(0, 100, 32), strict=True)
          for item in ITEMS.values())
    )  # fmt: skip
    links = pd.DataFrame({"round": 2016, "code_returned": CODES, "provider_code": CODES,
                          "kind": "same", "weight": 1.0})  # fmt: skip
    sizes = pd.DataFrame({"round": [], "code_returned": [], "size": []})
    page = Shelf(items=items, links=links, sizes=sizes,
                 returns=tidy(*pillars(np.linspace(0, 1, 32))))  # fmt: skip
    found = review.scale_table(page, [linked()], "unweighted", 0.8)
    by_scale = found.drop_duplicates("scale").set_index("scale")
    assert by_scale.loc["z-scores", "shift"] == 0
    assert abs(by_scale.loc["equal percentiles", "shift"]) < 0.5
    assert by_scale.loc["percent of maximum", "shift"] < -5
    assert found["disattenuated"].tolist() == pytest.approx((found["r"] / 0.8).tolist())
    walked = found[found["scale"] == "crosswalk"].set_index("compared")
    assert set(walked.index) == {"Well Led", "Ensure Smart Foundations"}  # no capabilities asked
    assert walked["r"].tolist() == pytest.approx([1.0, 1.0])
    assert walked["allowed"].all()
    assert set(review.scale_meanings()["scale"]) == set(found["scale"])
