"""How long a whole report takes, beside other ways to the same pages, in one run on one machine.

Run with ``python benchmarks/runner.py``, three quarters of an hour; ``--repeats 1`` is a short
version. It makes the demo report, notebooks and one page per system, in four ways:

* ``ours``: ``ics-maturity run``, cold: no processed files, no parent of kernels;
* ``command lines``: ``papermill`` and ``jupyter nbconvert`` for every page, one after the other;
* ``papermill API``: ``papermill.execute_notebook`` and nbconvert's exporter in two processes;
* ``floor``: the notebooks' code as plain scripts in two processes that have done their imports,
  and our HTML export of the finished notebooks.

Each way begins in a project of its own with what a run reads and nothing else, in the same
environment, bytecode compiled. The systems' pages are then made once more alone, except by the
command lines, whose pages come one by one anyway. Ratios are of medians over the repeats; the ways
take turns, the command lines only in the first ``--slow-repeats``. It writes
``benchmarks/runner.json`` and ``docs/speed.md``.
"""

import argparse
import contextlib
import csv
import io
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from ics_maturity.cli import default_jobs
from ics_maturity.paths import ROOT_VARIABLE
from ics_maturity.report.plan import STEPS

Taken = dict[str, dict[str, list[float]]]  # seconds by what was made and way, one for each repeat

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = 2
ALL, ALONE = "all pages", "profiles alone"
WAYS = ("ours", "command lines", "papermill API", "floor")
ENVIRONMENT = {
    **{name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}


@dataclass(frozen=True)
class Page:
    """A notebook with the parameters of one page; ``level`` is 1 more than that of its needs."""

    slug: str
    parameters: dict[str, str]
    level: int

    @property
    def name(self) -> str:
        return ".".join([self.slug, *(v for k, v in self.parameters.items() if k != "profile")])


def new_project(folder: Path) -> Path:
    """What a run reads, and nothing that an earlier run has left."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    ignore = shutil.ignore_patterns("open", "own")
    shutil.copytree(ROOT / "data/raw", folder / "data/raw", ignore=ignore)
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def pages(project: Path, systems: Sequence[str]) -> list[Page]:
    """Every page of the report, in an order in which each comes after what it needs."""
    levels: dict[str, int] = {}
    found = []
    for step in STEPS:
        if not (project / f"notebooks/{step.slug}.ipynb").is_file():
            continue
        levels[step.number] = 1 + max([levels[need] for need in step.needs], default=0)
        each = [{step.each.parameter: code} for code in systems] if step.each else [{}]
        found += [Page(step.slug, {"profile": "demo", **own}, levels[step.number]) for own in each]
    return sorted(found, key=lambda page: page.level)


# The ways


def command(arguments: Sequence[str | Path], project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        env={**ENVIRONMENT, ROOT_VARIABLE: str(project)},
        cwd=project / "notebooks",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{arguments} failed:\n{done.stderr[-2000:]}")


def ours(project: Path, wanted: Sequence[Page], jobs: int) -> None:
    for page in wanted:
        (project / f"data/processed/demo/executed/{page.name}.ipynb").unlink(missing_ok=True)
    alone = ["--only=profiles"] if all("ics" in p.parameters for p in wanted) else []
    command(["ics_maturity.cli", "run", f"--jobs={jobs}", *alone], project)


def command_lines(project: Path, wanted: Sequence[Page], jobs: int) -> float:
    """Seconds of the systems' pages among them."""
    of_systems = 0.0
    for page in wanted:
        began = time.monotonic()
        written = project / f"{page.name}.ipynb"
        given = [text for name, value in page.parameters.items() for text in ("-r", name, value)]
        command(["papermill", f"{page.slug}.ipynb", written, "-k", "python3", *given], project)
        command(["nbconvert", "--to", "html", written], project)
        of_systems += (time.monotonic() - began) * ("ics" in page.parameters)
    return of_systems


def papermill_api(project: Path, wanted: Sequence[Page], jobs: int) -> None:
    with ProcessPoolExecutor(PROCESSES, initializer=_settle, initargs=(project,)) as pool:
        _by_level(pool, _papermill_page, project, wanted)


def floor(project: Path, wanted: Sequence[Page], jobs: int) -> float:
    """Its seconds without those of the imports."""
    with ProcessPoolExecutor(PROCESSES, initializer=_settle, initargs=(project,)) as pool:
        for ready in [pool.submit(_warm_up) for _ in range(PROCESSES)]:
            ready.result()
        began = time.monotonic()
        _by_level(pool, _script_page, project, wanted)
        return time.monotonic() - began


def _settle(project: Path) -> None:
    """The same environment and folder as a kernel's."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.update({**ENVIRONMENT, ROOT_VARIABLE: str(project)})
    os.chdir(project / "notebooks")


def _by_level(
    pool: ProcessPoolExecutor,
    make: Callable[[Path, Page], None],
    project: Path,
    wanted: Sequence[Page],
) -> None:
    for level in sorted({page.level for page in wanted}):
        made = [pool.submit(make, project, page) for page in wanted if page.level == level]
        for future in made:
            future.result()


def _papermill_page(project: Path, page: Page) -> None:
    import papermill
    from nbconvert import HTMLExporter

    written = project / f"{page.name}.ipynb"
    executed = papermill.execute_notebook(
        f"{page.slug}.ipynb", written, page.parameters, kernel_name="python3", progress_bar=False
    )
    body, _ = HTMLExporter().from_notebook_node(executed)
    written.with_suffix(".html").write_text(body, encoding="utf-8")


def _warm_up() -> None:
    import ics_maturity.figures
    import ics_maturity.page
    import ics_maturity.report.html
    from ics_maturity.report.notebook import read_notebook, shared_imports

    notebooks = [read_notebook(path) for path in sorted(Path().glob("[0-9]*.ipynb"))]
    exec(shared_imports(notebooks * 2), {})
    ics_maturity.report.html._exporter()
    time.sleep(1)  # so that both processes get one of these tasks


def _script_page(project: Path, page: Page) -> None:
    import nbformat

    from ics_maturity.report import html
    from ics_maturity.report.context import PageContext, PageLink

    notebook = nbformat.read(f"{page.slug}.ipynb", as_version=4)
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            with contextlib.redirect_stdout(io.StringIO()):
                exec(cell.source, names)
            if "parameters" in cell.metadata.get("tags", []):
                names.update(page.parameters)
    finished = nbformat.read(project.parent / f"finished/{page.name}.ipynb", as_version=4)
    link = PageLink(page.slug[:2], page.slug, page.name, f"{page.name}.html")
    context = PageContext("demo", "Demo", "", ".demo", link, (), _NO_PROVENANCE)
    (project / link.href).write_text(html.export(finished, context), encoding="utf-8")


_NO_PROVENANCE: dict[str, Any] = {}


# Measuring


def measured(way: str, project: Path, wanted: Sequence[Page], jobs: int) -> dict[str, float]:
    """Seconds of one way, for all pages and for those of systems alone."""
    of_systems = [page for page in wanted if "ics" in page.parameters]
    began = time.monotonic()
    if way == "command lines":
        alone = command_lines(project, wanted, jobs)
        return {ALL: time.monotonic() - began, ALONE: alone}
    if way == "floor":
        return {ALL: floor(project, wanted, jobs), ALONE: floor(project, of_systems, jobs)}
    make = ours if way == "ours" else papermill_api
    make(project, wanted, jobs)
    between = time.monotonic()
    make(project, of_systems, jobs)
    return {ALL: between - began, ALONE: time.monotonic() - between}


def peak_memory(work: Callable[[], None]) -> int:
    """Largest memory in bytes of this process's children together, shared pages counted once."""
    peak, over = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.25):
            now = 0
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    now += process.memory_full_info().pss
            peak = max(peak, now)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        over.set()
        watcher.join()
    return peak


