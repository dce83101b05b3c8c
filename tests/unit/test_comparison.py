"""Two rounds side by side: who is the same, which questions, on which scale."""

import pandas as pd
import pytest

from ics_maturity import comparison
from ics_maturity.errors import InputError
from ics_maturity.models import bracket
from shelf import Shelf
from tidy_returns import tidy


@pytest.mark.parametrize(
    ("rounds", "pairs"),
    [
        ([2016, 2017, 2019, 2023, 2024, 2025], [(2016, 2023), (2019, 2023)]),
        ([2016, 2017, 2023, 2025], [(2016, 2023)]),
        ([2017, 2023], [(2017, 2023)]),
        ([2016, 2017, 2024, 2025], [(2016, 2025), (2017, 2025)]),
        ([2016, 2017], []),
        ([2024, 2025], []),
        ([], []),
    ],
)
def test_pairs_are_as_near_to_the_question_as_the_rounds_allow(
    rounds: list[int], pairs: list[tuple[int, int]]
) -> None:
    assert comparison.default_pairs(rounds) == pairs


def test_years_are_counted_between_fieldworks_not_between_names() -> None:
    """Winter 2015/16 to autumn 2017 is 22 months, not the one year of the names."""
    assert comparison.years_between(2016, 2017) == pytest.approx(22 / 12, abs=0.1)
    assert comparison.years_between(2024, 2025) == pytest.approx(1, abs=0.1)
    there, back = comparison.years_between(2016, 2025), comparison.years_between(2025, 2016)
    assert there == -back


def links(*rows: tuple[int, str, str, str]) -> pd.DataFrame:
    columns = ["round", "code_returned", "provider_code", "kind"]
    return pd.DataFrame(rows, columns=columns).assign(weight=1.0)


LINKS = links(
    (2016, "RAA", "RAA", "same"),
    (2016, "RBB", "RAA", "merged"),
    (2016, "RCX", "RCC", "corrected"),
    (2016, "RDD", "", "none"),
    (2016, "REE", "RE1", "split"),
    (2016, "REE", "RE2", "split"),
    (2017, "RAA", "RZZ", "merged"),
    (2017, "RCC", "RCC", "same"),
)


def test_an_organisation_keeps_its_own_code_and_a_wrong_one_is_corrected() -> None:
    """Mergers after the round do not rename who answered in it."""
    own = comparison.own_codes(LINKS, 2016)
    assert own.to_dict() == {"RAA": "RAA", "RBB": "RBB", "RCX": "RCC", "RDD": "RDD",
                             "REE": "REE"}  # fmt: skip
    assert comparison.own_codes(LINKS, 2017)["RAA"] == "RAA"


def answer(code: str, item: str, score: float, **more: object) -> dict[str, object]:
    """One scored answer of a whole organisation."""
    return {"round": int(item[:4]), "provider_code": code, "provider_code_returned": code,
            "care_setting": "all", "level": "item", "construct": item, "score": score,
            "scale_min": 0.0, "scale_max": 100.0, **more}  # fmt: skip


def test_scored_items_are_answers_of_whole_organisations() -> None:
    items = tidy(
        answer("RAA", "2016.a27", 25.0),  # records: a share, which somebody could check
        answer("RAA", "2016.a1", 100.0),  # strategic alignment: agreement
        answer("RAA", "2016.igt", 90.0),  # not scored
        answer("RAA", "2016.a2", 0.0, care_setting="community"),  # an extra return
        answer("RAA", "2016.a3", 0.0, round=2017),
        answer("RCX", "2016.a1", 50.0),
    )
    found = comparison.scored_items(items, LINKS, 2016)
    assert found[["organisation", "code_returned", "section", "item", "score"]].to_numpy(
    ).tolist() == [
        ["RAA", "RAA", "strategic_alignment", "2016.a1", 100.0],
        ["RAA", "RAA", "records_assessments_plans", "2016.a27", 25.0],
        ["RCC", "RCX", "strategic_alignment", "2016.a1", 50.0],
    ]  # fmt: skip
    assert found["verifiable"].tolist() == [False, True, False]
    assert found["position"].tolist()[0] == found["position"].tolist()[2] == 0
    assert found["position"].tolist()[1] > 0


TWICE = links((2016, "RCC", "RCC", "same"), (2016, "RBX", "RCC", "corrected"))


