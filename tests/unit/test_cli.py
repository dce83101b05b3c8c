"""The command line: one readable message, the right exit code, and nothing heavy for help."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ics_maturity import cli
from ics_maturity.errors import InputError, Problem
from ics_maturity.report.plan import STEPS
from small_project import SmallProject

FIRST = STEPS[0].slug
WATCHED = (
    "pandas", "numpy", "papermill", "nbconvert", "nbformat", "matplotlib", "requests", "IPython",
    "tqdm", "pydantic",
)  # fmt: skip


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """A project whose only notebook is a tiny one in the place of the first."""
    monkeypatch.setenv("ICS_MATURITY_ROOT", str(tmp_path))
    monkeypatch.delenv("ICS_MATURITY_SOURCES", raising=False)
    monkeypatch.chdir(tmp_path)
    return SmallProject.make(tmp_path, STEPS[:1])


def call(*arguments: str) -> int:
    """The command's exit code, also where argparse leaves with it."""
    try:
        return cli.main(arguments)
    except SystemExit as error:
        return int(error.code or 0)


def imported_by(*arguments: str) -> set[str]:
    """Which of the watched libraries a command in a process of its own imports; it must succeed."""
    code = (
        "import contextlib, io, sys; from ics_maturity import cli\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    try:\n"
        f"        code = cli.main({list(arguments)!r})\n"
        "    except SystemExit as error:\n"
        "        code = error.code\n"
        f"print(code, *[name for name in {WATCHED!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    exit_code, *names = done.stdout.split()
    assert exit_code == "0", done.stderr
    return set(names)


def test_run_prints_the_page_to_open_and_rerun_executes_nothing(
    project: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", "--data", "demo", "--jobs", "1") == 0
    told = capsys.readouterr()
    assert told.out == "reports/demo/index.html\n"
    assert f"{FIRST}: done" in told.err
    assert call("run") == 0
    told = capsys.readouterr()
    assert told.out == "reports/demo/index.html\n"
    assert told.err == "Nothing has changed: no notebook was executed.\n"
    assert call("run", "-P", "seed=7", "--only", "1") == 0
    assert json.loads((project.report / "results.json").read_text())[0]["value"] == 7

    # A rerun loads none of what checks, execution and export need.
    assert call("run", "-P", "seed=7") == 0
    assert imported_by("run", "-P", "seed=7") == set()


def test_help_loads_nothing_heavy(project: SmallProject) -> None:
    assert imported_by("--help") == set()
    assert imported_by("run", "--help") == set()
    assert imported_by("list") == {"pydantic"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["run", "--data", "real"], "expected one of demo, open, own"),
        (["run", "-P", "seed=1E5"], "valid integer"),
        (["run", "-P", "sed=1"], "expected one of"),
        (["run", "-P", "seed"], "name=value"),
        (["run", "--only", "77"], "one of 01"),
        (["run", "--data", "own"], "data/raw/own/README.md"),
        (["run", "--data", "open"], "ics-maturity fetch"),
        (["fetch", "--only", "nothing"], "dma_2017_full"),
        (["verify", "reports/demo"], "make one with: ics-maturity run"),
        (["check", "data/raw"], "profile.yaml"),
    ],
)
def test_wrong_input_gives_one_message_and_no_traceback(
    arguments: list[str], why: str, project: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("ics-maturity: ")
    assert why in told.err
    assert "Traceback" not in told.err
    assert not project.report.exists()
    with pytest.raises(InputError):
        call(*arguments, "--debug")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "COMMAND"),
        (["rum"], "invalid choice: 'rum'"),
        (["run", "--jobs", "0"], "from 1 to 64"),
        (["run", "--jobs", "two"], "from 1 to 64"),
        (["run", "--fast"], "--fast"),
        (["fetch", "--from", "/no/such/folder"], "is no folder"),
    ],
)
def test_wrong_usage_is_told_apart(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == 2
    told = capsys.readouterr().err
    assert why in told
    assert "--help" in told


def test_failed_notebook_gives_exit_code_one(
    project: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write_notebook(FIRST, before="raise ValueError('no good')")
    assert call("run") == 1
    told = capsys.readouterr().err
    assert f"ics-maturity: {FIRST} stopped at cell 3: raise ValueError('no good')" in told
    assert "Traceback" not in told


def test_unexpected_error_is_one_line_unless_asked(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by\x1b[31m zero")

    monkeypatch.setattr("ics_maturity.report.run.run", broken)
    assert call("run") == 1
    told = capsys.readouterr().err
    assert "unexpected ZeroDivisionError: by\\x1b[31m zero" in told
    assert "--debug" in told
    with pytest.raises(ZeroDivisionError):
        call("run", "--debug")


def test_list_names_notebooks_needs_and_parameters(
    project: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("list") == 0
    told = capsys.readouterr().out
    assert FIRST in told
    assert "What is the value?" in told
    assert "needs nothing; takes profile=demo, seed=20160401" in told


def test_verify_answers_with_its_exit_code(
    project: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run") == 0
    assert call("verify", "reports/demo") == 0
    (project.root / "data/raw/demo/returns.csv").write_text("score\n9\n", encoding="utf-8")
    assert call("verify", f"reports/demo/{FIRST}.demo.html") == 1
    (project.report / "results.json").write_text("[]", encoding="utf-8")
    capsys.readouterr()
    assert call("verify", "reports/demo") == 2
    assert capsys.readouterr().out.splitlines() == [
        "reports/demo: altered",
        "  results.json was changed",
    ]


def test_fetch_takes_files_from_a_folder(
    project: SmallProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("fetch", "--from", str(tmp_path), "--only", "dma_2017_full") == 1
    assert "rounds/dma_2017_full.csv" in capsys.readouterr().err


@pytest.mark.sources
def test_fetch_from_the_published_files_makes_the_open_profile_ready(
    project: SmallProject,
    sources_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call("fetch", "--from", str(sources_dir)) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 5
    assert all(line.endswith("copied, sha256 verified") for line in told)
    from ics_maturity.profiles import load_profile

    load_profile("open", project.root).check()
    assert call("fetch", "--from", str(project.root)) == 0
    assert "present" in capsys.readouterr().out

    # A folder named by the variable is read in place.
    monkeypatch.setenv("ICS_MATURITY_SOURCES", str(sources_dir))
    assert call("fetch", "--all") == 0
    assert "nothing to fetch" in capsys.readouterr().out
    monkeypatch.setenv("ICS_MATURITY_SOURCES", str(project.root / "data/raw/open"))
    assert call("fetch", "--all") == 1
    assert "etr_2025-07.csv" in capsys.readouterr().err


def test_template_writes_a_file_that_check_reads(
    project: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("template", "--out", "mine.csv") == 0
    assert "mine.csv" in capsys.readouterr().out.splitlines()
    assert (project.root / "mine.csv").is_file()
    assert call("template", "--out", "mine.csv") == 1
    assert "a new file name" in capsys.readouterr().err


def test_check_reads_the_demo_returns(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", str(root / "data/raw/demo")) == 0
    told = capsys.readouterr().out
    assert "demo/rounds/demo_2017_scores.csv: " in told
    assert "No problem would stop a run" in told


def test_check_tells_the_problems_of_all_files(
    project: SmallProject, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project.root / "data/raw/own"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.csv").write_text("wrong,header\n1,2\n", encoding="utf-8")
    (folder / "profile.yaml").write_text(
        "label: L\nbanner: B\nreturns:\n"
        "  - {file: one.csv, layout: template, round: 2025, source_id: one}\n"
        "  - {file: two.csv, layout: dma_2017_scores, round: 2017, source_id: two}\n",
        encoding="utf-8",
    )
    for table in (root / "data/raw/reference").glob("*.csv"):
        (project.root / "data/raw/reference" / table.name).write_bytes(table.read_bytes())
    assert call("check", "data/raw/own") == 1
    told = capsys.readouterr().err
    assert "one.csv" in told
    assert "two.csv" in told


@pytest.mark.skipif(sys.platform == "win32", reason="sends the interrupt of a POSIX terminal")
def test_interrupt_ends_the_command_with_a_word(project: SmallProject) -> None:
    project.write_notebook(FIRST, before="import time\ntime.sleep(600)")
    with subprocess.Popen(
        [sys.executable, "-m", "ics_maturity.cli", "run", "--jobs", "2"],
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if "executing" in line:
                break
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
        assert process.wait(timeout=20) == cli.INTERRUPTED
    assert "Interrupted. What had finished is kept." in told
    assert "Traceback" not in told


def test_long_lists_of_problems_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    error = InputError([Problem("a number", "file.csv", row=i) for i in range(500)])
    assert len(cli._message(error).splitlines()) < 30
