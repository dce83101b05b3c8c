"""One worker, two workers and a cluster of two processes give the same bytes, killed or not."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ics_maturity.models.design import indicators
from ics_maturity.stress import grid, rates
from ics_maturity.stress.grid import Piece
from ics_maturity.stress.worlds import Cell, Study
from whole_reports import _project

pytestmark = pytest.mark.slow

PIECES = 12


def small_study() -> Study:
    rng = np.random.default_rng(3)
    ics = np.sort(np.concatenate([np.arange(12), np.arange(12), rng.choice(12, 36)]))
    kinds = indicators(rng.choice(["a", "b", "c"], 60))[:, 1:]
    return Study(ics, rng.uniform(0, 0.5, 12)[ics], kinds, kinds, np.zeros(60), 0.02, 0.14,
                 (0.5, 0.1))  # fmt: skip


def tasks() -> list[grid.Task]:
    cells = [Cell(), Cell(rurality=-0.7), Cell(noise="rough")]
    return [grid.Task((small_study(), cell, 40, 49), grid.named_seed(5, cell.name, number))
            for cell in cells for number in range(PIECES // 3)]  # fmt: skip


def unhurried(log: str, number: int, rng: np.random.Generator) -> Piece:
    """A piece that says who works at it, and takes long enough to be interrupted."""
    with Path(log).open("a") as file:
        file.write(f"{number} {os.getpid()}\n")
    time.sleep(0.5)
    return {"drawn": rng.standard_normal(5)}


def killed_once(log: str, number: int, rng: np.random.Generator) -> Piece:
    """A piece whose worker dies the first time it is begun."""
    begun = Path(log).read_text().split() if Path(log).exists() else []
    with Path(log).open("a") as file:
        file.write(f"{number} ")
    if number == 3 and str(number) not in begun:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"drawn": rng.standard_normal(5)}


def numbered(log: Path) -> list[grid.Task]:
    return [grid.Task((str(log), n), grid.named_seed(2, "n", n)) for n in range(PIECES)]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*"))}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("alone")
    grid.run(rates.block, tasks(), folder)
    assert len(contents(folder)) == PIECES
    return contents(folder)


def test_two_processes(alone, tmp_path, monkeypatch):
    monkeypatch.setenv(grid.WORKERS, "2")
    grid.run(rates.block, tasks(), tmp_path)
    assert contents(tmp_path) == alone


@pytest.fixture
def cluster(monkeypatch, tmp_path):
    distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    # Workers import this module by its name, as a cluster's workers import the package.
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
        local_directory=str(tmp_path / "dask"),
    ) as running:  # fmt: skip
        monkeypatch.setenv(grid.SCHEDULER, running.scheduler_address)
        yield running


def test_local_cluster_of_two_processes(alone, cluster, tmp_path):
    grid.run(rates.block, tasks(), tmp_path / "kept")
    assert contents(tmp_path / "kept") == alone


def test_a_killed_cluster_worker_loses_nothing(cluster, tmp_path):
    import threading

    log = tmp_path / "log"
    expected = [np.random.default_rng(task.seed).standard_normal(5) for task in numbered(log)]
    victim = next(iter(cluster.workers.values())).process.pid

    def kill() -> None:
        while not log.exists() or log.read_text().count("\n") < 3:
            time.sleep(0.05)
        os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    found = grid.run(unhurried, numbered(log), tmp_path / "kept")
    killer.join()
    assert all((one["drawn"] == want).all() for one, want in zip(found, expected, strict=True))


def test_a_killed_process_loses_only_what_it_was_at(tmp_path, monkeypatch):
    monkeypatch.setenv(grid.WORKERS, "2")
    log = tmp_path / "log"
    expected = [np.random.default_rng(task.seed).standard_normal(5) for task in numbered(log)]
    found = grid.run(killed_once, numbered(log), tmp_path / "kept")
    assert all((one["drawn"] == want).all() for one, want in zip(found, expected, strict=True))
    assert log.read_text().split().count("3") == 2


COMMANDS = Path(sys.executable).parent


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[str]:
    """Address of a scheduler with two workers, each started as an administrator would."""
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    told, dask = tmp_path / "scheduler.json", str(COMMANDS / "dask")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    here = ["--scheduler-file", str(told), "--no-dashboard"]
    local = ["--host", "127.0.0.1"]
    running = [subprocess.Popen([dask, "scheduler", *here, *local, "--port", "0"], **quiet)]
    try:
        while not told.exists():
            assert running[0].poll() is None, "the scheduler did not start"
            time.sleep(0.1)
        one = [*here, "--nworkers", "1", "--nthreads", "1"]
        running += [subprocess.Popen([dask, "worker", *one], **quiet) for _ in range(2)]
        time.sleep(0.5)  # the file appears before it is written
        yield json.loads(told.read_text(encoding="utf-8"))["address"]
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait(timeout=30)


def ics_maturity(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items()
                   if name not in (grid.SCHEDULER, grid.WORKERS)}  # fmt: skip
    return subprocess.run(
        [str(COMMANDS / "ics-maturity"), *arguments],
        env={**environment, "ICS_MATURITY_ROOT": str(root)},
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip


def files(root: Path) -> dict[str, bytes]:
    """The report, and the kept pieces of the stress test."""
    places = [root / "reports", root / "data" / "processed" / "demo" / "kept"]
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for place in places for path in sorted(place.rglob("*")) if path.is_file()
    }  # fmt: skip


def test_the_command_gives_the_same_report_on_a_cluster(tmp_path: Path, processes: str) -> None:
    """Scheduler and workers are processes of their own; the report does not know of them."""
    alone = _project(tmp_path / "alone")
    done = ics_maturity(alone, "run", "--data", "demo", "--only", "04")
    assert done.returncode == 0, done.stderr
    clustered = tmp_path / "clustered"
    shutil.copytree(alone, clustered)
    run = ("run", "--data", "demo", "--only", "07", "-P", "worlds=100", "-P", "draws=99")
    for root, where in ((alone, ()), (clustered, ("--scheduler", processes))):
        done = ics_maturity(root, *run, *where)
        assert done.returncode == 0, done.stderr
    found, wanted = files(clustered), files(alone)
    assert sum("kept/" in name for name in wanted) > 14
    assert set(found) == set(wanted)
    assert [name for name in wanted if found[name] != wanted[name]] == []
