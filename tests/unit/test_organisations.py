"""Names to codes, early codes to providers of 2025, providers to systems."""

import csv
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from ics_maturity import organisations
from ics_maturity.reference import load_reference
from ics_maturity.reference_tables import Reference
from ics_maturity.returns import QualityLog, validate
from tidy_returns import tidy


@pytest.fixture(scope="module")
def reference(root: Path) -> Reference:
    return load_reference(root / "data" / "raw" / "reference")


@pytest.fixture
def log() -> QualityLog:
    return QualityLog()


def returned(code: str, year: int = 2016, **more: object) -> dict[str, object]:
    """One theme score of an early round, as a reader gives it."""
    return {"round": year, "provider_code": code, "provider_code_returned": code, "level": "theme",
            "construct": "readiness", "score": 70.0, "scale_min": 0.0, "scale_max": 100.0,
            "care_setting": "all", **more}  # fmt: skip


def linked(frame: pd.DataFrame, reference: Reference, log: QualityLog, **options: date) -> dict:
    out = organisations.link(frame, reference.successions, reference.providers, log, **options)
    validate(out)
    return dict(zip(out["provider_code_returned"], out["provider_code"], strict=True))


@pytest.mark.parametrize(
    "written",
    [
        "SHEFFIELD HEALTH & SOCIAL CARE NHS FOUNDATION TRUST",
        "Sheffield Health and Social Care NHS Foundation Trust",
        "  Sheffield Health  &  Social Care  NHS Foundation Trust. ",
    ],
)
def test_a_name_is_known_however_it_is_written(written: str) -> None:
    wanted = "SHEFFIELD HEALTH AND SOCIAL CARE NHS FOUNDATION TRUST"
    assert organisations.normalise_name(written) == wanted


def test_apostrophes_do_not_matter_and_words_do() -> None:
    normal = organisations.normalise_name
    assert normal("St George’s") == normal("ST GEORGE'S") == normal("St Georges")
    assert normal("North Bristol NHS Trust") != normal("North Bristol NHS Foundation Trust")


def test_no_two_providers_share_a_name(reference: Reference) -> None:
    assert reference.providers["provider_name"].map(organisations.normalise_name).is_unique


def test_names_get_codes_and_unknown_ones_are_set_aside(
    reference: Reference, log: QualityLog
) -> None:
    frame = tidy(
        {"provider_name": "Salisbury NHS Foundation Trust"},
        {"provider_name": "BRADFORD DISTRICT CARE NHS FOUNDATION TRUST"},
        {"provider_name": "SALISBURY NHS TRUST"},
        {"provider_name": "Somebody else", **returned("RQ3")},
    )
    coded = organisations.attach_codes(frame, reference.providers, log)
    validate(coded)
    assert coded["provider_code"].to_list() == ["RNZ", "TAD", "RQ3"]
    notes = log.frame().set_index("kind")
    assert notes.loc["code_matched_by_hand", "provider_code"] == "TAD"
    unknown = notes.loc["unknown_provider_name"]
    assert unknown["severity"] == "quarantined"
    assert unknown["value"] == "SALISBURY NHS TRUST"
    assert "SALISBURY NHS FOUNDATION TRUST" in unknown["action"]
    assert len(log) == 2


def test_codes_of_early_rounds_reach_their_providers(reference: Reference, log: QualityLog) -> None:
    codes = ["RTQ", "RTV", "RW6", "RFW", "RVN", "RKE2"]
    found = linked(tidy(*(returned(code) for code in codes)), reference, log)
    assert found == {"RTQ": "RTQ", "RTV": "RW4", "RW6": "RM3", "RFW": "RGD", "RVN": "RVN",
                     "RKE2": "RKE"}  # fmt: skip
    kinds = log.frame().set_index("provider_code")["kind"].to_dict()
    assert kinds == {"RW6": "organisation_divided", "RFW": "code_corrected",
                     "RVN": "no_provider_2025", "RKE2": "code_corrected"}  # fmt: skip


def test_a_code_wrong_in_one_file_is_right_in_another(
    reference: Reference, log: QualityLog
) -> None:
    # RLU was Birmingham Women's own code in 2016 and stale in 2017; both lead to RQ3.
    frame = tidy(returned("RLU"), returned("RLU", 2017))
    out = organisations.link(frame, reference.successions, reference.providers, log)
    assert out["provider_code"].to_list() == ["RQ3", "RQ3"]
    assert log.frame()[["round", "kind"]].to_numpy().tolist() == [[2017, "code_corrected"]]


def test_only_changes_in_force_on_a_day(reference: Reference, log: QualityLog) -> None:
    # Hinchingbrooke joined in April 2017, Yeovil in March 2023; RFW was never Leeds and York's.
    frame = tidy(returned("RQQ"), returned("RA4"), returned("RFW"), returned("RW6"))
    autumn_2017 = linked(frame, reference, log, as_of=date(2017, 9, 1))
    assert autumn_2017 == {"RQQ": "RGN", "RA4": "RA4", "RFW": "RGD", "RW6": "RW6"}
    assert linked(frame, reference, log)["RA4"] == "RH5"
    assert linked(frame, reference, log, as_of=date(2017, 3, 31))["RQQ"] == "RQQ"


def test_a_round_without_a_list_borrows_another_rounds_successions(
    reference: Reference, log: QualityLog
) -> None:
    codes = ["RTV", "RTQ", "RFW", "RVN", "RZZ", "RW6"]
    found = linked(tidy(*(returned(code, 2019) for code in codes)), reference, log)
    # RFW is wrong in the file of 2016 only, and RVN's absence is a fact about its own rows.
    assert found == {"RTV": "RW4", "RTQ": "RTQ", "RW6": "RM3"}
    quarantined = log.frame().query("severity == 'quarantined'")
    assert quarantined["provider_code"].to_list() == ["RFW", "RVN", "RZZ"]
    assert (quarantined["kind"] == "unknown_provider_code").all()


