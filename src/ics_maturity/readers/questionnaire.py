"""The two questionnaires of 2015/16 and 2017: from answer and score columns to item scores.

Both files put a question's heading over one column and leave the heading of its neighbour
empty; one of the two holds the answer, the other its score from 0 to 100. Which is which is
told from the content, because the files differ. Scores are used as given: what disagrees with
the instrument's scoring table goes to the quality log.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ics_maturity.errors import InputError, Problem
from ics_maturity.instruments import Instrument, Item
from ics_maturity.instruments.wording import wording_key
from ics_maturity.readers.cells import NotANumber, number_between, text
from ics_maturity.readers.result import Source

_NOT_SCORED = "not scored"
_DONT_KNOW = "don't know"
_NOT_APPLICABLE = "n/a"


@dataclass(frozen=True, eq=False)
class Return:
    """One row of the file: who returned it, for which setting, and its cells."""

    row: int
    code: str
    name: str
    care_setting: str
    cells: Sequence[object]


@dataclass(frozen=True)
class QuestionColumns:
    """Where one question's answer and score are (0-based); no score column is ``None``."""

    item: Item
    answer: int
    score: int | None


@dataclass(frozen=True)
class Reading:
    """One answer and its score, judged against the scoring table.

    ``score`` is ``None`` if the answer does not count; ``oddity`` names what disagrees.
    """

    score: float | None
    unscored_as: str = ""
    oddity: str = ""
    problem: str = ""


class Fact(NamedTuple):
    """One score that becomes one row of the tidy returns."""

    returned: Return
    level: str
    construct: str
    score: float
    locator: str


def question_columns(
    header: Sequence[object],
    body: Sequence[Sequence[object]],
    instrument: Instrument,
    *,
    score_first: bool,
) -> list[QuestionColumns]:
    """The columns of every question whose wording is in the header.

    ``score_first`` is the usual order of the layout; it decides only where the content of the
    two columns does not.
    """
    columns = []
    for at, cell in enumerate(header):
        item = instrument.by_wording.get(wording_key(text(cell)))
        if item is None:
            continue
        paired = at + 1 < len(header) and not text(header[at + 1])
        if not paired:
            columns.append(QuestionColumns(item, at, at if item.answers == "percentage" else None))
            continue
        first, second = (at, at + 1) if score_first else (at + 1, at)  # score, answer
        if _holds_answers(body, first, item, instrument) and not _holds_answers(
            body, second, item, instrument
        ):
            first, second = second, first
        columns.append(QuestionColumns(item, answer=second, score=first))
    return columns


def _holds_answers(
    body: Sequence[Sequence[object]], at: int, item: Item, instrument: Instrument
) -> bool:
    """Whether a column holds worded answers: any cell that reads as one and not as a number."""
    words = {wording_key(answer) for answer in instrument.answers.get(item.answers, {})}
    words |= {_DONT_KNOW, _NOT_APPLICABLE}
    found = {wording_key(text(cells[at])) for cells in body if len(cells) > at}
    return any(word in words and not word.isdigit() for word in found)


def judge(item: Item, answer: str, score: str | None, instrument: Instrument) -> Reading:
    """Weigh one answer and its score; ``score`` is ``None`` where there is no score column."""
    if item.answers == "number":
        return Reading(None, "left out by rule" if answer else "blank")
    if item.answers == "percentage":
        score = answer
    given, problem = _given_score(score or "", instrument)
    if problem:
        return Reading(None, problem=problem)
    if item.answers == "percentage":
        return Reading(given, unscored_as="" if given is not None else "blank")
    table = {wording_key(key): points for key, points in instrument.answers[item.answers].items()}
    word = wording_key(answer)
    expected = table.get(word)
    if word == _DONT_KNOW and instrument.scoring.dont_know == "zero":
        expected = 0.0
    known = word in table or word in ("", _DONT_KNOW, _NOT_APPLICABLE)
    unscored_as = {"": "blank", _DONT_KNOW: "Don't Know", _NOT_APPLICABLE: "N/A"}.get(word, word)
    if score is None:
        oddity = "" if known else "answer_not_on_scale"
        return Reading(expected, "" if expected is not None else unscored_as, oddity)
    return Reading(
        given,
        "" if given is not None else unscored_as,
        _oddity(word, given, expected, known=known),
    )


