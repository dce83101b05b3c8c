"""Own returns stay where they are: folders, permissions, network, and what a release holds."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ics_maturity.paths import ROOT_VARIABLE
from ics_maturity.profiles import load_profile
from ics_maturity.release import build
from ics_maturity.release.build import LeakError, identifiers, release
from ics_maturity.release.rules import Rules, TableRule, load_rules
from ics_maturity.release.scan import leaks
from ics_maturity.report.verify import verify
from whole_reports import ROOT, WholeReport, _project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("own report")]

# Python runs this at the start of every process of the run, kernels too.
NO_NETWORK = """\
import os, socket
_connect = socket.socket.connect
def _refuse(self, address):
    local = self.family == getattr(socket, "AF_UNIX", None) or address[0] in ("127.0.0.1", "::1")
    if not local:
        with open(os.environ["CALLS"], "a") as log:
            log.write(f"{address}\\n")
        raise OSError("no network in this test")
    return _connect(self, address)
socket.socket.connect = socket.socket.connect_ex = _refuse
def _unknown(host, *rest, **more):
    if host not in (None, "localhost", "127.0.0.1", "::1"):
        with open(os.environ["CALLS"], "a") as log:
            log.write(f"{host}\\n")
        raise OSError("no network in this test")
    return _getaddrinfo(host, *rest, **more)
_getaddrinfo, socket.getaddrinfo = socket.getaddrinfo, _unknown
"""


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeReport]:
    """The demo returns as somebody's own, run by the command with the network denied."""
    root = _project(tmp_path_factory.mktemp("own"))
    shutil.copytree(ROOT / "data/raw/demo", root / "data/raw/own")
    profile = root / "data/raw/own/profile.yaml"
    text = profile.read_text(encoding="utf-8")
    text = re.sub(r"^label:.*$", "label: Own returns", text, flags=re.M)
    text = re.sub(r"^file_suffix:.*$", 'file_suffix: ""', text, flags=re.M)
    profile.write_text(text, encoding="utf-8")
    hooks = tmp_path_factory.mktemp("hooks")
    (hooks / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    report = WholeReport(root, "own")
    before = contents(root)
    done = subprocess.run(
        [sys.executable, "-m", "ics_maturity.cli", "run", "--data=own", "--release=aggregate"],
        cwd=root, capture_output=True, text=True, check=False,
        env={
            **os.environ, ROOT_VARIABLE: str(root), "CALLS": str(hooks / "calls"),
            "PYTHONPATH": os.pathsep.join([str(hooks), os.environ.get("PYTHONPATH", "")]),
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (hooks / "before.json").write_text(json.dumps(sorted(before)))
    report.__dict__.update(before=before, calls=hooks / "calls")
    yield report
    shutil.rmtree(root)


def test_nothing_asked_for_the_network(own: WholeReport) -> None:
    assert not own.__dict__["calls"].exists()


def test_the_refusal_of_the_network_bites(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 80), 1)"],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "CALLS": str(tmp_path / "calls")},
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "192.0.2.1" in (tmp_path / "calls").read_text()


def test_it_writes_only_inside_its_folders(own: WholeReport) -> None:
    before, now = own.__dict__["before"], contents(own.root)
    assert {name: now[name] for name in before} == before
    # .cache holds what IPython puts into a new profile, not what it is told.
    elsewhere = [
        name for name in now.keys() - before.keys()
        if not name.startswith((".cache/", "data/processed/own/", "reports/own"))
    ]  # fmt: skip
    assert elsewhere == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_only_the_user_can_read_what_it_wrote(own: WholeReport) -> None:
    for folder in ("data/processed/own", "reports/own"):
        top = own.root / folder
        assert stat.S_IMODE(top.stat().st_mode) == 0o700
        for path in top.rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_the_release_names_no_organisation_and_no_place(own: WholeReport) -> None:
    folder = own.root / "reports/own-aggregate"
    wanted = identifiers(load_profile("own", own.root), own.root)
    assert len(wanted.names) > 150
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in _files(folder)}
    assert len(files) > 20
    assert leaks(files, wanted) == []
    assert leaks(own.files(), wanted) != []  # the full report does name them


def test_the_release_is_whole_and_current(own: WholeReport) -> None:
    verdict = verify(own.root / "reports/own-aggregate", root=own.root)
    assert verdict.state == "current", verdict.reasons


def test_small_systems_are_left_out_of_its_tables(own: WholeReport) -> None:
    released = pd.read_csv(own.root / "reports/own-aggregate/tables/like_for_like_2025.csv")
    whole = own.table("like_for_like_2025")
    assert 0 < len(released) < len(whole)
    assert released["providers"].min() >= 3
    assert set(released["short_name"]) < set(whole["short_name"])
    assert "crude_row" not in released


@pytest.mark.parametrize("where", ["banner", "table", "file name"])
def test_a_leaking_release_is_refused_and_the_last_one_kept(
    own: WholeReport, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = own.root / "reports/own-aggregate"
    before = {path: path.read_bytes() for path in _files(folder)}
    returns = pd.read_csv(own.root / "data/processed/own/returns.csv")
    provider, code = returns["provider_name"].iloc[0], returns["provider_code"].iloc[0]
    if where == "banner":
        monkeypatch.setattr(build, "_banner", lambda *_: f"With thanks to {provider}")
    elif where == "table":
        rules = load_rules()
        more = {**rules.tables, "quality_log": TableRule()}
        leaking = Rules(tables=more, figures=rules.figures, results=rules.results)
        monkeypatch.setattr(build, "load_rules", lambda: leaking)
    else:
        made = build._files
        name = {f"tables/{code}.csv": b"x\n1\n"}

        def with_file(*given: Any) -> tuple[dict[str, bytes], str]:
            files, words = made(*given)
            return {**files, **name}, words

        monkeypatch.setattr(build, "_files", with_file)
    with pytest.raises(LeakError, match="nothing was written"):
        release("own", root=own.root)
    assert {path: path.read_bytes() for path in _files(folder)} == before


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]
