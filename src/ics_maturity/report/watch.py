"""Bring a report up to date again and again, whenever something that it reads changes.

Time stamps and sizes only wake it up. The run that follows decides by content what is stale.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import ics_maturity
from ics_maturity.paths import SOURCES_VARIABLE
from ics_maturity.report.unchanged import own_paths

PAUSE = 0.2  # seconds between two looks
SETTLED = 0.1  # seconds that a file has stayed as it is before it is read
_OF_EDITORS = ("__pycache__", ".ipynb_checkpoints")

Stamps = dict[str, tuple[int, int]]


def run_on_change(root: Path, run: Callable[[], None]) -> None:
    """Run, and run again after every change of what a report is made from.

    Args:
        root: the project's root folder.
        run: brings the report up to date; it may fail in its own way, and is called again.

    Returns:
        Only when this package has changed: what runs is then no longer what the files say.
    """
    package = stamps([Path(ics_maturity.__file__).parent])
    while stamps([Path(ics_maturity.__file__).parent]) == package:
        before = stamps(_watched(root))  # so that an edit during the run is seen after it
        run()
        wait_for_change(_watched(root), before)


def wait_for_change(paths: list[Path], before: Stamps) -> None:
    """Wait until the files are no longer as before, and have then stayed the same for a moment."""
    last = before
    while (now := stamps(paths)) == before or now != last:
        last = now
        time.sleep(PAUSE if now == before else SETTLED)


def stamps(paths: list[Path]) -> Stamps:
    """Time stamp and size of every file, in folders with all that is in them."""
    found = {}
    for path in paths:
        for name in _files(path):
            try:
                stat = os.stat(name)
            except OSError:  # it has just gone
                continue
            found[name] = (stat.st_mtime_ns, stat.st_size)
    return found


def _watched(root: Path) -> list[Path]:
    sources = os.environ.get(SOURCES_VARIABLE)
    return [*own_paths(root), *([Path(sources)] if sources else [])]


def _files(path: Path) -> Iterator[str]:
    if path.is_file():
        yield os.fspath(path)
    for folder, below, names in os.walk(path):
        below[:] = [name for name in below if name not in _OF_EDITORS]
        yield from (os.path.join(folder, name) for name in names)
