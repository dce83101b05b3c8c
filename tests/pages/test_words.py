"""What the reports may not say: attribution, praise and blame, and anything on one organisation."""

import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from ics_maturity.report.plan import STEPS
from whole_reports import spoken

if TYPE_CHECKING:
    from whole_reports import WholeReport

pytest_plugins = ["whole_reports"]

# Needs --dist loadgroup to be made by one worker only: see whole_reports.
PROFILES = [
    pytest.param("demo", marks=[pytest.mark.slow, pytest.mark.xdist_group("demo report")]),
    pytest.param(
        "open",
        marks=[pytest.mark.slow, pytest.mark.sources, pytest.mark.xdist_group("open report")],
    ),
]

# A word, and the phrases in which it says the opposite or something else.
FORBIDDEN = {
    r"caus(e|ed|es|ing)": ("not a statement about causes",),
    r"(led|leads?|leading) to": (),
    r"(due|owing|thanks) to": (),
    r"as a result of": (),
    r"improve(d|ment|ments)|improving": (),
    r"deteriorat(ed|es|ion)": (),
    r"best": (),
    r"worst": ("worst-case bounds",),
    r"(top|bottom)[- ]performing|(over|under)perform\w*": (),
    r"league": ("Is not. A league table",),
    # No profile holds three rounds of one instrument.
    r"trend(s|ed|ing)?": ("one difference, which is no trend",),
    r"prove[ds]?|proof|proven": ("no proof that", "Do not take a slope"),
}
# A word that is allowed in a sentence with everything that its reader needs.
SIGNIFICANT = r"(?<!\.)\b(in)?significan(t|tly|ce)\b"
WITH_SIGNIFICANT = (r"\d+ (providers|systems|organisations|returns|pillars)|\bn\b", r"interval",
                    r"detect|four times out of five|80% power")  # fmt: skip
# Tables that name organisations, and why that is no change between two instruments.
NAMING_ORGANISATIONS = {
    "figures/moderation": "self-assessed and moderated scores of one round",
    "figures/paired_change": "two rounds of one instrument, on the domains both asked",
    "figures/strip_2025": "one round",
    "tables/scores_not_reproduced_2016": "one round",
    "tables/claim_statements": "single rounds, as somebody printed them",
    "tables/quality_log": "oddities of the files, no scores compared",
    "tables/quality_log_summary": "one example of each oddity",
}


def faults(words: str) -> list[str]:
    """Every passage of a text that says what it may not, with its surroundings."""
    found = []
    for word, allowed in FORBIDDEN.items():
        for match in re.finditer(rf"\b({word})\b", words, re.IGNORECASE):
            around = words[max(0, match.start() - 60) : match.end() + 60]
            if not any(phrase in around for phrase in allowed):
                found.append(around)
    for sentence in re.split(r"(?<=[.?!]) ", words):
        if re.search(SIGNIFICANT, sentence, re.IGNORECASE) and not all(
            re.search(needed, sentence) for needed in WITH_SIGNIFICANT
        ):
            found.append(sentence)
    return found


@pytest.mark.parametrize(
    "words",
    [
        "Peer review caused scores to fall.",
        "This led to lower scores.",
        "Scores improved because of review.",
        "The best ICS is in the north.",
        "the worst ICS scored 1.8",
        "Over three rounds there is a trend to higher scores.",
        "The difference is significant.",
        "The slope is significant (95% interval 0.1 to 0.2).",
        "A league table of systems follows.",
    ],
)
def test_what_may_not_be_said_is_noticed(words: str) -> None:
    assert faults(f"Before. {words} After.")


@pytest.mark.parametrize(
    "words",
    [
        "Improve Care is a pillar; worst-case bounds hold every slope.",
        "Two rounds give one difference, which is no trend.",
        "Is not. A league table, and not a statement about causes.",
        "Over 204 providers the slope is significant (95% interval 0.1 to 0.9; 0.7 would have been "
        "found four times out of five).",
    ],
)
def test_what_may_be_said_is_left_alone(words: str) -> None:
    assert faults(words) == []


