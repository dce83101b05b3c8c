"""pyproject.toml, uv.lock, the hashed exports and environment.yml say the same."""

import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

EXPORT = ["export", "--quiet", "--frozen", "--offline", "--no-emit-project", "--no-annotate",
          "--no-header"]  # fmt: skip


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def pinned(path: Path) -> dict[str, set[str]]:
    """Versions by package in a requirements file."""
    found: dict[str, set[str]] = {}
    for line in lines(path):
        if match := re.match(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", line):
            found.setdefault(match[1].lower(), set()).add(match[2])
    return found


def uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        pytest.skip("uv is not installed beside this interpreter")
    return found


def test_lock_agrees_with_pyproject(root: Path) -> None:
    done = subprocess.run([uv(), "lock", "--check", "--offline"], cwd=root, capture_output=True)
    if b"network" in done.stderr.lower() and b"disabled" in done.stderr.lower():
        pytest.skip("uv has no cached package data on this machine, so it cannot re-resolve")
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize(
    ("name", "groups"),
    [("bootstrap.txt", ["--only-group", "bootstrap"]), ("all.txt", ["--all-groups"])],
)
def test_hashed_exports_agree_with_the_lock(root: Path, name: str, groups: list[str]) -> None:
    done = subprocess.run([uv(), *EXPORT, *groups], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == (root / "requirements" / name).read_text().split()


@pytest.mark.parametrize("name", ["numpy", "scipy", "pandas", "statsmodels"])
def test_every_python_computes_with_the_same_version(root: Path, name: str) -> None:
    assert len(pinned(root / "requirements/all.txt")[name]) == 1


def test_every_export_line_is_hashed(root: Path) -> None:
    for path in sorted((root / "requirements").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        for entry in re.split(r"\n(?=\S)", text.strip()):
            assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_lock_holds_every_declared_dependency(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    declared = list(project["project"]["dependencies"])
    for group in project["dependency-groups"].values():
        declared += group
    names = {re.split(r"[<>=!\[ ;]", entry)[0].lower().replace("_", "-") for entry in declared}
    locked = {
        package["name"]: package.get("version")
        for package in tomllib.loads((root / "uv.lock").read_text(encoding="utf-8"))["package"]
    }
    exported = pinned(root / "requirements" / "all.txt")
    assert names <= set(locked)
    assert all(locked[name] in exported[name] for name in names)


def test_conda_file_takes_the_rest_from_the_hashed_export(root: Path) -> None:
    conda = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    assert conda["dependencies"][:2] == ["python=3.11", "pip"]
    assert conda["dependencies"][2] == {"pip": ["-r requirements/all.txt"]}
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["requires-python"] == ">=3.11,<3.14"


def test_the_slow_import_stays_out(root: Path) -> None:
    for entry in lines(root / "requirements" / "all.txt"):
        if entry.startswith("rfc3987-syntax"):
            assert "sys_platform == 'never'" in entry


def test_no_package_of_a_run_is_under_a_licence_that_binds(root: Path) -> None:
    tool = runpy.run_path(str(root / "tools" / "write_licences.py"))
    found = {name: tool["refused"](stated) for name, (stated, _) in tool["licences"]().items()}
    assert len(found) > 50
    assert {name: parts for name, parts in found.items() if parts} == {}
    assert tool["refused"]("GPL-3.0-or-later") == ["GPL-3.0-or-later"]
    assert tool["refused"]("MIT AND AGPL-3.0") == ["AGPL-3.0"]
    assert tool["refused"]("GPL-2.0-only OR MIT") == []


def test_lock_hashes_everything_it_downloads(root: Path) -> None:
    locked = tomllib.loads((root / "uv.lock").read_text(encoding="utf-8"))["package"]
    files = [
        (package["name"], file)
        for package in locked
        for file in (*package.get("wheels", ()), *filter(None, [package.get("sdist")]))
    ]
    assert len(files) > 100
    assert [name for name, file in files if not file["hash"].startswith("sha256:")] == []
    assert [
        p["name"] for p in locked if "registry" not in p["source"] and p["name"] != "ics-maturity"
    ] == []
