"""The folder of the kernels' sockets is one folder, however many pages start at once."""

import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ics_maturity.report import execute

AT_ONCE = 8


class SlowFolder(tempfile.TemporaryDirectory[str]):
    """A folder that takes long enough to make for others to ask for it meanwhile."""

    def __init__(self, **options: Any) -> None:
        time.sleep(0.05)
        super().__init__(**options)


def test_pages_that_start_at_once_share_one_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute.tempfile, "TemporaryDirectory", SlowFolder)
    execute._only_private_folder.cache_clear()
    together = threading.Barrier(AT_ONCE)

    def start_a_page(_: int) -> str:
        together.wait()
        return execute._private_folder()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        folders = set(pool.map(start_a_page, range(AT_ONCE)))
    assert len(folders) == 1
    assert all(Path(folder).is_dir() for folder in folders)
    execute._only_private_folder.cache_clear()
