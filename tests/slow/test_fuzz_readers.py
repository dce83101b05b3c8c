"""A minute of coverage-guided fuzzing of the readers: any crash is a failure."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = int(os.environ.get("ICS_MATURITY_FUZZ_SECONDS", "60"))


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="the fuzzer is installed by `make test-slow`, on Linux",
)
def test_no_made_up_file_crashes_a_reader(root: Path, tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    done = subprocess.run(
        [sys.executable, root / "tests/fuzz_readers.py", seeds, f"-max_total_time={SECONDS}",
         "-timeout=120", "-rss_limit_mb=3000", "-seed=20160401", "-max_len=80000",
         f"-artifact_prefix={tmp_path}/"],
        cwd=root, capture_output=True, text=True, errors="replace", check=False,
        timeout=10 * SECONDS + 600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    runs = re.search(r"Done (\d+) runs", done.stderr)
    assert runs, done.stderr[-2000:]
    assert int(runs[1]) > len(list(seeds.iterdir())) // 2
