"""Whatever a file holds, readers give valid returns or one clear error, and nothing else."""

import datetime
import io
import tempfile
import zipfile
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.organisations import own
from ics_maturity.clean import clean
from ics_maturity.errors import InputError
from ics_maturity.instruments import load
from ics_maturity.instruments.lattice import half_up, is_possible, smallest_domains
from ics_maturity.instruments.wording import wording_key
from ics_maturity.organisations import identify
from ics_maturity.profiles import load_folder
from ics_maturity.readers import score_2016
from ics_maturity.readers.cells import NotANumber, number
from ics_maturity.readers.result import ReadResult
from ics_maturity.returns import (
    QualityLog,
    read_returns,
    sort_returns,
    validate,
    write_returns,
)
from return_files import (
    GRIDS,
    ROUNDS,
    answers_2016,
    read,
    template_rows,
    write_book,
    write_csv,
    write_layout,
)
from tidy_returns import tidy

SLOW = settings(
    deadline=None, max_examples=25, derandomize=True, suppress_health_check=list(HealthCheck)
)
CSV_LAYOUTS = sorted(GRIDS)
TEXT = st.text(max_size=12)
ODD = st.one_of(
    TEXT,
    st.sampled_from(["NaN", "inf", "-0", "1e5", "1E999", "٣", "2,5", "50%", "TRUE", "\u00a0",
                     "#N/A", "=1+1",
                     "2.5\u200b", "１", "0x10", "1_0", "--1", "+", ".", "2016-04-01"]),
    st.floats(allow_nan=True, allow_infinity=True).map(str),
    st.integers(-(10**6), 10**6).map(str),
)  # fmt: skip


def attempt(path: Path, layout: str, **known: object) -> ReadResult | InputError:
    """The result or the refusal; any other exception fails the test."""
    try:
        return read(path, layout, **known)
    except InputError as error:
        return error


def reads_or_refuses(path: Path, layout: str) -> None:
    """The only two outcomes: a valid result, or an error naming the file and what it expected."""
    outcome = attempt(path, layout)
    if isinstance(outcome, InputError):
        assert outcome.problems
        assert all(p.file == path.name and p.expected for p in outcome.problems)
        assert all(line.isprintable() for line in str(outcome).splitlines())
    else:
        validate(outcome.returns)
        validate(outcome.items)


