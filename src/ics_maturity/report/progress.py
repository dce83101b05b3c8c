"""Says what a run is doing: two bars on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from typing import TextIO

from tqdm import tqdm


class Progress:
    """Progress of a run through ``total`` notebooks, ``done`` of them already.

    Usable from several threads. On a terminal the first bar counts notebooks and the second
    shows the cell that each running notebook is at. Elsewhere a notebook's start and end print
    a line each.
    """

    def __init__(self, total: int, *, done: int = 0, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._total = total
        self._done = done
        self._lock = threading.Lock()
        self._started: dict[str, float] = {}
        self._cells: dict[str, str] = {}
        self._bars: tuple[tqdm, tqdm] | None = None
        if self._stream.isatty():
            self._bars = (
                tqdm(total=total, unit="notebook", file=self._stream, position=0, leave=False),
                tqdm(total=0, bar_format="{desc}", file=self._stream, position=1, leave=False),
            )

    def expect(self, total: int) -> None:
        """More notebooks are to come than was known at the start."""
        with self._lock:
            self._total = total
            if self._bars:
                self._bars[0].total = total
            self._show()

    def skip(self) -> None:
        """A notebook needs no execution."""
        with self._lock:
            self._done += 1
            self._show()

    def start(self, slug: str) -> None:
        """A notebook begins."""
        with self._lock:
            self._started[slug] = time.monotonic()
            self._cells[slug] = f"{slug} starting"
            self._show("" if self._bars else f"{slug}: executing")

    def cell(self, slug: str, number: int, cells: int) -> None:
        """A notebook reaches its cell ``number`` of ``cells``."""
        with self._lock:
            self._cells[slug] = f"{slug} cell {number} of {cells}"
            self._show()

    def finish(self, slug: str, *, failed: bool = False) -> None:
        """A notebook ends."""
        with self._lock:
            self._done += 1
            self._cells.pop(slug, None)
            seconds = time.monotonic() - self._started.pop(slug)
            outcome = "failed after" if failed else "done in"
            self._show(f"{slug}: {outcome} {seconds:.1f} s ({self._done} of {self._total})")

    def _show(self, line: str = "") -> None:
        if line:
            tqdm.write(line, file=self._stream)  # above the bars, where there are any
            self._stream.flush()
        if self._bars:
            notebooks, cells = self._bars
            notebooks.n = self._done
            notebooks.refresh()
            cells.set_description_str("   ".join(self._cells[s] for s in sorted(self._cells)))

    def close(self) -> None:
        """Remove the bars."""
        for bar in self._bars or ():
            bar.close()
