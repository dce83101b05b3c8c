"""Four hundred systems: one page for each in one batch, and the memory that takes.

Run with ``python benchmarks/many_systems.py [SYSTEMS]``: copies the demo's country until it has
that many systems, runs ``ics-maturity run --only profiles`` on their returns of one round, prints
time and memory, and exits with an error when a page is missing or 2 GB are passed. Memory is that
of all processes together, what they share counted once.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from ics_maturity.clean import clean
from ics_maturity.profiles import load_profile
from ics_maturity.readers.template import FIELDS

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "data/raw/demo/reference"
YEAR = 2025
PROFILE = f"""\
label: Many systems
banner: Simulated returns, copied many times.
file_suffix: .many
reference: reference
returns:
  - {{file: {YEAR}.csv, layout: template, round: {YEAR}, source_id: many_{YEAR}}}
"""
MEGABYTES = 2000
_APART = 20  # rows of tiles from one copy to the next


def write(project: Path, systems: int) -> None:
    """Write the own profile of a project with that many systems, none without a provider."""
    own = project / "data/raw/own"
    (own / "reference").mkdir(parents=True)
    (own / "profile.yaml").write_text(PROFILE, encoding="utf-8")
    codes = pd.read_csv(DEMO / "systems.csv").query("vintage == 2022")["ics_code"].tolist()
    copies = -(-systems // len(codes))
    kept = {f"{code}C{i:02d}" for i in range(copies) for code in codes}
    kept = set(sorted(kept, key=lambda code: (code[-2:], code))[:systems])
    for path in sorted(DEMO.glob("*.csv")):
        if path.stem in ("systems", "rurality", "centroids", "tiles", "adjacency", "providers"):
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            copied = pd.concat([_copy(path.stem, table, i) for i in range(copies)])
            columns = [c for c in copied if c in ("ics_code", "ics_code_a", "ics_code_b")]
            copied = copied[copied[columns].isin(kept).all(axis=1)]
            copied.to_csv(own / "reference" / path.name, index=False)
        elif path.stem in ("successions", "boundary_changes"):
            header = path.read_text(encoding="utf-8").splitlines()[0]
            (own / "reference" / path.name).write_text(f"{header}\n", encoding="utf-8")
    rows = _returns()
    returned = pd.concat([_copy("returns", rows, i) for i in range(copies)])
    returned[returned["ics_code"].isin(kept)].to_csv(own / f"{YEAR}.csv", index=False)


def _returns() -> pd.DataFrame:
    """The pillar scores of the demo's last round, as rows of the template."""
    returns = clean(load_profile("demo")).returns
    rows = returns[(returns["round"] == YEAR) & (returns["level"] == "pillar")]
    return rows[[field.name for field in FIELDS]]


def _copy(name: str, table: pd.DataFrame, copy: int) -> pd.DataFrame:
    """The table's ``copy``-th copy: its systems and providers under codes and names of their own.

    Copies lie below one another on the map; the first systems of neighbouring copies touch.
    """
    mark = f"C{copy:02d}"
    if name == "systems":
        table = table[table["vintage"] == "2022"]
    if name == "adjacency" and copy:
        bridge = {
            "ics_code_a": f"D01C{copy - 1:02d}",
            "ics_code_b": f"D01{mark}",
            "source": "simulated",
        }
    new = table.copy()
    for column in ("ics_code", "ics_code_ods", "ics_code_a", "ics_code_b", "provider_code"):
        if column in new:
            new[column] = new[column] + mark
    for column in ("ics_name", "short_name", "provider_name"):
        if column in new:
            new[column] = new[column] + f" {copy + 1}"
    if "ics_code_2026" in new:
        new["ics_code_2026"] = ""
    if name == "tiles":
        new["tile_row"] = new["tile_row"].astype(int) + _APART * copy
    if name == "centroids":
        new["y"] = new["y"].astype(float) + 1000.0 * copy
    if name == "adjacency" and copy:
        new = pd.concat([new, pd.DataFrame([bridge])])
    return new


def project(folder: Path) -> Path:
    """What a new user has after cloning."""
    for name in ("notebooks", "data/raw"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("open", "own"))
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def family(first: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended since
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(status.parent.name))
    found = [first]
    for one in found:
        found += children.get(one, [])
    return found


def megabytes(first: int) -> float:
    """Memory of a process and its descendants; pages that several of them share count once."""
    total = 0
    for one in family(first):
        with contextlib.suppress(OSError, IndexError):
            rolled = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += int(rolled.partition("\nPss:")[2].split()[0])
    return total / 1024


def watched(command: list[str], root: Path) -> tuple[int, float, float]:
    """Exit code, seconds and the most megabytes of a command in that project."""
    environment = os.environ | {"ICS_MATURITY_ROOT": str(root)}
    start, most = time.monotonic(), 0.0
    running = subprocess.Popen(command, env=environment, cwd=root,
                               stderr=subprocess.DEVNULL)  # fmt: skip
    while running.poll() is None:
        most = max(most, megabytes(running.pid))
        time.sleep(0.5)
    return running.returncode, time.monotonic() - start, most


def main(systems: int) -> int:
    with tempfile.TemporaryDirectory() as place:
        root = project(Path(place))
        write(root, systems)
        command = [sys.executable, "-m", "ics_maturity.cli", "run", "--data", "own"]
        failed = 0
        # The pages' notebook rests on 01 and 03, which are timed apart.
        for name, only in (("cleaning and models", "03"), ("pages", "profiles")):
            code, seconds, most = watched([*command, "--only", only], root)
            failed += code != 0 or most > MEGABYTES
            print(f"{systems} systems, {name:20} {seconds:8.0f} s {most:6.0f} MB, exit code {code}")
        folder = root / "reports/own/profiles"
        made = {path.name for path in folder.glob("*.many.html")}
        directory = (folder / "index.html").read_text(encoding="utf-8")
        listed = sum(f'href="{name}"' in directory for name in made)
        print(f"{len(made)} pages, {listed} of them in the directory")
        return 1 if failed or not len(made) == listed == systems else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 400))
