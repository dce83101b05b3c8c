"""Generated documents and the README keep up with the code."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from ics_maturity import cli

OTHER_PACKAGES = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11) or sys.platform != "linux",
    reason="other versions of Python and other systems need other packages",
)


@pytest.mark.parametrize(
    "name",
    [
        "write_data_dictionary",
        "write_bad_input",
        pytest.param("write_licences", marks=OTHER_PACKAGES),
    ],
)
def test_generated_document_is_current(root: Path, name: str) -> None:
    spec = importlib.util.spec_from_file_location(name, root / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.TARGET.read_text(encoding="utf-8") == tool.text(), f"run tools/{name}.py again"
    if hasattr(tool, "SCHEMA"):
        written = tool.SCHEMA.read_text(encoding="utf-8")
        assert written == tool.schema(), f"run tools/{name}.py again"


def test_every_command_in_the_readme_exists(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    used = set(re.findall(r"ics-maturity ([a-z]+)", readme))
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    known = {"run", "list", "fetch", "template", "check", "simulate", "verify", "publish"}
    assert used <= known
    assert {"run", "fetch", "verify"} <= used


def test_every_file_the_readme_names_exists(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    linked = re.findall(r"\]\((?!https)([^)#]+)\)", readme)
    quoted = re.findall(r"`((?:data/raw|docs|tests)/[\w/.-]*)`", readme)
    assert [name for name in linked + quoted if not (root / name).exists()] == []


def test_nothing_names_a_machine(root: Path) -> None:
    for path in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        assert not re.search(r"/(root|home|Users|tmp)/", path.read_text(encoding="utf-8")), path
