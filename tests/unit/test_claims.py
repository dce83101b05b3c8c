"""Published claims: the register, the rules, and verdicts on worlds where the truth is known."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ics_maturity.claims import verdicts
from ics_maturity.claims.evidence import Evidence, Found
from ics_maturity.claims.quantities import MEASURED
from ics_maturity.claims.register import TABLES, Register, load_register, press_statements
from ics_maturity.claims.statements import QUANTITIES, RELATIONS, Statement
from ics_maturity.claims.study import listed
from ics_maturity.clean import Cleaned, clean
from ics_maturity.errors import InputError
from ics_maturity.instruments import load
from ics_maturity.profiles import load_folder
from ics_maturity.reference import load_reference
from ics_maturity.reference_tables import Reference
from ics_maturity.returns import QualityLog, empty_returns
from ics_maturity.simulate import DEMO_SEED, Truth, world


def statement(relation: str, stated: str, **other: object) -> Statement:
    """A statement of C01, part 1, about the national mean of 2023 unless said otherwise."""
    row = {"claim_id": "C01", "part": 1, "measure_id": "m", "quantity": "national_mean",
           "round": "2023", "subject": "", "construct": ""}  # fmt: skip
    return Statement.parse(**(row | other), relation=relation, stated=stated)  # type: ignore[arg-type]


# Statements


@pytest.mark.parametrize(
    ("relation", "stated", "low", "high"),
    [
        ("equals", "2.4", 2.35, 2.45),
        ("equals", "2.0", 1.95, 2.05),
        ("equals", "2", 1.5, 2.5),
        ("equals", "-0.20", -0.205, -0.195),
        ("between", "2.3 to 2.4", 2.25, 2.45),
        ("full_count", "205", 205, 205),
    ],
)
def test_the_decimals_printed_are_the_tolerance(
    relation: str, stated: str, low: float, high: float
) -> None:
    read = statement(relation, stated)
    assert (read.low, read.high) == (low, high)


@pytest.mark.parametrize(
    ("relation", "stated", "fix"),
    [
        ("equals", "about 2", "plain number"),
        ("between", "2.3-2.4", "2.3 to 2.4"),
        ("between", "2.4 to 2.3", "smaller number first"),
        ("full_count", "205.5", "whole number"),
        ("sign", "negative", "below zero, above zero"),
        ("names", "RM3; ; RRK", "separate with ;"),
        ("names", "RM3; RM3", "each one once"),
    ],
)
def test_a_statement_that_its_relation_cannot_read_says_what_to_write(
    relation: str, stated: str, fix: str
) -> None:
    with pytest.raises(ValueError, match=fix):
        statement(relation, stated)


def test_statements_exclude_each_other_only_about_the_same_thing() -> None:
    one, other = statement("equals", "2.2"), statement("equals", "1.8")
    assert one.excludes(other)
    assert other.excludes(one)
    assert not one.excludes(statement("equals", "1.8", round="2025"))
    assert not one.excludes(statement("equals", "2"))  # could be the same, printed shorter
    assert not statement("names", "A").excludes(statement("names", "B"))


# Rules

RULES = [
    ("equals", "2.4", Found({"provider": 2.36, "row": 2.9}), "reproduced"),
    ("equals", "2.4", Found({"provider": 2.9, "row": 2.36}), "reproduced"),
    ("equals", "2.4", Found({"provider": 2.35}), "reproduced"),  # a half may go either way
    ("equals", "2.4", Found({"provider": 2.3499, "row": 2.5}), "contradicted"),
    ("between", "2.3 to 2.4", Found({"": 2.44}), "consistent"),
    ("between", "2.3 to 2.4", Found({"": 2.46}), "contradicted"),
    ("full_count", "205", Found({"": 205}), "reproduced"),
    ("full_count", "205", Found({"": 204}), "undecided"),
    ("full_count", "205", Found({"": 206}), "contradicted"),
    ("latest", "2016", Found({"": 2016}), "consistent"),
    ("latest", "2016", Found({"": 2017}), "contradicted"),
    ("sign", "below zero", Found({"": -0.2}, low=-0.3, high=-0.1), "consistent"),
    ("sign", "below zero", Found({"": -0.2}, low=-0.5, high=0.1), "undecided"),
    ("sign", "below zero", Found({"": 0.2}, low=0.1, high=0.3), "contradicted"),
    ("sign", "above zero", Found({"": 6}, low=6, high=6), "consistent"),
    ("names", "A; B", Found(items=("A", "B")), "reproduced"),
    ("names", "A; B", Found(items=("A", "B", "C")), "consistent"),
    ("names", "A; B", Found(items=("A", "C")), "contradicted"),
    ("values", "0; 50; 100", Found(items=("0", "50", "100")), "reproduced"),
    ("values", "0; 50; 100", Found(items=("0", "100")), "consistent"),
    ("values", "0; 50; 100", Found(items=("0", "25")), "contradicted"),
]


@pytest.mark.parametrize(("relation", "stated", "found", "verdict"), RULES)
def test_every_rule_gives_its_verdict(
    relation: str, stated: str, found: Found, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MEASURED, "national_mean", lambda evidence, statement: found)
    judged = verdicts.judge(statement(relation, stated), None)  # type: ignore[arg-type]
    assert judged.verdict == verdict
    assert judged.why
    elsewhere = verdicts.judge(statement(relation, stated), None, elsewhere=True)  # type: ignore[arg-type]
    allowed = "consistent" if verdict in ("reproduced", "consistent") else "undecided"
    assert elsewhere.verdict == allowed, "another round can neither reproduce nor contradict"


def test_every_relation_has_a_rule_that_is_tested_above() -> None:
    assert {relation for relation, *_ in RULES} == set(RELATIONS)
    assert set(MEASURED) < set(QUANTITIES)


def test_names_of_others_are_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Found(items=("A", "SOMEBODY"))
    monkeypatch.setitem(MEASURED, "national_mean", lambda evidence, statement: found)
    judged = verdicts.judge(statement("names", "A; B"), None)  # type: ignore[arg-type]
    assert (judged.found, "SOMEBODY" in judged.why) == ("1 of 2", False)


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([], "uncheckable"),
        (["uncheckable", "uncheckable"], "uncheckable"),
        (["uncheckable", "reproduced"], "reproduced"),
        (["reproduced", "consistent"], "consistent"),
        (["reproduced", "undecided"], "undecided"),
        (["reproduced", "undecided", "contradicted"], "contradicted"),
    ],
)
def test_a_claim_takes_the_least_favourable_verdict_that_could_be_reached(
    parts: list[str], verdict: str
) -> None:
    assert verdicts.combined(parts) == verdict


# The register


def write_register(folder: Path, statement_row: str, claim: str = "C01") -> Path:
    folder.mkdir()
    claims = ",".join(TABLES["claims"].fields)
    statements = ",".join(TABLES["statements"].fields)
    (folder / "claims.csv").write_text(f"{claims}\n{claim},2023,Words,Source,2023,copy,\n")
    (folder / "statements.csv").write_text(f"{statements}\n{statement_row}\n")
    return folder


def test_an_absent_folder_is_a_register_without_claims(tmp_path: Path) -> None:
    register = load_register(tmp_path / "none")
    assert register.claims.empty
    assert register.parsed == []
    assert press_statements(register, ["A"]).empty


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            "C01,1,m,national_meen,2023,,,equals,2.4",
            r"row 2, column quantity: found 'national_meen",
        ),
        ("C01,1,m,national_mean,2023,,,is,2.4", r"column relation: found 'is'; expected one of"),
        ("C02,1,m,national_mean,2023,,,equals,2.4", r"claim_id of C02, part 1.*a claim of claims"),
        ("C01,1,m,national_mean,2023,,,equals,high", r"stated of C01, part 1: found 'high'"),
        ("C01,1,m,national_mean,2023,,,equals", r"row 2: found '8 cells'; expected 9 cells"),
    ],
)
def test_faults_of_the_register_say_where_they_are(row: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"statements\.csv.*{expected}"):
        load_register(write_register(tmp_path / "published", row))


@pytest.fixture(scope="module")
def register(root: Path) -> Register:
    return load_register(root / "data/raw/published")


def test_the_register_holds_every_claim_with_its_source(register: Register) -> None:
    assert list(register.claims["claim_id"]) == [f"C{n:02}" for n in range(1, 38)]
    assert (register.claims["source"] != "").all()


def test_the_known_conflicts_are_found(register: Register) -> None:
    pairs = {
        frozenset((one.claim_id, other.claim_id))
        for one in register.parsed for other in register.parsed if one.excludes(other)
    }  # fmt: skip
    assert pairs == {
        frozenset(pair)
        for pair in (("C11", "C12"), ("C15",), ("C17", "C25"), ("C18", "C25"), ("C19", "C25"))
    }


def test_two_measures_of_the_press_are_not_merged(register: Register, root: Path) -> None:
    systems = pd.read_csv(root / "data/raw/reference/systems.csv")
    codes = list(systems.loc[systems["vintage"] == 2022, "ics_code"])
    table = press_statements(register, codes)
    assert set(table["measure_id"]) == {"press_2023_provider_mean"}, "the other states no threshold"
    assert list(table["ics_code"]) == sorted(codes)
    named = table[table["named"] == "yes"].set_index("ics_code")[["low", "high"]]
    assert named.loc["QPM"].tolist() == [2.15, 2.25]
    assert named.loc["QWO"].tolist() == [2.95, 3.15]
    assert len(named) == 8
    rest = table[table["named"] == "no"]
    assert rest[["low", "high"]].drop_duplicates().to_numpy().tolist() == [[2.15, 2.95]]


# Known worlds


def evidence(cleaned: Cleaned) -> Evidence:
    """As :func:`ics_maturity.claims.study.evidence`, from tables in memory."""
    return evidence_of(cleaned.returns, cleaned.reference)


def evidence_of(returns: pd.DataFrame, tables: Reference) -> Evidence:
    systems = tables.systems[tables.systems["vintage"] == 2022].set_index("ics_code")
    rural = tables.rurality[tables.rurality["definition"] == "ruc2021"].set_index("ics_code")
    return Evidence(
        returns=returns, items=empty_returns(), quality_log=QualityLog().frame(),
        providers=tables.providers, systems=systems.assign(rural_share=rural["rural_share"]),
        maps=tables.systems, rurality=tables.rurality,
    )  # fmt: skip


def test_the_demo_claims_get_the_verdicts_they_deserve(root: Path) -> None:
    tables = load_reference(root / "data/raw/demo/reference")
    returns = world(Truth(), DEMO_SEED)
    checked = verdicts.check(
        load_register(root / "data/raw/demo/published"), evidence_of(returns, tables)
    )
    truth = json.loads((root / "data/raw/demo/truth.json").read_text(encoding="utf-8"))["claims"]
    found = dict(zip(checked.claims["claim_id"], checked.claims["verdict"], strict=True))
    assert found == truth
    assert set(truth.values()) == set(verdicts.VERDICTS), "one of each, at least"
    assert checked.conflicting == ["X07", "X08"]
    assert checked.judged_elsewhere == ["X06"]


PILLARS = [pillar.id for pillar in load("dma_2025").pillars]


def own_2023(folder: Path, root: Path, systems: int) -> Cleaned:
    """Simulated moderated returns of 2023 of the real providers of the first systems.

    Every score is 2.38 or 2.42, but 0.7 higher in three systems that the press named as highest.
    """
    providers = pd.read_csv(root / "data/raw/reference/providers.csv")
    kept = sorted(set(providers["ics_code"]))[:systems]
    providers = providers[providers["ics_code"].isin(kept)]
    high = providers["ics_code"].isin(["QJG", "QNQ", "QWO"])
    score = np.where(high, 3.1, 2.4) + np.where(np.arange(len(providers)) % 2, 0.02, -0.02)
    rows = providers.assign(score=score.round(2))
    rows = rows.merge(pd.DataFrame({"construct": PILLARS}), how="cross")
    rows = rows.assign(round=2023, care_setting="acute", level="pillar", assessed_by="moderated")
    folder.mkdir()
    columns = ["round", "provider_code", "provider_name", "care_setting", "level", "construct",
               "score", "assessed_by"]  # fmt: skip
    rows[columns].to_csv(folder / "returns.csv", index=False)
    (folder / "profile.yaml").write_text(
        "label: Own\nbanner: Own\nreturns:\n"
        "  - {file: returns.csv, layout: template, round: 2023, source_id: own_2023}\n"
    )
    return clean(load_folder(folder, "own", root))


def test_claims_on_2023_become_checkable_with_returns_of_2023(tmp_path: Path, root: Path) -> None:
    cleaned = own_2023(tmp_path / "own", root, systems=42)
    checked = verdicts.check(cleaned.register, evidence(cleaned))
    verdict = dict(zip(checked.claims["claim_id"], checked.claims["verdict"], strict=True))
    assert verdict["C14"] == "reproduced", "seven pillars, 1 to 5"
    assert verdict["C17"] == "contradicted", "the lowest is 2.4 here"
    assert verdict["C18"] == "consistent"
    # Three systems reach 3.0, with 3.1, and are the ones named.
    assert verdict["C19"] == "consistent"
    assert verdict["C20"] == "reproduced", "the mean is 2.44"
    assert verdict["C25"] == "contradicted", "nobody has 3.3"
    assert verdict["C01"] == "uncheckable", "2016 is not there"
    assert verdict["C15"] == "uncheckable"
    slope = checked.statements[checked.statements["claim_id"] == "C22"]
    assert list(slope["verdict"] != "uncheckable") == [True, False, False]
    assert checked.judged_elsewhere == []
    assert {"C17", "C25"} <= set(checked.conflicting), "a conflict stays one"


def test_returns_of_some_systems_do_not_speak_for_the_nation(tmp_path: Path, root: Path) -> None:
    cleaned = own_2023(tmp_path / "own", root, systems=30)
    checked = verdicts.check(cleaned.register, evidence(cleaned))
    verdict = dict(zip(checked.claims["claim_id"], checked.claims["verdict"], strict=True))
    assert verdict["C20"] == verdict["C21"] == verdict["C22"] == "uncheckable"
    why = checked.claims.set_index("claim_id")["why"]
    assert "30 of 42 systems" in why["C20"]
    assert verdict["C14"] == "reproduced", "the form of the instrument needs no nation"
    parts = checked.statements[checked.statements["claim_id"] == "C19"]
    alone = parts[parts["what"].str.startswith("score of system Q")]
    assert set(alone["verdict"]) == {"consistent", "uncheckable"}, "a system of its own can be seen"


def test_a_system_with_a_provider_missing_is_not_compared(tmp_path: Path, root: Path) -> None:
    cleaned = own_2023(tmp_path / "own", root, systems=42)
    returns = cleaned.returns
    gone = returns.loc[returns["ics_code"] == "QJG", "provider_code"].iloc[0]
    some = evidence(cleaned)
    less = Evidence(**{**vars(some), "returns": returns[returns["provider_code"] != gone]})
    said = statement("equals", "3.1", quantity="system_score", subject="QJG")
    assert verdicts.judge(said, some).verdict == "reproduced"
    judged = verdicts.judge(said, less)
    assert judged.verdict == "uncheckable"
    assert "providers" in judged.why


def test_lists_in_prose_stay_short() -> None:
    assert listed([]) == "none"
    assert listed(["C01", "C02"]) == "C01, C02"
    assert listed(["A", "B", "C"], longest=2) == "A, B and 1 more"
