"""Attempts to slip a wrong parameter past the command or the library: none gets through."""

import decimal
import enum
import fractions
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from ics_maturity import cli
from ics_maturity.errors import InputError
from ics_maturity.paths import ROOT_VARIABLE
from ics_maturity.report import run as runs
from ics_maturity.report.parameters import ModelMixAndRurality, check_values, values
from ics_maturity.report.run import run
from small_project import SmallProject

CODE = "__import__('os').system('true')"
# What follows -P. All of them begin a run of notebook 03, which takes profile, seed, round,
# rural_definition, standard_population and draws.
SETTINGS = [
    # misspelt names
    "sede=7", "Seed=7", "SEED=7", "seed =7", " seed=7", "seeds=7", "draw=999", "rurality=ruc2021",
    "sееd=7", "seed\u200b=7", "profile=open", "data=open", "=7", "seed", "",
    # code in a name
    f"{CODE}=1", "seed=1;import os;x=1", "seed;import os=1", "seed\nimport os\nx=1", "os.environ=1",
    "import=1", "__builtins__=1", "seed=7\nimport os", "*=1", "seed,draws=1", "(seed)=1", "seed:=1",
    "seed#=1", "lambda:0=1", "parameters=1", "__class__=1", "model_config=1", "model_fields=1",
    # code in a value
    f"seed={CODE}", f"rural_definition={CODE}", "rural_definition=ruc2021'; import os; '",
    'rural_definition=ruc2021"\nimport os\n"', "draws=int('999')", "draws=9*111", "seed=lambda: 0",
    "rural_definition={{ 7*7 }}", "rural_definition=${HOME}", "rural_definition=$(id)",
    "rural_definition=`id`", "rural_definition=ruc2021\\", "rural_definition=../ruc2021",
    # numbers that are none, or not of the declared kind
    "seed=00123", "seed=1E5", "seed=1e5", "seed=7.0", "seed=-1", "seed=4294967296",
    "seed=1" + "0" * 400,
    "seed=1_000", "seed=0x10", "seed=0b1", "seed=0o17", "seed=٧", "seed=７", "seed=+7", "seed=1/2",
    "seed=nan", "seed=NaN", "seed=Infinity", "seed=-Infinity", "seed=-0.0", "seed=true",
    "seed=null", "seed=", "seed='7'", 'seed="7"', "seed=[7]", "seed={\"a\": 7}", "seed=np.int64(7)",
    "draws=98", "draws=1000000", "draws=999.5", "draws=1e3", "draws=9,999", "draws=999%",
    "round=1999", "round=2101", "round=2025.0", "round=25", "round='2025'", "round=2024/25",
    # YAML's ways to say something else
    "seed=yes", "seed=!!int 7", "seed=&a 7", "seed=*a", "seed=7 # seven", "seed=1:30", "seed=- 7",
    "seed=| 7", "seed=2025-01-01", "seed=<<: 7", "seed=!!python/object/apply:os.system [id]",
    # texts that are not on the list
    "rural_definition=RUC2021", "rural_definition=ruc2021 ", "rural_definition=",
    "rural_definition=2021",
    "rural_definition=null", "standard_population=row", 'standard_population=["rows"]',
    "standard_population=rows\x00", "standard_population=r\u043ews",
]  # fmt: skip


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, root: Path) -> list[Any]:
    """Gets every run that passed all checks; none is carried out."""
    begun: list[Any] = []

    def go(self: Any, *rest: Any, **more: Any) -> Any:
        begun.append(self)
        raise RuntimeError("it started")

    monkeypatch.setenv(ROOT_VARIABLE, str(root))
    monkeypatch.setattr(runs._Run, "go", go)
    return begun


