"""Pieces of work: the same whoever does them, kept whole, and never done twice."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ics_maturity.stress import grid


def piece(mean: float, count: int, rng: np.random.Generator) -> grid.Piece:
    return {"drawn": mean + rng.standard_normal(count)}


def counted(log: str, rng: np.random.Generator) -> grid.Piece:
    with Path(log).open("a") as file:
        file.write("done\n")
    return {"drawn": rng.standard_normal(3)}


def tasks(number: int = 5, mean: float = 1.0) -> list[grid.Task]:
    return [grid.Task((mean, 4), grid.named_seed(7, "test", i)) for i in range(number)]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_results_come_in_the_order_of_the_tasks(tmp_path):
    found = grid.run(piece, tasks(), tmp_path)
    alone = [piece(1.0, 4, np.random.default_rng(task.seed)) for task in tasks()]
    for one, other in zip(found, alone, strict=True):
        assert (one["drawn"] == other["drawn"]).all()


def test_finished_pieces_are_not_done_again(tmp_path):
    log, kept = tmp_path / "log", tmp_path / "kept"
    work = [grid.Task((str(log),), grid.named_seed(1, "n", i)) for i in range(4)]
    grid.run(counted, work[:3], kept)
    grid.run(counted, work, kept)
    assert log.read_text().count("done") == 4


def test_what_decides_the_content_decides_the_name():
    same, seed, argument = tasks(1)[0], tasks(2)[1], tasks(1, mean=2.0)[0]
    assert same.key(piece) == tasks(1)[0].key(piece)
    assert len({same.key(piece), seed.key(piece), argument.key(piece), same.key(counted)}) == 4


def test_other_code_has_another_name(monkeypatch):
    before = tasks(1)[0].key(piece)
    monkeypatch.setattr(grid, "code_digest", lambda: "other")
    assert tasks(1)[0].key(piece) != before


def test_a_value_of_unknown_content_is_refused():
    with pytest.raises(TypeError, match="cannot be part of the name"):
        grid.Task((object(),), grid.named_seed(1, "n", 0)).key(piece)


def test_half_written_pieces_do_not_count(tmp_path):
    (tmp_path / f"{tasks(1)[0].key(piece)}.npz.99.part").write_bytes(b"half")
    assert grid.run(piece, tasks(1), tmp_path)[0]["drawn"].size == 4


def test_nothing_is_written_to_the_output_of_a_cell(tmp_path, monkeypatch):
    caught = io.StringIO()
    monkeypatch.setattr(sys, "stderr", caught)
    grid.run(piece, tasks(), tmp_path)
    assert caught.getvalue() == ""


@pytest.mark.slow
def test_two_processes_give_the_bytes_of_one(tmp_path):
    """In a process of its own, so that no worker outlives the test."""
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        "import test_stress_grid as t; from ics_maturity.stress import grid;"
        "grid.run(t.piece, t.tasks(), Path(sys.argv[2]))"
    )
    for workers in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path / workers)],
            env={**os.environ, grid.WORKERS: workers}, check=True, timeout=120,
        )  # fmt: skip
    assert contents(tmp_path / "1") == contents(tmp_path / "2")
