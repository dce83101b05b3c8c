"""Single cells that hold what they should not, or what only looks right."""

import datetime

from ics_maturity.instruments import load

from .case import (
    FIRST,
    OVERALL,
    PILLARS,
    TEMPLATE_XLSX,
    WORDING,
    WORDING_2017,
    Case,
    Logged,
    Read,
    Refused,
    Spoil,
    put,
    put_beside,
    repeat,
    spoilt,
)

HEADER = FIRST - 1
DATE = datetime.datetime(2025, 2, 5)

# What a person, a spreadsheet or another program may put where a score belongs: the cell, and
# the advice given. All are refused in every layout.
NO_SCORES: dict[str, tuple[object, str]] = {
    "word": ("two", "write a plain number"),
    "n/a": ("n/a", "leave the row out"),
    "NaN": ("NaN", "leave the row out"),
    "infinity": ("inf", "leave the row out"),
    "infinity written as a number": ("1E999", "leave the row out"),
    "spreadsheet error": ("#N/A", "leave the row out"),
    "decimal comma": ("2,5", "decimals with a point"),
    "thousands comma": ("1,000", "decimals with a point"),
    "percent sign": ("75%", "without a percent sign"),
    "date": ("2016-04-01", "write a plain number"),
    "fraction": ("1/2", "write a plain number"),
    "range": ("2-3", "write a plain number"),
    "hexadecimal number": ("0x2", "write a plain number"),
    "digits of another script": ("٣", "write a plain number"),
    "full-width digit": ("２", "write a plain number"),
    "two numbers": ("2 3", "write a plain number"),
    "number with a note": ("3*", "write a plain number"),
    "underscore in a number": ("1_0", "write a plain number"),
    "minus sign of typography": ("−3", "write a plain number"),
    "far above the scale": ("1e300", "check it with its source"),
    "below the scale": ("-1", "check it with its source"),
}
# What a workbook alone can hold.
NO_SCORES_IN_WORKBOOKS: dict[str, tuple[object, str]] = {
    "true": (True, "replace TRUE or FALSE"),
    "date cell": (DATE, "turned into a date"),
    "time cell": (datetime.time(2, 30), "turned into a date"),
    "duration cell": (datetime.timedelta(days=2), "turned into a date"),
    "formula without a value": ("=1+1", ""),
    "number as text with a comma": ("2,5", "decimals with a point"),
    "above the scale": (6, "check it with its source"),
    "nought": (0, "check it with its source"),
    "word": ("n/a", "leave the row out"),
    "percent sign": ("60%", "without a percent sign"),
}
# The valid template's first score, 2.5, written otherwise.
SAME_NUMBER = {
    "blanks around a score": " 2.5 ",
    "no-break spaces around a score": "\u00a02.5\u202f",
    "zero-width space after a score": "2.5\u200b",
    "plus sign before a score": "+2.5",
    "noughts before and after a score": "002.500",
    "exponent in a score": "25e-1",
    "score of 17 digits": "2.5000000000000001",
}


def case(layout: str, name: str, spoil: Spoil, outcome: Refused | Logged | Read) -> Case:
    return Case("values", layout, name, spoilt(layout, spoil), outcome)


def _no_scores() -> list[Case]:
    places = {
        "dma_2016_answers": (put_beside, WORDING, 1, "0 to 100", "28"),
        "dma_2016_published_scores": (put, "readiness", None, "0 to 100", "readiness"),
        "dma_2017_scores": (put, "leadership", None, "0 to 100", "leadership"),
        "template": (put, "score", None, "1 to 5", "score"),
    }
    cases = []
    for number, (name, (value, advice)) in enumerate(NO_SCORES.items()):
        for at, (layout, (spoiler, heading, offset, scale, where)) in enumerate(places.items()):
            # Every layout gets a third of the values, the template all of them.
            if layout != "template" and number % 3 != at:
                continue
            spoil = spoiler(2, heading, value, *([] if offset is None else [offset]))
            cases.append(
                case(layout, f"{name} for a score", spoil,
                     Refused(f"a score from {scale}", advice, 3, where, str(value)))
            )  # fmt: skip
    for name, (value, advice) in NO_SCORES_IN_WORKBOOKS.items():
        seen = "an empty cell" if "formula" in name else ""
        cases += [
            case("dma_workbook", f"{name} for a score", put(FIRST, "Well Led", value, HEADER),
                 Refused("a score from 1 to 5", advice, FIRST + 1, "Well Led", seen, PILLARS)),
            case(TEMPLATE_XLSX, f"{name} for a score", put(1, "score", value),
                 Refused("a score from 1 to 5", advice, 2, "score", seen, "returns")),
        ]  # fmt: skip
    return cases


def _same_numbers() -> list[Case]:
    return [
        case("template", name, put(1, "score", written), Read())
        for name, written in SAME_NUMBER.items()
    ]