@pytest.mark.parametrize("setting", SETTINGS)
def test_wrong_setting_stops_the_command(
    setting: str, started: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main(["run", "--data", "demo", "--only", "03", "-P", setting])
    told = capsys.readouterr().err
    assert code == 1
    assert started == []
    assert "unexpected" not in told
    assert "expected" in told
    assert all(line.isprintable() for line in told.splitlines())


def test_right_settings_start_the_command(started: list[Any]) -> None:
    """Otherwise the refusals above would prove nothing."""
    settings = ["seed=7", "draws=999", "rural_definition=ruc2011", "round=2024"]
    flags = [part for setting in settings for part in ("-P", setting)]
    assert cli.main(["run", "--data", "demo", "--only", "03", *flags]) == 1
    assert len(started) == 1


class EvilInt(int):
    """A whole number that prints as code."""

    def __repr__(self) -> str:
        return CODE

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return CODE


class EvilText(str):
    """A text that prints as code."""

    __slots__ = ()

    def __repr__(self) -> str:
        return CODE

    __str__ = __repr__


class Listed(enum.IntEnum):
    """A whole number under a name."""

    SEVEN = 7


OBJECTS = {
    "numpy integer": {"seed": np.int64(7)},
    "numpy fraction": {"seed": np.float64(7)},
    "numpy truth value": {"seed": np.bool_(True)},
    "numpy array": {"seed": np.array(7)},
    "numpy text": {"rural_definition": np.str_("ruc2021")},
    "numpy year": {"round": np.int32(2025)},
    "truth value": {"seed": True},
    "fraction": {"seed": 7.0},
    "decimal": {"seed": decimal.Decimal(7)},
    "rational": {"seed": fractions.Fraction(7)},
    "text": {"seed": "7"},
    "bytes": {"rural_definition": b"ruc2021"},
    "list": {"seed": [7]},
    "nothing": {"seed": None},
    "not a number": {"seed": float("nan")},
    "endless number": {"draws": float("inf")},
    "complex number": {"seed": 7 + 0j},
    "enumeration": {"seed": Listed.SEVEN},
    "number that prints as code": {"seed": EvilInt(7)},
    "text that prints as code": {"rural_definition": EvilText("ruc2021")},
    "name that is code": {CODE: 1},
    "name that is no text": {7: 1},
    "unknown name": {"sede": 7},
    "class": {"seed": int},
    "function": {"seed": lambda: 7},
}


@pytest.mark.parametrize("given", OBJECTS.values(), ids=OBJECTS.keys())
def test_wrong_object_stops_the_library(given: dict[Any, Any]) -> None:
    with pytest.raises(InputError):
        check_values(ModelMixAndRurality, given, "03")


def test_what_gets_through_is_plain_python() -> None:
    checked = values(check_values(ModelMixAndRurality, {"seed": 7, "round": 2024}, "03"))
    assert {type(value) for value in checked.values()} <= {int, str, float, bool, type(None)}


def spoil(project: SmallProject, kind: str) -> None:
    """Spoil the parameters of the small project's first notebook."""
    path = project.root / "notebooks/01_first.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = notebook.cells[1]
    match kind:
        case "no tag":
            cell.metadata = {}
        case "tag twice":
            notebook.cells.insert(2, cell)
            notebook.cells[2] = nbformat.from_dict({**cell, "id": "again"})
        case "executed with parameters":
            injected = nbformat.v4.new_code_cell(
                "seed = 1", metadata={"tags": ["injected-parameters"]}
            )
            notebook.cells.insert(2, injected)
        case "code among the parameters":
            cell.source += f"\n{CODE}"
        case "another default":
            cell.source = cell.source.replace("seed = 2", "seed = 3")
        case "parameter nobody declared":
            cell.source += "\nextra = 1"
        case "parameter left out":
            cell.source = "profile = 'demo'"
        case "tag on a cell of text":
            cell.cell_type = "markdown"
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
    nbformat.write(notebook, path)


@pytest.mark.parametrize(
    "kind",
    ["no tag", "tag twice", "executed with parameters", "code among the parameters",
     "another default", "parameter nobody declared", "parameter left out",
     "tag on a cell of text"],
)  # fmt: skip
def test_wrong_notebook_stops_a_run(kind: str, tmp_path: Path, started: list[Any]) -> None:
    project = SmallProject.make(tmp_path)
    spoil(project, kind)
    with pytest.raises(InputError, match="01_first"):
        run("demo", root=tmp_path, steps=project.steps)
    assert started == []
