"""What may be varied from outside: one declared shape per notebook, checked before it starts.

Adding a parameter is one line in its model and the same line in the notebook's cell tagged
``parameters``; :func:`check_cell` makes sure that both say the same.
"""

import ast
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from ics_maturity.errors import InputError, Problem
from ics_maturity.profiles import Name
from ics_maturity.report.notebook import INJECTED, Notebook, read_notebook
from ics_maturity.schema import Strict, problems
from ics_maturity.sources import Round

TAG = "parameters"


class Parameters(Strict):
    """What every notebook takes.

    ``profile``: the data profile. ``seed``: the one seed of every random number.
    """

    profile: Name = "demo"
    seed: int = Field(default=20160401, ge=0, le=2**32 - 1)


class CleanReturns(Parameters):
    """``boundary_vintage``: the map of systems, of 2022 (used until 2025) or of April 2026."""

    boundary_vintage: Literal[2022, 2026] = 2022


class OneRound(Parameters):
    """``round``: the round whose scores are shown in full; None is the latest present."""

    round: Round | None = None


class DescribeRounds(OneRound):
    """``averaging_rule``: how returns become a system's crude score."""

    averaging_rule: Literal["row", "provider", "setting_balanced"] = "provider"


class ModelMixAndRurality(OneRound):
    """How systems are compared.

    ``rural_definition``: classification behind the rural share. ``standard_population``: the
    national mix that scores are standardised to (of rows, of providers, or equal shares).
    ``draws``: permutations and bootstrap draws of each test.
    """

    rural_definition: Literal["ruc2021", "ruc2011", "ruc2011_sparse"] = "ruc2021"
    standard_population: Literal["rows", "providers", "equal"] = "rows"
    draws: int = Field(default=9999, ge=99, le=999_999)


class PeerReview(Parameters):
    """Which rounds are compared, and how.

    ``before`` and ``after``: the pair of rounds; None chooses the nearest to 2016 and 2019 against
    2023. ``link_rule``: how several predecessors become one value; weighted and largest need the
    sizes of the reference folder. ``reliability``: assumed share of a score's variance that is
    true.
    """

    before: Round | None = None
    after: Round | None = None
    link_rule: Literal["unweighted", "weighted", "largest", "drop_merged"] = "unweighted"
    reliability: float = Field(default=0.8, ge=0.5, le=0.99)


class TargetSupport(OneRound):
    """Who would get support, by which rule on which score.

    ``rule``: the ``count`` lowest or highest, all below ``threshold``, the lowest tier between
    ``cut_points``, or the lowest of ``tiers`` equal ones; None takes the tiers of the instrument
    where it has some, else the lowest, and shares of the scale (from 1 to 5: 2.3; 2.2 and 2.6).
    ``score``: crude, like for like, or drawn towards the mean. ``pot``: money in GBP m, shared
    equally. ``draws``: true scores drawn for each probability. ``worlds``: worlds in which the
    probabilities are checked.
    """

    rule: Literal["lowest", "highest", "below", "cut_points", "quantiles"] | None = None
    count: int = Field(default=5, ge=1, le=100)
    threshold: float | None = None
    cut_points: list[float] | None = Field(default=None, min_length=1, max_length=5)
    tiers: int = Field(default=3, ge=2, le=6)
    score: Literal["crude", "like_for_like", "shrunken"] = "crude"
    averaging_rule: Literal["row", "provider", "setting_balanced"] = "provider"
    pot: float = Field(default=100.0, gt=0)
    draws: int = Field(default=4000, ge=99, le=999_999)
    worlds: int = Field(default=200, ge=20, le=10_000)

    @field_validator("cut_points")
    @classmethod
    def _ascending(cls, cuts: list[float] | None) -> list[float] | None:
        if cuts and any(low >= high for low, high in pairwise(cuts)):
            raise ValueError("cut points in ascending order")
        return cuts


class ProfileIcs(OneRound):
    """``ics``: the system of the page, set by the runner; ``neighbours``: with how many systems
    alike in rurality and mix it is compared."""

    ics: str = Field(default="D01", pattern=r"^[A-Z0-9]{1,12}$")
    neighbours: int = Field(default=8, ge=3, le=20)


class StressTest(OneRound):
    """How much is simulated.

    ``worlds``: of every combination of planted effects. ``draws``: exchanges of labels of the
    specification curves; each world's own tests take 199.
    """

    worlds: int = Field(default=500, ge=100, le=100_000)
    draws: int = Field(default=299, ge=99, le=99_999)


def values(parameters: Parameters) -> dict[str, Any]:
    """The parameters by name, in the order of their declaration, as plain Python values."""
    return parameters.model_dump(mode="python")


def defaults(model: type[Parameters]) -> dict[str, Any]:
    """The model's values when nothing is given."""
    return values(model())


def cell_source(model: type[Parameters]) -> str:
    """The code of the notebook cell tagged ``parameters`` that fits the model."""
    return "\n".join(f"{name} = {value!r}" for name, value in defaults(model).items())


def split_settings(settings: Sequence[str]) -> dict[str, str]:
    """``name=value`` texts as a dictionary; what the names may be is for :func:`from_text`.

    Raises:
        InputError: a text without ``=``, or a name given twice.
    """
    given: dict[str, str] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise InputError(Problem("name=value, such as seed=1", column="-P", value=setting))
        if name in given:
            raise InputError(Problem("each name once", column="-P", value=setting))
        given[name] = text
    return given