def seconds(arguments: Sequence[str], project: Path, before: Callable[[], None]) -> float:
    """Median seconds of a command that is run five times."""
    taken = []
    for _ in range(5):
        before()
        began = time.monotonic()
        command(arguments, project)
        taken.append(time.monotonic() - began)
    return statistics.median(taken)


def seconds_watching(project: Path, page: Page) -> float:
    """Median seconds from an edit of a page's notebook to the report with it, while watching."""
    notebook = project / f"notebooks/{page.slug}.ipynb"
    taken = []
    with subprocess.Popen(
        [sys.executable, "-m", "ics_maturity.cli", "run", "--watch", "--only=profiles",
         f"--ics={page.parameters['ics']}"],
        env={**ENVIRONMENT, ROOT_VARIABLE: str(project)},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as watching:  # fmt: skip
        lines = iter(watching.stderr or ())
        next(line for line in lines if "Waiting" in line)
        for _ in range(6):
            time.sleep(1)
            text = notebook.read_text(encoding="utf-8")
            began = time.monotonic()
            notebook.write_text(text.replace("# ", "# What of: ", 1), encoding="utf-8")
            next(line for line in lines if "Waiting" in line)
            taken.append(time.monotonic() - began)
        watching.send_signal(signal.SIGINT)
    return statistics.median(taken[1:])  # the first imports what a run needs


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="ics-maturity-benchmark-") as name:
        folder = Path(name)
        done = new_project(folder / "done")
        command(["ics_maturity.cli", "run", "--only=01"], done)
        with (done / "data/processed/demo/systems_present.csv").open(encoding="utf-8") as file:
            systems = sorted(row["ics_code"] for row in csv.DictReader(file))
        wanted = pages(done, systems)
        ways = [way for way in WAYS if way not in options.without]
        memory = peak_memory(lambda: ours(done, wanted, options.jobs))
        shutil.copytree(done / "data/processed/demo/executed", folder / "finished")
        profiles = [page for page in wanted if "ics" in page.parameters]
        one = f"data/processed/demo/executed/{profiles[0].name}.ipynb"
        again = ["ics_maturity.cli", "run"]
        small = {
            "help": seconds(["ics_maturity.cli", "--help"], done, lambda: None),
            "unchanged rerun": seconds(again, done, lambda: None),
            "one changed page": seconds(again, done, (done / one).unlink),
            "one changed page, with --watch": seconds_watching(done, profiles[0]),
        }
        taken: Taken = {what: {way: [] for way in ways} for what in (ALL, ALONE)}
        for repeat in range(options.repeats):
            _in_turn([w for w in ways if w != "command lines" or repeat < options.slow_repeats],
                     folder, wanted, options.jobs, taken)  # fmt: skip
            _write(wanted, taken, small, memory, options.jobs)