@pytest.fixture
def report(profile: str, request: pytest.FixtureRequest) -> "WholeReport":
    return request.getfixturevalue(f"{profile}_report")


def organisations(report: "WholeReport") -> tuple[set[str], set[str]]:
    """Codes and names (in capitals) of every organisation that the profile knows."""
    processed = report.root / "data/processed" / report.profile
    tables = [pd.read_csv(processed / f"{name}.csv", dtype="str", keep_default_na=False)
              for name in ("providers", "links", "returns")]  # fmt: skip
    codes, names = set[str](), set[str]()
    for table in tables:
        for column in table.columns.intersection(
            ["provider_code", "provider_code_returned", "code_returned"]
        ):
            codes |= set(table[column]) - {""}
        for column in table.columns.intersection(["provider_name", "name_returned"]):
            names |= set(table[column].str.upper())
    assert len(codes) > 100
    return codes, names


def named_in(words: str, codes: set[str], names: set[str]) -> set[str]:
    """Organisations that a text names."""
    capitals = words.upper()
    return (set(re.findall(r"\w+", words)) & codes) | {name for name in names if name in capitals}


@pytest.mark.parametrize("profile", PROFILES)
def test_no_page_says_what_the_numbers_cannot_bear(report: "WholeReport") -> None:
    singles = [step for step in STEPS if not step.each]
    assert len(report.words) == len(singles) + 1, "the pages and the index"
    found = {page: faults(words) for page, words in report.words.items()}
    assert {page: passages for page, passages in found.items() if passages} == {}


@pytest.mark.parametrize("profile", PROFILES)
def test_no_page_of_a_system_says_it_either(report: "WholeReport") -> None:
    pages = sorted(report.folder.glob("profiles/*.html"))
    assert len(pages) == 43, "the systems and their directory"
    found = {page.name: faults(spoken(page.read_text(encoding="utf-8"))) for page in pages}
    assert {page: passages for page, passages in found.items() if passages} == {}


@pytest.mark.parametrize("profile", PROFILES)
def test_no_organisation_is_named_but_where_the_files_are_described(
    report: "WholeReport",
) -> None:
    """Least of all on brief and index, which travel alone; claims quote what was printed."""
    codes, names = organisations(report)
    named = {page for page, words in report.words.items() if named_in(words, codes, names)}
    pages = {page.split(".")[0] for page in named}
    assert "01_clean_returns" in pages
    assert pages <= {"01_clean_returns", "06_check_published_claims"}


@pytest.mark.parametrize("profile", PROFILES)
def test_no_change_of_one_organisation_between_instruments_is_given(
    report: "WholeReport",
) -> None:
    """The links are too weak for it; so no table that names organisations spans instruments."""
    assert not report.table("link_strength")["allowed"].any()
    codes, names = organisations(report)
    naming = set()
    for place in report.dictionaries:
        cells = report.table(place.split("/")[1]).select_dtypes(exclude="number")
        if any(named_in(str(cell), codes, names) for cell in set(cells.to_numpy().ravel())):
            naming.add(place)
    assert naming - set(NAMING_ORGANISATIONS) == set()
    change = report.table("paired_change")[["before", "after"]]
    assert change.ge(1).to_numpy().all()  # both on the scale of one instrument
    assert change.le(5).to_numpy().all()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_rank_is_never_shown_without_its_set(report: "WholeReport") -> None:
    ranked = {place: columns for place, columns in report.dictionaries.items()
              if "rank" in columns}  # fmt: skip
    assert "tables/like_for_like_2025" in ranked
    for place, columns in ranked.items():
        assert any(column.startswith("rank_low") for column in columns), place
        assert any(column.startswith("rank_high") for column in columns), place
    for path in sorted(report.folder.glob("*.html")):
        for table in BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")("table"):
            headers = [cell.get_text(" ", strip=True) for cell in table("th")]
            if "Rank" in headers:
                assert any("set of ranks" in header for header in headers), path.name
