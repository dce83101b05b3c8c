"""From tidy returns to one row per return and per provider."""

import pandas as pd
import pytest

from ics_maturity import frames
from ics_maturity.errors import InputError
from tidy_returns import tidy

RURAL = pd.Series({"QA1": 0.25, "QB2": 0.0})


def pillars(
    code: str, setting: str, *scores: float, ics: str = "QA1", **more: object
) -> list[dict[str, object]]:
    """The pillar scores of one return, named a, b, c, ..."""
    return [
        {"provider_code": code, "care_setting": setting, "construct": "abcdefg"[i],
         "score": score, "ics_code": ics, **more}
        for i, score in enumerate(scores)
    ]  # fmt: skip


@pytest.fixture
def returns() -> pd.DataFrame:
    """One provider with two returns, two with one, and one on no map."""
    return tidy(
        *pillars("RAA", "community", 1.0, 2.0),
        *pillars("RAA", "acute", 3.0, 4.0),
        *pillars("RBB", "acute", 2.0, 2.0, ics="QB2"),
        *pillars("RCC", "acute", 5.0, 4.0),
        *pillars("RZZ", "acute", 5.0, 5.0, ics=""),
    )


def test_a_provider_counts_once_whatever_it_files(returns: pd.DataFrame) -> None:
    one = frames.analysis_round(returns, frames.all_domains(2025), RURAL)
    assert one.rows[["provider_code", "care_setting", "score", "parts"]].to_numpy().tolist() == [
        ["RAA", "acute", 3.5, 2],
        ["RAA", "community", 1.5, 2],
        ["RBB", "acute", 2.0, 2],
        ["RCC", "acute", 4.5, 2],
    ]
    providers = one.providers.set_index("provider_code")
    assert providers["score"].to_dict() == {"RAA": 2.5, "RBB": 2.0, "RCC": 4.5}
    assert providers["returns"].to_dict() == {"RAA": 2, "RBB": 1, "RCC": 1}
    assert providers["acute"].tolist() == [1, 1, 1]
    assert providers["community"].tolist() == [1, 0, 0]
    assert one.settings == ["acute", "community"]


def test_rural_share_follows_the_system(returns: pd.DataFrame) -> None:
    one = frames.analysis_round(returns, frames.all_domains(2025), RURAL)
    assert one.providers["rural_share"].tolist() == [0.25, 0.0, 0.25]
    assert one.rows["rural_share"].tolist() == [0.25, 0.25, 0.0, 0.25]


def test_types_are_the_settings_filed_and_rare_ones_are_pooled() -> None:
    many = [row for i in range(5) for row in pillars(f"RA{i}", "acute", 2.0)]
    both = pillars("RBB", "acute", 2.0) + pillars("RBB", "community", 2.0)
    one = frames.analysis_round(tidy(*many, *both), frames.all_domains(2025), RURAL)
    assert one.providers["provider_type"].tolist() == ["acute"] * 5 + ["other combination"]


def test_the_measure_chooses_the_scores_that_are_averaged() -> None:
    returns = tidy(
        *pillars("RAA", "acute", 1.0, 3.0, assessed_by="self", round=2023),
        *pillars("RAA", "acute", 1.0, 2.0, assessed_by="moderated", round=2023),
        *pillars("RAA", "acute", 4.0, 5.0),
        {"provider_code": "RAA", "ics_code": "QA1", "level": "overall", "score": 3.3,
         "construct": frames.COMPARABLE},
    )  # fmt: skip
    wanted = {
        frames.all_domains(2023, "self"): 2.0,
        frames.all_domains(2023, "moderated"): 1.5,
        frames.all_domains(2025): 4.5,
        frames.comparable_domains(2025): 3.3,
        frames.Measure(2025, "pillar", ("b",)): 5.0,
    }
    for measure, score in wanted.items():
        one = frames.analysis_round(returns, measure, RURAL)
        assert one.rows["score"].tolist() == [score], measure
    with pytest.raises(InputError, match="self and moderated"):
        frames.analysis_round(returns, frames.all_domains(2023), RURAL)


