"""What may leave in a release of aggregates, read from ``allowed.toml``."""

import re
import tomllib
from functools import cache
from pathlib import Path

from pydantic import Field

from ics_maturity.schema import Strict

_YEAR = re.compile(r"_20\d\d$")


class TableRule(Strict):
    """How one table leaves: rows by ``count`` and ``system``, and only these ``columns``."""

    count: str = ""
    system: str = ""
    columns: list[str] = Field(default_factory=list)


class FigureRules(Strict):
    """Figures of groups, and figures of systems that leave where none is suppressed."""

    groups: list[str]
    systems: list[str]


class ResultRules(Strict):
    """Beginnings of the names of results that may leave."""

    beginnings: list[str]


class Rules(Strict):
    """The whole list."""

    tables: dict[str, TableRule]
    figures: FigureRules
    results: ResultRules

    def table(self, name: str) -> TableRule | None:
        """How the table of that name (with or without a year) leaves; None if it does not."""
        return self.tables.get(name) or self.tables.get(_YEAR.sub("", name))

    def figure(self, name: str, suppressed: bool) -> bool:
        """Whether the figure leaves; ``suppressed`` says that some system is."""
        known = {name, _YEAR.sub("", name)}
        if known & set(self.figures.groups):
            return True
        return not suppressed and bool(known & set(self.figures.systems))

    def result(self, name: str) -> bool:
        """Whether the named result leaves."""
        return name.startswith(tuple(self.results.beginnings))


@cache
def load_rules() -> Rules:
    """The list that comes with the package."""
    path = Path(__file__).with_name("allowed.toml")
    return Rules.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
