"""The workbook as its readers get it: one whole run per data profile, in a temporary project.

A test module asks for it with ``pytest_plugins = ["whole_reports"]``. Every test of one report
carries the mark ``xdist_group("demo report")`` or ``xdist_group("open report")``, so that with
``--dist loadgroup`` only one worker makes it; without that each worker makes its own.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from ics_maturity.paths import ROOT_VARIABLE, SOURCES_VARIABLE
from ics_maturity.report.run import Report, run
from ics_maturity.results import Results

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class WholeReport:
    """A project of its own with the report of one profile.

    ``sources`` is the folder of official files that an open run reads.
    """

    root: Path
    profile: str
    sources: Path | None = None

    @property
    def folder(self) -> Path:
        """The finished report."""
        return self.root / "reports" / self.profile

    def run(self, *, jobs: int = 2, force: bool = False) -> Report:
        """Bring the report up to date, as ``ics-maturity run`` does."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv(ROOT_VARIABLE, str(self.root))
            if self.sources:
                environment.setenv(SOURCES_VARIABLE, str(self.sources))
            return run(self.profile, jobs=jobs, force=force)

    def files(self) -> dict[str, bytes]:
        """Every file of the report by its place in it."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    @cached_property
    def results(self) -> Results:
        """The named results."""
        return Results.read(self.folder / "results.json")

    def table(self, name: str) -> pd.DataFrame:
        """A table of the report, or the data behind a figure, by name."""
        # A demo report's files end in .demo.csv.
        (path,) = (p for p in self.folder.glob("*/*.csv") if p.name.split(".")[0] == name)
        return pd.read_csv(path)

    @cached_property
    def dictionaries(self) -> dict[str, list[str]]:
        """Columns of every table and of the data behind every figure, by place and name."""
        return {
            f"{path.parent.name}/{path.name.split('.')[0]}": [
                field["name"] for field in json.loads(path.read_text(encoding="utf-8"))["fields"]
            ]
            for path in sorted(self.folder.glob("*/*.schema.json"))
        }

    @cached_property
    def words(self) -> dict[str, str]:
        """What each page says to its reader, code left out, alternative texts in their place."""
        return {
            path.name: spoken(path.read_text(encoding="utf-8"))
            for path in sorted(self.folder.glob("*.html"))
        }


def spoken(page: str) -> str:
    """Text of a page on one line: no code, no style; alternative texts where the figures are."""
    soup = BeautifulSoup(page, "html.parser")
    for silent in soup(["style", "script", "pre", "code"]):
        silent.decompose()
    for image in soup("img"):
        image.replace_with(f" {image.get('alt', '')} ")
    return " ".join(soup.get_text(" ").split())


def _project(folder: Path) -> Path:
    """What a run reads, and nothing that an earlier run has left."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    shutil.copytree(
        ROOT / "data/raw", folder / "data/raw", ignore=shutil.ignore_patterns("open", "own")
    )
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def demo_report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeReport]:
    """The report on the demo returns."""
    report = WholeReport(_project(tmp_path_factory.mktemp("demo")), "demo")
    report.run()
    yield report
    shutil.rmtree(report.root)


@pytest.fixture(scope="session")
def open_report(
    tmp_path_factory: pytest.TempPathFactory, sources_dir: Path
) -> Iterator[WholeReport]:
    """The report on the officially published returns; skips where these are absent."""
    report = WholeReport(_project(tmp_path_factory.mktemp("open")), "open", sources_dir)
    report.run()
    yield report
    shutil.rmtree(report.root)
