"""A hundred times the providers, and fifty rounds: how cleaning and its memory grow.

Run with ``python benchmarks/load.py``: prints a table and exits with an error when a limit is
passed. Each size is cleaned in a process of its own, so that its peak of memory is its own. Then
the notebooks that clean, describe and model are run by the command on two rounds of the own
profile, as they are and with a hundred times the providers. How single estimators grow is in
``benchmarks/models.py``.

A hundred times the providers are 28,500 returns with seven scores each. The limit on time is set
against the whole study as it comes (all rounds of the demo returns, answers to single questions
too), since that is what its user would compare it with. Against one round of the same layout,
whose cleaning is mostly the reading of reference tables, time grows by the rows and no faster.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import pandas as pd
import runner

from ics_maturity.clean import clean
from ics_maturity.paths import project_root
from ics_maturity.profiles import load_folder, load_profile
from ics_maturity.readers.template import FIELDS

TIMES_LONGER, MEGABYTES = 10.0, 2000
COPIES, ROUNDS = 100, 50
PAGES, YEARS = ("01", "02", "03", "04"), (2024, 2025)
PROFILE = """\
label: Load
banner: Simulated returns, copied many times.
reference: reference
returns:
"""


def demo_rows() -> pd.DataFrame:
    """The pillar scores of the demo's last round, as rows of the template."""
    returns = clean(load_profile("demo")).returns
    rows = returns[(returns["round"] == 2025) & (returns["level"] == "pillar")]
    return rows[[field.name for field in FIELDS]]


def copied(frame: pd.DataFrame, copies: int) -> pd.DataFrame:
    """The rows ``copies`` times, each time under other codes and names."""
    parts = []
    for i in range(copies):
        mark = f"{i:03d}"
        parts.append(
            frame.assign(
                provider_code=frame["provider_code"].str[-3:] + mark
                if i
                else frame["provider_code"],
                provider_name=frame["provider_name"] + (f" {mark}" if i else ""),
            )
        )
    return pd.concat(parts, ignore_index=True)


def write(folder: Path, rounds: dict[int, pd.DataFrame], copies: int) -> None:
    """A data profile with those rows of each round, and its providers, copied so many times."""
    shutil.copytree(project_root() / "data/raw/demo/reference", folder / "reference")
    providers = folder / "reference/providers.csv"
    known = pd.read_csv(providers, dtype=str, keep_default_na=False)
    copied(known, copies).to_csv(providers, index=False)
    listed = PROFILE
    for year, rows in rounds.items():
        copied(rows, copies).assign(round=year).to_csv(folder / f"{year}.csv", index=False)
        listed += f"  - {{file: {year}.csv, layout: template, round: {year}, source_id: y{year}}}\n"
    (folder / "profile.yaml").write_text(listed, encoding="utf-8")


def measured(folder: Path) -> dict[str, float]:
    """Seconds, megabytes at the peak and rows of cleaning a folder, in this process."""
    profile = load_profile("demo") if folder.name == "demo" else load_folder(folder, "own")
    start = time.perf_counter()
    cleaned = clean(profile)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "megabytes": peak, "rows": len(cleaned.returns)}


def apart(folder: Path) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def own_project(folder: Path, copies: int) -> Path:
    """A project with two rounds of the demo's scores as returns of one's own."""
    project = runner.new_project(folder)
    own = project / "data/raw/own"
    returns = clean(load_profile("demo")).returns
    wanted = returns[returns["level"].isin(["pillar", "overall"])]
    fields = [field.name for field in FIELDS]
    own.mkdir()
    write(own, {year: wanted.loc[wanted["round"] == year, fields] for year in YEARS}, copies)
    return project


def of_pages(project: Path) -> dict[str, dict[str, float]]:
    """Seconds and megabytes of the command for each notebook in turn, where those before it are."""
    found = {}
    for number in PAGES:
        arguments = ["ics_maturity.cli", "run", "--data=own", "--jobs=1", f"--only={number}"]
        start = time.perf_counter()
        peak = runner.peak_memory(partial(runner.command, arguments, project))
        found[number] = {"seconds": time.perf_counter() - start, "megabytes": peak / 1e6}
    return found


def check_pages(root: Path) -> int:
    """How many notebooks pass a limit."""
    one, many = (of_pages(own_project(root / str(n), n)) for n in (1, COPIES))
    failed = 0
    print(f"\n{'notebook':26} {'seconds':>9} {'at 100':>8} {'times':>6} {'MB':>6}")
    for number in PAGES:
        before, now = one[number]["seconds"], many[number]["seconds"]
        over = now / before > TIMES_LONGER or many[number]["megabytes"] > MEGABYTES
        failed += over
        print(
            f"{number:26} {before:9.1f} {now:8.1f} {now / before:6.1f} "
            f"{many[number]['megabytes']:6.0f}{'  over the limit' if over else ''}"
        )
    return failed


def main() -> int:
    rows = demo_rows()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        sizes = {
            "whole study": (project_root() / "data/raw/demo", 0, []),
            "one round": (root / "one", 1, [2025]),
            f"{COPIES} times the providers": (root / "many", COPIES, [2025]),
            f"{ROUNDS} rounds": (root / "rounds", 1, list(range(2090 - ROUNDS, 2090))),
        }
        found = {}
        for name, (folder, copies, rounds) in sizes.items():
            if rounds:
                folder.mkdir()
                write(folder, dict.fromkeys(rounds, rows), copies)
            found[name] = apart(folder)
    base = found["whole study"]["seconds"]
    failed = 0
    print(f"{'':26} {'rows':>9} {'seconds':>8} {'times':>6} {'MB':>6}")
    for name, one in found.items():
        times = one["seconds"] / base
        over = times > TIMES_LONGER or one["megabytes"] > MEGABYTES
        failed += over
        print(
            f"{name:26} {one['rows']:9,.0f} {one['seconds']:8.1f} {times:6.1f} "
            f"{one['megabytes']:6.0f}{'  over the limit' if over else ''}"
        )
    with tempfile.TemporaryDirectory() as place:
        failed += check_pages(Path(place))
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measured(Path(sys.argv[1]))))
        sys.exit(0)
    sys.exit(main())
