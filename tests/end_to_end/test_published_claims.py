"""The verdicts on the real claims, on the published returns."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from whole_reports import WholeReport

pytest_plugins = ["whole_reports"]
pytestmark = [pytest.mark.slow, pytest.mark.sources, pytest.mark.xdist_group("open report")]


@pytest.fixture(scope="module")
def verdict(open_report: "WholeReport") -> dict[str, str]:
    table = open_report.table("claims")
    return dict(zip(table["claim_id"], table["verdict"], strict=True))


def test_what_was_said_of_2016_is_reproduced(verdict: dict[str, str]) -> None:
    assert {claim: verdict[claim] for claim in ("C01", "C02", "C03", "C04", "C05", "C08")} == (
        dict.fromkeys(("C01", "C02", "C03", "C04", "C05", "C08"), "reproduced")
    )
    assert verdict["C32"] == "reproduced", "the rural share by the classification of 2011"


def test_unpublished_rounds_stay_unchecked(verdict: dict[str, str]) -> None:
    unpublished = ["C11", "C14", "C17", "C18", "C19", "C20", "C21", "C23", "C25", "C26"]
    assert {verdict[claim] for claim in unpublished} == {"uncheckable"}


def test_a_count_that_falls_short_settles_nothing(verdict: dict[str, str]) -> None:
    """233 trusts were said to have taken part in 2017 and 205 in 2025; the files hold fewer."""
    assert (verdict["C09"], verdict["C29"]) == ("undecided", "undecided")


def test_only_a_later_round_contradicts(verdict: dict[str, str]) -> None:
    """The returns of 2017 exist, so that of 2016 was not the last before 2023."""
    assert [claim for claim, found in verdict.items() if found == "contradicted"] == ["C12"]


def test_the_rural_claim_is_judged_on_later_rounds_as_notebook_03_finds_them(
    open_report: "WholeReport", verdict: dict[str, str]
) -> None:
    assert verdict["C22"] == "undecided"
    claims = open_report.table("claims").set_index("claim_id")
    assert claims.loc["C22", "other_round"]
    assert "no proof that there is none" in claims.loc["C22", "why"]
    parts = open_report.table("claim_statements")
    found = parts.loc[parts["claim_id"] == "C22", "found"].fillna("").tolist()
    slope = open_report.results["rurality.slope_2025"]
    minus = "\N{MINUS SIGN}"
    assert found[0] == "", "2023 is not there"
    assert found[2] == f"{slope.value:.2f} ({slope.low:.2f} to {slope.high:.2f})".replace(
        "-", minus
    )


def test_conflicts_are_shown_and_counted(open_report: "WholeReport") -> None:
    pairs = open_report.table("claim_conflicts")
    found = set(zip(pairs["claim_id"], pairs["other_id"], strict=True))
    assert found == {("C11", "C12"), ("C15", "C15"), ("C17", "C25"), ("C18", "C25"), ("C19", "C25")}
    counts = {
        name: open_report.results[f"claims.{name}"].value
        for name in ("reproduced", "consistent", "contradicted", "undecided", "uncheckable",
                     "conflicting")
    }  # fmt: skip
    assert counts == {"reproduced": 7, "consistent": 1, "contradicted": 1, "undecided": 3,
                      "uncheckable": 25, "conflicting": 7}  # fmt: skip
