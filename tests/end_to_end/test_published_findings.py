"""What the repository shows of the published returns is what the workbook finds in them now."""

import sys
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from ics_maturity.report import publish

if TYPE_CHECKING:
    from pathlib import Path

    from whole_reports import WholeReport

pytest_plugins = ["whole_reports"]
pytestmark = [pytest.mark.slow, pytest.mark.sources, pytest.mark.xdist_group("open report")]

BRIEF = "09_brief.html"
# Other interpreters bring other versions of numpy and scipy, and with them other last digits.
reference_interpreter = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="stored pictures are those of Python 3.11"
)


def content(page: str) -> BeautifulSoup:
    """The page's own content, without the record of what it was made from."""
    soup = BeautifulSoup(page, "html.parser")
    for record in soup.select(".provenance"):
        record.decompose()
    assert soup.main is not None
    return soup.main


def test_readme_opens_with_the_findings_of_the_open_report(
    root: "Path", open_report: "WholeReport"
) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert publish.with_opening(readme, publish.opening(open_report.results)) == readme, (
        "run: ics-maturity publish"
    )
    assert not [line for line in readme.splitlines() if line.endswith("-")]


def test_stored_brief_says_what_the_open_report_says(
    root: "Path", open_report: "WholeReport"
) -> None:
    stored = content((root / "reports/open" / BRIEF).read_text(encoding="utf-8"))
    now = content((open_report.folder / BRIEF).read_text(encoding="utf-8"))
    assert stored.get_text(" ", strip=True) == now.get_text(" ", strip=True)


@reference_interpreter
def test_stored_pictures_are_those_of_the_open_report(
    root: "Path", open_report: "WholeReport"
) -> None:
    stored = content((root / "reports/open" / BRIEF).read_text(encoding="utf-8"))
    now = content((open_report.folder / BRIEF).read_text(encoding="utf-8"))
    assert [i["src"] for i in stored("img")] == [i["src"] for i in now("img")]
    executed = open_report.root / "data/processed/open/executed/09_brief.ipynb"
    assert (root / publish.FIGURE).read_text(encoding="utf-8") == publish.first_figure(executed)


def test_stored_files_hold_systems_only(root: "Path") -> None:
    kept = sorted(path.name for path in (root / "reports/open").rglob("brief*.csv"))
    assert kept == ["brief_claims.csv", "brief_ranks.csv"]
    for path in (root / "reports/open").rglob("brief*.csv"):
        assert "provider_code" not in path.read_text(encoding="utf-8")
