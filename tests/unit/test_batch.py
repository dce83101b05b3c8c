"""One page per system from one notebook: planned from what was returned, each its own job."""

import csv
import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pydantic import Field

from ics_maturity.errors import InputError
from ics_maturity.report import batch
from ics_maturity.report.batch import System
from ics_maturity.report.manifest import read_stamp
from ics_maturity.report.parameters import Parameters
from ics_maturity.report.plan import Each, Step, load_plan
from ics_maturity.report.run import Report, RunFailedError, run
from ics_maturity.report.verify import verify
from small_project import SmallProject


class OfSystem(Parameters):
    ics: str = Field(default="QA1", pattern=r"^Q[A-Z0-9]{2}$")


EACH = Each("ics", "profiles", "systems_present")
STEPS = (
    Step("01_first", inputs=("raw",), outputs=("systems_present",)),
    Step("02_systems", ("01",), OfSystem, each=EACH),
    Step("03_last", ("01",)),
)
HEAD = "ics_code,ics_name,short_name,region,providers"
TWO = f"{HEAD}\\nQB2,B Board,Bee & Co,West,1\\nQA1,A Board,Ay,East,3\\n"


def first(project: SmallProject, listed: str = TWO, words: str = "What is the value?") -> None:
    """Write notebook 01 so that it lists these systems."""
    project.write_notebook("01_first", before=f'systems_present = "{listed}"', words=words)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    monkeypatch.setenv("ICS_MATURITY_ROOT", str(tmp_path))
    made = SmallProject.make(tmp_path, STEPS)
    first(made)
    made.write_notebook("02_systems", "len(ics) + seed", words="One ICS: what is its value?")
    register = "vintage,ics_code\n2022,QA1\n2022,QB2\n2022,QC3\n"
    (tmp_path / "data/raw/demo/reference/systems.csv").write_text(register, encoding="utf-8")
    return made


def go(project: SmallProject, **options: object) -> Report:
    return run("demo", root=project.root, steps=STEPS, **options)  # type: ignore[arg-type]


def test_life_of_a_batch(project: SmallProject) -> None:
    report = go(project, jobs=2)
    assert report.executed == ("01_first", "03_last", "02_systems.QA1", "02_systems.QB2")
    files = project.report_bytes()
    assert sorted(files) == sorted(
        ["index.html", "manifest.json", "results.json", "profiles/index.html"]
        + ["01_first.demo.html", "03_last.demo.html"]
        + [f"profiles/Q{c}.demo.html" for c in ("A1", "B2")]
        + [f"results/profiles/Q{c}.demo.json" for c in ("A1", "B2")]
        + [
            f"tables/{place}.demo{end}"
            for place in ("t01", "t03", "profiles/QA1/t02", "profiles/QB2/t02")
            for end in (".csv", ".schema.json")
        ]
    )
    # A page is called after its system, says which it is about, and leads to the directory.
    page = BeautifulSoup(files["profiles/QB2.demo.html"], "html.parser")
    assert page.h1
    assert page.h1.get_text() == "Bee & Co (QB2): what is its value?"
    assert page.title
    assert page.title.get_text().startswith("Bee & Co (QB2): what is its value?")
    assert page.select_one('nav a[href="../profiles/index.html"]')
    stamp = read_stamp(files["profiles/QB2.demo.html"].decode())
    assert stamp is not None
    assert stamp[1]
    assert stamp[0]["parameters"] == {"profile": "demo", "seed": 20160401, "ics": "QB2"}
    assert [n["slug"] for n in stamp[0]["notebooks"]] == ["01_first", "02_systems"]
    # The sequence of pages has the directory in the batch's place.
    before = BeautifulSoup(files["01_first.demo.html"], "html.parser").select_one("nav .after a")
    assert before
    assert before["href"] == "profiles/index.html"
    assert b'href="profiles/index.html"' in files["index.html"]
    assert b"profiles/QA1" not in files["index.html"]
    # Results of the batch are in files of their own.
    assert {r["name"] for r in json.loads(files["results.json"])} == {"t01.value", "t03.value"}
    (own,) = json.loads(files["results/profiles/QB2.demo.json"])
    assert own["value"] == 20160404
    batch_of = json.loads(files["manifest.json"])["provenance"]["notebooks"][1]
    assert batch_of["parameters"]["ics"] == ["QA1", "QB2"]
    assert verify(project.report, root=project.root, steps=STEPS).state == "current"
    one = project.report / "profiles/QA1.demo.html"
    assert verify(one, root=project.root, steps=STEPS).state == "current"

    # Nothing changed; then one page's file is lost: that page alone is executed.
    assert go(project) == Report(report.index, (), False)
    (project.processed / "tables/profiles/QB2/t02.csv").unlink()
    assert go(project, jobs=2).executed == ("02_systems.QB2",)
    assert project.report_bytes() == files

    # Words changed in 01 whose tables stay the same: no page of the batch is executed.
    first(project, words="What is it?")
    assert go(project).executed == ("01_first",)

    # A system without returns any more has no page; its files leave the report.
    first(project, f"{HEAD}\\nQA1,A Board,Ay,East,3\\n")
    go(project)
    left = sorted(name for name in project.report_bytes() if "profiles" in name)
    assert left == [
        "profiles/QA1.demo.html",
        "profiles/index.html",
        "results/profiles/QA1.demo.json",
        "tables/profiles/QA1/t02.demo.csv",
        "tables/profiles/QA1/t02.demo.schema.json",
    ]


