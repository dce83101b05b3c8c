"""One worker, two workers and a cluster of two processes give the same bytes, killed or not."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from ics_maturity.models.design import indicators
from ics_maturity.stress import grid, rates
from ics_maturity.stress.grid import Piece
from ics_maturity.stress.worlds import Cell, Study

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
