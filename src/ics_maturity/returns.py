"""The tidy returns: one row per scored fact, whatever the layout it came from.

Every reader produces this frame and every later step consumes it, so its rules are checked
in one place. What is odd but usable goes to the :class:`QualityLog`; what is unusable is an
:class:`~ics_maturity.errors.InputError` that lists every fault at once.
"""

import contextlib
import os
import re
import tempfile
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pandera.pandas as pa

from ics_maturity.errors import InputError, Problem, harmless

LEVELS = ("item", "section", "theme", "pillar", "overall")
ASSESSORS = ("self", "moderated")
Severity = Literal["note", "warning", "quarantined"]

_CODE = r"^[A-Z0-9]{0,12}$"
_SLUG = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
_CONSTRUCT = r"^[a-z0-9][a-z0-9_]*(\.[a-z0-9_]+)*$"
# Control characters, and those that break a line or turn its direction: text must look like
# what it is in a terminal, a page and a spreadsheet.
_HIDDEN = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
# A name that starts like a formula would run when a table is opened in a spreadsheet.
_NAME = rf"^[^=+\-@\s{_HIDDEN}][^{_HIDDEN}]{{0,199}}$"
_LABEL = rf"(?:{_NAME})?"
_TEXT = rf"^[^{_HIDDEN}]{{0,300}}$"


@dataclass(frozen=True)
class _Field:
    """One column: its type, what it means, and the rule its values follow."""

    name: str
    kind: Literal["string", "integer", "number"]
    meaning: str
    expected: str
    pattern: str | None = None
    choices: tuple[str, ...] | None = None
    low: float | None = None
    high: float | None = None


_FIELDS = (
    _Field("round", "integer", "Year in which the round was published or collected "
           "(2015/16 is 2016)", "a year from 2010 to 2100", low=2010, high=2100),
    _Field("provider_code", "string", "Current ODS code of the provider, after successions; "
           "empty until linked", "capital letters and digits, at most 12", pattern=_CODE),
    _Field("provider_code_returned", "string", "ODS code as the return gives it; empty where "
           "it gives none", "capital letters and digits, at most 12", pattern=_CODE),
    _Field("provider_name", "string", "Name of the provider, exactly as returned",
           "a name of 1 to 200 printable characters that does not start with = + - @",
           pattern=_NAME),
    _Field("ics_code", "string", "ODS Q-code of the Integrated Care System; empty until linked",
           "capital letters and digits, at most 12", pattern=_CODE),
    _Field("region", "string", "NHS England region; empty until linked",
           "printable text of at most 200 characters that does not start with = + - @",
           pattern=_LABEL),
    _Field("care_setting", "string", "Setting the return covers: all, acute, mental_health, "
           "community, ambulance or another slug", "a lower-case slug", pattern=_SLUG),
    _Field("level", "string", "What kind of thing is scored", "one of " + ", ".join(LEVELS),
           choices=LEVELS),
    _Field("construct", "string", "Slug of the item, section, theme or pillar scored",
           "a lower-case slug, dots allowed", pattern=_CONSTRUCT),
    _Field("score", "number", "Score on the scale from scale_min to scale_max",
           "a finite number from scale_min to scale_max"),
    _Field("scale_min", "number", "Lowest score the scale allows", "a finite number"),
    _Field("scale_max", "number", "Highest score the scale allows",
           "a finite number above scale_min"),
    _Field("assessed_by", "string", "Who set the score: self, or moderated after peer review",
           "one of " + ", ".join(ASSESSORS), choices=ASSESSORS),
    _Field("source_id", "string", "Identifier of the source file in the register",
           "printable text, at most 300 characters", pattern=_TEXT),
    _Field("source_locator", "string", "Cell the value was read from",
           "printable text, at most 300 characters", pattern=_TEXT),
)  # fmt: skip

_KINDS = {"string": "str", "integer": "int64", "number": "float64"}
TYPES: dict[str, str] = {field.name: _KINDS[field.kind] for field in _FIELDS}
COLUMNS: tuple[str, ...] = tuple(TYPES)
GRAIN: tuple[str, ...] = (
    "round",
    "provider_code_returned",
    "provider_name",
    "care_setting",
    "level",
    "construct",
    "assessed_by",
)
_STRINGS = tuple(field.name for field in _FIELDS if field.kind == "string")
_BY_NAME = {field.name: field for field in _FIELDS}


