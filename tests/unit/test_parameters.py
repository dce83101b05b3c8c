"""No wrong parameter gets past: names, types, values, and the notebook's own cell."""

from pathlib import Path
from typing import Literal

import nbformat
import pytest
from pydantic import Field

from ics_maturity.errors import InputError
from ics_maturity.report.parameters import (
    Parameters,
    cell_source,
    check_cell,
    check_values,
    from_text,
    split_settings,
    values,
)
from ics_maturity.report.plan import load_plan


class Wide(Parameters):
    """One parameter of every kind."""

    draws: int = Field(default=999, ge=99, le=99_999)
    margin: float = Field(default=0.1, gt=0, lt=1)
    code: str = Field(default="QE1", pattern=r"^[A-Z0-9]{3,5}$")
    sparse: bool = False
    vintage: Literal[2022, 2026] = 2022
    rounds: list[int] = Field(default_factory=lambda: [2024, 2025])


MODELS = {"01_first": Parameters, "02_second": Wide}


def given(**settings: str) -> dict[str, object]:
    return values(from_text(MODELS, settings, "demo")["02_second"])


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("seed", "7", 7),
        ("draws", "9999", 9999),
        ("margin", "0.25", 0.25),
        ("margin", "1e-1", 0.1),
        ("code", "00123", "00123"),
        ("code", "1E5", "1E5"),
        ("sparse", "true", True),
        ("vintage", "2026", 2026),
        ("rounds", "[2016, 2017]", [2016, 2017]),
    ],
)
def test_values_are_read_by_the_declared_type(name: str, text: str, value: object) -> None:
    read = given(**{name: text})[name]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("seed", "1E5", "valid integer"),
        ("seed", "00123", "valid integer"),
        ("seed", "7.0", "valid integer"),
        ("seed", "-1", "greater than or equal to 0"),
        ("seed", "4294967296", "less than or equal"),
        ("seed", "true", "valid integer"),
        ("seed", "'7'", "valid integer"),
        ("seed", "7; import os", "valid integer"),
        ("seed", "__import__('os')", "valid integer"),
        ("seed", "", "valid integer"),
        ("draws", "98", "greater than or equal to 99"),
        ("draws", "1_000", "valid integer"),
        ("draws", "٣٣٣", "valid integer"),
        ("margin", "nan", "valid number"),
        ("margin", "NaN", "valid number"),
        ("margin", "Infinity", "valid number"),
        ("margin", "0,5", "valid number"),
        ("margin", "1", "less than 1"),
        ("code", "qe1", "pattern"),
        ("code", '"; import os', "pattern"),
        ("sparse", "yes", "valid boolean"),
        ("sparse", "1", "valid boolean"),
        ("vintage", "2024", "2022 or 2026"),
        ("vintage", "2022.0", "a value of type int"),
        ("rounds", "2016", "valid list"),
        ("rounds", '["2016"]', "valid integer"),
        ("rounds", "[2016", "valid list"),
    ],
)
def test_wrong_values_are_refused(name: str, text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        given(**{name: text})
    assert name in str(caught.value)


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(InputError, match="one of code, draws, margin, rounds, seed") as caught:
        given(sed="7")
    assert "'sed'" in str(caught.value)


def test_profile_is_set_by_its_own_option() -> None:
    with pytest.raises(InputError, match="--data"):
        given(profile="open")
    assert {values(p)["profile"] for p in from_text(MODELS, {}, "open").values()} == {"open"}


def test_a_value_goes_to_every_notebook_that_knows_its_name() -> None:
    both = from_text(MODELS, {"seed": "7", "draws": "199"}, "demo")
    assert values(both["01_first"]) == {"profile": "demo", "seed": 7}
    assert values(both["02_second"])["seed"] == 7
    assert values(both["02_second"])["draws"] == 199


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        given(draws="1", margin="2")
    assert [p.column for p in caught.value.problems] == ["draws", "margin"]


@pytest.mark.parametrize(
    "setting",
    [
        "seed", "=7", "se ed=7", "Seed=7", "seed;import os=7", "seed\nimport os=7", "import=1",
        "seed=__import__('os')\nx=1=", "2seed=1", "os.environ=1", "seed =7", "*=1",
    ],
)  # fmt: skip
def test_names_cannot_carry_code(setting: str) -> None:
    with pytest.raises(InputError):
        given(**split_settings([setting]))


def test_settings_are_split_at_the_first_equals_sign_and_named_once() -> None:
    assert split_settings(["a=1", "b=x=y"]) == {"a": "1", "b": "x=y"}
    with pytest.raises(InputError, match="each name once"):
        split_settings(["a=1", "a=2"])


def test_check_values_refuses_what_a_caller_might_pass() -> None:
    assert check_values(Wide, {"seed": 3, "rounds": [2016]}, "02").seed == 3
    for wrong in (
        {"seeds": 3},
        {"seed": 3.0},
        {"seed": True},
        {"seed": "3"},
        {"seed": None},
        {"vintage": 2022.0},
    ):
        with pytest.raises(InputError, match="02"):
            check_values(Wide, wrong, "02")


# The notebook's own cell


def notebook(tmp_path: Path, *sources: str, tags: tuple[str, ...] = ("parameters",)) -> Path:
    path = tmp_path / "05_some.ipynb"
    cells = [nbformat.v4.new_code_cell(s, metadata={"tags": list(tags)}) for s in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_cell_with_the_declared_names_and_defaults_fits(tmp_path: Path) -> None:
    check_cell(notebook(tmp_path, cell_source(Wide)), Wide)
    check_cell(notebook(tmp_path, "# what may vary\n" + cell_source(Wide)), Wide)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("seed = 20160401", "seed = 1"), "20160401, the declared default"),
        (("seed = 20160401", "seed = 20160401.0"), "20160401, the declared default"),
        (("sparse = False", "sparse = 0"), "False, the declared default"),
        (("seed = 20160401", "sede = 20160401"), "the line seed = 20160401"),
        (("seed = 20160401", "sede = 20160401"), "found 'sede'"),
        (("draws = 999", ""), "the line draws = 999"),
        (("draws = 999", "draws = 999\nextra = 1"), "found 'extra'"),
        (("draws = 999", "draws = 9 * 111"), "only lines like name = value"),
        (("draws = 999", "draws = int('999')"), "only lines like name = value"),
        (("draws = 999", "import os\ndraws = 999"), "only lines like name = value"),
        (("draws = 999", "draws = 999\ndraws = 999"), "each name once"),
        (("draws = 999", "draws = other = 999"), "only lines like name = value"),
        (("draws = 999", "draws = ("), "only lines like name = value"),
    ],
)
def test_cell_that_differs_is_refused(change: tuple[str, str], why: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        check_cell(notebook(tmp_path, cell_source(Wide).replace(*change)), Wide)
    assert why in str(caught.value)
    assert "05_some.ipynb" in str(caught.value)


def test_cell_must_be_there_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="0 such cells"):
        check_cell(notebook(tmp_path, cell_source(Wide), tags=()), Wide)
    with pytest.raises(InputError, match="2 such cells"):
        check_cell(notebook(tmp_path, cell_source(Wide), ""), Wide)


def test_executed_notebook_with_injected_values_is_refused(tmp_path: Path) -> None:
    path = notebook(tmp_path, cell_source(Wide))
    written = nbformat.read(path, as_version=4)
    injected = nbformat.v4.new_code_cell("seed = 1", metadata={"tags": ["injected-parameters"]})
    written.cells.append(injected)
    nbformat.write(written, path)
    with pytest.raises(InputError, match="remove the cell tagged injected-parameters"):
        check_cell(path, Wide)


def test_committed_notebooks_fit_their_declared_shapes(root: Path) -> None:
    notebooks = load_plan(root).notebooks
    assert notebooks
    for planned in notebooks:
        check_cell(planned.notebook, planned.step.parameters)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cells": [1]}', "not json", "\x00"])
def test_file_that_is_no_notebook_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "05_some.ipynb"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"05_some\.ipynb"):
        check_cell(path, Wide)