def test_an_extra_return_neither_replaces_nor_completes_an_organisations_own() -> None:
    """Under a wrong code, for a part of it: here with an answer that its own return lacks."""
    items = tidy(
        answer("RBX", "2016.a1", 0.0), answer("RBX", "2016.a2", 100.0),
        answer("RCC", "2016.a1", 75.0),
    )  # fmt: skip
    found = comparison.scored_items(items, TWICE, 2016)
    assert found[["organisation", "code_returned", "item", "score"]].to_numpy().tolist() == [
        ["RCC", "RCC", "2016.a1", 75.0]
    ]
    alone = comparison.scored_items(items[items["provider_code"] == "RBX"], TWICE, 2016)
    assert alone["organisation"].tolist() == ["RCC", "RCC"]


def test_an_extra_return_completes_no_section_either() -> None:
    returns = tidy(
        section("RBX", 2016, "standards", 0.0), section("RCC", 2016, "leadership", 50.0),
        section("RCC", 2017, "standards", 90.0), section("RCC", 2017, "leadership", 60.0),
    )  # fmt: skip
    known = pd.concat([TWICE, links((2017, "RCC", "RCC", "same"))], ignore_index=True)
    both = comparison.common_sections(returns, known, 2016, 2017)
    assert both[["organisation", "theme", "before", "after"]].to_numpy().tolist() == [
        ["RCC", "readiness", 50.0, 60.0]
    ]


def test_scores_by_the_code_returned_follow_the_scoring_rule() -> None:
    items = tidy(
        answer("RCX", "2016.a1", 100.0), answer("RCX", "2016.a2", 50.0),
        answer("RCX", "2016.a6", 25.0),
    )  # fmt: skip
    scored = comparison.scored_items(items, LINKS, 2016)
    assert comparison.by_code(scored, "mean").to_dict() == {"RCX": (75 + 25) / 2}
    assert comparison.by_code(scored, "lowest_item").to_dict() == {"RCX": (50 + 25) / 2}


def test_over_themes_the_sections_of_a_short_theme_weigh_more() -> None:
    items = tidy(
        answer("RAA", "2016.a1", 60.0),  # strategic alignment, of readiness
        answer("RAA", "2016.a6", 40.0),  # leadership, of readiness
        answer("RAA", "2016.a27", 0.0),  # records, of capabilities
    )
    scored = comparison.scored_items(items, LINKS, 2016)
    over_themes = comparison.by_code_over_themes(scored, 2016)
    assert over_themes.to_dict() == {"RAA": (50 + 0) / 2}
    assert comparison.by_code(scored, "mean")["RAA"] == pytest.approx((60 + 40 + 0) / 3)


def section(code: str, year: int, construct: str, score: float, **more: object) -> dict:
    return {"round": year, "provider_code": "R" + code, "provider_code_returned": code,
            "care_setting": "all", "level": "section", "construct": construct, "score": score,
            "scale_min": 0.0, "scale_max": 100.0, **more}  # fmt: skip


def test_themes_are_compared_on_the_sections_both_rounds_have() -> None:
    returns = tidy(
        section("RAA", 2017, "leadership", 0.0, care_setting="community"),  # an extra return
        section("RAA", 2016, "leadership", 60.0, ics_code="OLD", region="Old"),
        section("RAA", 2016, "resourcing", 70.0, ics_code="OLD", region="Old"),
        section("RAA", 2016, "standards", 10.0, ics_code="OLD", region="Old"),
        section("RAA", 2017, "leadership", 80.0, ics_code="QA1", region="North"),
        section("RAA", 2017, "resourcing", 71.0, ics_code="QA1", region="North"),
        section("RAA", 2017, "standards", 30.0, ics_code="QA1", region="North"),
        section("RAA", 2017, "business_clinical_intelligence", 99.0),  # only 2017 asked
        section("RBB", 2016, "leadership", 50.0),  # did not return again
        section("RCX", 2016, "leadership", 20.0),
        section("RCC", 2017, "leadership", 25.0),
    )
    both = comparison.common_sections(returns, LINKS, 2016, 2017)
    wanted = ["organisation", "theme", "before", "after"]
    assert both[wanted].to_numpy().tolist() == [
        ["RAA", "capabilities", 10.0, 30.0],
        ["RAA", "readiness", 65.0, 75.5],
        ["RCC", "readiness", 20.0, 25.0],
    ]
    assert both["ics_code"].tolist()[0] == "QA1"
    assert both["region"].tolist()[0] == "North"


