"""The pages of the systems in a whole demo report: there, small, called by name, well linked."""

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from ics_maturity.results import Results
from whole_reports import spoken

if TYPE_CHECKING:
    from pathlib import Path

    from whole_reports import WholeReport

pytest_plugins = ["whole_reports"]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo report")]

LARGEST_PROFILE = 800_000  # bytes


def pages(report: "WholeReport") -> dict[str, "Path"]:
    """The page of each system by its code."""
    found = sorted(report.folder.glob("profiles/*.demo.html"))
    return {path.name.split(".")[0]: path for path in found}


def like(report: "WholeReport") -> pd.DataFrame:
    return report.table("like_for_like_2025").set_index("ics_code")


def results_of(report: "WholeReport", code: str) -> Results:
    return Results.read(report.folder / f"results/profiles/{code}.demo.json")


def test_every_system_has_a_small_page_called_by_its_name(demo_report: "WholeReport") -> None:
    systems = like(demo_report)
    found = pages(demo_report)
    assert sorted(found) == sorted(systems.index)
    for code, path in found.items():
        assert path.stat().st_size < LARGEST_PROFILE, code
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        assert page.h1 is not None
        name = f"{systems.loc[code, 'short_name']} ({code}): "
        assert page.h1.get_text().startswith(name)
        assert page.title is not None
        assert page.title.get_text().startswith(name)


def test_every_link_of_every_page_leads_somewhere(demo_report: "WholeReport") -> None:
    for path in [*pages(demo_report).values(), demo_report.folder / "profiles/index.html"]:
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        ids = {tag["id"] for tag in page.find_all(id=True)}
        for link in page.find_all("a", href=True):
            target = str(link["href"])
            if target.startswith("#"):
                assert target[1:] in ids, (path.name, target)
            else:
                assert (path.parent / target).is_file(), (path.name, target)


def test_the_directory_lists_every_system_once(demo_report: "WholeReport") -> None:
    text = (demo_report.folder / "profiles/index.html").read_text(encoding="utf-8")
    links = [a["href"] for a in BeautifulSoup(text, "html.parser").select(".systems a")]
    assert sorted(links) == sorted(path.name for path in pages(demo_report).values())


def test_a_page_says_what_the_whole_report_says(demo_report: "WholeReport") -> None:
    """Scores and sets of ranks of a page are those of the table of all systems."""
    systems = like(demo_report)
    for code, row in systems.iterrows():
        own = results_of(demo_report, str(code))
        assert own["profile.crude"].value == pytest.approx(row["crude_provider"])
        assert own["profile.like"].value == pytest.approx(row["standardised"])
        for view in ("a", "b"):
            rank = own[f"profile.rank_{view}"]
            assert (rank.low, rank.high) == (row[f"rank_low_{view}"], row[f"rank_high_{view}"])
        by_mix, by_scores = own["profile.by_mix"].value, own["profile.by_scores"].value
        assert by_mix + by_scores == pytest.approx(own["profile.gap"].value, abs=1e-9)


def test_systems_of_one_provider_say_so(demo_report: "WholeReport") -> None:
    systems = like(demo_report)
    alone = systems.index[systems["providers"] == 1]
    assert len(alone) >= 1
    for code, path in pages(demo_report).items():
        text = spoken(path.read_text(encoding="utf-8"))
        assert ("It has one provider" in text) == (code in alone)
        assert "nan" not in text.lower().split()


def test_no_page_ranks_or_praises(demo_report: "WholeReport") -> None:
    for code, path in pages(demo_report).items():
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for silent in page(["style", "pre", "code"]):
            silent.decompose()
        words = set(page.get_text(" ").lower().replace(",", " ").replace(".", " ").split())
        assert words.isdisjoint({"best", "worst", "league", "leader", "laggard"}), code
