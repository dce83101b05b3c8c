"""Stands in for a notebook's page: hands out tables and random generators by name."""

import numpy as np
import pandas as pd


class Shelf:
    """What functions take from a page, from frames held in memory."""

    def __init__(self, **tables: pd.DataFrame) -> None:
        self.tables = tables

    def read(self, name: str) -> pd.DataFrame:
        """A copy, as a page gives a new frame at every reading."""
        return self.tables[name].copy()

    def rng(self, name: str) -> np.random.Generator:
        """One generator per name, the same at every call."""
        return np.random.default_rng(list(name.encode()))