def _table_schema() -> dict[str, Any]:
    """The columns as a Frictionless table schema."""
    described = []
    for field in _FIELDS:
        constraints: dict[str, Any] = {"required": field.pattern not in (_CODE, _LABEL, _TEXT)}
        if field.choices:
            constraints["enum"] = list(field.choices)
        if field.pattern:
            constraints["pattern"] = field.pattern
        if field.low is not None and field.high is not None:
            constraints |= {"minimum": field.low, "maximum": field.high}
        described.append(
            {
                "name": field.name,
                "type": field.kind,
                "description": field.meaning,
                "constraints": constraints,
            }
        )
    return {"fields": described, "primaryKey": list(GRAIN), "missingValues": [""]}


RETURNS_DICTIONARY: dict[str, Any] = _table_schema()


def _column(field: _Field) -> pa.Column:
    """The pandera column for one field."""
    if field.kind == "string":
        if field.choices:
            return pa.Column("str", pa.Check.isin(field.choices))
        return pa.Column("str", pa.Check(partial(_matches, re.compile(field.pattern or ""))))
    if field.kind == "integer":
        return pa.Column("int64", pa.Check.in_range(field.low, field.high))
    return pa.Column("float64", pa.Check(np.isfinite, name="finite"))


def _matches(pattern: re.Pattern[str], values: pd.Series) -> pd.Series:
    """Whether each value matches as a whole; a value that recurs is looked at once."""
    return values.isin([one for one in values.unique().tolist() if pattern.fullmatch(one)])


def _inside_scale(frame: pd.DataFrame) -> pd.Series:
    return (frame["score"] >= frame["scale_min"]) & (frame["score"] <= frame["scale_max"])


def _scale_ordered(frame: pd.DataFrame) -> pd.Series:
    return frame["scale_min"] < frame["scale_max"]


SCHEMA = pa.DataFrameSchema(
    {field.name: _column(field) for field in _FIELDS},
    checks=[
        pa.Check(_inside_scale, name="score"),
        pa.Check(_scale_ordered, name="scale_max"),
    ],
    unique=list(GRAIN),
    strict=True,
    ordered=True,
)


def empty_returns() -> pd.DataFrame:
    """A frame of the right columns and types with no rows."""
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in TYPES.items()})


def validate(frame: pd.DataFrame, *, file: str = "") -> pd.DataFrame:
    """The frame itself if it keeps the rules of tidy returns, else an error with every fault in it.

    Args:
        frame: columns exactly :data:`COLUMNS`, in that order; text columns of type ``str``,
            ``round`` integer, scores and scale ends float.
        file: name of the source, for the message.

    Raises:
        InputError: one problem per fault, each with its source cell where it is known.
    """
    wrong = _column_problems(frame, file)
    if wrong:
        raise InputError(wrong)
    try:
        return SCHEMA.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        raise InputError(_problems(frame, error.failure_cases, file)) from None


def _column_problems(frame: pd.DataFrame, file: str) -> list[Problem]:
    present = list(frame.columns)
    missing = [name for name in COLUMNS if name not in present]
    extra = [str(name) for name in present if name not in COLUMNS]
    problems = [
        Problem(f"a column named {name}", file=file, column=name, fix="add the column")
        for name in missing
    ]
    problems += [
        Problem(
            "only the columns of tidy returns",
            file=file,
            column=name,
            fix="remove or rename the column",
        )
        for name in extra
    ]
    if not problems and present != list(COLUMNS):
        problems.append(
            Problem(
                "the columns in the order " + ", ".join(COLUMNS),
                file=file,
                fix="put the columns in order, each once",
            )
        )
    return problems


def _problems(frame: pd.DataFrame, cases: pd.DataFrame, file: str) -> list[Problem]:
    """pandera's failure cases in our words, one per row and column, in file order."""
    found: dict[tuple[int, str], Problem] = {}
    for case in cases.itertuples():
        name = _failed_column(str(case.check), str(case.column))
        position = -1 if pd.isna(case.index) else frame.index.get_loc(case.index)
        found.setdefault((position, name), _problem(frame, position, name, case, file))
    return [found[key] for key in sorted(found)]


def _failed_column(check: str, column: str) -> str:
    """Frame-wide checks are named after the column they blame."""
    if check == "multiple_fields_uniqueness":
        return "grain"
    return check if check in _BY_NAME else column


def _problem(frame: pd.DataFrame, position: int, name: str, case: Any, file: str) -> Problem:
    if position < 0:  # a whole column has the wrong type
        return Problem(
            f"{name} to be {_BY_NAME[name].expected}",
            file=file,
            column=name,
            value=str(case.failure_case),
            fix=f"give the column the type {_BY_NAME[name].kind}",
        )
    row = frame.iloc[position]
    source = row["source_locator"] if isinstance(row["source_locator"], str) else ""
    provider = f"{row['provider_code_returned']} {row['provider_name']}".strip()
    twice = name == "grain"
    return Problem(
        "one row per " + ", ".join(GRAIN) if twice else _BY_NAME[name].expected,
        file=file,
        row=None if source else position + 1,
        column=f"{'construct' if twice else name}{f' (from {source})' if source else ''}",
        value=f"{row['construct']} of {provider} more than once" if twice else str(row[name]),
        fix="keep one of the rows, or tell them apart by care_setting or assessed_by"
        if twice
        else f"correct the {name} of {provider}",
    )


