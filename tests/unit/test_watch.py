"""A run that stays: it runs again after a change, and only then."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ics_maturity.report import watch
from ics_maturity.report.plan import STEPS
from ics_maturity.report.watch import stamps
from small_project import SmallProject

EDITED = STEPS[2].slug
PATIENCE = 60.0  # seconds, on a busy machine


def test_stamps_tell_files_and_their_changes_apart(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file = tmp_path / "in/a.csv"
    file.write_text("1")
    editor = tmp_path / "in/.ipynb_checkpoints"
    editor.mkdir()
    before = stamps([tmp_path])
    assert list(before) == [str(file)]
    (editor / "a-checkpoint.ipynb").write_text("an editor's own")
    assert stamps([tmp_path]) == before
    file.write_text("12")
    longer = stamps([tmp_path])
    assert longer != before
    file.unlink()
    assert stamps([tmp_path]) == {}


def test_waits_until_what_is_being_written_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing happens at first, then something in every pause, then nothing any more."""
    file = tmp_path / "returns.csv"
    before = stamps([tmp_path])
    parts = ["", "", "x", "xx", "xxx"]

    def pause(_: float) -> None:
        if parts and (part := parts.pop(0)):
            file.write_text(part)

    monkeypatch.setattr(watch.time, "sleep", pause)
    watch.wait_for_change([tmp_path], before)
    assert file.read_text() == "xxx"


@pytest.fixture
def watching(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[SmallProject, "subprocess.Popen[str]"]]:
    project = SmallProject.make(tmp_path / "project", STEPS[:3])
    monkeypatch.setenv("ICS_MATURITY_ROOT", str(project.root))
    monkeypatch.delenv("ICS_MATURITY_SOURCES", raising=False)
    monkeypatch.chdir(project.root)
    command = [sys.executable, "-m", "ics_maturity.cli", "run", "--watch", "--jobs", "2"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=dict(os.environ), start_new_session=True
    ) as process:
        yield project, process
        if process.poll() is None:
            process.kill()


def until(process: "subprocess.Popen[str]", words: str) -> str:
    """What the command says up to a line with these words."""
    told = ""
    assert process.stderr
    for line in process.stderr:
        told += line
        if words in line:
            return told
    raise AssertionError(f"it ended without '{words}': {told}")


@pytest.mark.skipif(sys.platform == "win32", reason="sends the interrupt of a POSIX terminal")
def test_an_edit_brings_the_report_up_to_date(
    watching: tuple[SmallProject, "subprocess.Popen[str]"],
) -> None:
    project, process = watching
    assert "done" in until(process, "Waiting")
    page = project.root / f"reports/demo/{EDITED}.demo.html"
    before = page.read_text(encoding="utf-8")
    project.write_notebook(EDITED, before="raise ValueError('half an edit')")
    assert "half an edit" in until(process, "Waiting")
    assert page.read_text(encoding="utf-8") == before
    project.write_notebook(EDITED, value="7")
    told = until(process, "Waiting")
    assert f"{EDITED}: done" in told
    assert "02_describe_rounds: executing" not in told
    assert page.read_text(encoding="utf-8") != before
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130
