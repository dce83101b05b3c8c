"""An untidy folder of returns, read as a stranger would: the page counts what the log holds."""

import re
import shutil
from collections.abc import Iterator

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from ics_maturity.clean import clean
from ics_maturity.paths import ROOT_VARIABLE
from ics_maturity.profiles import load_profile
from ics_maturity.readers.template import FIELDS
from ics_maturity.report.run import run
from whole_reports import WholeReport, _project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("untidy report")]

YEAR = 2025
PROFILE = f"""\
label: Untidy returns
banner: Simulated returns, made untidy for a test.
reference: ../demo/reference
returns:
  - {{file: untidy.csv, layout: template, round: {YEAR}, source_id: untidy}}
"""
NOT_USED = {"unknown_provider_code": 14, "unknown_provider_name": 21}  # scores set aside by each


def untidy() -> pd.DataFrame:
    """Rows of the template: the demo's pillars with faults that are logged and not refused."""
    returns = clean(load_profile("demo")).returns
    rows = returns[(returns["round"] == YEAR) & (returns["level"] == "pillar")].copy()
    rows = rows[[field.name for field in FIELDS]].astype({"score": object})
    returned = rows[["provider_code", "care_setting"]].drop_duplicates("provider_code")
    one, two, three, four, five, six, seven = (
        (rows[["provider_code", "care_setting"]] == returned.iloc[at]).all(axis=1)
        for at in range(10, 17)
    )
    rows["remarks"] = ""
    rows.loc[one, "provider_code"] = "ZZZ01"
    rows.loc[two, "provider_code"] = "ZZZ02"
    for at, which in enumerate((three, four, five)):
        rows.loc[which, ["provider_code", "provider_name"]] = ["", f"NO SUCH TRUST {at}"]
    rows.loc[six, "provider_code"] = rows.loc[six, "provider_code"].str.lower()
    rows.loc[seven, "score"] = 2.4321
    rows.loc[seven, "remarks"] = "=1+1"
    rows = rows.rename(columns={"remarks": ""})
    blank = pd.DataFrame("", index=[0, 1], columns=rows.columns)
    return pd.concat([rows.iloc[:300], blank, rows.iloc[300:]])


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeReport]:
    root = _project(tmp_path_factory.mktemp("untidy"))
    own = root / "data/raw/own"
    own.mkdir()
    (own / "profile.yaml").write_text(PROFILE, encoding="utf-8")
    untidy().to_csv(own / "untidy.csv", index=False)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(ROOT_VARIABLE, str(root))
        run("own", only="01", root=root)
    yield WholeReport(root, "own")
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def log(report: WholeReport) -> pd.DataFrame:
    """The quality log beside the processed tables."""
    path = report.root / "data/processed/own/quality_log.csv"
    return pd.read_csv(path, keep_default_na=False)


@pytest.fixture(scope="module")
def page(report: WholeReport) -> BeautifulSoup:
    (path,) = report.folder.glob("01_*.html")
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def counted(log: pd.DataFrame, *by: str) -> dict[tuple[str, ...], int]:
    return {tuple(row[:-1]): row[-1] for row in log.value_counts(list(by)).reset_index().to_numpy()}


def test_the_folder_is_untidy(log: pd.DataFrame) -> None:
    assert set(log["severity"]) == {"note", "warning", "quarantined"}
    assert log["kind"].nunique() >= 6


def test_the_table_of_the_page_counts_as_the_log_does(
    page: BeautifulSoup, log: pd.DataFrame
) -> None:
    table = page.find(id="quality_log_summary")
    assert table is not None
    headings = [cell.get_text(" ", strip=True).lower() for cell in table.thead.find_all("th")]
    at = [headings.index(name) for name in ("severity", "kind", "entries")]
    cells = [
        [cell.get_text(strip=True) for cell in row.find_all(["th", "td"])]
        for row in table.tbody.find_all("tr")
    ]
    shown = {
        (row[at[0]], row[at[1]].replace(" ", "_")): int(row[at[2]].replace(",", ""))
        for row in cells
    }
    assert shown == counted(log, "severity", "kind")


def test_the_words_of_the_page_count_as_the_log_does(
    page: BeautifulSoup, log: pd.DataFrame, report: WholeReport
) -> None:
    said = " ".join(page.get_text(" ").split())
    found = re.search(r"log holds ([\d,]+) notes, ([\d,]+) warnings and ([\d,]+) quarantined", said)
    assert found
    severities = ("note", "warning", "quarantined")
    numbers = [int(number.replace(",", "")) for number in found.groups()]
    assert numbers == [int((log["severity"] == one).sum()) for one in severities]
    assert numbers == [int(report.results[f"clean.log_{one}"].value) for one in severities]


def test_every_score_is_in_the_returns_or_in_the_log(
    log: pd.DataFrame, report: WholeReport
) -> None:
    """What was not used is exactly what the log says was not."""
    given = pd.read_csv(report.root / "data/raw/own/untidy.csv", skip_blank_lines=True)
    scores = given["score"].notna().sum()
    used = pd.read_csv(report.root / "data/processed/own/returns.csv", keep_default_na=False)
    assert scores - len(used) == sum(NOT_USED.values())
    aside = log[log["severity"] == "quarantined"]
    assert counted(aside, "kind") == {
        ("unknown_provider_code",): 2, ("unknown_provider_name",): 3, ("unheaded_column",): 1,
    }  # fmt: skip
    named = aside[aside["kind"] == "unknown_provider_name"]["what"].str.extract(r"^(\d+) scores")
    assert named[0].astype(int).sum() == NOT_USED["unknown_provider_name"]
