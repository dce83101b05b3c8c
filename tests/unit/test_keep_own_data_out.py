"""Nothing of own returns gets into a commit."""

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def tool(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("keep", root / "tools/keep_own_data_out.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def notebook(source: str, tag: str = "parameters") -> bytes:
    cell = {"cell_type": "code", "source": [source], "metadata": {"tags": [tag]}}
    return json.dumps({"cells": [cell]}).encode()


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("data/raw/own/returns.xlsx", b"", "stays on this computer"),
        ("data/processed/own/returns.csv", b"", "stays on this computer"),
        ("reports/own/index.html", b"", "stays on this computer"),
        ("reports/own-aggregate/index.html", b"", "stays on this computer"),
        ("notebooks/01_x.ipynb", notebook('profile = "own"'), "profile is not demo"),
        ("notebooks/01_x.ipynb", notebook("a = 1", "injected-parameters"), "executed with"),
    ],
)
def test_own_data_are_refused(
    tool: ModuleType, tmp_path: Path, path: str, content: bytes, said: str
) -> None:
    (fault,) = tool.faults({path: content}, tmp_path)
    assert path in fault
    assert said in fault


def test_the_repository_as_it_is_passes(tool: ModuleType, root: Path, tmp_path: Path) -> None:
    if not (root / ".git").exists():
        pytest.skip("not a checkout: nothing is tracked here")
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=True
    ).stdout.decode()
    tracked = [name for name in listed.split("\0") if name and (root / name).is_file()]
    assert len(tracked) > 100
    assert tool.faults({name: (root / name).read_bytes() for name in tracked}, tmp_path) == []


def test_names_of_processed_own_returns_are_refused(
    tool: ModuleType, root: Path, tmp_path: Path
) -> None:
    processed = tmp_path / "data/processed/own"
    processed.mkdir(parents=True)
    (tmp_path / "data/raw/own/reference").mkdir(parents=True)
    (tmp_path / "data/raw/own/profile.yaml").write_text(
        "label: Own\nbanner: Own.\nreference: reference\n"
        "returns:\n  - {file: r.csv, layout: template, round: 2025, source_id: own}\n"
    )
    text = {"name": "x", "type": "string"}
    for table, column, value in (
        ("returns", "provider_name", "SECRET TRUST"),
        ("items", "provider_code", "ZZ9"),
        ("services", "provider_name", ""),
        ("providers", "provider_code", "ZZ9"),
        ("links", "code_returned", "ZZ9"),
        ("systems", "ics_name", "Some System"),
    ):
        (processed / f"{table}.csv").write_text(f"{column}\n{value}\n" if value else f"{column}\n")
        (processed / f"{table}.schema.json").write_text(
            json.dumps({"fields": [{**text, "name": column}]})
        )
    shutil.copytree(root / "data/raw/reference", tmp_path / "data/raw/reference")
    shutil.copy(root / "data/raw/sources.yaml", tmp_path / "data/raw/sources.yaml")
    found = tool.faults(
        {"docs/notes.md": b"We saw that Secret Trust and ZZ9 fell.", "docs/fine.md": b"Nothing."},
        tmp_path,
    )
    assert len(found) == 2
    assert all(fault.startswith("docs/notes.md: ") for fault in found)
