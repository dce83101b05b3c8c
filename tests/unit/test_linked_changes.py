"""The search for linked changes of single organisations finds them in every disguise."""

import numpy as np
import pandas as pd
import pytest

from linked_changes import leaks, tables_of

CODES = [f"R{i:02}" for i in range(30)]
CHANGE = pd.Series(np.random.default_rng(1).normal(-20, 8, 30), index=CODES)
NAMED = pd.concat([CHANGE, CHANGE.set_axis([f"trust {code.casefold()}" for code in CODES])])
CHANGES = {"2016 to 2025, mean": NAMED}


@pytest.mark.parametrize(
    "values",
    [CHANGE, CHANGE.round(1), -CHANGE / 10 + 3, CHANGE.map(lambda v: f"{v:.1f}".replace("-", "−"))],
    ids=["as it is", "rounded", "in other units", "as printed"],
)
def test_a_change_is_found(values: pd.Series) -> None:
    table = pd.DataFrame({"provider": CODES, "score": 1.0, "moved": values.to_numpy()})
    assert leaks(table, CHANGES) == ["moved: 2016 to 2025, mean"]
    by_name = table.assign(provider=[f"TRUST {code}" for code in CODES])
    assert leaks(by_name, CHANGES) == ["moved: 2016 to 2025, mean"]


def test_the_change_of_one_organisation_is_found() -> None:
    table = pd.DataFrame({"provider": ["R03"], "moved": [f"{CHANGE['R03']:.10g}"]})
    assert leaks(table, CHANGES) == ["moved: 2016 to 2025, mean"]


def test_the_change_of_a_few_is_found_as_printed() -> None:
    printed = [f"{CHANGE[code]:.1f}" for code in CODES[:3]]
    table = pd.DataFrame({"provider": CODES[:3], "moved": printed})
    assert leaks(table, CHANGES) == ["moved: 2016 to 2025, mean"]


def test_scores_and_means_are_not_taken_for_changes() -> None:
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        {"provider": CODES, "before": rng.normal(60, 10, 30), "after": rng.normal(36, 6, 30)}
    )
    assert leaks(table, CHANGES) == []
    whole = pd.DataFrame({"before": ["2016"], "shift": [CHANGE.mean()]})
    assert leaks(whole, CHANGES) == []


def test_pages_are_searched_as_well_as_files(tmp_path) -> None:
    rows = "".join(
        f"<tr><th>{code}</th><td>{change:.2f}</td></tr>" for code, change in CHANGE.items()
    )
    (tmp_path / "page.html").write_text(f"<table>{rows}</table>", encoding="utf-8")
    CHANGE.rename("moved").rename_axis("code").to_csv(tmp_path / "twin.csv")
    found = {place: leaks(table, CHANGES) for place, table in tables_of(tmp_path)}
    assert set(found) == {"page.html, table 1", "twin.csv"}
    assert all(len(columns) == 1 for columns in found.values())