def later(code: str, *scores: float, ics: str = "QA1", year: int = 2025) -> list[dict]:
    return [
        {"round": year, "provider_code": code, "ics_code": ics, "construct": "abcdefg"[i],
         "score": score}
        for i, score in enumerate(scores)
    ]  # fmt: skip


def test_later_scores_are_percent_of_the_maximum() -> None:
    returns = tidy(*later("RAA", 1.0, 1.0), *later("RBB", 2.0, 4.0), *later("RCC", 5.0, 5.0))
    found = comparison.later_scores(returns, 2025)
    assert dict(zip(found["provider_code"], found["score"], strict=True)) == {
        "RAA": 0.0, "RBB": 50.0, "RCC": 100.0,
    }  # fmt: skip


@pytest.fixture
def page() -> Shelf:
    """Two organisations that merged, one that is as it was, one that closed, one that is new."""
    merged = links(
        (2016, "RAA", "RMM", "merged"), (2016, "RBB", "RMM", "merged"),
        (2016, "RCC", "RCC", "same"), (2016, "RDD", "", "none"),
    )  # fmt: skip
    items = tidy(
        *(answer(code, item, score)
          for code, first, second in (("RAA", 0, 100), ("RBB", 50, 50), ("RCC", 75, 100),
                                      ("RDD", 25, 25))
          for item, score in (("2016.a1", first), ("2016.a2", second)))
    )  # fmt: skip
    returns = tidy(*later("RMM", 3.0), *later("RCC", 2.0), *later("RNN", 4.0))
    return Shelf(links=merged, items=items, returns=returns, sizes=sizes())


def sizes(**staff: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"round": 2016, "code_returned": list(staff), "size": list(staff.values())}
    ).astype({"round": "int64", "code_returned": "str", "size": "float64"})


def test_earlier_answers_stand_beside_the_later_score_under_every_rule(page: Shelf) -> None:
    pair = comparison.linked(page, 2016, 2025)
    frame = pair.frame.set_index("provider_code")
    assert (pair.before, pair.after) == (2016, 2025)
    assert frame["after"].to_dict() == {"RCC": 25.0, "RMM": 50.0}
    assert set(bracket.RULES) <= set(frame.columns)
    assert frame["mean"].to_dict() == {"RCC": 87.5, "RMM": 50.0}
    assert frame["lowest_item"].to_dict() == {"RCC": 75.0, "RMM": 25.0}


def test_what_is_lost_on_the_way_is_counted(page: Shelf) -> None:
    lost = comparison.linked(page, 2016, 2025).attrition.set_index("step")
    assert lost.loc["no successor among later providers", "organisations"] == 1
    assert lost.loc["later score, but no value", "providers"] == 1
    assert lost.loc["in both rounds", "providers"] == 2


def test_mergers_can_be_dropped(page: Shelf) -> None:
    pair = comparison.linked(page, 2016, 2025, "drop_merged")
    assert pair.frame["provider_code"].tolist() == ["RCC"]


def test_rules_that_weigh_need_the_size_of_every_organisation(page: Shelf) -> None:
    assert comparison.possible_rules(page, 2016) == ["unweighted", "drop_merged"]
    page.tables["sizes"] = sizes(RAA=9, RBB=1, RCC=5)  # none for RDD
    for rule in ("weighted", "largest"):
        with pytest.raises(InputError, match=r"sizes\.csv.*link rule " + rule):
            comparison.linked(page, 2016, 2025, rule)


@pytest.mark.parametrize(("rule", "merged"), [("weighted", 25.0), ("largest", 0.0)])
def test_merged_organisations_can_be_weighed_by_size(page: Shelf, rule: str, merged: float) -> None:
    """The lowest answers of the two are 0 and 50."""
    page.tables["sizes"] = sizes(RAA=3, RBB=3 if rule == "weighted" else 1, RCC=5, RDD=5)
    assert set(comparison.possible_rules(page, 2016)) == set(comparison.LINK_RULES)
    frame = comparison.linked(page, 2016, 2025, rule).frame.set_index("provider_code")
    assert frame.loc["RMM", "lowest_item"] == merged