def _questionnaires() -> list[Case]:
    answers, later = "dma_2016_answers", "dma_2017_scores"
    return [
        case(answers, "score above the scale", put_beside(1, WORDING, "105", 1),
             Refused("0 to 100", "check it with its source", 2, "28", "105")),
        case(later, "score of a question above the scale", put_beside(1, WORDING_2017, "500", 0),
             Refused("0 to 100", "check it with its source", 2, value="500")),
        case(answers, "score of another answer", put_beside(1, WORDING, "100", 1),
             Logged("score_not_matching_answer", "warning", "as given")),
        case(answers, "score no answer earns", put_beside(1, WORDING, "33", 1),
             Logged("score_not_matching_answer", "warning", "as given")),
        case(answers, "score of 17 digits", put_beside(1, WORDING, "33.333333333333336", 1),
             Logged("score_not_matching_answer", "warning", "as given")),
        case(answers, "answer nobody offered", put_beside(1, WORDING, "43593", 0),
             Logged("answer_not_on_scale", "warning")),
        case(answers, "answer without score", put_beside(1, WORDING, "", 1),
             Logged("answer_without_score", "quarantined", "as given")),
        case(answers, "score without answer", put_beside(1, WORDING, "", 0),
             Logged("score_without_answer", "warning")),
        case(answers, "scored N/A", put_beside(1, WORDING, "N/A", 0),
             Logged("unscorable_answer_scored", "warning")),
        case(answers, "no code", put(1, "organisation_id", ""),
             Refused("an organisation code", "use the ODS code", 2, "organisation_id")),
        case(answers, "code in lower case", put(1, "organisation_id", "raa"),
             Refused("capital letters", "use the ODS code", 2, "organisation_id", "raa")),
        case(answers, "code with a look-alike letter", put(1, "organisation_id", "RАA"),
             Refused("capital letters", "use the ODS code", 2, "organisation_id")),
        case(answers, "code with blanks around", put(1, "organisation_id", " RAA\u00a0"), Read()),
        case(answers, "code of a part", put(1, "organisation_id", "RAA2"),
             Logged("code_form", "warning", "as given")),
        case(answers, "no name", put(1, "organisation_name", " "),
             Refused("the name of the organisation", "fill in the name", 2, "organisation_name")),
        case(answers, "name of a part", put(1, "organisation_name", "BETA NHS TRUST - Community"),
             Logged("duplicate_name_stem", "warning", "as given")),
        case(answers, "formula for a name", put(1, "organisation_name", "=1+1"),
             Refused("does not start with", "correct the provider_name", value="=1+1")),
        case(answers, "tab and formula for a name", put(1, "organisation_name", "\t@SUM(A1)"),
             Refused("does not start with", "correct the provider_name", value="@SUM")),
        case(answers, "terminal colours in a name", put(1, "organisation_name", "A\x1b[31m"),
             Refused("printable", "correct the provider_name", value="\\x1b")),
        case(answers, "text turned round in a name", put(1, "organisation_name", "A\u202etsurt"),
             Refused("printable", "correct the provider_name", value="\\u202e")),
        case(answers, "line break in a name", put(1, "organisation_name", "A\nB"),
             Refused("printable", "correct the provider_name", value="A\\nB")),
        case(answers, "name of 300 letters", put(1, "organisation_name", "A" * 300),
             Refused("1 to 200", "correct the provider_name", value="AAA")),
        case(later, "unknown care setting", put(1, "care_setting", "Acut"),
             Refused("one of", "correct the care setting", 2, "care_setting", "Acut")),
        case(later, "care setting in capitals", put(3, "care_setting", "MENTAL HEALTH"), Read()),
        case(later, "no care setting", put(1, "care_setting", ""),
             Refused("one of", "correct the care setting", 2, "care_setting")),
        case(later, "published score the answers do not give", put(1, "leadership", "99"),
             Logged("score_not_reproduced", "warning", "as given")),
        case(later, "published score with decimals", put(1, "leadership", "74.99999999999999"),
             Logged("score_not_reproduced", "warning", "as given")),
        case("dma_2016_published_scores", "no score in a section", put(1, "readiness", ""),
             Logged("theme_missing", "warning", "set aside")),
    ]  # fmt: skip