def _in_turn(
    ways: Sequence[str], folder: Path, wanted: Sequence[Page], jobs: int, taken: Taken
) -> None:
    """Make the pages in each way, and add the seconds to those taken."""
    for way in ways:
        project = new_project(folder / "turn")
        for what, spent in measured(way, project, wanted, jobs).items():
            taken[what][way].append(spent)
            print(f"{way}, {what}: {spent:.1f} s", file=sys.stderr)
        shutil.rmtree(project)


def _write(
    wanted: Sequence[Page],
    taken: Taken,
    small: dict[str, float],
    memory: int,
    jobs: int,
) -> None:
    medians = {
        what: {way: statistics.median(times) for way, times in by_way.items()}
        for what, by_way in taken.items()
    }
    ratios = {
        what: {way: round(value / by_way["ours"], 2) for way, value in by_way.items()}
        for what, by_way in medians.items()
    }
    found = {
        "pages": len(wanted),
        "jobs": jobs,
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "seconds": {
            what: {way: [round(t, 2) for t in times] for way, times in by_way.items()}
            for what, by_way in taken.items()
        },
        "times_as_long_as_ours": ratios,
        "small_commands_seconds": {name: round(value, 2) for name, value in small.items()},
        "peak_memory_mb": round(memory / 1e6),
    }
    (ROOT / "benchmarks/runner.json").write_text(json.dumps(found, indent=1) + "\n")
    (ROOT / "docs/speed.md").write_text(_page(found, medians, ratios), encoding="utf-8")


def _page(
    found: dict[str, Any],
    medians: dict[str, dict[str, float]],
    ratios: dict[str, dict[str, float]],
) -> str:
    rows = "\n".join(
        f"| {what} | {way} | {len(found['seconds'][what][way])} | {value:.1f}"
        f" | {ratios[what][way]:.1f} |"
        for what, by_way in medians.items()
        for way, value in by_way.items()
    )
    small = "\n".join(
        f"| {name} | {value:.2f} |" for name, value in found["small_commands_seconds"].items()
    )
    ways = "\n\n".join((__doc__ or "").split("\n\n")[2:4]).strip().replace("``", "`")
    return f"""# How long a report takes

Written by `python benchmarks/runner.py`: the demo report of {found["pages"]} pages,
{found["processors"]} processors, Python {found["python"]}, {found["jobs"]} pages side by side.

{ways}

| What | Way | Repeats | Median seconds | Times as long as ours |
|---|---|---:|---:|---:|
{rows}

| What | Seconds (median of 5) |
|---|---:|
{small}

The run of all pages needed at most {found["peak_memory_mb"]} MB, shared memory counted once.
"""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--slow-repeats", type=int, default=3, help="of the command lines")
    parser.add_argument("--jobs", type=int, default=default_jobs(), help="our pages side by side")
    parser.add_argument("--without", action="append", default=[], choices=WAYS[1:])
    return parser.parse_args()


if __name__ == "__main__":
    main()
