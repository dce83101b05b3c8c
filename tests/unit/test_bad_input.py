"""Every case of the corpus: one clear error, or an entry in the quality log; nothing unsaid.

An error names the file and says what was expected and how to put it right. What is logged
leaves the scores as they were, sets some aside, or uses them as the file gives them; which of
the three is part of the case.
"""

from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest

import corpus
from corpus.case import LAYOUTS, put, spoilt
from corpus.organisations import own
from ics_maturity.clean import clean
from ics_maturity.errors import InputError
from ics_maturity.profiles import load_folder
from ics_maturity.returns import GRAIN, QualityLog
from return_files import read

ROOT = Path(__file__).resolve().parents[2]
SCORE = [*GRAIN, "provider_code", "score"]


def scores(path: Path, case_layout: str, log: QualityLog) -> pd.DataFrame:
    """What a file comes to, in an order of its own; places in the file are left out."""
    if case_layout == corpus.PROFILE:
        load_folder(path.parent, "own", ROOT)
        return pd.DataFrame()
    if case_layout == corpus.OWN:
        cleaned = clean(load_folder(path.parent, "own", ROOT))
        log._entries += cleaned.log._entries
        return cleaned.returns[SCORE]
    layout = "template" if case_layout == corpus.TEMPLATE_XLSX else case_layout
    result = read(path, layout, log)
    if result.item_match is not None:
        return result.item_match.sort_values("item_2016", ignore_index=True)
    both = pd.concat([result.returns, result.items])[SCORE]
    return both.sort_values(list(GRAIN), ignore_index=True)


@cache
def valid(layout: str) -> tuple[pd.DataFrame, Counter[str]]:
    """Scores of the valid file, and how often each kind of entry is in its log."""
    log = QualityLog()
    with TemporaryDirectory() as folder:
        make = own() if layout == corpus.OWN else spoilt(layout)
        found = scores(make(Path(folder)), layout, log)
    return found, Counter(log.frame()["kind"])


def cases(*, slow: bool) -> list:
    return [pytest.param(c, id=c.id) for c in corpus.CASES if c.slow == slow]


def check(case: corpus.Case, folder: Path) -> None:
    path = case.make(folder)
    if isinstance(case.outcome, corpus.Refused):
        check_refused(case, case.outcome, path)
        return
    log = QualityLog()
    found = scores(path, case.layout, log)
    if case.layout == corpus.PROFILE:
        return
    expected, usual = valid(case.layout)
    new = Counter(log.frame()["kind"]) - usual
    if isinstance(case.outcome, corpus.Read):
        assert not new
        pd.testing.assert_frame_equal(found, expected)
        return
    entries = log.frame().query("kind == @case.outcome.kind")
    assert new[case.outcome.kind]
    assert set(entries["severity"]) == {case.outcome.severity}
    assert (entries["rule"] != "").all()
    assert (entries["action"] != "").all()
    check_scores(case.outcome, found, expected)


def check_scores(outcome: corpus.Logged, found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Nothing is lost or changed but in the way the case says."""
    before, after = Counter(rows(expected)), Counter(rows(found))
    lost, new = before - after, after - before
    match outcome.scores:
        case "the same":
            assert not lost
            assert not new
        case "set aside":
            assert lost
            assert not new
        case "as given":
            assert lost or new


def rows(frame: pd.DataFrame) -> list[tuple]:
    return list(frame.itertuples(index=False, name=None))


def check_refused(case: corpus.Case, outcome: corpus.Refused, path: Path) -> None:
    with pytest.raises(InputError) as caught:
        scores(path, case.layout, QualityLog())
    problems = caught.value.problems
    told = str(caught.value)
    assert all(problem.file for problem in problems), told
    assert all(problem.expected for problem in problems), told
    assert all(problem.fix for problem in problems), told
    first = problems[0]
    assert case.layout == corpus.OWN or first.file.endswith(path.name), told
    assert outcome.expected in first.expected, told
    assert outcome.fix in first.fix, told
    assert first.column.startswith(outcome.column), told
    assert outcome.value in told, told
    if outcome.row is not None:
        assert first.row == outcome.row, told
    if outcome.sheet:
        assert first.sheet == outcome.sheet, told
    assert all(line.isprintable() for line in told.splitlines()), told
    assert str(path.parent) not in told


@pytest.mark.parametrize("case", cases(slow=False))
def test_fault_is_refused_or_logged(case: corpus.Case, tmp_path: Path) -> None:
    check(case, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("case", cases(slow=True))
def test_large_fault_is_refused(case: corpus.Case, tmp_path: Path) -> None:
    check(case, tmp_path)


def test_corpus_is_large_and_covers_every_layout() -> None:
    assert len(corpus.CASES) >= 150
    assert len({case.id for case in corpus.CASES}) == len(corpus.CASES)
    held = Counter(case.layout for case in corpus.CASES)
    assert min(held.values()) >= 10, held


@pytest.mark.parametrize("layout", LAYOUTS)
def test_valid_files_read_without_a_warning(layout: str, tmp_path: Path) -> None:
    log = QualityLog()
    scores(spoilt(layout)(tmp_path), layout, log)
    assert set(log.frame()["severity"]) <= {"note"}


def test_all_faults_of_a_file_are_listed_at_once(tmp_path: Path) -> None:
    faults = [put(1, "score", "6"), put(2, "score", "n/a"), put(3, "care_setting", "dental")]
    with pytest.raises(InputError) as caught:
        read(spoilt("template", *faults)(tmp_path), "template")
    assert [problem.row for problem in caught.value.problems] == [2, 3, 4]
