"""Whoever is killed, whenever: no process is left, no half report, and the next run completes."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ics_maturity.report.assemble import altered
from ics_maturity.report.manifest import MANIFEST
from small_project import SmallProject

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only"),
]

KILLS = 50
TESTS = Path(__file__).parent.parent
RUN = """\
import sys
from pathlib import Path
from small_project import STEPS
from ics_maturity.report.run import run
run("demo", root=Path(sys.argv[1]), steps=STEPS, jobs=2)
"""


def start(project: SmallProject) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(project.root)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(TESTS), "ICS_MATURITY_ROOT": str(project.root)},
    )


def processes(project: SmallProject) -> list[psutil.Process]:
    """Everything that works for the project: the run, the parent of kernels, and kernels."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("ICS_MATURITY_ROOT") == str(project.root):
                found.append(process)
    return found


DEPTH = {"run": 0, "parent": 1, "kernel": 2}  # of a process below the run


def children(process: psutil.Process) -> list[psutil.Process]:
    """Its children that run Python."""
    found = []
    with contextlib.suppress(psutil.Error):
        for child in process.children():
            with contextlib.suppress(psutil.Error):
                if "python" in child.name():
                    found.append(child)
    return found


def target(process: subprocess.Popen[bytes], wanted: str) -> int:
    """Process id of the run, its parent of kernels or one of its kernels, once there is one.

    Raises:
        psutil.Error: the run has ended before.
    """
    while True:
        found = [psutil.Process(process.pid)]
        for _ in range(DEPTH[wanted]):
            found = [child for one in found for child in children(one)]
        if found:
            return found[-1].pid
        if process.poll() is not None:
            raise psutil.NoSuchProcess(process.pid)
        time.sleep(0.01)


def until_none_is_left(project: SmallProject) -> None:
    end = time.monotonic() + 30
    while left := processes(project):
        assert time.monotonic() < end, [process.cmdline() for process in left]
        time.sleep(0.05)


def assert_whole(project: SmallProject) -> None:
    files = json.loads((project.report / MANIFEST).read_text(encoding="utf-8"))["files"]
    assert altered(project.report, files) == []


def test_kills_at_random_moments(tmp_path: Path) -> None:
    project = SmallProject.make(tmp_path)
    began = time.monotonic()
    assert start(project).wait(timeout=180) == 0
    usual = time.monotonic() - began
    good = project.report_bytes()
    moments = random.Random(8)
    killed = {"run": 0, "parent": 0, "kernel": 0}
    for kill in range(KILLS):
        project.write_notebook("01_first", f"seed + {kill}")
        process = start(project)
        wanted = moments.choice(sorted(killed))
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            victim = target(process, wanted)
            time.sleep(moments.uniform(0, 1 if wanted == "run" else 0.05) * usual)
            os.kill(victim, signal.SIGKILL)
            killed[wanted] += 1
        process.wait(timeout=180)
        until_none_is_left(project)
        new = project.root / "reports/.demo.new"
        if project.report.exists() and not new.exists():
            assert_whole(project)
    assert min(killed.values()) >= 3, killed
    project.write_notebook("01_first")
    assert start(project).wait(timeout=180) == 0
    until_none_is_left(project)
    assert project.report_bytes() == good
    assert [path.name for path in (project.root / "reports").iterdir()] == ["demo"]
