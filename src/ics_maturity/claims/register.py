"""The register of published claims: what was said, by whom, and the figures in it.

A folder holds ``claims.csv``, one row per claim in wording of our own, and ``statements.csv``, one
row per figure, name or direction that a claim states. A claim without a statement is a judgement
that no figure can check.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ics_maturity.claims.statements import QUANTITIES, RELATIONS, Statement
from ics_maturity.errors import InputError, Problem
from ics_maturity.reference import read_table
from ics_maturity.reference_tables import Field, Table, schema_of

_WORDS = r"[^=+\-@\x00-\x1f\x7f\s][^\x00-\x1f\x7f]{0,499}"
_SLUG = r"[a-z][a-z0-9_]{0,59}"
_CLAIM_ID = Field("Identifier of the claim", "a capital letter and two digits", r"[A-Z]\d{2}")

TABLES: dict[str, Table] = {
    "claims": Table(
        {
            "claim_id": _CLAIM_ID,
            "round": Field("Round the claim is about; empty where it is about none",
                           "a year, or empty", r"(20\d{2})?"),
            "claim": Field("What was claimed, in wording of our own",
                           "printable text that does not start with = + - @", _WORDS),
            "source": Field("Who said it, and where", "the source in words", _WORDS),
            "published": Field("When it was said", "a year or YYYY-MM, or empty",
                               r"(20\d{2}(-(0[1-9]|1[0-2]))?)?"),
            "read": Field("What was read: the article, a stored copy of the page (often only its "
                          "opening), or a report by others", "article, copy or secondary",
                          "article|copy|secondary"),
            "limits": Field("What stands between the claim and these data",
                            "printable text, or empty", rf"({_WORDS})?"),
        },
        key=("claim_id",),
    ),
    "statements": Table(
        {
            "claim_id": _CLAIM_ID,
            "part": Field("Number of the statement within the claim", "a whole number",
                          r"\d{1,2}", "integer"),
            "measure_id": Field("Which measure the source describes; measures are never merged",
                                "a lower-case slug", _SLUG),
            "quantity": Field("What is stated", "a quantity that can be looked up",
                              "|".join(QUANTITIES)),
            "round": Field("Round that the statement is checked on; empty where it has none",
                           "a year, or empty", r"(20\d{2})?"),
            "subject": Field("Whom or what it is about: a code, a region, a family of answers",
                             "printable text, or empty", rf"({_WORDS})?"),
            "construct": Field("Theme, section or pillar; empty for the mean of all",
                               "a lower-case slug, or empty", rf"({_SLUG})?"),
            "relation": Field("How the figure found must relate to what is stated",
                              "one of " + ", ".join(RELATIONS), "|".join(RELATIONS)),
            "stated": Field("What is stated, with as many decimals as were printed",
                            "a number, a range, names or a direction, as the relation needs",
                            r"[^=+@\x00-\x1f\x7f\s][^\x00-\x1f\x7f]{0,199}"),
        },
        key=("claim_id", "part"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Register:
    """The two tables of a folder of claims, as :data:`TABLES` describes them; either may be empty.

    Years are text in both, because they may be empty.
    """

    claims: pd.DataFrame
    statements: pd.DataFrame

    @cached_property
    def parsed(self) -> list[Statement]:
        """The statements, sorted by claim and part."""
        rows = self.statements.sort_values(["claim_id", "part"])
        return [Statement.parse(**row) for row in rows.to_dict("records")]


def empty_register() -> Register:
    """A register without claims."""
    frames = {
        name: pd.DataFrame(columns=list(table.fields), dtype="str")
        for name, table in TABLES.items()
    }
    return Register(**frames)


def load_register(folder: Path) -> Register:
    """Read and check a folder of claims; an absent folder is a register without claims.

    Raises:
        InputError: every cell that breaks its column's rule; or, when all cells are sound, every
            statement of an unknown claim and every figure that its relation cannot read.
    """
    if not folder.is_dir():
        return empty_register()
    problems: list[Problem] = []
    register = Register(
        **{name: read_table(folder / f"{name}.csv", TABLES[name], problems) for name in TABLES}
    )
    if problems or (problems := _contradictions(register)):
        raise InputError(problems)
    return register


def claims_schema(name: str) -> dict[str, Any]:
    """The Frictionless table schema of ``claims`` or ``statements``."""
    return schema_of(TABLES[name])


PRESS_DICTIONARY: dict[str, Any] = schema_of(
    Table(
        {
            "ics_code": Field("System", "a code", r"[A-Z0-9]{1,12}"),
            "measure_id": Field("Which measure the press described; measures are never merged",
                                "a lower-case slug", _SLUG),
            "low": Field("Lowest score that the words leave open", "a number", "", "number"),
            "high": Field("Highest score that the words leave open", "a number", "", "number"),
            "named": Field("Whether the words name the system", "yes or no", "yes|no"),
            "source": Field("Claims that the range follows from", "text", _WORDS),
        },
        key=("ics_code", "measure_id"),
    )
)  # fmt: skip


def _contradictions(register: Register) -> list[Problem]:
    known = set(register.claims["claim_id"])
    problems = []
    for row in register.statements.to_dict("records"):
        part = f"of {row['claim_id']}, part {row['part']}"
        if row["claim_id"] not in known:
            problems.append(
                Problem(
                    "a claim of claims.csv",
                    file="statements.csv",
                    column=f"claim_id {part}",
                    value=row["claim_id"],
                    fix="add the claim, or correct its identifier",
                )
            )
        try:
            Statement.parse(**row)
        except ValueError as error:
            problems.append(
                Problem(
                    f"what {row['relation']} needs",
                    file="statements.csv",
                    column=f"stated {part}",
                    value=row["stated"],
                    fix=str(error),
                )
            )
    return problems


def press_statements(register: Register, systems: list[str]) -> pd.DataFrame:
    """The range that a measure's statements leave open to the score of each system.

    A system that is named has the range stated. The others lie above the stated lowest score and
    below the score that only the named highest reached; where a measure states both ends, every
    system has a range.

    Args:
        register: the claims.
        systems: codes of the map.

    Returns:
        ics_code, measure_id, low, high, named (yes, no), source; sorted by measure and code, only
        measures that state a lowest and a threshold.
    """
    columns = ["ics_code", "measure_id", "low", "high", "named", "source"]
    rows: list[tuple[Any, ...]] = []
    for measure in sorted({one.measure_id for one in register.parsed}):
        said = [one for one in register.parsed if one.measure_id == measure]
        ends = {one.quantity: one for one in said if not one.construct}
        if not {"lowest_system_score", "systems_at_least"} <= set(ends):
            continue
        lowest, threshold = ends["lowest_system_score"], ends["systems_at_least"]
        low, high = lowest.low, float(threshold.subject) - threshold.half_unit
        named = {one.subject: one for one in said if one.quantity == "system_score"}
        between = f"not named: between the stated lowest ({lowest.claim_id}) and the score that " \
                  f"only the named reached ({threshold.claim_id})"  # fmt: skip
        for code in sorted(systems):
            if one := named.get(code):
                rows.append((code, measure, one.low, one.high, "yes", f"claim {one.claim_id}"))
            else:
                rows.append((code, measure, low, high, "no", between))
    return pd.DataFrame(rows, columns=columns)
