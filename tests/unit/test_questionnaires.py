"""The questionnaires of 2015/16 and 2017: answers to scores, sections and themes."""

from pathlib import Path

import pandas as pd
import pytest

from ics_maturity.errors import InputError
from ics_maturity.instruments import Item, load
from ics_maturity.readers import compare_scores, score_2016
from ics_maturity.readers.questionnaire import judge
from ics_maturity.returns import QualityLog
from return_files import (
    answers_2016,
    column,
    published_2016,
    read,
    scores_2017,
    write_csv,
    write_layout,
)
from tidy_returns import tidy

OLD, NEW = load("dma_2016"), load("dma_2017")
AGREEMENT = OLD.by_id["2016.a1"]
SHARE = OLD.by_id["2016.a27"]


def test_files_give_items_sections_and_themes(tmp_path: Path) -> None:
    answers = read(write_layout(tmp_path, "dma_2016_answers"), "dma_2016_answers")
    published = read(
        write_layout(tmp_path, "dma_2016_published_scores"), "dma_2016_published_scores"
    )
    comparison = compare_scores(answers.returns, published.returns)
    assert len(comparison) == 3 * (14 + 2)  # infrastructure is printed once
    assert comparison["equal"].all()
    assert set(answers.returns["care_setting"]) == {"all"}
    assert set(answers.items["construct"]) == {item.id for item in OLD.scored_items}


def test_every_value_names_its_cell(tmp_path: Path) -> None:
    grid = answers_2016()
    items = read(write_csv(tmp_path / "a.csv", grid), "dma_2016_answers").items
    row = items[(items["construct"] == "2016.a2") & (items["provider_code"] == "RBB")].iloc[0]
    at = column(grid, OLD.by_id["2016.a2"].wording)
    assert row["source_locator"] == f"row 3 column {at + 2}"
    assert float(str(grid[2][at + 1])) == row["score"]


@pytest.mark.parametrize(
    ("item", "answer", "score", "expected"),
    [(AGREEMENT, "Mostly Agree", "75", 75.0), (AGREEMENT, " mostly AGREE ", "75", 75.0),
     (AGREEMENT, "Don't Know", "0", 0.0), (AGREEMENT, "N/A", "Not scored", None),
     (AGREEMENT, "", "", None), (SHARE, "0%", "0", 0.0), (SHARE, "61% - 80%", "80", 80.0),
     (AGREEMENT, "Mostly Agree", None, 75.0), (AGREEMENT, "Don't Know", None, 0.0),
     (AGREEMENT, "N/A", None, None)],
)  # fmt: skip
def test_answers_and_scores_of_2016(
    item: Item, answer: str, score: str | None, expected: float | None
) -> None:
    reading = judge(item, answer, score, OLD)
    assert (reading.score, reading.oddity, reading.problem) == (expected, "", "")


def test_dont_know_is_not_scored_in_2017() -> None:
    item = NEW.by_id["2017.y1"]
    assert judge(item, "Don't Know", "", NEW).score is None
    assert judge(item, "Don't Know", "", NEW).oddity == ""
    assert judge(item, "Don't Know", "0", NEW).oddity == "unscorable_answer_scored"


def test_an_answer_off_the_scale_without_a_score_column_is_not_scored() -> None:
    reading = judge(OLD.by_id["2016.a20"], "Perhaps", None, OLD)
    assert (reading.score, reading.oddity) == (None, "answer_not_on_scale")


@pytest.mark.parametrize("layout", ["dma_2016_answers", "dma_2017_scores"])
def test_order_of_answer_and_score_is_told_from_the_content(layout: str, tmp_path: Path) -> None:
    grid = answers_2016() if layout == "dma_2016_answers" else scores_2017()
    instrument = OLD if layout == "dma_2016_answers" else NEW
    usual = read(write_csv(tmp_path / "a.csv", grid), layout)
    for item in instrument.items[::3]:
        at = column(grid, item.wording)
        if item.score_column:
            for row in grid[1:]:
                row[at], row[at + 1] = row[at + 1], row[at]
    swapped = read(write_csv(tmp_path / "b.csv", grid), layout)
    plain = ["source_locator"]
    assert swapped.items.drop(columns=plain).equals(usual.items.drop(columns=plain))


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    grid = answers_2016()
    starts = [at for at, cell in enumerate(grid[0]) if cell]
    blocks = [range(a, b) for a, b in zip(starts, [*starts[1:], len(grid[0])], strict=True)]
    moved = [[row[at] for block in reversed(blocks) for at in block] for row in grid]
    usual = read(write_csv(tmp_path / "a.csv", grid), "dma_2016_answers").returns
    other = read(write_csv(tmp_path / "b.csv", moved), "dma_2016_answers").returns
    assert other.equals(usual)


