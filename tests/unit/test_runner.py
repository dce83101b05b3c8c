"""A run executes what is stale, in order, and leaves a whole report or the last good one.

Everything happens on tiny notebooks in a temporary project; a kernel takes about a second.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from ics_maturity.errors import InputError
from ics_maturity.report import execute as executing
from ics_maturity.report.folder import recover, replace_folder
from ics_maturity.report.lock import only_one
from ics_maturity.report.manifest import PROVENANCE_KEYS, read_stamp, stamp
from ics_maturity.report.plan import Step, load_plan
from ics_maturity.report.run import Report, RunFailedError, run
from ics_maturity.report.verify import verify
from small_project import STEPS, SmallProject


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    monkeypatch.setenv("ICS_MATURITY_ROOT", str(tmp_path))
    return SmallProject.make(tmp_path)


def go(project: SmallProject, **options: object) -> Report:
    return run("demo", root=project.root, steps=project.steps, **options)  # type: ignore[arg-type]


def value(project: SmallProject, name: str) -> float:
    results = json.loads((project.report / "results.json").read_text(encoding="utf-8"))
    return next(result["value"] for result in results if result["name"] == name)


# One project whose notebooks depend on each other, taken through its life


def test_life_of_a_report(project: SmallProject, capsys: pytest.CaptureFixture[str]) -> None:
    read = 'json.load(open(f"../data/processed/{profile}/results/01_first.json"))[0]["value"]'
    project.write_notebook("02_second", f"{read} + 1", before="import json")

    # In order, two side by side: 02 needs what 01 wrote.
    report = go(project, jobs=2)
    assert report.executed == tuple(step.slug for step in STEPS)
    assert report.changed
    assert report.index == project.report / "index.html"
    assert value(project, "t02.value") == value(project, "t01.value") + 1
    told = capsys.readouterr().err
    assert told.index("01_first: done") < told.index("02_second: executing")
    assert told.index("03_third: done") < told.index("04_last: executing")
    assert sorted(project.report_bytes()) == sorted(
        ["index.html", "manifest.json", "results.json"]
        + [f"{step.slug}.demo.html" for step in STEPS]
        + [f"tables/t0{i}.demo{end}" for i in (1, 2, 3, 4) for end in (".csv", ".schema.json")]
    )

    # Nothing changed: nothing runs, even when time stamps have.
    for path in (*project.root.glob("notebooks/*"), *project.root.glob("data/raw/demo/*.csv")):
        os.utime(path)
    assert go(project) == Report(report.index, (), False)
    assert "executing" not in capsys.readouterr().err

    # Forced, one at a time: the same bytes.
    before = project.report_bytes()
    assert go(project, jobs=1, force=True).executed == report.executed
    assert project.report_bytes() == before

    # Words changed in 03: it alone is executed; 04 rests on what it wrote, which is the same.
    project.write_notebook("03_third", words="What is the value now?")
    assert go(project).executed == ("03_third",)
    assert "What is the value now?" in (project.report / "index.html").read_text("utf-8")

    # A value changed in 01: 02, 03 and 04 follow.
    project.write_notebook("01_first", "seed + 5")
    assert go(project, jobs=2).executed == report.executed
    assert value(project, "t02.value") == value(project, "t01.value") + 1 == 20160407


def test_failure_leaves_the_last_good_report_and_the_next_run_continues(
    project: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write_notebook("03_third", "1 / 0")
    with pytest.raises(RunFailedError, match="no earlier report"):
        go(project)
    project.write_notebook("03_third")
    assert go(project).executed == ("03_third", "04_last")
    before = project.report_bytes()

    project.write_notebook("03_third", "seed", before="\nnumbers = {}\nnumbers['a']")
    capsys.readouterr()
    with pytest.raises(RunFailedError) as caught:
        go(project, jobs=2)
    told = str(caught.value)
    assert "03_third stopped at cell 3: numbers = {}" in told
    assert "Cause: KeyError: 'a'" in told
    assert "notebooks/03_third.ipynb" in told
    assert "last good report in reports/demo is untouched" in told
    assert str(project.root) not in told
    assert project.report_bytes() == before
    # The same where an earlier command was killed while it exchanged the folders.
    project.report.rename(project.report.with_name(".demo.old"))
    with pytest.raises(RunFailedError, match="untouched"):
        go(project)
    assert project.report_bytes() == before
    kept = project.processed / "executed/03_third.failed.ipynb"
    assert "KeyError" in kept.read_text(encoding="utf-8")

    # A report made meanwhile holds what is whole: 03 has nothing to show.
    assert go(project, only="02").executed == ()
    assert "03_third.demo.html" not in project.report_bytes()
    assert verify(project.report, root=project.root, steps=STEPS).state == "stale"

    # 02, which does not need 03, stays as it was; what was repaired runs, and nothing else.
    project.write_notebook("03_third")
    assert go(project).executed == ("03_third",)
    assert project.report_bytes() == before
    assert not kept.exists()
    assert not list(project.root.glob("reports/.*"))


def test_only_one_notebook_and_what_it_needs(project: SmallProject) -> None:
    report = go(project, only="3")
    assert report.executed == ("01_first", "03_third")
    assert "03_third.demo.html" in project.report_bytes()
    assert "02_second.demo.html" not in project.report_bytes()

    # The others are kept as they are, even where they have become stale.
    go(project, jobs=2)
    before = project.report_bytes()
    project.write_notebook("02_second", "seed + 1")
    project.write_notebook("03_third", "seed + 1")
    assert go(project, only="03").executed == ("03_third",)
    after = project.report_bytes()
    assert after["02_second.demo.html"] == before["02_second.demo.html"]
    assert after["tables/t02.demo.csv"] == before["tables/t02.demo.csv"]
    assert after["tables/t03.demo.csv"] != before["tables/t03.demo.csv"]
    verdict = verify(project.report, root=project.root, steps=STEPS)
    assert verdict.state == "stale"
    assert verdict.reasons == (
        "02_second.demo.html: notebook 02_second has changed",
        "04_last.demo.html: notebook 02_second has changed",
        "04_last.demo.html: notebook 03_third has changed",
    )
    # Forced with --only: that one, not what it needs.
    assert go(project, only="03", force=True).executed == ("03_third",)
    with pytest.raises(InputError, match="one of 01, 02, 03, 04"):
        go(project, only="12")


def test_parameters_reach_the_notebooks_and_the_report(project: SmallProject) -> None:
    single(project)
    go(project)
    assert value(project, "t01.value") == 20160401
    assert go(project, settings={"seed": "7"}).executed == ("01_first",)
    assert value(project, "t01.value") == 7
    page = (project.report / "01_first.demo.html").read_text(encoding="utf-8")
    found = read_stamp(page)
    assert found is not None
    assert found[0]["parameters"] == {"profile": "demo", "seed": 7}
    assert set(found[0]) == set(PROVENANCE_KEYS)


@pytest.mark.parametrize(
    ("slug", "changes", "settings", "why"),
    [
        ("02_second", {}, {"sed": "7"}, "one of seed"),
        ("02_second", {}, {"seed": "1E5"}, "valid integer"),
        ("02_second", {"parameters": "profile = 'demo'\nseed = 1"}, {}, "declared default"),
        ("02_second", {"parameters": "profile = 'demo'"}, {}, "the line seed"),
        ("04_last", {"parameters": "import os"}, {}, "only lines like"),
    ],
)
def test_wrong_parameters_stop_before_any_kernel_starts(
    slug: str,
    changes: dict[str, str],
    settings: dict[str, str],
    why: str,
    project: SmallProject,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(executing, "execute", lambda *_: pytest.fail("a kernel was started"))
    project.write_notebook(slug, **changes)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=why):
        go(project, settings=settings)
    assert not project.report.exists()
    assert not project.processed.exists()


def test_absent_returns_stop_before_any_kernel_starts(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executing, "execute", lambda *_: pytest.fail("a kernel was started"))
    (project.root / "data/raw/demo/returns.csv").unlink()
    with pytest.raises(InputError, match=r"demo/returns\.csv"):
        go(project)


def single(project: SmallProject) -> None:
    """Reduce the project to its first notebook."""
    for path in project.root.glob("notebooks/0[234]*"):
        path.unlink()


def test_what_makes_a_notebook_stale(project: SmallProject) -> None:
    single(project)
    go(project)

    # The returns.
    (project.root / "data/raw/demo/returns.csv").write_text("score\n4\n", encoding="utf-8")
    assert go(project).executed == ("01_first",)
    # The lock.
    (project.root / "uv.lock").write_text("another", encoding="utf-8")
    assert go(project).executed == ("01_first",)
    # What it wrote, altered or removed.
    (project.processed / "cleaned.csv").write_text("value\n1\n", encoding="utf-8")
    assert go(project).executed == ("01_first",)
    (project.processed / "tables/t01.csv").unlink()
    assert go(project).executed == ("01_first",)
    # Not its stored outputs or editor metadata.
    path = project.root / "notebooks/01_first.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="x")]
    notebook.cells[-1].execution_count = 9
    notebook.metadata["editor"] = "some"
    nbformat.write(notebook, path)
    assert go(project).executed == ()


def test_altered_report_is_put_right_without_executing(project: SmallProject) -> None:
    single(project)
    go(project)
    good = project.report_bytes()
    (project.report / "results.json").write_text("[]", encoding="utf-8")
    (project.report / "extra.html").write_text("x", encoding="utf-8")
    assert go(project) == Report(project.report / "index.html", (), True)
    assert project.report_bytes() == good
    (project.processed / "run/01_first.html").write_text("x", encoding="utf-8")
    assert go(project).executed == ()
    assert project.report_bytes() == good


def test_damaged_record_of_the_last_run_costs_time_only(project: SmallProject) -> None:
    single(project)
    go(project)
    good = project.report_bytes()
    (project.processed / "run/graph.sqlite").write_bytes(b"not a database, but long enough" * 9)
    assert go(project) == Report(project.report / "index.html", ("01_first",), False)
    assert project.report_bytes() == good


def test_table_no_longer_written_leaves_the_report(project: SmallProject) -> None:
    single(project)
    go(project)
    source = (project.root / "notebooks/01_first.ipynb").read_text(encoding="utf-8")
    renamed = source.replace("tables/t01", "tables/renamed")
    (project.root / "notebooks/01_first.ipynb").write_text(renamed, encoding="utf-8")
    go(project)
    tables = [name for name in project.report_bytes() if name.startswith("tables/")]
    assert tables == ["tables/renamed.demo.csv", "tables/renamed.demo.schema.json"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"writes": False}, r"without writing results/01_first\.json, cleaned\.csv"),
        (
            {"before": "open('../data/processed/demo/more.schema.json', 'w').write('{}')"},
            "it wrote more, which its step",
        ),
        ({"before": "import os\nos.kill(os.getpid(), 9)"}, "stopped at cell 3: import os"),
        ({"before": "import sys\nsys.exit(3)"}, "SystemExit: 3"),
        ({"before": "raise ValueError('\\x1b[31mred\\x1b[0m' + 'x' * 5000)"}, "ValueError: redxxx"),
        ({"words": "One?\n\n# Two"}, "page could not be made"),
    ],
)
def test_every_way_to_fail_says_where_and_why(
    changes: dict[str, str], why: str, project: SmallProject
) -> None:
    single(project)
    project.write_notebook("01_first", **changes)  # type: ignore[arg-type]
    with pytest.raises(RunFailedError, match=why) as caught:
        go(project)
    assert "01_first" in str(caught.value)
    assert len(str(caught.value)) < 2500
    assert not project.report.exists()


def test_kernel_is_this_interpreter_in_a_fixed_environment(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A kernel spec named python3 elsewhere and start-up files of the user's are not used."""
    spec = tmp_path / "jupyter/kernels/python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(
        json.dumps({"argv": ["/bin/false"], "display_name": "x", "language": "python"})
    )
    startup = tmp_path / "ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("seed_of_startup = 1")
    (tmp_path / "startup.py").write_text("seed_of_startup = 2")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "startup.py"))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    monkeypatch.setenv("PYTHONHASHSEED", "12")
    single(project)
    tell = (
        "import json, os, sys\n"
        "names = ['OPENBLAS_NUM_THREADS', 'PYTHONHASHSEED', 'MPLBACKEND', 'ICS_MATURITY_ROOT']\n"
        "print(json.dumps([sys.executable, os.getcwd(), 'seed_of_startup' in globals(),\n"
        "                  *map(os.environ.get, names)]))"
    )
    project.write_notebook("01_first", before=tell)
    go(project)
    executed = nbformat.read(project.processed / "executed/01_first.ipynb", as_version=4)
    assert json.loads(executed.cells[2].outputs[0].text) == [
        sys.executable,
        str(project.root / "notebooks"),
        False,
        "1",
        "0",
        "module://matplotlib_inline.backend_inline",
        str(project.root),
    ]