def _template() -> list[Case]:
    of_column = {
        "score 6": ("score", "6", "a score from 1 to 5", "check it with its source"),
        "empty score": ("score", "", "a score from 1 to 5", "write a plain number"),
        "score of nought": ("score", "-0", "a score from 1 to 5", "check it with its source"),
        "unknown setting": ("care_setting", "dental", "one of all, acute", "correct"),
        "setting with a look-alike letter": ("care_setting", "аcute", "one of all", "correct"),
        "unknown level": ("level", "chapter", "one of item, section", "correct the level"),
        "level in capitals": ("level", "PILLAR", "one of item, section", "correct the level"),
        "misspelt pillar": ("construct", "well_lead", "a pillar of 2023", "did you mean well_led"),
        "pillar with a script": ("construct", "<script>", "a pillar of 2023", "use a pillar"),
        "another round": ("round", "2024", "2023, as the profile says", "correct the round"),
        "round with a fraction": ("round", "2023.5", "2023, as the", "correct the round"),
        "unknown assessor": ("assessed_by", "board", "self or moderated", "correct"),
        "no assessor": ("assessed_by", "", "self or moderated", "write the"),
        "impossible code": ("provider_code", "R/1", "letters and digits", "correct"),
        "code of 40 letters": ("provider_code", "R" * 40, "letters and digits", "correct"),
        "no name": ("provider_name", "", "the name of the provider", "write the"),
        "name of blanks": ("provider_name", "\u00a0 \u200b", "the name of the provider", "write"),
    }
    cases = [
        case("template", name, put(1, heading, value),
             Refused(expected, fix, 2, heading, value.strip("\u00a0 \u200b") or "an empty cell"))
        for name, (heading, value, expected, fix) in of_column.items()
    ]  # fmt: skip
    for name, payload in {
        "formula for a name": '=HYPERLINK("http://x")',
        "plus sign before a name": "+1 NHS TRUST",
        "at sign before a name": "@SUM(1)",
        "minus sign before a name": "-2+3",
        "terminal colours in a name": "A\x1b[31mB",
        "bell in a name": "A\x07",
        "text turned round in a name": "ALPHA \u202eTSURT",
        "isolated text in a name": "ALPHA \u2066x\u2069",
    }.items():
        cases.append(
            case("template", name, put(1, "provider_name", payload),
                 Refused("a name of 1 to 200 printable", "correct the provider_name"))
        )  # fmt: skip
    return [
        *cases,
        case("template", "blanks around everything",
             lambda g: [r.__setitem__(i, f" {r[i]}\u00a0") for r in g for i in range(len(r))],
             Read()),
        case("template", "code in small letters", put(1, "provider_code", "raa"),
             Logged("code_case", "note")),
        case("template", "name in mixed case", put(1, "provider_name", "Alpha NHS Trust"),
             Logged("names_of_one_code", "warning", "as given")),
        case("template", "another spelling of the name, the score a second time",
             repeat(1, provider_name="Alpha NHS Trust"),
             Refused("one row per provider", "keep the row", column="construct", value="2.5 at")),
    ]  # fmt: skip


def _workbook() -> list[Case]:
    layout = "dma_workbook"

    def both(name: str, heading: str, value: object, outcome: Refused | Logged | Read) -> Case:
        spoil = put(FIRST, heading, value, HEADER)
        return Case("values", layout, name, spoilt(layout, spoil, sheets=(PILLARS, OVERALL)),
                    outcome)  # fmt: skip

    def one(name: str, heading: str, value: object, outcome: Refused | Logged | Read) -> Case:
        return case(layout, name, put(FIRST, heading, value, HEADER), outcome)

    return [
        one("empty score", "Well Led", "",
            Refused("a score from 1 to 5", "", FIRST + 1, "Well Led", "an empty cell", PILLARS)),
        one("score between the values that domains give", "Well Led", 2.1,
            Logged("off_lattice", "warning", "as given")),
        one("score of many digits", "Well Led", 2.4321098765432101,
            Logged("off_lattice", "warning", "as given")),
        one("score as text", "Well Led", " 2.5\u00a0", Read()),
        one("unknown setting", "Care Setting", "Dental",
            Refused("one of Acute", "correct the care setting", FIRST + 1, "Care Setting",
                    "Dental", PILLARS)),
        one("setting in capitals", "Care Setting", "ACUTE", Read()),
        both("formula for a name", "Provider", "@SUM(A1)",
             Refused("does not start with", "correct the provider_name", value="@SUM")),
        both("terminal colours in a name", "Provider", "A\u009b31m",
             Refused("printable", "correct the provider_name", value="\\x9b")),
        one("provider's name in mixed case", "Provider", "Alpha NHS Trust",
            Logged("return_in_one_sheet", "warning", "as given")),
        case("question_key", "wording with no-break spaces",
             lambda g: g[1].__setitem__(1, str(g[1][1]).replace(" ", "\u00a0")), Read()),
        case("question_key", "wording of 2017 in the row of 2016",
             lambda g: g[1].__setitem__(2, load("dma_2017").by_id["2017.y40"].wording),
             Refused("a code, each once", "copy code and question", column="3")),
        case("question_key", "code that matches nothing", lambda g: g[0].__setitem__(1, "x77"),
             Logged("question_without_match", "note", "set aside")),
    ]  # fmt: skip


CASES = [*_no_scores(), *_same_numbers(), *_questionnaires(), *_template(), *_workbook()]
