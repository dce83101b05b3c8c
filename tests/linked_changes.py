"""Finds an organisation's change across the instruments wherever a report might show it.

The link between the instruments is too weak for that, so that no table, no data behind a figure
and no page may hold such a change, on whatever scale.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from bs4 import BeautifulSoup

from ics_maturity import comparison
from ics_maturity.models.bracket import RULES
from ics_maturity.models.linking import equipercentile_link, z_link
from ics_maturity.page import Page

SAME = 0.999  # a column that goes with a change this closely is that change in other units
FEW = 8  # below this many organisations values are compared one by one, as they are printed
# One or two numbers printed to two decimals agree by chance now and then, over hundreds of tables;
# the files beside them, in full precision, do not.
FEWEST, PRECISE = 3, 1e-3


def linked_changes(folder: Path) -> dict[str, pd.Series]:
    """Every linked change by organisation (code and name), on every scale and scoring rule."""
    page = Page("04_test_peer_review", profile="none", seed=0, folder=folder)
    rounds, early = page.rounds(), sorted(set(page.read("items")["round"]))
    names = page.read("providers").set_index("provider_code")["provider_name"]
    found = {}
    for before in early:
        for after in (year for year in rounds if year >= comparison.FIRST_REVIEWED):
            frame = comparison.linked(page, before, after).frame
            later = frame["after"].to_numpy()
            scales = {rule: later - frame[rule].to_numpy() for rule in (*RULES, "theme_mean")}
            for scale, link in (("z", z_link), ("percentile", equipercentile_link)):
                both = link(frame["mean"], frame["after"])
                scales[scale] = both.after - both.before
            for scale, change in scales.items():
                codes = pd.Series(change, index=frame["provider_code"])
                named = codes.set_axis(codes.index.map(names).str.casefold())
                found[f"{before} to {after}, {scale}"] = pd.concat([codes, named])
    return found


def tables_of(folder: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Every table of a report by where it stands: CSV files, and tables in HTML pages."""
    for path in sorted(folder.rglob("*.csv")):
        yield path.name, pd.read_csv(path, dtype=str, keep_default_na=False)
    for path in sorted(folder.rglob("*.html")):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for at, table in enumerate(page.find_all("table"), start=1):
            rows = [[cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
                    for row in table.find_all("tr")]  # fmt: skip
            widest = max(map(len, rows), default=0)
            even = [row + [""] * (widest - len(row)) for row in rows]
            yield f"{path.name}, table {at}", pd.DataFrame(even)


def leaks(table: pd.DataFrame, changes: Mapping[str, pd.Series]) -> list[str]:
    """Columns of a table that hold a linked change of the organisations in its rows."""
    labels = set().union(*(change.index for change in changes.values()))
    text = table.astype(str)
    found = []
    for key in text:
        who = text[key].str.strip().where(text[key].isin(labels), text[key].str.casefold())
        rows = who[who.isin(labels)]
        if rows.empty:
            continue
        for column in text.columns.drop(key):
            shown = text.loc[rows.index, column].str.replace("\u2212", "-").str.replace(",", "")
            values = pd.to_numeric(shown, errors="coerce").to_numpy()
            for name, change in changes.items():
                if _same(values, change.reindex(rows).to_numpy(), _half_unit(shown)):
                    found.append(f"{column}: {name}")
    return found


def _half_unit(shown: pd.Series) -> float:
    """Half of the last decimal that is printed, and a little for its rounding."""
    decimals = shown.str.extract(r"\.(\d+)$")[0].str.len().max()
    return 0.51 * 10.0 ** -(0 if pd.isna(decimals) else int(decimals))


def _same(values: np.ndarray, change: np.ndarray, half_unit: float) -> bool:
    both = np.isfinite(values) & np.isfinite(change)
    values, change = values[both], change[both]
    if values.size == 0 or (values.size < FEWEST and half_unit > PRECISE):
        return False
    if values.size < FEW:
        return bool((np.abs(values - change) < half_unit).all())
    if np.ptp(values) == 0 or np.ptp(change) == 0:
        return False
    return bool(abs(np.corrcoef(values, change)[0, 1]) > SAME)
