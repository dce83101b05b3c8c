"""Killed at any moment, on a full or closed disk, or twice at once: the last good state stays.

Runs of notebooks that are killed are tested with the runner; here are fetching, cleaning,
putting a report in place, and disks.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ics_maturity.clean import clean
from ics_maturity.fetch import fetch
from ics_maturity.profiles import load_profile
from ics_maturity.report.assemble import altered
from ics_maturity.report.folder import recover, replace_folder
from ics_maturity.report.manifest import MANIFEST
from ics_maturity.sources import Register, Source
from small_project import SmallProject

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="forks, and mounts as Linux does"),
    pytest.mark.xdist_group("crash safety"),
]

KILLS = 50
TESTS = Path(__file__).parent.parent


def killed(action: Callable[[], None], after: float) -> bool:
    """Run the action in a fork and kill it after so many seconds; whether it was still at it."""
    child = os.fork()
    if child == 0:
        action()
        os._exit(0)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def seconds(action: Callable[[], None]) -> float:
    start = time.monotonic()
    action()
    return time.monotonic() - start


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_report_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    reports = [{f"page_{i}.html": bytes([k]) * 200_000 for i in range(60)} for k in range(2)]
    wanted = []
    for report in reports:
        replace_folder(folder, report)
        wanted.append(digests(folder))
    usual = seconds(lambda: replace_folder(folder, reports[0]))
    moments = random.Random(1)
    stopped = 0
    for kill in range(KILLS):
        new = reports[kill % 2]
        stopped += killed(lambda new=new: replace_folder(folder, new), moments.uniform(0, usual))
        recover(folder)
        assert digests(folder) in wanted
        assert [path.name for path in tmp_path.iterdir()] == ["demo"]
    assert stopped > KILLS / 5


def test_processed_tables_are_whole(root: Path, tmp_path: Path) -> None:
    profile = load_profile("demo", root)
    whole = clean(profile)
    # Two states that differ, small enough to be written a hundred times.
    cleaned = [
        replace(whole, returns=whole.returns[k::4], items=whole.items[k::20]) for k in range(2)
    ]
    folder = tmp_path / "processed"
    known: dict[str, set[str]] = {}
    for one in cleaned:
        one.write(folder)
        for name, digest in digests(folder).items():
            known.setdefault(name, set()).add(digest)
    assert any(len(versions) > 1 for versions in known.values())
    usual = seconds(lambda: cleaned[0].write(folder))
    moments = random.Random(2)
    stopped = 0
    for kill in range(KILLS):
        one = cleaned[kill % 2]
        stopped += killed(lambda one=one: one.write(folder), moments.uniform(0, usual))
        for name, digest in digests(folder).items():
            if name in known:  # anything else is a part that was never moved into place
                assert digest in known[name], name
    assert stopped > KILLS / 5
    cleaned[0].write(folder)
    assert {name: digest for name, digest in digests(folder).items() if name in known} == {
        name: digest for name, digest in digests(folder).items() if not name.endswith(".part")
    }


def registered(path: str, content: bytes) -> Source:
    return Source(
        id=Path(path).stem, title="A file", publisher="A test", licence="none", citation="none",
        landing_page="https://example.org", path=path, bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip


def test_a_fetched_file_is_the_registered_one_or_absent(tmp_path: Path) -> None:
    given, target = tmp_path / "given", tmp_path / "target"
    given.mkdir()
    contents = {f"rounds/file_{i}.csv": bytes([65 + i]) * 3_000_000 for i in range(6)}
    for name, content in contents.items():
        (given / name).parent.mkdir(exist_ok=True)
        (given / name).write_bytes(content)
    register = Register(sources=[registered(name, content) for name, content in contents.items()])

    def bring() -> None:
        shutil.rmtree(target, ignore_errors=True)
        fetch(register, target, from_dir=given)

    usual = seconds(bring)
    moments = random.Random(3)
    stopped = 0
    for _ in range(KILLS):
        stopped += killed(bring, moments.uniform(0, usual))
        for path in target.rglob("*.csv"):
            assert path.read_bytes() == contents[f"rounds/{path.name}"]
        fetch(register, target, from_dir=given)
        assert digests(target) == digests(given)
    assert stopped > KILLS / 5


# Disks

RUN = """\
import sys
from pathlib import Path
from small_project import STEPS
from ics_maturity.cli import _message
from ics_maturity.report.run import run
try:
    run("demo", root=Path(sys.argv[1]), steps=STEPS)
except Exception as error:
    print(_message(error), file=sys.stderr)
    sys.exit(1)
"""


def start(project: SmallProject) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(project.root)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS), "ICS_MATURITY_ROOT": str(project.root)},
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, said = process.communicate(timeout=180)
    return process.returncode, said


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only the administrator can mount a small disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(b"x" * 65536)
                file.flush()
        except OSError:
            pass
    return filler


def test_a_full_disk_leaves_the_last_good_report(disk: Path) -> None:
    project = SmallProject.make(disk / "project")
    code, said = finished(start(project))
    assert code == 0, said
    before = project.report_bytes()
    project.write_notebook("02_second", "seed + 1")
    filler = fill(disk)
    code, said = finished(start(project))
    assert code == 1
    assert "No space left" in said or "disk is full" in said, said
    assert "The last good report in reports/demo is untouched" in said
    assert "Traceback" not in said
    assert project.report_bytes() == before
    filler.unlink()
    code, said = finished(start(project))
    assert code == 0, said
    assert project.report_bytes() != before


def test_a_closed_disk_is_said_so_and_changes_nothing(disk: Path) -> None:
    project = SmallProject.make(disk / "project")
    code, said = finished(start(project))
    assert code == 0, said
    before = project.report_bytes()
    project.write_notebook("02_second", "seed + 1")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        code, said = finished(start(project))
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert code == 1
    assert "Read-only file system" in said, said
    assert "Traceback" not in said
    assert project.report_bytes() == before
    code, said = finished(start(project))
    assert code == 0, said


def test_two_runs_at_once_give_one_whole_report(tmp_path: Path) -> None:
    project = SmallProject.make(tmp_path / "project")
    for turn in range(3):
        project.write_notebook("02_second", f"seed + {turn}")
        ended = [finished(process) for process in [start(project), start(project)]]
        assert 0 in [code for code, _ in ended], ended
        for code, said in ended:
            assert code == 0 or "no other run" in said, said
        files = json.loads((project.report / MANIFEST).read_text(encoding="utf-8"))["files"]
        assert altered(project.report, files) == []