def level(name: str, **more: object) -> dict[str, object]:
    return {"provider_code": "RAA", "level": name, "construct": "x", **more}


@pytest.mark.parametrize(
    ("rows", "expected", "assessed_by"),
    [
        ([level("overall"), level("pillar")], "pillar", None),
        ([level("overall"), level("theme"), level("section")], "theme", None),
        ([level("overall")], "overall", None),
        ([level("pillar", assessed_by=by) for by in ("self", "moderated")], "pillar", "moderated"),
        ([level("pillar", assessed_by="moderated")], "pillar", None),
    ],
)
def test_a_round_is_analysed_on_the_finest_scores_of_its_published_result(
    rows: list[dict[str, object]], expected: str, assessed_by: str | None
) -> None:
    measure = frames.primary_measure(tidy(*rows), 2025)
    assert (measure.round, measure.level, measure.assessed_by) == (2025, expected, assessed_by)
    assert measure.words


def test_a_round_without_scores_to_average_is_refused() -> None:
    with pytest.raises(ValueError, match="2025"):
        frames.primary_measure(tidy(level("section")), 2025)
    with pytest.raises(ValueError, match="2024"):
        frames.primary_measure(tidy(level("pillar")), 2024)


def test_organisations_that_merged_later_can_be_told_apart() -> None:
    returns = tidy(
        {"provider_code": "RMM", "provider_code_returned": "RAA"},
        {"provider_code": "RMM", "provider_code_returned": "RBB"},
        {"provider_code": "RCC", "provider_code_returned": ""},  # the layout gives names only
    )
    assert frames.as_returned(returns)["provider_code"].tolist() == ["RAA", "RBB", "RCC"]


def test_pairs_are_the_providers_of_both_rounds() -> None:
    columns = ["provider_code", "ics_code", "region", "score"]
    before = pd.DataFrame([["RBB", "OLD", "Old", 2.0], ["RAA", "OLD", "Old", 3.0],
                           ["RXX", "OLD", "Old", 9.0]], columns=columns)  # fmt: skip
    after = pd.DataFrame([["RBB", "QB2", "North", 2.5], ["RAA", "QA1", "South", 1.0],
                          ["RYY", "QA1", "South", 9.0]], columns=columns)  # fmt: skip
    both = frames.paired_providers(before, after)
    assert list(both.columns) == ["provider_code", "ics_code", "region", "before", "after",
                                  "change"]  # fmt: skip
    assert both.to_numpy().tolist() == [
        ["RAA", "QA1", "South", 3.0, 1.0, -2.0],
        ["RBB", "QB2", "North", 2.0, 2.5, 0.5],
    ]


def test_likeness_is_of_returns_for_different_settings_of_one_system() -> None:
    returns = tidy(
        *pillars("RAA", "acute", 2.0, 3.0),
        *pillars("RAA", "community", 2.0, 3.5),
        *pillars("RBB", "acute", 1.0, 3.0),
        *pillars("RCC", "community", 2.0, 3.5, ics="QB2"),  # another system
        *pillars("RDD", "community", 2.0),  # a pillar is missing
    )
    pairs = frames.near_copies(returns, 2025)
    assert pairs.sort_values("distance").to_numpy().tolist() == [
        [True, 0.5, 0.25],
        [False, 0.0, 0.75],
    ]


def test_likeness_is_within_one_assessor() -> None:
    returns = tidy(
        *pillars("RAA", "acute", 2.0, assessed_by="self"),
        *pillars("RAA", "community", 2.0, assessed_by="self"),
        *pillars("RAA", "acute", 3.0, assessed_by="moderated"),
        *pillars("RAA", "community", 1.0, assessed_by="moderated"),
    )
    assert frames.near_copies(returns, 2025, "self")["distance"].tolist() == [0.0]
    assert frames.near_copies(returns, 2025, "moderated")["distance"].tolist() == [2.0]