def items(*scores: float, ids: tuple[str, ...]) -> pd.DataFrame:
    return tidy(
        *(
            {"round": 2016, "provider_code_returned": "RAA", "care_setting": "all",
             "level": "item", "construct": name, "score": score, "scale_min": 0.0,
             "scale_max": 100.0}
            for name, score in zip(ids, scores, strict=True)
        )
    )  # fmt: skip


def test_sections_round_halves_up_and_themes_average_rounded_sections() -> None:
    """62.5 -> 63 and 87.5 -> 88; the theme is 75.5 -> 76, not the 75.0 of unrounded sections."""
    sections, themes = score_2016(
        items(50, 75, 75, 100, ids=("2016.a1", "2016.a2", "2016.a6", "2016.a7"))
    )
    found = dict(zip(sections["construct"], sections["score"], strict=True))
    assert found == {"strategic_alignment": 63, "leadership": 88}
    assert sections["parts"].tolist() == [2, 2]
    assert themes[["construct", "score", "parts"]].to_numpy().tolist() == [["readiness", 76, 2]]


def test_the_toolkit_percentage_counts_only_in_2017(tmp_path: Path) -> None:
    for make, layout, wording in (
        (answers_2016, "dma_2016_answers", OLD.by_id["2016.igt"].wording),
        (scores_2017, "dma_2017_scores", NEW.by_id["2017.y25"].wording),
    ):
        grid = make()
        grid[1][column(grid, wording)] = "0"
        log = QualityLog()
        result = read(write_csv(tmp_path / "a.csv", grid), layout, log)
        kinds = set(log.frame()["kind"])
        if layout == "dma_2016_answers":
            assert "2016.igt" not in set(result.items["construct"])
        else:
            assert (result.items["construct"] == "2017.y25").sum() == 3
            assert "score_not_reproduced" in kinds


def test_2017_settings_and_the_2019_round(tmp_path: Path) -> None:
    path = write_layout(tmp_path, "dma_2017_scores")
    result = read(path, "dma_2017_scores")
    assert set(result.returns["care_setting"]) == {"all", "mental_health"}
    later = read(path, "dma_2017_scores", round=2019)
    assert set(later.returns["round"]) == {2019}
    assert set(later.items["construct"]) == set(result.items["construct"])
    with pytest.raises(InputError, match="2017 or 2019"):
        read(path, "dma_2017_scores", round=2016)


def test_one_published_infrastructure_score_is_section_and_theme(tmp_path: Path) -> None:
    scores = read(write_layout(tmp_path, "dma_2017_scores"), "dma_2017_scores").returns
    section = scores[scores["construct"] == "enabling_infrastructure"]
    theme = scores[scores["construct"] == "infrastructure"]
    assert section["source_locator"].tolist() == theme["source_locator"].tolist()


def test_services_ticked(tmp_path: Path) -> None:
    grid = answers_2016()
    headings = [c.heading for c in OLD.profile if c.kind == "service"]
    for heading in headings[1:]:
        grid[1][column(grid, heading)] = "  "
    services = read(write_csv(tmp_path / "a.csv", grid), "dma_2016_answers").services
    assert services is not None
    assert services.query("provider_code_returned == 'RAA'")["service"].tolist() == ["acute"]
    assert services.query("provider_code_returned == 'RBB'")["service"].tolist() == [
        "acute", "ambulance", "community_health", "mental_health", "social_care",
    ]  # fmt: skip


def test_comparison_shows_scores_that_only_one_side_has(tmp_path: Path) -> None:
    answers = read(write_layout(tmp_path, "dma_2016_answers"), "dma_2016_answers").returns
    grid = published_2016()
    grid[1][column(grid, "leadership")] = ""
    grid[2][column(grid, "readiness")] = "1"
    published = read(write_csv(tmp_path / "p.csv", grid[:3]), "dma_2016_published_scores").returns
    differing = compare_scores(answers, published).query("not equal")
    assert differing["organisation"].tolist() == ["RAA", "RBB"]
    assert differing["construct"].tolist() == ["leadership", "readiness"]
    assert differing["published"].isna().tolist() == [True, False]


NAMES = {"ALPHA NHS FOUNDATION TRUST": "RAA", "BETA NHS TRUST": "RB1", "DELTA NHS TRUST": "RCC",
         "EPSILON NHS TRUST": "RCC"}  # fmt: skip


def test_codes_of_other_names_are_noted(tmp_path: Path) -> None:
    """RBB's name has another code in the register; RCC's code has quite other names."""
    log = QualityLog()
    read(write_layout(tmp_path, "dma_2016_answers"), "dma_2016_answers", log, names=NAMES)
    found = log.frame().query("kind == 'code_name_disagreement'")
    assert found["provider_code"].tolist() == ["RBB", "RCC"]
    assert "RB1" in found["value"].iloc[0]
