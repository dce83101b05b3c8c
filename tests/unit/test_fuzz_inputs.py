"""What the fuzzer asks of each made-up file, asked of what it once found and of spoilt files."""

from pathlib import Path

import pytest

import fuzz_inputs
from fuzz_inputs import one_input, seeds

FOUND = Path(__file__).resolve().parent.parent / "corpus/found"
BY_LAYOUT = {seed[0]: seed for seed in reversed(list(seeds()))}


def test_every_layout_has_a_seed() -> None:
    assert len(BY_LAYOUT) == len(fuzz_inputs.LAYOUTS)


def test_what_the_fuzzer_found_is_read_or_refused(tmp_path: Path) -> None:
    for path in sorted(FOUND.glob("*.input")):
        one_input(path.read_bytes(), tmp_path)


@pytest.mark.parametrize("layout", sorted(BY_LAYOUT))
def test_a_file_cut_off_or_garbled_is_read_or_refused(layout: int, tmp_path: Path) -> None:
    seed = BY_LAYOUT[layout]
    for share in (0.01, 0.3, 0.6, 0.99):
        at = max(1, int(share * len(seed)))
        one_input(seed[:at], tmp_path)
        one_input(seed[:at] + b'\x00\xff,"' + seed[at + 4 :], tmp_path)


def test_a_reader_that_crashes_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise KeyError("a column")

    monkeypatch.setattr(fuzz_inputs, "read", crash)
    with pytest.raises(KeyError):
        one_input(BY_LAYOUT[0], tmp_path)