@SLOW
@given(raw=st.binary(max_size=400), layout=st.sampled_from(CSV_LAYOUTS))
def test_any_bytes_as_csv(raw: bytes, layout: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(raw)
        with pytest.raises(InputError):
            read(path, layout)


@SLOW
@given(raw=st.binary(max_size=400), head=st.sampled_from([b"", b"PK\x03\x04"]))
def test_any_bytes_as_workbook(raw: bytes, head: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        path.write_bytes(head + raw)
        with pytest.raises(InputError):
            read(path, "dma_workbook")


@SLOW
@given(data=st.data())
def test_a_workbook_with_some_bytes_changed(data: st.DataObject) -> None:
    """Inside the unpacked parts, where the zip's checksums do not help."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_layout(Path(folder), "dma_workbook")
        with zipfile.ZipFile(path) as archive:
            parts = {name: bytearray(archive.read(name)) for name in archive.namelist()}
        name = data.draw(st.sampled_from(sorted(parts)))
        at = data.draw(st.integers(0, len(parts[name]) - 1))
        parts[name][at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=30))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for part, content in parts.items():
                archive.writestr(part, bytes(content))
        path.write_bytes(packed.getvalue())
        reads_or_refuses(path, "dma_workbook")


@SLOW
@given(layout=st.sampled_from(CSV_LAYOUTS), data=st.data(), value=ODD)
def test_any_text_in_any_cell(layout: str, data: st.DataObject, value: str) -> None:
    grid = GRIDS[layout]()
    row = data.draw(st.integers(0, len(grid) - 1))
    at = data.draw(st.integers(0, min(len(grid[row]) - 1, 60)))
    grid[row][at] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        # Lone surrogates cannot be written; they cannot be in a UTF-8 file either.
        write_csv(path, [[str(c).encode(errors="replace").decode() for c in r] for r in grid])
        reads_or_refuses(path, layout)


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-10, 10), st.floats(-10, 10),
    st.datetimes(datetime.datetime(1950, 1, 1), datetime.datetime(2090, 1, 1)),
    st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=8),
)  # fmt: skip


@SLOW
@given(grid=st.lists(st.lists(CELLS, max_size=12), max_size=12), row=st.integers(0, 8))
def test_any_cells_around_a_template(grid: list[list[object]], row: int) -> None:
    rows = template_rows()
    rows[row:row] = grid
    with tempfile.TemporaryDirectory() as folder:
        reads_or_refuses(write_book(Path(folder) / "a.xlsx", {"returns": rows}), "template")


@SLOW
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_survive_being_written(value: float) -> None:
    assert number(repr(value)) == value
    assert number(f" {value!r}\u00a0") == value


@given(value=st.text())
def test_only_plain_numbers_are_numbers(value: str) -> None:
    plain = value.strip(" \t\r\n\u00a0\u2007\u202f\u200b\ufeff")
    if not set(plain) <= set("+-.0123456789eE") or not set(plain) & set("0123456789"):
        with pytest.raises(NotANumber):
            number(value)


@given(tenths=st.integers(0, 100_000))
def test_half_up_is_half_up(tenths: int) -> None:
    exact = Decimal(tenths) / 10
    rounded = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert half_up(tenths / 10) == rounded


@given(domains=st.lists(st.integers(1, 5), min_size=1, max_size=7))
def test_every_mean_of_whole_numbers_is_possible(domains: list[int]) -> None:
    mean = Decimal(sum(domains)) / len(domains)
    published = float(mean.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))
    assert is_possible(published, len(domains))
    found = smallest_domains([published])
    assert found is not None
    assert found <= len(domains)


ITEMS = [item.id for item in load("dma_2016").scored_items]


@SLOW
@given(
    scores=st.dictionaries(
        st.sampled_from(ITEMS), st.sampled_from([0, 20, 25, 50, 75, 87, 100]), min_size=1
    ),
    seed=st.randoms(),
)
def test_scores_do_not_depend_on_the_order_of_items(scores: dict, seed: object) -> None:
    rows = [
        {"round": 2016, "provider_code_returned": "RAA", "care_setting": "all", "level": "item",
         "construct": name, "score": float(score), "scale_min": 0.0, "scale_max": 100.0}
        for name, score in scores.items()
    ]  # fmt: skip
    usual = score_2016(tidy(*rows))
    seed.shuffle(rows)  # type: ignore[attr-defined]
    shuffled = score_2016(tidy(*rows))
    for one, other in zip(usual, shuffled, strict=True):
        pd.testing.assert_frame_equal(one, other)
    sections, themes = usual
    for frame in (sections, themes):
        assert frame["score"].between(min(scores.values()), max(scores.values())).all()
        assert (frame["score"] % 1 == 0).all()


@SLOW
@given(order=st.permutations(range(1, 4)))
def test_the_order_of_organisations_does_not_matter(order: list[int]) -> None:
    grid = answers_2016()
    plain = ["source_locator"]
    with tempfile.TemporaryDirectory() as folder:
        usual = read(write_csv(Path(folder) / "a.csv", grid), "dma_2016_answers").returns
        mixed = [grid[0], *(grid[at] for at in order)]
        other = read(write_csv(Path(folder) / "b.csv", mixed), "dma_2016_answers").returns
    assert other.drop(columns=plain).equals(usual.drop(columns=plain))


# Control characters, halves of characters, direction marks, separators of lines.
HIDDEN = ("Cc", "Cs", "Cf", "Zl", "Zp")
NAME = st.text(
    st.characters(exclude_categories=HIDDEN), min_size=1, max_size=20
).filter(lambda text: text[0] not in "=+-@" and not text[0].isspace())  # fmt: skip


@SLOW
@given(
    names=st.lists(NAME, min_size=1, max_size=5, unique=True),
    score=st.floats(1, 5),
    region=st.text(st.characters(exclude_categories=HIDDEN), max_size=10),
)
def test_returns_survive_being_written(names: list[str], score: float, region: str) -> None:
    frame = tidy(*({"provider_name": n, "score": score, "region": region} for n in names))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "returns.csv"
        write_returns(frame, path)
        pd.testing.assert_frame_equal(read_returns(path), sort_returns(frame))


@given(
    notes=st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(1, 3), st.sampled_from([2016, 2017])),
        max_size=6,
    ),
    seed=st.randoms(),
)
def test_the_log_does_not_depend_on_the_order_of_notes(notes: list, seed: object) -> None:
    frames = []
    for _ in range(2):
        log = QualityLog()
        for kind, row, year in notes:
            log.note(kind, "what", row=row, round=year)
        frames.append(log.frame())
        seed.shuffle(notes)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(*frames)


@SLOW
@given(layout=st.sampled_from(CSV_LAYOUTS), data=st.data())
def test_the_order_of_rows_and_of_single_columns_does_not_matter(
    layout: str, data: st.DataObject
) -> None:
    """Columns of questions come with a neighbour and stay together; the others may move."""
    grid = GRIDS[layout]()
    order = data.draw(st.permutations(range(1, len(grid))))
    free = [at for at, heading in enumerate(grid[0][:-1]) if heading and grid[0][at + 1]]
    moved = data.draw(st.lists(st.sampled_from(free), unique=True, max_size=5))
    kept = [at for at in range(len(grid[0])) if at not in moved]
    mixed = [[grid[row][at] for at in (*kept, *moved)] for row in (0, *order)]
    plain = ["source_locator"]
    with tempfile.TemporaryDirectory() as folder:
        usual = read(write_csv(Path(folder) / "a.csv", grid), layout)
        other = read(write_csv(Path(folder) / "b.csv", mixed), layout)
    for one, another in ((usual.returns, other.returns), (usual.items, other.items)):
        pd.testing.assert_frame_equal(
            sort_returns(another.drop(columns=plain)), sort_returns(one.drop(columns=plain))
        )


@SLOW
@given(
    scores=st.lists(st.floats(1, 5), min_size=1, max_size=6),
    names=st.lists(NAME, min_size=6, max_size=6, unique_by=wording_key),
    who=st.sampled_from(["self", "moderated"]),
)
def test_scores_written_as_a_template_come_back(
    scores: list[float], names: list[str], who: str
) -> None:
    names = [name.strip() for name in names if name.strip()]
    rows = [
        ["2031", name, "acute", "pillar", "well_led", repr(score), "1", "5", who]
        for name, score in zip(names, scores, strict=False)
    ]
    header = ["round", "provider_name", "care_setting", "level", "construct", "score",
              "scale_min", "scale_max", "assessed_by"]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "a.csv", [header, *rows])
        found = attempt(path, "template", round=2031)
        assert not isinstance(found, InputError), str(found)
        again = Path(folder) / "returns.csv"
        write_returns(found.returns, again)
        pd.testing.assert_frame_equal(read_returns(again), sort_returns(found.returns))
    assert dict(zip(found.returns["provider_name"], found.returns["score"], strict=True)) == dict(
        zip(names, scores, strict=False)
    )


def test_cleaning_again_changes_nothing(tmp_path: Path) -> None:
    """The same files give the same tables; identified returns are identified already."""
    path = own()(tmp_path)
    profile = load_folder(path.parent, "own", Path(__file__).resolve().parents[2])
    first, second = clean(profile), clean(profile)
    for name, (frame, _) in first.tables().items():
        pd.testing.assert_frame_equal(second.tables()[name][0], frame, obj=name)
    again = identify(first.returns, first.reference, QualityLog())
    pd.testing.assert_frame_equal(sort_returns(again), first.returns)


def test_layouts_are_all_covered() -> None:
    assert set(CSV_LAYOUTS) | {"dma_workbook", "question_key"} == set(ROUNDS)