def _given_score(written: str, instrument: Instrument) -> tuple[float | None, str]:
    """The score in a cell, or what is wrong with it."""
    if not written or wording_key(written) == _NOT_SCORED:
        return None, ""
    try:
        return number_between(written, instrument.scale_min, instrument.scale_max), ""
    except NotANumber as error:
        return None, str(error)


def _oddity(word: str, given: float | None, expected: float | None, *, known: bool) -> str:
    """How a given score and the scoring table disagree, if they do."""
    if given == expected:
        return "" if known else "answer_not_on_scale"
    if not known:
        return "answer_not_on_scale"
    if given is None:
        return "answer_without_score"
    if expected is not None:
        return "score_not_matching_answer"
    return "score_without_answer" if word == "" else "unscorable_answer_scored"


_EXPLAINED = {
    "answer_not_on_scale": (
        "The answer is not one the question offers.",
        "answer in neither the scoring table nor Don't Know, N/A, blank",
    ),
    "answer_without_score": (
        "The answer earns points but the score is blank.",
        "answer in the scoring table, score cell empty",
    ),
    "score_not_matching_answer": (
        "The score is not the one the answer earns.",
        "score differs from the scoring table",
    ),
    "score_without_answer": (
        "There is a score but no answer.",
        "score cell filled, answer cell empty",
    ),
    "unscorable_answer_scored": (
        "An answer that is not scored has a score.",
        "Don't Know or N/A with a score",
    ),
}


def item_scores(
    returns: Sequence[Return],
    columns: Sequence[QuestionColumns],
    instrument: Instrument,
    source: Source,
) -> list[Fact]:
    """Every scored answer, question by question; oddities and what is not scored are logged.

    A scored question without a score column is scored from its answers.

    Raises:
        InputError: score cells that hold no number of the scale, all of them.
    """
    facts: list[Fact] = []
    unscored: defaultdict[str, Counter[str]] = defaultdict(Counter)
    problems: list[Problem] = []
    for place in columns:
        item = place.item
        column = (place.answer if place.score is None else place.score) + 1
        where = f"{column} ({item.id})"
        if place.score is None and item.scored:
            source.note(
                "question_without_score_column",
                "The question has no score column; its answers are scored by the table.",
                column=where,
                action="scored from the answers",
                rule="the next heading is not empty",
            )
        judged: dict[tuple[str, str | None], Reading] = {}
        for one in returns:
            answer = text(one.cells[place.answer])
            score = None if place.score is None else text(one.cells[place.score])
            if (answer, score) not in judged:
                judged[answer, score] = judge(item, answer, score, instrument)
            reading = judged[answer, score]
            if reading.problem:
                problems.append(
                    source.problem(
                        f"a score from {instrument.scale_min:g} to {instrument.scale_max:g}, "
                        "'Not scored' or an empty cell",
                        row=one.row,
                        column=where,
                        value=answer if score is None else score,
                        fix=reading.problem,
                    )
                )
            if reading.oddity:
                what, rule = _EXPLAINED[reading.oddity]
                used = reading.score is not None
                source.note(
                    reading.oddity,
                    what,
                    row=one.row,
                    column=where,
                    provider_code=one.code,
                    value=f"answer '{answer}', score '{score or ''}'",
                    action="score used as given" if used else "not scored",
                    severity="warning" if used else "quarantined",
                    rule=rule,
                )
            if reading.score is not None and item.scored:
                facts.append(
                    Fact(one, "item", item.id, reading.score, f"row {one.row} column {column}")
                )
            else:
                unscored[item.section][reading.unscored_as or "left out by rule"] += 1
    if problems:
        raise InputError(problems)
    _log_unscored(unscored, instrument, source)
    return facts


def _log_unscored(
    unscored: Mapping[str, Counter[str]], instrument: Instrument, source: Source
) -> None:
    titles = {section.id: section.title for section in instrument.sections}
    for section, counts in unscored.items():
        source.note(
            "answers_not_scored",
            f"Answers in {titles[section]} that are not scored.",
            value=", ".join(f"{kind}: {count}" for kind, count in sorted(counts.items())),
            action="no row in the items",
            rule="blank, N/A, Don't Know where it is not scored, or left out by the scoring rule",
        )