def from_text(
    models: Mapping[str, type[Parameters]],
    settings: Mapping[str, str],
    profile: str,
    options: Mapping[str, str] | None = None,
) -> dict[str, Parameters]:
    """The parameters of every notebook, from text and the profile's name.

    A value is taken as text where the parameter takes text, and otherwise read as JSON
    (``7``, ``0.5``, ``true``, ``[2016, 2017]``); it goes to every notebook that knows its name.

    Args:
        models: by notebook, its declared shape.
        settings: by parameter name, the text given for it.
        profile: name of the data profile.
        options: by parameter that is not set here, the option of the command that does.

    Raises:
        InputError: a name that no notebook knows (the known ones are listed), or values that do
            not fit, all at once.
    """
    elsewhere = {"profile": "--data", **(options or {})}
    names = {name for model in models.values() for name in model.model_fields}
    known = sorted(names - set(elsewhere))
    faults = [
        Problem("one of " + ", ".join(known), column="-P", value=name)
        for name in settings
        if name not in known and name not in elsewhere
    ]
    faults += [
        Problem(f"the {name} with {option}", column="-P", value=name)
        for name, option in elsewhere.items()
        if name in settings
    ]
    if faults:
        raise InputError(faults)
    checked: dict[str, Parameters] = {}
    wrong: dict[str, Problem] = {}
    for notebook, model in models.items():
        own = {name: text for name, text in settings.items() if name in model.model_fields}
        chosen: dict[str, Any] = {}
        for name, text in own.items():
            try:
                chosen[name] = _value(model, name, text)
            except ValidationError as error:
                wrong.setdefault(name, problems(error, file="-P")[0])
        if not wrong:
            checked[notebook] = check_values(model, {"profile": profile, **chosen}, notebook)
    if wrong:
        raise InputError(list(wrong.values()))
    return checked


def _value(model: type[Parameters], name: str, text: str) -> Any:
    """The text as the parameter's type takes it: as text, else as a JSON value."""
    try:
        model.model_validate({name: text})
        return text
    except ValidationError as as_text:
        try:
            value = json.loads(text, parse_constant=_no_constant)
        except ValueError:
            raise as_text from None
        model.model_validate({name: value})
        return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def check_values(model: type[Parameters], given: Mapping[str, Any], notebook: str) -> Parameters:
    """The values as the notebook's parameters.

    Raises:
        InputError: an unknown name (the known ones are listed), a wrong type, an impossible
            value; all at once.
    """
    unknown = [str(name) for name in given if name not in model.model_fields]
    if unknown:
        allowed = "one of " + ", ".join(model.model_fields)
        raise InputError(
            [Problem(allowed, notebook, column="parameter", value=name) for name in unknown]
        )
    try:
        checked = model.model_validate(dict(given))
    except ValidationError as error:
        raise InputError(problems(error, file=notebook)) from None
    # A list of allowed values takes 2022.0 for 2022, and True for 1.
    converted = [
        Problem(
            f"a value of type {type(value).__name__}, such as {value!r}",
            notebook,
            column=name,
            value=repr(given[name]),
        )
        for name, value in values(checked).items()
        if name in given and not _same_type(given[name], value)
    ]
    if converted:
        raise InputError(converted)
    return checked


def _same_type(given: Any, taken: Any) -> bool:
    return type(given) is type(taken) or (type(taken) is float and type(given) is int)


def check_cell(notebook: Path | Notebook, model: type[Parameters]) -> None:
    """Compare the notebook's cell tagged ``parameters`` with its declared shape.

    Raises:
        InputError: no such cell or several, code in it, or names and values that differ from
            the model's fields and defaults.
    """
    if isinstance(notebook, Path):
        notebook = read_notebook(notebook)
    file = f"{notebook.slug}.ipynb"
    cells = [cell for cell in notebook.tagged(TAG) if cell.kind == "code"]
    if len(cells) != 1:
        raise InputError(
            Problem(f"one code cell tagged {TAG}", file, value=f"{len(cells)} such cells")
        )
    if notebook.tagged(INJECTED):
        raise InputError(
            Problem(
                "a notebook as written, not one that was executed with parameters",
                file,
                fix=f"remove the cell tagged {INJECTED}",
            )
        )
    written = _assignments(cells[0].source, file)
    expected = defaults(model)
    faults = [
        Problem(f"the line {name} = {value!r}", file, fix=f"add it to the cell tagged {TAG}")
        for name, value in expected.items()
        if name not in written
    ]
    faults += [
        Problem(
            "only " + ", ".join(expected), file, column=f"cell tagged {TAG}", value=name,
            fix=f"remove it, or declare it in {model.__name__}",
        )
        for name in written
        if name not in expected
    ]  # fmt: skip
    faults += [
        Problem(f"{value!r}, the declared default", file, column=name, value=repr(written[name]))
        for name, value in expected.items()
        if name in written and _typed(written[name]) != _typed(value)
    ]
    if faults:
        raise InputError(faults)


def _typed(value: Any) -> tuple[str, str]:
    """Distinguishes 1, 1.0 and True, which Python calls equal."""
    return type(value).__name__, repr(value)


def _assignments(code: str, file: str) -> dict[str, Any]:
    """Names and values of a cell that holds nothing but ``name = literal``."""
    found: dict[str, Any] = {}
    try:
        for statement in ast.parse(code).body:
            if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1):
                raise ValueError
            (target,) = statement.targets
            if not isinstance(target, ast.Name) or target.id in found:
                raise ValueError
            found[target.id] = ast.literal_eval(statement.value)
    except (SyntaxError, ValueError):
        raise InputError(
            Problem("only lines like name = value, each name once", f"{file}, cell tagged {TAG}")
        ) from None
    return found
