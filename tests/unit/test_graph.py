"""The order of jobs: what others wait for does not wait for a batch."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ics_maturity.report.graph import Job, in_lanes, run_jobs

PAGES = [f"page {i}" for i in range(20)]


class Diary:
    """Which jobs began, in order."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self._lock = threading.Lock()

    def job(self, name: str, seconds: float, *after: str) -> Job:
        return Job(name, self._act(name, seconds), depends=[], after=after)

    def _act(self, name: str, seconds: float) -> Callable[[], None]:
        def act() -> None:
            with self._lock:
                self.began.append(name)
            time.sleep(seconds)

        return act


@pytest.mark.parametrize("workers", [2, 3])  # with none and with one to look ahead
def test_a_notebook_that_comes_to_be_able_later_starts_before_the_batch_is_over(
    tmp_path: Path, workers: int
) -> None:
    diary = Diary()
    singles = [
        diary.job("quick", 0.1),
        diary.job("slow", 0.2),
        diary.job("long", 0.02, "quick", "slow"),
    ]
    pages = in_lanes([diary.job(name, 0.05, "quick") for name in PAGES], workers)
    outcome = run_jobs([*singles, *pages], tmp_path / "graph.sqlite", workers, lambda _: None)
    assert not outcome.failures
    assert sorted(diary.began) == sorted(["quick", "slow", "long", *PAGES])
    at = diary.began.index("long")
    assert at < len(diary.began) - workers, diary.began


def test_lanes_let_as_many_run_at_once_as_there_are() -> None:
    jobs = in_lanes([Diary().job(name, 0, "first") for name in PAGES[:5]], 2)
    assert [list(job.after) for job in jobs] == [
        ["first"],
        ["first"],
        ["first", "page 0"],
        ["first", "page 1"],
        ["first", "page 2"],
    ]
