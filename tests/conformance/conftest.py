"""Small published datasets, retyped beside the tests that use them."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def dataset() -> Callable[[str], pd.DataFrame]:
    """Reader of tests/conformance/data by name."""

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(Path(__file__).parent / "data" / f"{name}.csv")

    return read
