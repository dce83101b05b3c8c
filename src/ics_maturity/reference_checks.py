"""What the tables of a reference folder must say together, beyond each cell being sound."""

from datetime import date

import numpy as np
import pandas as pd

from ics_maturity.errors import Problem
from ics_maturity.reference_tables import VINTAGES, Reference

_SHARE_TOLERANCE = 5e-4  # a share typed to three decimals


def _system_codes(reference: Reference, vintage: int = VINTAGES[0]) -> set[str]:
    systems = reference.systems
    return set(systems.loc[systems["vintage"] == vintage, "ics_code"])


def _unknown(
    file: str, frame: pd.DataFrame, column: str, known: set[str], what: str, *, empty: bool = False
) -> list[Problem]:
    """A problem for each code of a column that the register does not hold."""
    used = set(frame[column]) - known - ({""} if empty else set())
    return [
        Problem(f"the code of {what}", file=file, column=column, value=code,
                fix="correct the code or add it to the register")
        for code in sorted(used)
    ]  # fmt: skip


def _check_codes(reference: Reference) -> list[Problem]:
    """Every code used is a code of the register of systems or of providers."""
    old, new = _system_codes(reference), _system_codes(reference, VINTAGES[1])
    an_old, a_new = "a system of vintage 2022", "a system of vintage 2026"
    providers, changes = reference.providers, reference.boundary_changes
    return [
        *_unknown("providers.csv", providers, "ics_code", old, an_old),
        *_unknown("providers.csv", providers, "ics_code_ods", old, an_old, empty=True),
        *_unknown("providers.csv", providers, "ics_code_2026", new, a_new, empty=True),
        *_unknown("rurality.csv", reference.rurality, "ics_code", old, an_old),
        *_unknown("rurality_2026.csv", reference.rurality_2026, "ics_code", new, a_new),
        *_unknown("adjacency.csv", reference.adjacency, "ics_code_a", old, an_old),
        *_unknown("adjacency.csv", reference.adjacency, "ics_code_b", old, an_old),
        *_unknown("centroids.csv", reference.centroids, "ics_code", old, an_old),
        *_unknown("tiles.csv", reference.tiles, "ics_code", old, an_old),
        *_unknown("boundary_changes.csv", changes, "ics_code_2022", old, an_old),
        *_unknown("boundary_changes.csv", changes, "ics_code_2026", new, a_new),
        *_unknown("successions.csv", reference.successions, "provider_code",
                  set(providers["provider_code"]), "a provider of 2025", empty=True),
    ]  # fmt: skip


def _missing(file: str, codes: set[str], present: pd.Series, what: str) -> list[Problem]:
    return [
        Problem(f"{what} for every system of vintage 2022", file=file, column="ics_code",
                value=f"none for {code}", fix="add the row")
        for code in sorted(codes - set(present))
    ]  # fmt: skip


def _check_coverage(reference: Reference) -> list[Problem]:
    """No system lacks its rural share, its neighbours, its tile or (if any have one) centroid."""
    codes = _system_codes(reference)
    borders = pd.concat([reference.adjacency["ics_code_a"], reference.adjacency["ics_code_b"]])
    problems = _missing("adjacency.csv", codes, borders, "a neighbour")
    problems += _missing("tiles.csv", codes, reference.tiles["ics_code"], "a tile")
    for definition, rows in reference.rurality.groupby("definition"):
        problems += _missing("rurality.csv", codes, rows["ics_code"], f"a share by {definition}")
    if len(reference.centroids):
        problems += _missing("centroids.csv", codes, reference.centroids["ics_code"], "a point")
    return problems


def _check_rurality(reference: Reference) -> list[Problem]:
    """A share is what its populations say."""
    return [
        Problem(f"rural_population / population = {row.rural_population / row.population:.4f}"
                if row.population else "a population above 0",
                file=f"{name}.csv", column="rural_share", value=str(row.rural_share),
                fix=f"correct {row.ics_code}, {row.definition}")
        for name in ("rurality", "rurality_2026")
        for row in getattr(reference, name).itertuples()
        if not row.population
        or abs(row.rural_share - row.rural_population / row.population) > _SHARE_TOLERANCE
    ]  # fmt: skip


def _check_map(reference: Reference) -> list[Problem]:
    """No system borders itself; no two systems share a tile."""
    itself = reference.adjacency.query("ics_code_a == ics_code_b")["ics_code_a"]
    problems = [
        Problem("two different systems", file="adjacency.csv", value=code, fix="remove the row")
        for code in itself
    ]
    places = ["tile_row", "tile_column"]
    problems += [
        Problem("one system per tile", file="tiles.csv", value=f"{row.ics_code} at row "
                f"{row.tile_row}, column {row.tile_column}", fix="move one of the systems")
        for row in reference.tiles[reference.tiles.duplicated(places)].itertuples()
    ]  # fmt: skip
    return problems


def _check_successions(reference: Reference) -> list[Problem]:
    """Every organisation reaches a provider, whole, or says why it does not."""
    rows = reference.successions
    none = rows["kind"] == "none"
    lost = rows[(none != (rows["provider_code"] == "")) | (none & (rows["reason"] == ""))]
    problems = [
        Problem("a provider_code, or kind none with a reason", file="successions.csv",
                value=f"{row.code_returned} of {row.round}", fix="give the successor or the reason")
        for row in lost.itertuples()
    ]  # fmt: skip
    weights = rows.groupby(["round", "code_returned"])["weight"].agg(["sum", "min"])
    wrong = weights[~np.isclose(weights["sum"], 1) | (weights["min"] <= 0)]
    problems += [
        Problem("weights above 0 that sum to 1", file="successions.csv", column="weight",
                value=f"{total:g} for {code} of {year}", fix="correct the weights")
        for (year, code), total in wrong["sum"].items()
    ]  # fmt: skip
    return problems


def _check_days(reference: Reference) -> list[Problem]:
    """Days exist in the calendar."""
    tables = {
        "providers": ("opened", "closed"),
        "successions": ("effective_date",),
        "incentives": ("since",),
    }
    return [
        Problem("a day of the calendar as YYYY-MM-DD", file=f"{name}.csv", column=column,
                value=day, fix="correct the day")
        for name, columns in tables.items()
        for column in columns
        for day in sorted(set(getattr(reference, name)[column]) - {""})
        if not _is_day(day)
    ]  # fmt: skip


def _check_sizes(reference: Reference) -> list[Problem]:
    """A size is above 0, and sizes of one round count the same thing."""
    sizes = reference.sizes
    problems = [
        Problem("a size above 0", file="sizes.csv", column="size", value=f"{row.size:g}",
                fix=f"correct {row.code_returned} of {row.round}, or leave the row out")
        for row in sizes[sizes["size"] <= 0].itertuples(index=False)
    ]  # fmt: skip
    units = sizes.groupby("round")["unit"].agg(lambda unit: sorted(set(unit)))
    return problems + [
        Problem("one unit per round", file="sizes.csv", column="unit", value=", ".join(unit),
                fix=f"give all sizes of {year} in one unit")
        for year, unit in units.items()
        if len(unit) > 1
    ]  # fmt: skip


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


_CHECKS = (
    _check_codes,
    _check_coverage,
    _check_rurality,
    _check_map,
    _check_successions,
    _check_days,
    _check_sizes,
)


def contradictions(reference: Reference) -> list[Problem]:
    """Every contradiction within or between the tables, in a fixed order."""
    return [problem for check in _CHECKS for problem in check(reference)]
