"""Reading a large workbook in a process of its own, with a limit on its memory and its time.

A few kilobytes of a workbook can unpack into more than a machine holds. What runs beyond the
limits here takes only its own process with it. The rows come back as JSON.
"""

import datetime
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ics_maturity.errors import InputError, Problem

MAX_MEMORY_BYTES = 2_000_000_000
MAX_SECONDS = 120
_TIMES: tuple[type, ...] = (datetime.datetime, datetime.date, datetime.time)


class BeyondLimitsError(Exception):
    """The workbook took more memory or time than it may; ``limits`` says how much it may."""

    limits = f"{MAX_MEMORY_BYTES // 1_000_000_000} GB of memory and {MAX_SECONDS // 60} minutes"


@dataclass(frozen=True)
class RawTable:
    """A sheet as a workbook holds it: its name, whether it is visible, its rows of values."""

    name: str
    state: str
    rows: list[list[object]]


def read(path: Path) -> list[RawTable]:
    """The sheets of a workbook, read by another process.

    Raises:
        InputError: what the reading found wrong with the workbook.
        BeyondLimitsError: it took too much memory or time.
        ValueError: the workbook is damaged.
    """
    command = [sys.executable, "-m", __name__, str(path.resolve())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=MAX_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise BeyondLimitsError("a workbook that takes too long to read") from None
    if done.returncode or not done.stdout:
        raise BeyondLimitsError("a workbook that takes too much memory to read")
    told = json.loads(done.stdout, object_hook=_taken)
    if told["problems"]:
        raise InputError(Problem(**problem) for problem in told["problems"])
    if told["damage"]:
        raise ValueError(told["damage"])
    return [RawTable(**table) for table in told["tables"]]


def _taken(value: dict[str, Any]) -> Any:
    """A time as :func:`_given` wrote it; any other object as it is."""
    match value:
        case {"time_as": str(kind), "text": str(text)}:
            return {one.__name__: one for one in _TIMES}[kind].fromisoformat(text)  # type: ignore[attr-defined]
        case {"seconds": int() | float() as seconds}:
            return datetime.timedelta(seconds=seconds)
    return value


def _given(value: object) -> dict[str, object]:
    """A value that JSON has no form for."""
    if isinstance(value, datetime.timedelta):
        return {"seconds": value.total_seconds()}
    if isinstance(value, _TIMES):
        return {"time_as": type(value).__name__, "text": value.isoformat()}  # type: ignore[attr-defined]
    raise TypeError(f"a cell of type {type(value).__name__}")


def _limit_memory() -> None:
    """Where the system knows such a limit; elsewhere that on time is left."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


def _main(path: Path) -> None:
    """Print the tables of a workbook, or what is wrong with it, as JSON."""
    from ics_maturity.readers.guard import parse_workbook
    from ics_maturity.readers.result import Source
    from ics_maturity.returns import QualityLog

    _limit_memory()
    told: dict[str, Any] = {"tables": [], "problems": [], "damage": ""}
    try:
        tables = parse_workbook(Source(path, 0, "", QualityLog()), path.read_bytes())
        told["tables"] = [vars(table) for table in tables]
    except InputError as error:
        told["problems"] = [asdict(problem) for problem in error.problems]
    except MemoryError:
        sys.exit(1)
    except Exception as error:  # a damaged workbook fails in too many ways to list
        told["damage"] = f"{type(error).__name__}: {error}"
    json.dump(told, sys.stdout, default=_given)


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
