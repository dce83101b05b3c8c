"""Says what a run is doing: two bars on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Iterable, Mapping
from typing import TextIO

from tqdm import tqdm

from ics_maturity.errors import on_terminal


def seconds_left(
    known: Mapping[str, float], waiting: set[str], running: Mapping[str, float], workers: int
) -> float | None:
    """About how long it will take, or None where that would be a guess.

    Args:
        known: how many seconds each page took when it last ran.
        waiting: the pages that have not begun.
        running: by page, how many seconds it has run.
        workers: how many run side by side.
    """
    if not (waiting | running.keys()) <= known.keys():
        return None
    rest = [max(0.0, known[page] - seconds) for page, seconds in running.items()]
    rest += [known[page] for page in waiting]
    return max([sum(rest) / workers, *rest]) if rest else 0.0


class Progress:
    """Progress of a run through pages.

    Usable from several threads. On a terminal the first bar counts pages and the second shows
    the cell that each running page is at, how many wait and, where every page has run before,
    how many seconds are left at most (some that wait may turn out to be up to date). Elsewhere a
    page's start and end print a line each.
    """

    def __init__(
        self,
        pages: Iterable[str],
        *,
        known: Mapping[str, float] | None = None,
        workers: int = 1,
        stream: TextIO | None = None,
    ) -> None:
        self._stream = stream or sys.stderr
        self._waiting = set(pages)
        self._total = len(self._waiting)
        self._known = known or {}
        self._workers = workers
        self._lock = threading.Lock()
        self._started: dict[str, float] = {}
        self._cells: dict[str, str] = {}
        self._bars: tuple[tqdm, tqdm] | None = None
        if self._stream.isatty():
            total = self._total
            self._bars = (
                tqdm(total=total, unit="page", file=self._stream, position=0, leave=False),
                tqdm(total=0, bar_format="{desc}", file=self._stream, position=1, leave=False),
            )

    def expect(self, pages: Iterable[str]) -> None:
        """More pages are to come than was known at the start."""
        with self._lock:
            more = set(pages)
            self._waiting |= more
            self._total += len(more)
            self._show()

    def skip(self, page: str) -> None:
        """A page needs no execution."""
        with self._lock:
            self._waiting.discard(page)
            self._show()

    def start(self, page: str) -> None:
        """A page begins."""
        with self._lock:
            self._waiting.discard(page)
            self._started[page] = time.monotonic()
            self._cells[page] = f"{page} starting"
            self._show("" if self._bars else f"{page}: executing")

    def cell(self, page: str, number: int, cells: int) -> None:
        """A page reaches its cell ``number`` of ``cells``."""
        with self._lock:
            self._cells[page] = f"{page} cell {number} of {cells}"
            self._show()

    def finish(self, page: str, *, failed: bool = False) -> float:
        """A page ends; how many seconds it took."""
        with self._lock:
            self._cells.pop(page, None)
            seconds = time.monotonic() - self._started.pop(page)
            outcome = "failed after" if failed else "done in"
            self._show(f"{page}: {outcome} {seconds:.1f} s ({self._done} of {self._total})")
            return seconds

    def tell(self, line: str) -> None:
        """Print a line."""
        with self._lock:
            self._show(line)

    @property
    def _done(self) -> int:
        return self._total - len(self._waiting) - len(self._started)

    def _show(self, line: str = "") -> None:
        if line:
            tqdm.write(on_terminal(line), file=self._stream)  # above the bars, where there are any
            self._stream.flush()
        if self._bars:
            pages, cells = self._bars
            pages.n, pages.total = self._done, self._total
            pages.refresh()
            running = [self._cells[page] for page in sorted(self._cells)]
            cells.set_description_str(on_terminal("   ".join([*running, self._rest()])))

    def _rest(self) -> str:
        now = time.monotonic()
        running = {page: now - began for page, began in self._started.items()}
        left = seconds_left(self._known, self._waiting, running, self._workers)
        waiting = f"{len(self._waiting)} waiting" if self._waiting else ""
        most = f"at most {left:.0f} s left" if left else ""
        return ", ".join(filter(None, [waiting, most]))

    def close(self) -> None:
        """Remove the bars."""
        for bar in self._bars or ():
            bar.close()
