"""The officially published files: counts, scores, known faults, and the time to read them."""

import time
from pathlib import Path

import pandas as pd
import pytest

from ics_maturity.instruments import load
from ics_maturity.instruments.lattice import smallest_domains
from ics_maturity.readers import ReadResult, compare_scores, read
from ics_maturity.returns import QualityLog, read_returns, sort_returns, write_returns

pytestmark = pytest.mark.sources

FILES = {
    "dma_2016_answers": ("dma_2015_16_full.csv", 2016),
    "dma_2016_published_scores": ("dma_2015_16_acute_published_scores.csv", 2016),
    "dma_2017_scores": ("dma_2017_full.csv", 2017),
    "question_key": ("question_key_2016_2017.xlsx", 2017),
    "dma_workbook": ("dma_2024_2025_results.xlsx", 2025),
}
Reading = tuple[ReadResult, pd.DataFrame]


def open_layout(folder: Path, layout: str, names: dict[str, str] | None = None) -> Reading:
    name, year = FILES[layout]
    log = QualityLog()
    path = folder / "rounds" / name
    return read(path, layout, round=year, source_id=layout, log=log, names=names), log.frame()


@pytest.fixture(scope="module")
def known_names(sources_dir: Path) -> dict[str, str]:
    """Code by name: the names of both early rounds, and over them those of 2025."""
    earlier = pd.read_csv(
        sources_dir / "organisations" / "org_succession_2016_2017_to_2025.csv", dtype="str"
    )
    now = pd.read_csv(sources_dir / "organisations" / "dma2025_provider_to_ods.csv", dtype="str")
    names = earlier["organisation_name"].str.upper()
    known = dict(zip(names, earlier["organisation_id_published"], strict=True))
    return known | dict(zip(now["Provider"], now["ods_code"], strict=True))


@pytest.fixture(scope="module")
def answers_2016(sources_dir: Path, known_names: dict[str, str]) -> Reading:
    return open_layout(sources_dir, "dma_2016_answers", known_names)


@pytest.fixture(scope="module")
def published_2016(sources_dir: Path) -> Reading:
    return open_layout(sources_dir, "dma_2016_published_scores")


@pytest.fixture(scope="module")
def scores_2017(sources_dir: Path, known_names: dict[str, str]) -> Reading:
    return open_layout(sources_dir, "dma_2017_scores", known_names)


@pytest.fixture(scope="module")
def workbook(sources_dir: Path) -> Reading:
    return open_layout(sources_dir, "dma_workbook")


def codes(log: pd.DataFrame, kind: str) -> list[str]:
    """Provider codes of one kind of log entry."""
    return sorted(set(log.loc[log["kind"] == kind, "provider_code"]))


def test_2016_scores_follow_from_the_answers(
    answers_2016: Reading, published_2016: Reading
) -> None:
    comparison = compare_scores(answers_2016[0].returns, published_2016[0].returns)
    assert comparison["organisation"].nunique() == 154
    # 154 acute providers, 13 sections and 3 themes, two sections that nobody scored.
    assert len(comparison) == 154 * 16 - 2
    assert comparison["equal"].all()


def test_2016_national_means(answers_2016: Reading) -> None:
    """HSJ 7003959: readiness 73, capabilities 40, infrastructure 68."""
    themes = answers_2016[0].returns.query("level == 'theme'")
    means = themes.groupby("construct")["score"].mean().round()
    assert means.to_dict() == {"readiness": 73, "capabilities": 40, "infrastructure": 68}


def test_2016_organisations_and_known_faults(answers_2016: Reading) -> None:
    result, log = answers_2016
    assert result.returns["provider_code_returned"].nunique() == 238  # of 239 rows, one empty
    assert codes(log, "empty_row") == ["RFW"]
    assert codes(log, "code_name_disagreement") == ["RFW"]
    assert codes(log, "theme_missing") == ["R1E"]
    assert codes(log, "duplicate_name_stem") == ["RKE2"]
    assert codes(log, "code_form") == ["RKE2"]
    assert codes(log, "score_not_matching_answer") == ["RAT"]
    assert log.query("kind == 'question_without_score_column'")["column"].tolist() == [
        "65 (2016.a20)"
    ]
    assert result.services is not None
    assert result.services["service"].value_counts().to_dict() == {
        "acute": 154, "community_health": 105, "mental_health": 64, "ambulance": 11,
        "social_care": 11,
    }  # fmt: skip


def test_2016_every_value_can_be_found_again(answers_2016: Reading, sources_dir: Path) -> None:
    raw = pd.read_csv(
        sources_dir / "rounds" / FILES["dma_2016_answers"][0], header=None, dtype="str"
    )
    sample = answers_2016[0].items.query("construct != '2016.a20'").iloc[::997]
    assert len(sample) > 20
    for row in sample.itertuples():
        _, line, _, place = str(row.source_locator).split()
        assert float(raw.iat[int(line) - 1, int(place) - 1]) == row.score  # noqa: PD009
        assert raw.iat[int(line) - 1, 1] == row.provider_code_returned  # noqa: PD009