def slug_problem(text: str) -> bool:
    """Whether the text is not a slug: lower-case words joined by underscores."""
    return re.fullmatch(_SLUG, text) is None


def sort_returns(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of the grain, so that files compare byte by byte."""
    return frame.sort_values(list(GRAIN), kind="stable", ignore_index=True)


def write_returns(frame: pd.DataFrame, path: Path) -> None:
    """Write a valid frame as CSV, sorted; the file appears whole or not at all."""
    text = sort_returns(validate(frame)).to_csv(index=False, lineterminator="\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def read_returns(path: Path) -> pd.DataFrame:
    """Read a file that :func:`write_returns` wrote, with its types, and check it again.

    Raises:
        InputError: the file is missing, is not such a table, or breaks a rule.
    """
    try:
        text = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise InputError(
            Problem("a file of tidy returns", file=path.name, fix="run 01_clean_returns first")
        ) from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(
            Problem(
                "a UTF-8 CSV of tidy returns",
                file=path.name,
                value=str(error),
                fix="run 01_clean_returns again",
            )
        ) from None
    wrong = _column_problems(text, path.name)
    if wrong:
        raise InputError(wrong)
    return validate(_typed(text, path.name), file=path.name)


def _typed(text: pd.DataFrame, file: str) -> pd.DataFrame:
    """Numbers from text; every cell that is not a number is named."""
    frame = text.astype(dict.fromkeys(_STRINGS, "str"))
    problems: list[Problem] = []
    for field in _FIELDS:
        if field.kind == "string":
            continue
        numbers = pd.to_numeric(text[field.name], errors="coerce")
        bad = numbers.isna() | ((field.kind == "integer") & (numbers % 1 != 0))
        problems += [
            Problem(
                field.expected,
                file=file,
                row=int(at) + 2,
                column=field.name,
                value=text[field.name].iloc[at],
                fix="correct the cell",
            )
            for at in np.flatnonzero(bad)
        ]
        if not bad.any():
            frame[field.name] = numbers.astype("int64" if field.kind == "integer" else "float64")
    if problems:
        raise InputError(problems)
    return frame


@dataclass(frozen=True, order=True)
class LogEntry:
    """One oddity found in the input, where it is and what was done about it."""

    round: int
    file: str
    sheet: str
    row: int
    column: str
    provider_code: str
    kind: str
    value: str
    what: str
    action: str
    severity: str
    rule: str


class QualityLog:
    """Everything odd that was read, in one deterministic table.

    Severities: ``note`` (worth knowing, used as it is), ``warning`` (used, and may mislead),
    ``quarantined`` (not used).
    """

    COLUMNS = (
        "severity",
        "kind",
        "what",
        "round",
        "file",
        "sheet",
        "row",
        "column",
        "provider_code",
        "value",
        "action",
        "rule",
    )

    def __init__(self) -> None:
        self._entries: list[LogEntry] = []

    def note(
        self,
        kind: str,
        what: str,
        *,
        round: int | None = None,
        file: str = "",
        sheet: str = "",
        row: int | None = None,
        column: str = "",
        provider_code: str = "",
        value: object = "",
        action: str = "",
        severity: Severity = "note",
        rule: str = "",
    ) -> None:
        """Record one oddity; ``kind`` is a slug, ``what`` a plain sentence.

        Text from a file is made harmless: printable, and never a spreadsheet formula.
        """
        self._entries.append(
            LogEntry(
                round=round or 0,
                file=harmless(file),
                sheet=harmless(sheet),
                row=row or 0,
                column=harmless(column),
                provider_code=harmless(provider_code),
                kind=kind,
                value=harmless(value),
                what=harmless(what),
                action=action,
                severity=severity,
                rule=rule,
            )
        )

    def __len__(self) -> int:
        return len(self._entries)

    def frame(self) -> pd.DataFrame:
        """The entries sorted by place; ``round`` and ``row`` are nullable integers."""
        names = [field.name for field in fields(LogEntry)]
        table = pd.DataFrame([asdict(entry) for entry in sorted(self._entries)], columns=names)
        for name in ("round", "row"):
            table[name] = table[name].astype("Int64").replace(0, pd.NA)
        others = [name for name in self.COLUMNS if name not in ("round", "row")]
        return table.astype(dict.fromkeys(others, "str"))[list(self.COLUMNS)]
