"""A report does not depend on how its kernels start or on how many run side by side."""

from pathlib import Path

import pytest

from ics_maturity.paths import ROOT_VARIABLE
from ics_maturity.report.run import run
from whole_reports import WholeReport, _project

pytestmark = pytest.mark.slow


def files(
    root: Path, *, warm: bool, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> dict[str, bytes]:
    """The demo report up to notebook 02 and 06's, from a project of its own."""
    project = _project(root)
    monkeypatch.setenv(ROOT_VARIABLE, str(project))
    for number in ("02", "06"):
        run("demo", only=number, warm=warm, jobs=jobs, root=project)
    return WholeReport(project, "demo").files()


def test_forked_or_ordinary_kernels_one_or_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forked, ordinary = (
        files(tmp_path / name, warm=warm, jobs=jobs, monkeypatch=monkeypatch)
        for name, warm, jobs in [("forked", True, 2), ("ordinary", False, 1)]
    )
    assert len(forked) > 10
    assert [name for name in forked if forked[name] != ordinary.get(name)] == []
    assert forked.keys() == ordinary.keys()