def test_2017_scores_follow_from_the_items(scores_2017: Reading) -> None:
    result, log = scores_2017
    general = result.returns.query("care_setting == 'all'")
    assert general["provider_code_returned"].nunique() == 232
    others = result.returns.query("care_setting != 'all'")
    assert len(others.drop_duplicates(["provider_code_returned", "care_setting"])) == 8
    (entry,) = log.query("kind == 'scores_recomputed'").itertuples()
    assert entry.value == "3935 of 3935 scores equal, 232 of 232 organisations in full"
    assert "score_not_reproduced" not in set(log["kind"])


def test_2017_known_faults(scores_2017: Reading) -> None:
    _, log = scores_2017
    assert codes(log, "code_name_disagreement") == ["R1G", "RLU", "RWN"]
    assert codes(log, "answer_not_on_scale") == ["RJE"]
    assert codes(log, "answer_without_score") == ["RYW"]
    assert codes(log, "score_without_answer") == ["RJE"]
    assert codes(log, "unscorable_answer_scored") == ["RJE", "RWN"]


def test_question_key_matches_by_number(sources_dir: Path) -> None:
    result, log = open_layout(sources_dir, "question_key")
    match = result.item_match
    assert match is not None
    assert len(match) == 124
    assert match["item_2016"].is_unique
    assert match["item_2017"].is_unique
    assert match["verbatim_identical"].sum() == 30
    # Numbers match questions of one section; the listing beside them does not, for a stretch.
    old, new = load("dma_2016").by_id, load("dma_2017").by_id
    pairs = zip(match["item_2016"], match["item_2017"], strict=True)
    assert all(old[a].section == new[b].section for a, b in pairs)
    assert (log["kind"] == "key_out_of_step").sum() == 29
    assert log.query("kind == 'question_without_match'")["value"].tolist() == ["z1", "z2", "z3"]


def test_workbook_counts(workbook: Reading) -> None:
    result, log = workbook
    pillars = result.returns.query("level == 'pillar'")
    assert len(pillars.drop_duplicates(["provider_name", "care_setting"])) == 285
    assert pillars["provider_name"].nunique() == 204
    assert result.places is not None
    assert result.places["ics_name"].nunique() == 42
    assert len(result.places) == 204
    assert pillars.groupby("care_setting").size().div(7).to_dict() == {
        "acute": 134, "community": 90, "mental_health": 50, "ambulance": 11,
    }  # fmt: skip
    overall = result.returns.query("level == 'overall'")
    assert overall.groupby("round").size().to_dict() == {2024: 285, 2025: 285}
    assert "return_in_one_sheet" not in set(log["kind"])


def test_workbook_oddities(workbook: Reading) -> None:
    log = workbook[1]
    assert log.query("kind == 'hidden_sheet'")["sheet"].tolist() == ["2025 Pillar Summary (ICB PC)"]
    assert log.query("kind == 'boards_own_returns'")["value"].tolist() == ["42 rows", "42 rows"]
    assert log.query("kind == 'count_differs'")["value"].tolist() == ["205 said, 204 found"]
    off = log.query("kind == 'off_lattice'")["value"].str.split(" \\(").str[0]
    assert sorted(set(off)) == ["EAST LANCASHIRE HOSPITALS NHS TRUST", "NORTH BRISTOL NHS TRUST"]
    assert len(off) == 3


def test_domain_counts_are_those_of_the_lattice(workbook: Reading) -> None:
    """The counts on file (none where only a lower bound is), derived again by their rule."""
    pillars = workbook[0].returns.query("level == 'pillar'")
    instrument = load("dma_2025")
    for entry in instrument.domains:
        values = pillars.query(
            "construct == @entry.pillar and care_setting == @entry.care_setting"
        )["score"]
        assert smallest_domains(values.tolist()) == entry.count


@pytest.mark.parametrize("layout", FILES)
def test_reading_is_fast_and_repeatable(layout: str, sources_dir: Path, tmp_path: Path) -> None:
    open_layout(sources_dir, layout)
    start = time.process_time()
    result, log = open_layout(sources_dir, layout)
    assert time.process_time() - start < 1.5  # seconds of processor time, however busy the machine
    again, log_again = open_layout(sources_dir, layout)
    assert result.returns.equals(again.returns)
    assert log.equals(log_again)
    write_returns(result.returns, tmp_path / "returns.csv")
    assert read_returns(tmp_path / "returns.csv").equals(sort_returns(result.returns))
