"""The display is honest: what runs, what waits, and how long is left only where it is known."""

import io

import pytest

from ics_maturity.report.graph import Job
from ics_maturity.report.progress import Progress, seconds_left
from ics_maturity.report.why import reasons


@pytest.mark.parametrize(
    ("waiting", "running", "workers", "left"),
    [
        ({"a", "b", "c"}, {}, 2, 10.0),  # 10 and 4 and 2 on two: the longest alone takes 10
        ({"b", "c"}, {}, 1, 6.0),
        ({"b"}, {"a": 9.0}, 2, 4.0),
        (set(), {"a": 12.0}, 2, 0.0),  # longer than last time
        ({"new"}, {"a": 1.0}, 2, None),
        (set(), {}, 2, 0.0),
    ],
)
def test_seconds_left(
    waiting: set[str], running: dict[str, float], workers: int, left: float | None
) -> None:
    known = {"a": 10.0, "b": 4.0, "c": 2.0}
    assert seconds_left(known, waiting, running, workers) == left


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_terminal_shows_what_runs_what_waits_and_what_is_left() -> None:
    stream = Terminal()
    progress = Progress(["a", "b", "c"], known={"a": 100.0, "b": 1.0, "c": 1.0}, stream=stream)
    progress.skip("c")
    progress.start("a")
    progress.cell("a", 2, 7)
    shown = stream.getvalue().split("\r")[-1]
    assert "a cell 2 of 7" in shown
    assert "1 waiting, at most 101 s left" in shown
    progress.finish("a")
    progress.close()


def test_elsewhere_lines_without_control_characters() -> None:
    stream = io.StringIO()
    progress = Progress(["a", "b"], stream=stream)
    progress.start("a")
    progress.cell("a", 1, 2)
    assert progress.finish("a") >= 0
    progress.expect(["c"])
    progress.tell("why")
    progress.close()
    lines = stream.getvalue().splitlines()
    assert lines == ["a: executing", "a: done in 0.0 s (1 of 2)", "why"]


STATE = {
    "notebooks": {"sha256": "1", "parameters": {"seed": 1}},
    "inputs": [{"path": "x.csv", "sha256": "1"}],
    "package": {"sha256": "1"},
    "lock_sha256": "1",
    "depends": {"01_first.outputs.json": "1"},
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"notebooks": {"sha256": "2", "parameters": {"seed": 1}}}, "its notebook has changed"),
        ({"notebooks": {"sha256": "1", "parameters": {"seed": 2}}}, "parameter seed is 2, was 1"),
        ({"inputs": [{"path": "x.csv", "sha256": "2"}]}, "input x.csv has changed"),
        ({"inputs": []}, "input x.csv has changed"),
        ({"package": {"sha256": "2"}}, "the package has changed"),
        ({"lock_sha256": "2"}, "the locked environment (uv.lock) has changed"),
        ({"depends": {"01_first.outputs.json": "2"}}, "what 01_first wrote is not as it was"),
        ({}, "what it wrote is absent or was altered"),
    ],
)
def test_reasons_name_what_has_changed(change: dict[str, object], reason: str) -> None:
    job = Job("execute 02", lambda: None, ())
    assert reasons(job, STATE, {**STATE, **change}) == [reason]


def test_reasons_of_a_first_and_of_a_forced_run() -> None:
    job = Job("execute 02", lambda: None, (), forced=True)
    assert reasons(job, None, STATE) == ["it has not been made here before"]
    assert reasons(job, STATE, STATE) == ["it was asked for"]
