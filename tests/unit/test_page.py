"""The page of a notebook: what it reads, what it shows, and the files it leaves."""

import json

import numpy as np
import pandas as pd
import pytest

from ics_maturity import page as page_module
from ics_maturity.errors import InputError
from ics_maturity.figures import FigureError, canvas
from ics_maturity.page import Column, Page, random_generator
from ics_maturity.results import Result, ResultError, Results

SCHEMA = {
    "fields": [
        {"name": "provider_code", "type": "string"},
        {"name": "round", "type": "integer"},
        {"name": "row", "type": "integer"},
        {"name": "score", "type": "number"},
        {"name": "assessed_by", "type": "string"},
        {"name": "level", "type": "string"},
    ],
    "missingValues": [""],
}
ROWS = (
    "provider_code,round,row,score,assessed_by,level\n"
    "NA,2024,1,2.5,self,overall\n"
    "0012,2025,,,self,pillar\n"
    ",2023,3,1.0,moderated,overall\n"
)
ALT = "A line that rises from left to right over two rounds of returns"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "returns.csv").write_text(ROWS)
    (tmp_path / "returns.schema.json").write_text(json.dumps(SCHEMA))
    return tmp_path


@pytest.fixture
def shown(monkeypatch):
    outputs = []

    def record(bundle, metadata, raw):
        assert raw
        outputs.append((bundle, metadata))

    monkeypatch.setattr(page_module, "display", record)
    return outputs


@pytest.fixture
def page(folder):
    return Page("03_model", profile="demo", seed=1, folder=folder)


def figure():
    made, axes = canvas(2)
    axes.plot([1, 2])
    return made


FRAME = pd.DataFrame({"ics": ["=A", "B"], "score": [1.25, 2.0]})
COLUMNS = {"ics": Column("System"), "score": Column("Score", digits=1)}


def test_types_are_those_declared(page):
    frame = page.read("returns")
    assert [str(dtype) for dtype in frame.dtypes] == [
        "str", "int64", "Int64", "float64", "str", "str",
    ]  # fmt: skip
    assert frame["provider_code"].tolist() == ["NA", "0012", ""]
    assert np.isnan(frame["score"][1])
    assert frame["row"][1] is pd.NA


def test_the_latest_round_is_chosen_where_none_is_given(page):
    assert page.chosen_round(None) == 2025
    assert page.chosen_round(2023) == 2023
    with pytest.raises(InputError, match=r"found '2016'; expected .* present: 2023, 2024, 2025"):
        page.chosen_round(2016)


@pytest.mark.parametrize("name", ["returns.csv", "returns.schema.json"])
def test_an_absent_table_says_what_to_run(page, folder, name):
    (folder / name).unlink()
    with pytest.raises(InputError, match=rf"{name}.*01_clean_returns"):
        page.read("returns")


def test_a_table_of_another_shape_is_refused(page, folder):
    (folder / "returns.csv").write_text(ROWS.replace("round", "year"))
    with pytest.raises(InputError, match="year"):
        page.read("returns")


def test_rounds_by_assessor_and_level(page):
    assert page.rounds() == [2023, 2024, 2025]
    assert page.rounds(assessed_by="self") == [2024, 2025]
    assert page.rounds(level="pillar") == [2025]
    assert page.has_round(2023, assessed_by="moderated")
    assert not page.has_round(2023, assessed_by="self")
    assert not page.has_round(2016)


def test_each_estimator_has_its_own_stream(page):
    first = page.rng("wild_bootstrap").normal(size=3)
    assert np.array_equal(first, page.rng("wild_bootstrap").normal(size=3))
    assert not np.array_equal(first, page.rng("permutation").normal(size=3))
    assert not np.array_equal(first, random_generator(2, "wild_bootstrap").normal(size=3))


