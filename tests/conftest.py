"""Fixtures shared by every test: where the published files and reference answers are."""

import json
import os
from pathlib import Path

import pytest

from needs import unavailable

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def sources_dir() -> Path:
    """Folder with the officially published files; skips where it is absent."""
    folder = Path(os.environ.get("ICS_MATURITY_SOURCES") or SHARED / "data")
    if not (folder / "rounds").is_dir():
        unavailable("sources", "published files not found: set ICS_MATURITY_SOURCES")
    return folder


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder with the datasets behind the published answers; skips where it is absent."""
    folder = SHARED / "reference" / "data"
    if not folder.is_dir():
        unavailable("reference", "folder of reference datasets not found beside the project")
    return folder


@pytest.fixture(scope="session")
def reference_answers(reference_data: Path) -> dict:
    """Published answers our estimators must give, by dataset name."""
    return json.loads((reference_data.parent / "conformance.json").read_text(encoding="utf-8"))
