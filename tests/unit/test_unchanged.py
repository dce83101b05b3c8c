"""A rerun does nothing only where nothing that it reads or leaves has changed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ics_maturity.cli import main
from ics_maturity.report import unchanged
from ics_maturity.report.plan import Step
from ics_maturity.report.run import RunFailedError, run
from small_project import SmallProject

STEPS = (Step("01_first", inputs=("raw",), outputs=("cleaned",)),)
ASKED = unchanged.question(None, (), ())


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    root = tmp_path_factory.mktemp("project")
    project = SmallProject.make(root, STEPS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ICS_MATURITY_ROOT", str(root))
        run("demo", root=root, steps=STEPS)
    return project


def test_time_stamps_do_not_count(finished: SmallProject) -> None:
    for path in finished.root.rglob("*"):
        os.utime(path, (1, 1))
    assert unchanged.is_unchanged(finished.root, "demo", ASKED)


def _append(place: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((path.read_bytes() if path.exists() else b"") + b" ")

    return change


CHANGES = {
    "a notebook": _append("notebooks/01_first.ipynb"),
    "a new notebook": _append("notebooks/02_new.ipynb"),
    "the returns": _append("data/raw/demo/returns.csv"),
    "the reference": _append("data/raw/reference/new.csv"),
    "the lock": _append("uv.lock"),
    "a processed table": _append("data/processed/demo/cleaned.csv"),
    "what a notebook has written": _append("data/processed/demo/results/01_first.json"),
    "an executed notebook": _append("data/processed/demo/executed/01_first.ipynb"),
    "a page": _append("reports/demo/01_first.demo.html"),
    "another file in the report": _append("reports/demo/new.html"),
    "a page has gone": lambda root: (root / "reports/demo/01_first.demo.html").unlink(),
    "the report's folder is open to all": lambda root: (root / "reports/demo").chmod(0o777),
    "the record is damaged": lambda root: (
        root / "data/processed/demo/run/unchanged.json"
    ).write_text("{}"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_any_change_counts(finished: SmallProject, change: Callable[[Path], None]) -> None:
    kept = {p: p.read_bytes() for p in finished.root.rglob("*") if p.is_file()}
    mode = finished.report.stat().st_mode
    change(finished.root)
    assert not unchanged.is_unchanged(finished.root, "demo", ASKED)
    for path in finished.root.rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink()
    for path, content in kept.items():
        path.write_bytes(content)
    finished.report.chmod(mode)
    assert unchanged.is_unchanged(finished.root, "demo", ASKED)


def test_another_question_or_another_place_of_the_sources_counts(
    finished: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in (("01", (), ()), (None, ("QGH",), ()), (None, (), ("seed=1",))):
        assert not unchanged.is_unchanged(finished.root, "demo", unchanged.question(*other))
    assert not unchanged.is_unchanged(finished.root, "../demo", ASKED)
    assert not unchanged.is_unchanged(finished.root, "open", ASKED)
    monkeypatch.setenv("ICS_MATURITY_SOURCES", str(finished.root))
    assert not unchanged.is_unchanged(finished.root, "demo", ASKED)


def test_files_read_from_elsewhere_count(tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "shelf/returns.xlsx"
    SmallProject.make(root, STEPS)
    paths = {"a": outside, "b": root / "data/raw/demo/returns.csv"}
    (listed,) = unchanged.elsewhere(root, paths)
    assert (root / listed).resolve() == outside
    absent = unchanged.read_digest(root, "", [listed])
    outside.parent.mkdir()
    outside.write_text("1")
    present = unchanged.read_digest(root, "", [listed])
    outside.write_text("2")
    assert len({absent, present, unchanged.read_digest(root, "", [listed])}) == 3


def test_an_edit_while_a_run_is_going_on_is_seen_by_the_next(
    finished: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICS_MATURITY_ROOT", str(finished.root))
    lock = finished.root / "uv.lock"
    finished.write_notebook("01_first", before=f"open({str(lock)!r}, 'w').write('edited')")
    run("demo", root=finished.root, steps=STEPS)
    assert not unchanged.is_unchanged(finished.root, "demo", ASKED)
    lock.unlink()
    finished.write_notebook("01_first")
    run("demo", root=finished.root, steps=STEPS)
    assert unchanged.is_unchanged(finished.root, "demo", ASKED)


def test_a_failed_run_is_not_remembered(
    finished: SmallProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ICS_MATURITY_ROOT", str(finished.root))
    assert main(["run", "--data", "demo"]) == 0
    assert "Nothing has changed" in capsys.readouterr().err
    finished.write_notebook("01_first", "1 / 0")
    with pytest.raises(RunFailedError):
        run("demo", root=finished.root, steps=STEPS)
    assert not unchanged.is_unchanged(finished.root, "demo", ASKED)
    finished.write_notebook("01_first")