def test_nothing_of_clock_or_machine_is_kept(project: SmallProject) -> None:
    single(project)
    go(project, settings={"seed": "7"})
    executed = nbformat.read(project.processed / "executed/01_first.ipynb", as_version=4)
    assert set(executed.metadata) == {"kernelspec", "language_info"}
    assert [cell.id for cell in executed.cells] == [
        "cell-0", "cell-1", "injected-parameters", "cell-2", "cell-3",
    ]  # fmt: skip
    assert {key for cell in executed.cells for key in cell.metadata} <= {"tags"}
    for name, content in project.report_bytes().items():
        assert str(project.root).encode() not in content, name


# Killed


@pytest.fixture
def started(project: SmallProject) -> Iterator[subprocess.Popen[str]]:
    """A run in a process of its own whose second notebook never ends."""
    for path in project.root.glob("notebooks/0[34]*"):
        path.unlink()
    go(project)
    project.write_notebook("02_second", before="import time\ntime.sleep(600)")
    code = (
        "from pathlib import Path; from small_project import STEPS;"
        "from ics_maturity.report.run import run;"
        f"run('demo', root=Path({str(project.root)!r}), steps=STEPS)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    assert process.stderr
    for line in process.stderr:
        if line.startswith("02_second: executing"):
            break
    yield process
    process.kill()
    process.wait()


def children(parent: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in listed.stdout.split()]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().split(") ")[1].startswith("Z"))


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")
@pytest.mark.parametrize("signal_sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_run_leaves_the_last_good_report_and_no_kernel(
    signal_sent: signal.Signals, project: SmallProject, started: subprocess.Popen[str]
) -> None:
    before = project.report_bytes()
    deadline = time.monotonic() + 20
    while not (kernels := children(started.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert kernels
    with pytest.raises(InputError, match="no other run on demo returns"):
        go(project)

    started.send_signal(signal_sent)
    started.wait(timeout=20)
    assert project.report_bytes() == before
    while any(map(alive, kernels)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, kernels)), "a kernel outlived the run"

    project.write_notebook("02_second", "seed + 2")
    assert "02_second" in go(project).executed
    assert value(project, "t02.value") == 20160403


# Parts


def test_exchange_of_folders_takes_over_what_has_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, source = tmp_path / "demo", tmp_path / "processed.csv"
    source.write_bytes(b"same")
    files: dict[str, Path | bytes] = {"same.csv": source, "edited.txt": b"ours", "new.txt": b"1"}
    replace_folder(folder, files)
    (folder / "edited.txt").write_bytes(b"theirs")
    before = (folder / "same.csv").stat()

    replace_folder(folder, files | {"new.txt": b"2"})
    content = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert content == {"same.csv": b"same", "edited.txt": b"ours", "new.txt": b"2"}
    after = (folder / "same.csv").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    # An edit of the report never reaches what it was made from.
    assert [p.stat().st_nlink for p in (*folder.iterdir(), source)] == [1] * 4

    def no_links(*_: object) -> None:
        raise OSError("this file system has no links")

    monkeypatch.setattr("ics_maturity.report.folder.os.link", no_links)
    replace_folder(folder, files)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == content | {"new.txt": b"1"}


def test_exchange_of_folders_is_made_good_after_a_kill(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    replace_folder(folder, {"a/b.txt": b"one"})
    replace_folder(folder, {"c.txt": b"two"})
    assert [p.name for p in folder.iterdir()] == ["c.txt"]
    assert [p.name for p in tmp_path.iterdir()] == ["demo"]

    # Killed between the two renames: the old one is aside, the new one not yet in place.
    folder.rename(tmp_path / ".demo.old")
    (tmp_path / ".demo.new").mkdir()
    recover(folder)
    assert (folder / "c.txt").read_bytes() == b"two"
    # Killed after them: the new one counts.
    (tmp_path / ".demo.old").mkdir()
    recover(folder)
    assert [p.name for p in tmp_path.iterdir()] == ["demo"]
    assert (folder / "c.txt").read_bytes() == b"two"


def test_lock_ends_with_its_owner(tmp_path: Path) -> None:
    lock = tmp_path / "demo/run/lock"
    with only_one(lock), pytest.raises(InputError, match="at the same time"), only_one(lock):
        pass
    with only_one(lock):
        pass


def test_plan_refuses_what_it_cannot_order(project: SmallProject) -> None:
    assert load_plan(project.root, STEPS)["04"].slug == "04_last"
    assert [p.slug for p in load_plan(project.root, STEPS).needed("04")] == [s.slug for s in STEPS]
    with pytest.raises(InputError, match="which it needs"):
        load_plan(project.root, (*STEPS[:1], Step("02_second", ("03",)), *STEPS[2:]))
    (project.root / "notebooks/02_second.ipynb").unlink()
    with pytest.raises(InputError, match="notebook 02 before it"):
        load_plan(project.root, STEPS)
    (project.root / "notebooks/06_unknown.ipynb").write_text('{"cells": []}', encoding="utf-8")
    with pytest.raises(InputError, match=r"06_unknown\.ipynb"):
        load_plan(project.root, STEPS)


def test_stamp_shows_any_change_of_the_page() -> None:
    made_from = {"profile": "demo", "words": "quotes \" <b> & ' </head> é"}
    page = stamp("<html><head><title>T</title></head><body>text</body></html>", made_from)
    assert read_stamp(page) == (made_from, True)
    for old, new in (("text", "test"), ("demo", "open"), ("</html>", "</html>\n")):
        found = read_stamp(page.replace(old, new))
        assert found is not None
        assert not found[1]
    assert read_stamp("<html><head></head></html>") is None
    with pytest.raises(ValueError, match="head"):
        stamp("<p>text</p>", made_from)


def test_verify_tells_current_stale_and_altered(project: SmallProject) -> None:
    def state(place: str) -> str:
        return verify(project.report / place, root=project.root, steps=STEPS).state

    single(project)
    go(project)
    page = "01_first.demo.html"
    assert [state(p) for p in ("", "manifest.json", page)] == ["current"] * 3
    # A page that travels alone carries its provenance.
    (project.root / page).write_bytes((project.report / page).read_bytes())
    assert verify(project.root / page, root=project.root, steps=STEPS).state == "current"

    good = (project.root / "data/raw/demo/returns.csv").read_bytes()
    (project.root / "data/raw/demo/returns.csv").write_bytes(b"score\n5\n")
    assert [state(p) for p in ("", page)] == ["stale", "stale"]
    (project.root / "data/raw/demo/returns.csv").unlink()
    verdict = verify(project.report, root=project.root, steps=STEPS)
    assert (verdict.state, verdict.unchecked) == ("current", ("demo/returns.csv",))
    (project.root / "data/raw/demo/returns.csv").write_bytes(good)
    (project.root / "uv.lock").write_text("new", encoding="utf-8")
    assert state("") == "stale"
    (project.root / "uv.lock").unlink()
    assert state("") == "current"

    for name in ("tables/t01.demo.csv", page, "index.html"):
        whole = (project.report / name).read_bytes()
        (project.report / name).write_bytes(whole + b" ")
        assert state("") == "altered", name
        (project.report / name).unlink()
        assert state("") == "altered", name
        (project.report / name).write_bytes(whole)
    (project.report / "added.txt").touch()
    assert state("") == "altered"
    with pytest.raises(InputError, match=r"a report folder with manifest\.json"):
        verify(project.root, root=project.root, steps=STEPS)