def test_rows_without_a_returned_code_are_left(reference: Reference, log: QualityLog) -> None:
    frame = tidy({"provider_code": "RNZ"}, returned("RTV"))
    out = organisations.link(frame, reference.successions, reference.providers, log)
    assert out["provider_code"].to_list() == ["RNZ", "RW4"]
    assert len(log) == 0


def test_linking_nothing_early_changes_nothing(reference: Reference, log: QualityLog) -> None:
    frame = tidy({"provider_code": "RNZ"})
    out = organisations.link(frame, reference.successions, reference.providers, log)
    pd.testing.assert_frame_equal(out, frame)


def test_accounting_holds_every_listed_organisation(reference: Reference) -> None:
    frame = tidy(returned("RTV"), returned("RZZ"), {"provider_code": "RNZ"})
    account = organisations.accounted_for(frame, reference.successions, reference.providers)
    assert set(account["round"]) == {2016}
    assert account["code_returned"].nunique() == 240
    assert account.loc[~account["accounted"], "code_returned"].to_list() == ["RZZ"]
    assert account.loc[account["in_returns"], "code_returned"].to_list() == ["RTV", "RZZ"]
    assert [field["name"] for field in organisations.LINKS_DICTIONARY["fields"]] == list(
        account.columns
    )


@pytest.mark.sources
def test_every_organisation_of_2016_and_2017_is_accounted_for(
    sources_dir: Path, reference: Reference, log: QualityLog
) -> None:
    rows = []
    for year, name in ((2016, "dma_2015_16_full.csv"), (2017, "dma_2017_full.csv")):
        with (sources_dir / "rounds" / name).open(encoding="utf-8", newline="") as stream:
            codes = sorted({row["organisation_id"] for row in csv.DictReader(stream)})
        rows += [returned(code, year) for code in codes]
    frame = tidy(*rows)
    account = organisations.accounted_for(frame, reference.successions, reference.providers)
    assert account["accounted"].all()
    assert account["in_returns"].all()
    weights = account.groupby(["round", "code_returned"])["weight"].sum()
    assert len(weights) == 471
    assert (weights == 1).all()
    out = organisations.link(frame, reference.successions, reference.providers, log)
    assert len(out) == 471
    outside = set(out["provider_code"]) - set(reference.providers["provider_code"])
    assert outside == {"RVN"}


@pytest.mark.sources
def test_a_day_in_autumn_2017_pairs_the_two_early_rounds(
    sources_dir: Path, reference: Reference, log: QualityLog
) -> None:
    successions, providers = reference.successions, reference.providers
    listed = successions.drop_duplicates(["round", "code_returned"])
    frame = tidy(*(returned(row.code_returned, row.round) for row in listed.itertuples()))
    day = date(2017, 9, 30)
    paired = organisations.link(frame, successions, providers, log, as_of=day)
    codes = paired.groupby("round")["provider_code"].agg(set)
    assert len(codes[2017]) == 232
    # What 2016 had and 2017 lacks returned nothing in 2017; it did not hide under another code.
    names = listed.query("round == 2017")["name_returned"].map(organisations.normalise_name)
    gone = listed[
        (listed["round"] == 2016) & listed["code_returned"].isin(codes[2016] - codes[2017])
    ]
    assert not set(gone["name_returned"].map(organisations.normalise_name)) & set(names)
    assert len(codes[2016] & codes[2017]) >= 228


def test_providers_get_their_system_and_region(reference: Reference, log: QualityLog) -> None:
    frame = tidy({"provider_code": "RNZ"}, {"provider_code": "RVN"},
                 {"provider_code": "RJE", "ics_code": "QNC"})  # fmt: skip
    placed = organisations.attach_systems(frame, reference.providers, log)
    validate(placed)
    assert placed["ics_code"].to_list() == ["QOX", "", "QNC"]
    assert placed["region"].to_list() == ["South West", "", "Midlands"]
    assert log.frame()["kind"].to_list() == ["provider_without_system"]


def test_the_map_decides_where_a_return_names_another_system(
    reference: Reference, log: QualityLog
) -> None:
    frame = tidy({"provider_code": "RX9", "ics_code": "QT1"}, {"provider_code": "RZZ",
                                                               "ics_code": "QT1"})  # fmt: skip
    placed = organisations.attach_systems(frame, reference.providers, log)
    assert placed["ics_code"].to_list() == ["QJ2", "QT1"]
    (entry,) = log.frame().itertuples()
    assert (entry.kind, entry.value, entry.severity) == ("system_differs", "QT1", "warning")


def test_the_map_of_2026(reference: Reference, log: QualityLog) -> None:
    frame = tidy({"provider_code": "RAL", "ics_code": "QMJ"}, {"provider_code": "RNZ"})
    placed = organisations.attach_systems(frame, reference.providers, log, vintage=2026)
    assert placed["ics_code"].to_list() == ["Z9B2Z", "QOX"]
    assert len(log) == 0
    with pytest.raises(ValueError, match="2024 is not a map"):
        organisations.attach_systems(frame, reference.providers, log, vintage=2024)


def test_identify_does_all_three(reference: Reference, log: QualityLog) -> None:
    frame = tidy({"provider_name": "SALISBURY NHS FOUNDATION TRUST"}, returned("RTV"))
    out = organisations.identify(frame, reference, log)
    validate(out)
    assert out[["provider_code", "ics_code"]].to_numpy().tolist() == [
        ["RNZ", "QOX"],
        ["RW4", "QYG"],
    ]
