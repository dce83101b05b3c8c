"""docs/own_returns.md, step by step, in a project of its own: from untidy files to a report."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from ics_maturity.paths import ROOT_VARIABLE
from ics_maturity.results import Results

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")]

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
_FIX = re.compile(r"^\| ([^|]+\.xlsx) \| (\w+(?::\w+)?) \| [^|]+ \| ([^|]+) \|$", re.M)
_LOGGED = re.compile(r"^\| [^|]+ \| [^|]+ \| `(\w+)` \|$", re.M)


@dataclass(frozen=True)
class Walk:
    """The page's commands, what they print, the cells to correct, and the entries in the log."""

    copy: str
    check: str
    problems: str
    account: str
    run: str
    fixes: list[tuple[str, str, str]]
    logged: list[str]


@pytest.fixture(scope="module")
def walk(root: Path) -> Walk:
    page = (root / "docs/own_returns.md").read_text(encoding="utf-8")
    blocks = _BLOCK.findall(page)
    copy, check, again, run = (code.strip() for kind, code in blocks if kind == "sh")
    assert check == again
    problems, account = (code for kind, code in blocks if kind == "text")
    return Walk(copy, check, problems, account, run, _FIX.findall(page), _LOGGED.findall(page))


@pytest.fixture(scope="module")
def project(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh copy of the project, without anybody's own returns."""
    folder = tmp_path_factory.mktemp("fresh")
    shutil.copytree(root / "notebooks", folder / "notebooks")
    shutil.copytree(
        root / "data/raw", folder / "data/raw", ignore=shutil.ignore_patterns("open", "own")
    )
    shutil.copytree(root / "data/raw/examples/own", folder / "data/raw/examples/own")
    (folder / "data/raw/own").mkdir()
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(root / name, folder / name)
    return folder


def call(project: Path, command: str) -> subprocess.CompletedProcess[str]:
    """One command of the page, typed in the project's folder."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", command], cwd=project, capture_output=True, text=True, check=False,
        timeout=1800, env={**os.environ, "PATH": programs, ROOT_VARIABLE: str(project)},
    )  # fmt: skip


def correct(project: Path, file: str, cells: str, write: str) -> None:
    """Do to the cells what the page's table says."""
    path = project / "data/raw/own" / file
    book = openpyxl.load_workbook(path)
    sheet = book["Scores"]
    if write.startswith("unmerge"):
        sheet.unmerge_cells(cells)
    value = None if write == "clear" else _typed(write.split("`")[1])
    for cell in _cells(sheet, cells):
        cell.value = value
        cell.number_format = "General"
    book.save(path)


def _cells(sheet: Worksheet, cells: str) -> list[Cell]:
    chosen = sheet[cells]
    return [cell for row in chosen for cell in row] if isinstance(chosen, tuple) else [chosen]


def _typed(text: str) -> object:
    """What a spreadsheet stores when this is typed."""
    return float(text) if re.fullmatch(r"[\d.]+", text) else text


def test_the_page_leads_from_the_files_to_a_report(walk: Walk, project: Path) -> None:
    assert call(project, walk.copy).returncode == 0
    first = call(project, walk.check)
    assert (first.returncode, first.stdout, first.stderr) == (1, "", walk.problems)

    assert len(walk.fixes) == 7
    for fix in walk.fixes:
        correct(project, *fix)
    second = call(project, walk.check)
    assert (second.returncode, second.stdout, second.stderr) == (0, walk.account, "")

    made = call(project, walk.run)
    assert made.returncode == 0, made.stderr
    report = project / "reports/own"
    assert (report / "index.html").is_file()
    notebooks = {path.stem for path in (project / "notebooks").glob("[0-9]*.ipynb")}
    pages = {path.name.split(".")[0] for path in report.glob("[0-9]*.html")}
    assert pages | {"08_profile_ics"} >= notebooks, "profiles have pages of their own"
    results = Results.read(report / "results.json")
    # Planted in the demo returns, of which these are a part.
    effect = results["moderation.effect"]
    assert effect.low < -0.2 < effect.high < 0
    assert results["claims.reproduced"].value >= 1, "seven pillars in 2023"
    log = pd.read_csv(report / "tables/quality_log.own.csv")
    assert len(walk.logged) == 8
    assert set(walk.logged) <= set(log["kind"])


def test_the_committed_example_is_what_its_tool_writes(root: Path, tmp_path: Path) -> None:
    place = root / "tools/write_own_example.py"
    spec = importlib.util.spec_from_file_location("write_own_example", place)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    tool.main(tmp_path)
    committed = sorted((root / "data/raw/examples/own").iterdir())
    assert [path.name for path in committed] == sorted(path.name for path in tmp_path.iterdir())
    for path in committed:
        if path.suffix == ".xlsx":
            assert _values(path) == _values(tmp_path / path.name), path.name
        else:
            assert path.read_bytes() == (tmp_path / path.name).read_bytes()


def _values(path: Path) -> dict[str, object]:
    book = openpyxl.load_workbook(path)
    return {
        sheet.title: (list(sheet.values), sorted(map(str, sheet.merged_cells.ranges)))
        for sheet in book
    }


# On files that are whole


def test_a_round_alone_goes_through_to_the_brief(project: Path) -> None:
    """Moderated scores of 2023 and nothing else, of every system."""
    own = project / "data/raw/own"
    shutil.rmtree(own)
    own.mkdir()
    shutil.copy(project / "data/raw/demo/rounds/demo_2023_moderated.xlsx", own / "ours.xlsx")
    (own / "profile.yaml").write_text(
        "label: One round\nbanner: A test.\nfile_suffix: .own\n"
        "reference: ../demo/reference\npublished: ../demo/published\n"
        "returns:\n  - {file: ours.xlsx, layout: template, round: 2023, source_id: ours}\n",
        encoding="utf-8",
    )
    made = call(project, "ics-maturity run --data own --only 09")
    assert made.returncode == 0, made.stderr
    results = Results.read(project / "reports/own/results.json")
    assert "moderation.effect" not in results, "one assessor only"
    assert results["claims.contradicted_which"].value == "X04", "its mean is half a point too high"
