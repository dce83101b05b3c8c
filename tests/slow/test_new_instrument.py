"""An assessment of another kind, from its instrument file alone to a whole report.

The steps of docs/new_instrument.md are followed as they are printed there, on systems and providers
that the workbook has never seen; and one committed example goes through every notebook.
"""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from ics_maturity.cli import main
from ics_maturity.paths import ROOT_VARIABLE
from ics_maturity.report.plan import load_plan
from whole_reports import WholeReport, spoken

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs/new_instrument.md").read_text(encoding="utf-8")
SYSTEMS = [f"E{i:02d}" for i in range(1, 13)]

pytestmark = pytest.mark.slow


def project(folder: Path) -> Path:
    """What a new user has after cloning: no returns but the committed ones."""
    for name in ("notebooks", "data/raw"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("open", "own"))
    (folder / "data/raw/own").mkdir()
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def files_of_the_page() -> dict[str, str]:
    """The files that the page tells its reader to write, by place."""
    found = re.findall(r"`(data/raw/own/[^`]+)`:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    return dict(found)


def commands_of_the_page() -> list[list[str]]:
    """The commands that the page tells its reader to give."""
    (block,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    return [line.split()[1:] for line in block.splitlines()]


def write_reference(folder: Path) -> None:
    """Twelve systems in a row with four to six providers each, as step 5 of the page asks."""
    columns = {
        path.stem: path.read_text(encoding="utf-8").splitlines()[0].split(",")
        for path in (ROOT / "data/raw/reference").glob("*.csv")
    }
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in columns}
    for at, code in enumerate(SYSTEMS):
        rural = 50_000 * at
        rows["systems"].append(
            {
                "vintage": 2022,
                "ics_code": code,
                "ics_name": f"System {code}",
                "short_name": f"Place {code}",
                "region": f"Part {at // 4 + 1}",
            }
        )
        rows["rurality"].append(
            {
                "ics_code": code,
                "definition": "ruc2021",
                "population": 1_000_000,
                "rural_population": rural,
                "rural_share": rural / 1_000_000,
            }
        )
        rows["centroids"].append({"ics_code": code, "x": 50.0 * at, "y": 10.0 * (at % 2)})
        rows["tiles"].append({"ics_code": code, "tile_row": at // 4, "tile_column": at % 4})
        if at:
            rows["adjacency"].append({"ics_code_a": SYSTEMS[at - 1], "ics_code_b": code})
        for n in range(4 + at % 3):
            rows["providers"].append(
                {"provider_code": f"Z{at:02d}{n}", "provider_name": f"Estate {code} {n}",
                 "ics_code": code, "region": f"Part {at // 4 + 1}", "trust_type": "Estate"}
            )  # fmt: skip
    folder.mkdir()
    needed = ("systems", "providers", "rurality", "adjacency", "centroids", "tiles", "successions",
              "boundary_changes")  # fmt: skip
    for name in needed:
        table = pd.DataFrame(rows[name], columns=columns[name]).assign(source="invented for a test")
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def follow(folder: Path) -> None:
    """Steps 1, 2, 5 and 3 of the page."""
    for place, text in files_of_the_page().items():
        (folder / place).write_text(text, encoding="utf-8")
    profile = folder / "data/raw/own/profile.yaml"
    said = profile.read_text(encoding="utf-8")
    assert re.search(r"^reference: \.\./demo/reference .*$", said, re.MULTILINE)
    changed = re.sub(r"^reference: .*$", "reference: reference", said, flags=re.MULTILINE)
    profile.write_text(changed, encoding="utf-8")
    write_reference(folder / "data/raw/own/reference")
    for command in commands_of_the_page():
        assert main(command) == 0, command


def pages(report: WholeReport) -> dict[str, str]:
    return {path.name: spoken(path.read_text(encoding="utf-8"))
            for path in report.folder.rglob("*.html")}  # fmt: skip


def test_the_page_can_be_followed_on_other_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(tmp_path)
    monkeypatch.setenv(ROOT_VARIABLE, str(folder))
    monkeypatch.chdir(folder)
    follow(folder)
    assert "No problem would stop a run" in capsys.readouterr().out
    report = WholeReport(folder, "own")
    slugs = {
        page["slug"] for page in json.loads((report.folder / "manifest.json").read_text())["pages"]
    }
    assert {one.slug for one in load_plan(folder).notebooks if not one.step.each} <= slugs

    held = report.table("rounds_held").set_index(["round", "level"])
    assert set(held.index.get_level_values("round")) == {2018, 2022}
    assert set(held["lowest"]) == {0}
    assert set(held["highest"]) == {4}
    assert set(held["settings"]) == {2}
    like = report.table("like_for_like_2022")
    assert like["ics_code"].tolist() == SYSTEMS
    assert set(report.table("pillars")["title"]) == {"Buildings", "Equipment", "Energy"}
    design = report.table("design")
    assert design["instrument"].tolist() == ["Estates maturity 2018", "Estates maturity 2022"]
    assert report.results["shift.change_2018_2022"].n == sum(4 + at % 3 for at in range(12))
    assert report.results["rurality.margin"].value == pytest.approx(
        0.5
    )  # a span of four, as 1 to 5

    words = pages(report)
    assert "0 to 4" in words["09_brief.own.html"]
    for name, said in words.items():
        assert "simulated" in said.lower(), name
        assert "On the scale from 1 to 5" not in said, name


def test_a_fault_in_returns_or_instrument_stops_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(tmp_path)
    monkeypatch.setenv(ROOT_VARIABLE, str(folder))
    monkeypatch.chdir(folder)
    own = folder / "data/raw/own"
    for place, text in files_of_the_page().items():
        (folder / place).write_text(text, encoding="utf-8")
    simulate, check, _ = commands_of_the_page()
    assert main(simulate) == 0
    assert main(simulate) == 1, "nothing is overwritten"
    assert "nothing is overwritten" in capsys.readouterr().err
    returns = own / "returns_2018.csv"
    text = returns.read_text(encoding="utf-8")
    returns.write_text(text.replace(",buildings,", ",bildings,", 1), encoding="utf-8")
    assert main(check) == 1
    assert "did you mean buildings?" in capsys.readouterr().err
    instrument = own / "estates_2018.toml"
    instrument.write_text(instrument.read_text().replace("scale_max = 4", "scale_max = 0"))
    assert main(check) == 1
    assert "own/estates_2018.toml, column scale_max" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["urgent_care", "procurement"])
def test_an_example_goes_through_every_notebook(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(tmp_path)
    monkeypatch.setenv(ROOT_VARIABLE, str(folder))
    report = WholeReport(folder, name)
    report.run()
    words = pages(report)
    everywhere = {one.slug for one in load_plan(folder).notebooks if not one.step.each}
    assert {page.split(".")[0] for page in words} >= everywhere
    for page, said in words.items():
        assert "simulated" in said.lower(), page
    assert report.run().executed == ()
    if name == "procurement":
        assert "0 to 100" in words["09_brief.simulated.html"]
        effect = report.results["moderation.effect"]  # planted: 3 points of 100 lower
        assert effect.low < -3 < effect.high
        assert "Every return covers the same care setting" in words[
            "03_model_mix_and_rurality.simulated.html"]  # fmt: skip
    else:
        assert "1 to 4" in words["09_brief.simulated.html"]
        change = report.results["shift.change_2023_2024"]  # planted: 0.04 of a span of three
        assert change.low < 0.12 < change.high
        assert "cannot be asked here" in words["04_test_peer_review.simulated.html"]
