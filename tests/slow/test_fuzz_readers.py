"""A minute of coverage-guided fuzzing of the readers: any crash is a failure."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from needs import unavailable

SECONDS = int(os.environ.get("ICS_MATURITY_FUZZ_SECONDS", "60"))
HANGS = 300  # seconds on one input; a shared machine may stand still for a while


@pytest.mark.slow
def test_no_made_up_file_crashes_a_reader(root: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        unavailable("fuzz", "the fuzzer is installed by `make test-slow`, on Linux")
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    done = subprocess.run(
        [sys.executable, root / "tests/fuzz_readers.py", seeds, f"-max_total_time={SECONDS}",
         f"-timeout={HANGS}", "-rss_limit_mb=3000", "-seed=20160401", "-max_len=80000",
         "-print_final_stats=1", f"-artifact_prefix={tmp_path}/"],
        cwd=root, capture_output=True, text=True, errors="replace", check=False,
        timeout=10 * SECONDS + 600,
    )  # fmt: skip
    told = done.stdout[-3000:] + done.stderr[-3000:]
    assert done.returncode == 0, f"{told}\nKeep the input in tests/corpus/found."
    assert int(stat("number_of_executed_units", done.stderr)) > len(list(seeds.glob("seed-*")))
    # An input that reached new code was kept to be changed further: the coverage led.
    assert int(stat("new_units_added", done.stderr)) > 0, told


def stat(name: str, said: str) -> str:
    found = re.search(rf"stat::{name}:\s+(\d+)", said)
    assert found, said[-2000:]
    return found[1]
