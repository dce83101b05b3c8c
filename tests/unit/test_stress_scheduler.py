"""A scheduler that is not there is said to be missing at once, before anything is run."""

import socket
import time

import pytest

from ics_maturity.cli import main
from ics_maturity.errors import InputError
from ics_maturity.stress import scheduler
from ics_maturity.stress.scheduler import check_scheduler


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the optional library were there."""
    monkeypatch.setattr(scheduler, "find_spec", lambda name: object())


@pytest.fixture
def closed() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"tcp://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("protocol", ["tcp://", ""])
def test_a_scheduler_that_answers(protocol: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check_scheduler(f"{protocol}127.0.0.1:{server.getsockname()[1]}")


def test_nobody_answers(closed: str, capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.monotonic()
    code = main(["run", "--data", "demo", "--only", "07", "--force", "--scheduler", closed])
    assert code == 1
    assert time.monotonic() - begun < 6
    said = capsys.readouterr().err
    assert f"found '{closed}'; expected a Dask scheduler that answers there" in said
    assert "leave --scheduler out" in said


@pytest.mark.parametrize("address", ["host", "tcp://host", "tcp://host:port", ":8786", "[::1"])
def test_no_address(address: str) -> None:
    with pytest.raises(InputError, match="an address such as tcp://host:8786"):
        check_scheduler(address)


def test_the_library_is_missing(monkeypatch: pytest.MonkeyPatch, closed: str) -> None:
    monkeypatch.setattr(scheduler, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="uv sync --extra cluster"):
        check_scheduler(closed)