def test_findings_print_named_results(page, shown):
    page.result("mix.icc", 0.1234, n=42, low=0.1, high=0.2)
    page.result("mix.top", "<b>A</b>")
    page.findings("ICC **{mix.icc:2dp}**, top {mix.top}.", key="answer")
    bundle, metadata = shown[0]
    assert bundle["text/plain"] == "ICC **0.12**, top <b>A</b>."
    assert "<b>" not in bundle["text/markdown"]
    used = ["mix.icc", "mix.top"]
    assert metadata["ics_maturity"] == {"kind": "findings", "key": "answer", "uses": used}
    assert page.text("{mix.icc:n} systems") == "42 systems"


def test_results_of_earlier_notebooks_are_at_hand(folder):
    earlier = Results([Result("clean.rows", 285, notebook="01_clean")])
    later = Results([Result("brief.rows", 1, notebook="09_brief")])
    earlier.write(folder / "results" / "01_clean.json")
    later.write(folder / "results" / "09_brief.json")
    page = Page("03_model", profile="demo", seed=1, folder=folder)
    assert page.results["clean.rows"].value == 285
    with pytest.raises(ResultError, match="brief"):
        page.results["brief.rows"]
    with pytest.raises(ResultError, match="01_clean"):
        page.result("clean.rows", 1)


def test_close_writes_own_results_only(folder):
    Results([Result("clean.rows", 1, notebook="01_clean")]).write(folder / "results/01_clean.json")
    page = Page("03_model", profile="demo", seed=1, folder=folder)
    page.result("mix.icc", 0.5)
    page.result("mix.icc", 0.6)
    page.close()
    written = Results.read(folder / "results" / "03_model.json")
    assert [(r.name, r.value, r.notebook) for r in written] == [("mix.icc", 0.6, "03_model")]


def test_a_table_leaves_its_csv_and_dictionary(page, shown, folder):
    page.table(FRAME, "scores", caption="Scores", columns=COLUMNS)
    assert (folder / "tables/scores.csv").read_bytes() == b"ics,score\n'=A,1.25\nB,2\n"
    assert json.loads((folder / "tables/scores.schema.json").read_text())["notebook"] == "03_model"
    bundle, metadata = shown[0]
    assert set(bundle) == {"text/html", "text/plain"}
    assert metadata["ics_maturity"]["twin"] == "tables/scores.csv"


def test_a_figure_leaves_its_data_and_carries_its_words(page, shown, folder):
    page.figure(figure(), "line", title="A *line*", alt=ALT, data=FRAME, columns=COLUMNS)
    assert (folder / "figures/line.csv").is_file()
    assert json.loads((folder / "figures/line.schema.json").read_text())["title"] == "A *line*"
    (title, _), (bundle, metadata) = shown
    assert title["text/markdown"] == "**A &#42;line&#42;**"
    assert metadata["image/svg+xml"]["alt"] == ALT
    assert metadata["ics_maturity"]["title"] == "A *line*"
    assert bundle["image/svg+xml"].startswith("<svg ")


@pytest.mark.parametrize(
    ("title", "alt"),
    [("", ALT), ("T", ""), ("T", "figure"), ("T", "Figure 1"), ("T", "too short"), (ALT, ALT)],
)
def test_a_figure_without_words_is_refused_before_anything_is_written(
    page, shown, folder, title, alt
):
    with pytest.raises(FigureError):
        page.figure(figure(), "line", title=title, alt=alt, data=FRAME)
    assert not shown
    assert not (folder / "figures").exists()


def test_the_same_page_twice_leaves_the_same_bytes(folder, shown):
    states = []
    for _ in range(2):
        page = Page("03_model", profile="demo", seed=1, folder=folder)
        page.table(FRAME, "scores", caption="Scores", columns=COLUMNS)
        page.figure(figure(), "line", title="A line", alt=ALT, data=FRAME)
        page.result("mix.draw", page.rng("draw").normal())
        page.close()
        states.append({p.name: p.read_bytes() for p in folder.rglob("*.*")})
    assert states[0] == states[1]
    assert shown[:3] == shown[3:]
