"""A report does not depend on how its kernels start or on how many run side by side."""

from pathlib import Path

import pytest

from ics_maturity.paths import ROOT_VARIABLE
from ics_maturity.report.run import run
from whole_reports import WholeReport, _project

pytest_plugins = ["whole_reports"]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo report")]

SYSTEMS = ("D02", "D30")
# They list the pages that there are, and only a few systems' pages are made a second time.
LISTING = {"index.html", "manifest.json", "profiles/index.html"}


def test_forked_kernels_side_by_side_or_ordinary_ones_in_turn(
    demo_report: WholeReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = _project(tmp_path)
    monkeypatch.setenv(ROOT_VARIABLE, str(project))
    for only, ics in (("profiles", SYSTEMS), ("07", ()), ("09", ())):
        run("demo", only=only, ics=ics, warm=False, jobs=1, root=project)
    ordinary = WholeReport(project, "demo").files()
    forked = demo_report.files()
    assert {f"profiles/{code}.demo.html" for code in SYSTEMS} < ordinary.keys()
    assert {f"0{n}_" for n in range(1, 10) if n != 8} <= {name[:3] for name in ordinary}
    differing = [name for name in ordinary if ordinary[name] != forked.get(name)]
    assert set(differing) <= LISTING
    left_out = {name for name in forked.keys() - ordinary.keys() if "profiles/" not in name}
    assert left_out == set()