def test_one_system_and_what_it_needs(project: SmallProject) -> None:
    report = go(project, only="profiles", ics=["QB2"])
    assert report.executed == ("01_first", "02_systems.QB2")
    assert "profiles/QA1.demo.html" not in project.report_bytes()
    assert "03_last.demo.html" not in project.report_bytes()
    # Another one, with another seed: the page that is there stays as it is.
    assert go(project, only="02", ics=["QA1"], settings={"seed": "7"}).executed == (
        "01_first",
        "02_systems.QA1",
    )
    files = project.report_bytes()
    assert json.loads(files["results/profiles/QB2.demo.json"])[0]["value"] == 20160404
    assert json.loads(files["results/profiles/QA1.demo.json"])[0]["value"] == 10
    # Forced: that one.
    forced = go(project, only="profiles", ics=["QA1"], settings={"seed": "7"}, force=True)
    assert forced.executed == ("02_systems.QA1",)
    # Without the batch selected, its whole pages stay.
    go(project, only="03", settings={"seed": "7"})
    assert {"profiles/QA1.demo.html", "profiles/QB2.demo.html"} < set(project.report_bytes())


def test_codes_are_checked_against_the_register_and_the_returns(project: SmallProject) -> None:
    with pytest.raises(InputError, match="one of QA1, QB2, QC3"):
        go(project, only="profiles", ics=["QA1", "QXX"])
    assert not project.processed.exists(), "refused before anything ran"
    with pytest.raises(InputError, match="one of QA1, QB2") as caught:
        go(project, only="profiles", ics=["QC3"])
    assert "QC3" not in str(caught.value).split("one of")[1].split("found")[0]
    with pytest.raises(InputError, match="the ics with --ics"):
        go(project, only="profiles", settings={"ics": "QA1"})
    with pytest.raises(InputError, match="a page per system"):
        go(project, only="03", ics=["QA1"])


def test_failure_names_the_page(project: SmallProject) -> None:
    project.write_notebook("02_systems", "{'QA1': 1}[ics]", words="One ICS: what is its value?")
    with pytest.raises(RunFailedError, match=r"02_systems\.QB2 stopped at cell 3") as caught:
        go(project)
    assert "02_systems.QB2.failed.ipynb" in str(caught.value)
    assert "KeyError: 'QB2'" in str(caught.value)
    assert not project.report.exists()


def test_systems_as_listed(tmp_path: Path) -> None:
    assert batch.listed(tmp_path, EACH) == ()
    path = tmp_path / "systems_present.csv"

    def write(*rows: list[object]) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEAD.split(","), *rows])

    write(["QB2", "B Board", "Bee", "West", 1], ["QA1", "A Board, East", "Ay", "", 3])
    assert batch.listed(tmp_path, EACH) == (
        System("QA1", "A Board, East", "Ay", "", 3),
        System("QB2", "B Board", "Bee", "West", 1),
    )
    write(["../../up", "B Board", "Bee", "West", 1])
    with pytest.raises(InputError, match="code of up to 20 letters"):
        batch.listed(tmp_path, EACH)
    path.write_text("ics_code\nQA1\n", encoding="utf-8")
    with pytest.raises(InputError, match="a column ics_name"):
        batch.listed(tmp_path, EACH)


def test_a_batch_without_systems_has_an_empty_directory(project: SmallProject) -> None:
    first(project, f"{HEAD}\\n")
    assert go(project).executed == ("01_first", "03_last")
    page = BeautifulSoup(project.report_bytes()["profiles/index.html"], "html.parser")
    assert "No system has returns" in page.get_text()
    with pytest.raises(InputError, match="there is none"):
        go(project, only="profiles", ics=["QA1"])


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("One ICS: what drives it: mix?", "Ay (QA1): what drives it: mix?"),
        ("What drives it?", "Ay (QA1). What drives it?"),
    ],
)
def test_title(question: str, expected: str) -> None:
    assert batch.title(question, System("QA1", "A Board", "Ay", "East", 3)) == expected


def test_the_plan_knows_a_batch_by_its_folder(project: SmallProject) -> None:
    plan = load_plan(project.root, STEPS)
    assert plan["profiles"] == plan["02"] == plan["02_systems"]
    with pytest.raises(InputError):
        plan["tables"]
