"""One run at a time in a folder, by a lock that ends with its owner, however that ends."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ics_maturity.errors import InputError, Problem

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock file while the block runs.

    The operating system releases it when the process ends, so a killed run leaves none behind.

    Raises:
        InputError: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            _take(file.fileno())
        except OSError:
            raise InputError(
                Problem(
                    f"no other run on {path.parent.parent.name} returns at the same time",
                    fix="wait until the other run has ended, then start this one again",
                )
            ) from None
        yield
